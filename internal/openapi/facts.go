package openapi

import (
	"landfall"
	"landfall/api"
)

// facts are what a Go type does not say of a field: the values it takes, its form, its
// bounds and its default.
var facts = map[string]landfall.Object{
	"Request.locale":          {{Key: "maxLength", Value: 35}},
	"Request.output_language": {{Key: "maxLength", Value: 35}},
	"Request.processing":      oneOf("partner_ok", "private_ok", "device_only").Set("default", "partner_ok"),
	"Request.guard_mode":      oneOf("generate", "transform"),
	"Request.deadline_ms":     {{Key: "minimum", Value: 1}},
	"Request.idempotency_key": {{Key: "maxLength", Value: 128}},
	"Request.offset_unit":     oneOf("utf16", "codepoint", "byte").Set("default", "utf16"),
	"Consent.partner":         oneOf("ask", "granted", "denied"),
	"Consent.record_id":       {{Key: "maxLength", Value: 128}},
	"Audience.age_band":       oneOf("child", "teen", "adult", "unknown"),

	"Envelope.status":      oneOf("complete", "withheld", "refused", "needs_consent", "error"),
	"Explicit.position":    oneOf("start", "end", "around", ""), // "" before any release is known
	"ServedBy.tier":        oneOf("device", "local", "private", "partner"),
	"Withheld.stage":       oneOf("input", "output", "tool"),
	"Withheld.class":       oneOf("market_rule", "safety", "privacy", "rights", "age"),
	"Hold.why":             oneOf("moderation", "checking", "pass"),
	"Feature.state":        oneOf("available", "downloading", "not_ready", "unavailable"),
	"Reason.actionable_by": oneOf("operator", "regulator", "developer", "user", "time"),
	"Quota.resets_at":      dateTime,
	"Error.resets_at":      dateTime,
	"Reason.resets_at":     dateTime,

	"Tokens.by":           oneOf("tokenizer", "estimate"),
	"Record.at":           dateTime,
	"Record.form":         oneOf("json", "sse", "chat-json", "chat-sse"),
	"Case.at":             dateTime,
	"Appeal.message":      {{Key: "maxLength", Value: api.MaxAppeal}},
	"Appeal.appeal_token": {{Key: "maxLength", Value: 512}},

	"Feature.next_check_at": dateTime,
}

// nullable are optional fields of a request in which null means not set.
var nullable = map[string]bool{"Request.output_language": true}

var dateTime = landfall.Object{{Key: "format", Value: "date-time"}}

func oneOf(values ...string) landfall.Object {
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = v
	}
	return landfall.Object{{Key: "enum", Value: list}}
}
