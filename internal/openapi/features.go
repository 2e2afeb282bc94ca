package openapi

import (
	"slices"
	"strings"
	"unicode"

	"landfall"
	"landfall/api"
	"landfall/internal/feature"
)

// featureRoute is the one route that has a path, and schemas, for each feature.
const featureRoute = "POST /v1/features/{id}"

// requestHeaders are those that a feature reads, besides the key's.
var requestHeaders = []string{"Accept", "Idempotency-Key", "Landfall-Device", "Landfall-User", "Landfall-Accept"}

// pascal turns thread_summary into ThreadSummary.
func pascal(id string) string {
	var out strings.Builder
	for _, word := range strings.FieldsFunc(id, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		out.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return out.String()
}

// feature describes one feature: its schemas, and the operation.
func (b *builder) feature(d feature.Definition) landfall.Object {
	words, name := b.texts.Features[d.ID], pascal(d.ID)
	b.schemas[name+"Input"] = describe(d.Input, "input", words.Fields)
	b.schemas[name+"Output"] = describe(d.Output, "output", words.Fields)
	b.schemas[name+"Request"] = b.requestOf(d, name)
	b.schemas[name+"Answer"] = b.answerOf(name)
	op := landfall.Object{
		{Key: "operationId", Value: d.ID}, {Key: "tags", Value: []any{tagFeatures}},
		{Key: "summary", Value: words.Summary}, {Key: "description", Value: words.Description},
		{Key: "parameters", Value: b.parameters("header", requestHeaders...)},
		{Key: "requestBody", Value: landfall.Object{{Key: "required", Value: true}, {Key: "content", Value: landfall.Object{
			{Key: "application/json", Value: landfall.Object{{Key: "schema", Value: refTo(name + "Request")}, {Key: "examples", Value: examples(d)}}},
		}}}},
		{Key: "responses", Value: b.answers(d, name)},
		{Key: "x-landfall", Value: properties(d, words.Fields)},
	}
	return landfall.Object{{Key: "post", Value: op}}
}

// requestOf is the envelope of requests with the feature's own input in it.
func (b *builder) requestOf(d feature.Definition, name string) landfall.Object {
	refOf[api.Request](b)
	base := b.schemas["Request"]
	fields := set(object(base, "properties"), "input", refTo(name+"Input"))
	options := landfall.Object{}
	for _, m := range object(b.schemas[name+"Input"], "properties") {
		if m.Key != d.Main {
			options = append(options, m)
		}
	}
	optionsSchema := landfall.Object{{Key: "type", Value: "object"}, {Key: "description", Value: object(object(base, "properties"), "options").Text("description")},
		{Key: "additionalProperties", Value: false}, {Key: "properties", Value: options}}
	return set(set(base, "additionalProperties", false), "properties", set(fields, "options", optionsSchema))
}

// answerOf is the envelope of answers with the feature's own output in it.
func (b *builder) answerOf(name string) landfall.Object {
	refOf[api.Envelope](b)
	base := b.schemas["Envelope"]
	fields := object(base, "properties")
	output := set(orNull(refTo(name+"Output")), "description", object(fields, "output").Text("description"))
	return set(base, "properties", set(fields, "output", output))
}

// answers are the responses of a feature: whole, or as events.
func (b *builder) answers(d feature.Definition, name string) landfall.Object {
	whole := landfall.Object{{Key: "schema", Value: refTo(name + "Answer")}}
	stream := landfall.Object{{Key: "schema", Value: landfall.Object{{Key: "type", Value: "string"}, {Key: "description", Value: b.texts.Events["stream"]}}}}
	if jsons, streams := recorded(d, b.texts.Language); jsons != nil {
		whole = whole.Set("examples", jsons)
		stream = stream.Set("examples", streams)
	}
	stream = stream.Set("x-events", b.eventsOf(d, name))
	ok := landfall.Object{
		{Key: "description", Value: b.word(b.texts.HTTP, "http", "200")},
		{Key: "headers", Value: b.headerRefs("Landfall-Request-Id", "Landfall-Rehearsal", "RateLimit", "RateLimit-Policy")},
		{Key: "content", Value: landfall.Object{{Key: "application/json", Value: whole}, {Key: "text/event-stream", Value: stream}}},
	}
	return append(landfall.Object{{Key: "200", Value: ok}}, b.faultRefs(400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503, 504)...)
}

// examples are the feature's own.
func examples(d feature.Definition) (out landfall.Object) {
	for _, lang := range d.Languages {
		e := d.Examples[lang]
		out = append(out, landfall.Member{Key: lang, Value: landfall.Object{
			{Key: "summary", Value: e.Title}, {Key: "value", Value: landfall.Object{{Key: "input", Value: e.Input}}},
		}})
	}
	return out
}

// properties are what no schema says of a feature.
func properties(d feature.Definition, words map[string]string) landfall.Object {
	limits := landfall.Object{}
	for _, lang := range d.Languages {
		limits = append(limits, landfall.Member{Key: lang, Value: d.Limits[lang]})
	}
	unmet := []any{}
	for _, u := range d.Unmet {
		needs := u.Needs
		if s := words["unmet."+u.Field]; s != "" {
			needs = s
		}
		entry := landfall.Object{{Key: "field", Value: u.Field}, {Key: "needs", Value: needs}}
		if len(u.Values) > 0 {
			entry = append(entry, landfall.Member{Key: "values", Value: u.Values})
		}
		unmet = append(unmet, entry)
	}
	excludes := []any{}
	for _, e := range d.Excludes {
		excludes = append(excludes, e)
	}
	checks := []any{}
	for _, c := range d.Checks {
		checks = append(checks, landfall.Object{{Key: "name", Value: c.Name}, {Key: "where", Value: c.Where}, {Key: "failing", Value: c.Failing}})
	}
	return landfall.Object{
		{Key: "version", Value: d.Version}, {Key: "main", Value: d.Main}, {Key: "stream", Value: d.Stream}, {Key: "shown_in", Value: d.Lane},
		{Key: "guard_mode", Value: d.GuardMode}, {Key: "latency_class", Value: d.LatencyClass}, {Key: "deadline_ms", Value: d.DeadlineMS},
		{Key: "languages", Value: d.Languages}, {Key: "max_input_chars", Value: limits}, {Key: "unmet_inputs", Value: unmet}, {Key: "excludes", Value: excludes}, {Key: "checks", Value: checks},
	}
}

// describe returns a schema of a feature's file with words at its places.
func describe(schema landfall.Object, at string, words map[string]string) landfall.Object {
	out := slices.Clone(schema)
	if s, ok := words[at]; ok && out.Text("description") == "" {
		out = out.Set("description", s)
	}
	if fields := object(out, "properties"); len(fields) > 0 {
		described := landfall.Object{}
		for _, m := range fields {
			inner, _ := m.Value.(landfall.Object)
			described = append(described, landfall.Member{Key: m.Key, Value: describe(inner, at+"."+m.Key, words)})
		}
		out = out.Set("properties", described)
	}
	if items := object(out, "items"); len(items) > 0 {
		out = out.Set("items", describe(items, at, except(words, at)))
	}
	return out
}

// except keeps a list's own words from standing at its entries as well.
func except(words map[string]string, at string) map[string]string {
	out := make(map[string]string, len(words))
	for k, v := range words {
		if k != at {
			out[k] = v
		}
	}
	return out
}

// set returns a copy of o with a member set.
func set(o landfall.Object, key string, value any) landfall.Object {
	return slices.Clone(o).Set(key, value)
}

// object returns a member that is an object, or nothing.
func object(o landfall.Object, key string) landfall.Object {
	v, _ := o.Get(key)
	inner, _ := v.(landfall.Object)
	return inner
}
