// Package api holds the wire types of the feature API and a client for it. Field
// names, statuses and codes are those of the API's own documentation; offsets
// count in the request's offset_unit, times are RFC 3339 in UTC.
package api

import (
	"encoding/json"

	"landfall"
)

// Envelope is the body of every answer, and the data of the event done.
type Envelope struct {
	ID             string              `json:"id"`
	Feature        string              `json:"feature"`
	FeatureVersion string              `json:"feature_version"`
	Status         landfall.Status     `json:"status"`
	Output         json.RawMessage     `json:"output"` // null unless complete, or withheld after text was shown
	ServedBy       *landfall.ServedBy  `json:"served_by"`
	Release        landfall.Digest     `json:"release,omitempty"`
	Rehearsal      bool                `json:"rehearsal"`
	Replayed       bool                `json:"replayed"`
	Labels         landfall.Labels     `json:"labels"`
	Withheld       []landfall.Withheld `json:"withheld"`
	Usage          landfall.Usage      `json:"usage"`
	Attempts       int                 `json:"attempts"`
	Repairs        int                 `json:"repairs,omitempty"` // of the attempts, those made because a check refused the one before
	Quota          Quota               `json:"quota"`
	Warnings       []landfall.Warning  `json:"warnings"`
	Error          json.RawMessage     `json:"error"` // an Error, or null
	TraceID        string              `json:"trace_id"`
}

// Quota is what an app may still ask for; none is set when Limit is 0.
type Quota struct {
	Scope    string  `json:"scope"`
	Limit    int     `json:"limit"`
	Used     int     `json:"used"`
	ResetsAt *string `json:"resets_at"`
}

// Error says what went wrong and what to do. Which parameters stand beside code and
// message depends on the code.
type Error struct {
	Code    landfall.Code `json:"code"`
	Message string        `json:"message"`
	// Field is a JSON Pointer into the request, or a header's name; Limit and Count are
	// the bound and what came, in the unit that the message names.
	Field *string `json:"field,omitempty"`
	Limit *int64  `json:"limit,omitempty"`
	Count *int64  `json:"count,omitempty"`
	// Check is the contract check that failed, Stage where the time went.
	Check string `json:"check,omitempty"`
	Stage string `json:"stage,omitempty"`
	// Retriable says whether the same request may succeed at once, RetryAfterMS when to
	// come back, Scope what was counted and ResetsAt when it counts anew.
	Retriable    *bool  `json:"retriable,omitempty"`
	RetryAfterMS *int64 `json:"retry_after_ms,omitempty"`
	Scope        string `json:"scope,omitempty"`
	ResetsAt     string `json:"resets_at,omitempty"`
	// Language is the one that is not offered, Supported those that are.
	Language  string            `json:"lang,omitempty"`
	Supported []string          `json:"supported,omitempty"`
	Reasons   []landfall.Reason `json:"reasons,omitempty"` // all there are; [] unless unavailable
}

// Availability is the answer of GET /v1/features.
type Availability struct {
	Market    string    `json:"market"`
	Rehearsal bool      `json:"rehearsal"`
	Features  []Feature `json:"features"`
	// Reasons that hold for all features: no snapshot, or a stale one.
	Reasons []landfall.Reason `json:"reasons,omitempty"`
}

// Feature says whether a feature can be used now, and every reason why not.
type Feature struct {
	ID          string            `json:"id"`
	Version     string            `json:"version"`
	OfferUI     bool              `json:"offer_ui"` // show the entry point, even if it is not ready yet
	State       string            `json:"state"`    // available, downloading, not_ready or unavailable
	Reasons     []landfall.Reason `json:"reasons"`
	Limits      Limits            `json:"limits"`
	TierOrder   []string          `json:"tier_order"`
	NextCheckAt *string           `json:"next_check_at"`
	Release     landfall.Digest   `json:"release,omitempty"`
	// Unmet are inputs whose means do not exist yet: refused by name.
	Unmet any `json:"unmet_inputs,omitempty"`
}

// Limits are the longest input in code points by language, and the languages.
type Limits struct {
	MaxInputChars map[string]int `json:"max_input_chars"`
	Languages     []string       `json:"languages"`
}
