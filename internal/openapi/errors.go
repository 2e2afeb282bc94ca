package openapi

import (
	"maps"
	"slices"
	"strconv"

	"landfall"
	"landfall/api"
)

// headerNames of answers.
var headerNames = []string{"Landfall-Request-Id", "Landfall-Rehearsal", "RateLimit", "RateLimit-Policy", "Retry-After", "WWW-Authenticate"}

func (b *builder) headers() (out landfall.Object) {
	for _, name := range headerNames {
		out = append(out, landfall.Member{Key: name, Value: landfall.Object{
			{Key: "description", Value: b.word(b.texts.Headers, "headers", name)},
			{Key: "schema", Value: landfall.Object{{Key: "type", Value: "string"}}},
		}})
	}
	return out
}

func (b *builder) headerRefs(names ...string) (out landfall.Object) {
	for _, name := range names {
		out = append(out, landfall.Member{Key: name, Value: landfall.Object{{Key: "$ref", Value: "#/components/headers/" + name}}})
	}
	return out
}

// statusesOf gathers the codes by HTTP status: unavailable has two, and what only the
// OpenAI form or nobody reads has none.
func (b *builder) statusesOf() map[int][]string {
	out := map[int][]string{}
	for _, code := range slices.Sorted(maps.Keys(b.Statuses)) {
		status := b.Statuses[code]
		out[status] = append(out[status], string(code))
		if code == landfall.CodeUnavailable {
			out[503] = append(out[503], string(code))
		}
	}
	return out
}

// faults are the responses that are errors, one a status.
func (b *builder) faults() (out landfall.Object) {
	refOf[api.Error](b)
	refOf[api.Envelope](b)
	codes := b.statusesOf()
	for _, status := range slices.Sorted(maps.Keys(codes)) {
		name := strconv.Itoa(status)
		if status < 400 || status == 499 { // 499: the caller has gone
			continue
		}
		headers := []string{"Landfall-Rehearsal"}
		switch status {
		case 401:
			headers = append(headers, "WWW-Authenticate")
		case 409, 429, 503:
			headers = append(headers, "Retry-After")
		}
		out = append(out, landfall.Member{Key: "E" + name, Value: landfall.Object{
			{Key: "description", Value: b.word(b.texts.HTTP, "http", name)},
			{Key: "headers", Value: b.headerRefs(headers...)},
			{Key: "content", Value: landfall.Object{{Key: "application/json", Value: landfall.Object{{Key: "schema", Value: refTo("Envelope")}}}}},
			{Key: "x-codes", Value: codes[status]},
		}})
	}
	return out
}

func (b *builder) faultRefs(statuses ...int) (out landfall.Object) {
	for _, s := range statuses {
		name := strconv.Itoa(s)
		out = append(out, landfall.Member{Key: name, Value: landfall.Object{{Key: "$ref", Value: "#/components/responses/E" + name}}})
	}
	return out
}

// errors tells of every code its status, why it comes and what helps.
func (b *builder) errors() (out landfall.Object) {
	for _, code := range slices.Sorted(maps.Keys(b.Statuses)) {
		f, ok := b.texts.Errors[string(code)]
		if !ok || f.Cause == "" || f.Cure == "" {
			b.fail("docs/%s.yaml: errors.%s: want cause and cure", b.texts.Language, code)
		}
		statuses := []any{b.Statuses[code]}
		if code == landfall.CodeUnavailable {
			statuses = append(statuses, 503)
		}
		out = append(out, landfall.Member{Key: string(code), Value: landfall.Object{
			{Key: "http", Value: statuses}, {Key: "cause", Value: f.Cause}, {Key: "cure", Value: f.Cure},
		}})
	}
	return out
}

// told puts a table of causes and cures into the document, by name.
func (b *builder) told(faults map[string]Fault) (out landfall.Object) {
	for _, name := range slices.Sorted(maps.Keys(faults)) {
		out = append(out, landfall.Member{Key: name, Value: landfall.Object{{Key: "cause", Value: faults[name].Cause}, {Key: "cure", Value: faults[name].Cure}}})
	}
	return out
}
