package openapi

import (
	"strings"

	"landfall"
	"landfall/api"
)

const (
	tagFeatures = "features"
	tagAround   = "around"
	tagChat     = "chat"
	tagService  = "service"
)

func (b *builder) tags() (out []any) {
	for _, name := range []string{tagFeatures, tagAround, tagChat, tagService} {
		out = append(out, landfall.Object{{Key: "name", Value: name}, {Key: "description", Value: b.word(b.texts.Page, "page", "tag_"+name)}})
	}
	return out
}

// operation is one route that is no feature's.
type operation struct {
	tag    string
	params []string // "query locale", in path, query or header
	body   func(*builder) landfall.Object
	// answer is the JSON of 200, text its plain text, events a stream.
	answer func(*builder) landfall.Object
	text   string
	events map[string]func(*builder) landfall.Object
	faults []int
	open   bool // needs no key
	chat   bool // errors have OpenAI's form
}

// chatEvents: lines of data without names.
var chatEvents = map[string]func(*builder) landfall.Object{"": form("ChatChunk")}

// operations describes every route but the features'.
var operations = map[string]operation{
	"GET /v1/features":       {tag: tagAround, params: kindOfRequest, answer: refOf[api.Availability], faults: []int{400, 401, 429}},
	"GET /v1/features/watch": {tag: tagAround, params: kindOfRequest, events: map[string]func(*builder) landfall.Object{"features": refOf[api.Availability]}, faults: []int{400, 401, 429, 503}},
	"GET /v1/requests/{id}":  {tag: tagAround, params: []string{"path id"}, answer: refOf[api.Record], faults: []int{401, 404, 429}},
	"POST /v1/count":         {tag: tagAround, body: countBody, answer: refOf[api.Count], faults: []int{400, 401, 403, 404, 413, 422, 429, 503}},
	"POST /v1/appeals":       {tag: tagAround, body: refOf[api.Appeal], answer: refOf[api.Case], faults: []int{400, 401, 404, 409, 413, 429, 503}},

	"POST /v1/chat/completions": {tag: tagChat, body: form("ChatRequest"), answer: form("ChatCompletion"), events: chatEvents, chat: true},
	"GET /v1/models":            {tag: tagChat, answer: form("ModelList"), chat: true},
	"GET /v1/models/{model}":    {tag: tagChat, params: []string{"path model"}, answer: form("Model"), chat: true},

	"GET /healthz":      {tag: tagService, text: "text/plain", open: true},
	"GET /readyz":       {tag: tagService, text: "text/plain", open: true},
	"GET /metrics":      {tag: tagService, text: "text/plain", open: true},
	"GET /docs":         {tag: tagService, params: []string{"query lang"}, text: "text/html", open: true},
	"GET /openapi.json": {tag: tagService, params: []string{"query lang"}, answer: anything, open: true},
}

// kindOfRequest are the parameters of availability: what of a request to come decides.
var kindOfRequest = []string{"query locale", "query device", "query options"}

// countBody is a request of any feature with the feature's id in it.
func countBody(b *builder) landfall.Object {
	refOf[api.Request](b)
	base := b.schemas["Request"]
	id := landfall.Object{{Key: "type", Value: "string"}, {Key: "description", Value: b.word(b.texts.Parameters, "parameters", "feature")}}
	fields := append(landfall.Object{{Key: "feature", Value: id}}, object(base, "properties")...)
	b.schemas["CountRequest"] = set(set(base, "required", []any{"feature", "input"}), "properties", fields)
	return refTo("CountRequest")
}

func anything(*builder) landfall.Object { return landfall.Object{{Key: "type", Value: "object"}} }

// paths describes every route; one without a description is an error.
func (b *builder) paths() (out landfall.Object) {
	for _, route := range b.Routes {
		method, path, _ := strings.Cut(route, " ")
		if route == featureRoute {
			for _, d := range b.Features {
				out = append(out, landfall.Member{Key: strings.Replace(path, "{id}", d.ID, 1), Value: b.feature(d)})
			}
			continue
		}
		o, ok := operations[route]
		if !ok {
			b.fail("%s is served and not described: add it to operations in internal/openapi/operations.go, and its words to packs/docs", route)
			continue
		}
		item := object(out, path)
		out = out.Set(path, item.Set(strings.ToLower(method), b.operation(route, o)))
	}
	return out
}

func (b *builder) operation(route string, o operation) landfall.Object {
	words, ok := b.texts.Operations[route]
	if !ok || words.Summary == "" {
		b.fail("docs/%s.yaml: operations.%s: want a summary", b.texts.Language, route)
	}
	op := landfall.Object{
		{Key: "operationId", Value: operationID(route)}, {Key: "tags", Value: []any{o.tag}},
		{Key: "summary", Value: words.Summary}, {Key: "description", Value: words.Description},
	}
	if o.open {
		op = append(op, landfall.Member{Key: "security", Value: []any{}})
	}
	if len(o.params) > 0 {
		var list []any
		for _, p := range o.params {
			in, name, _ := strings.Cut(p, " ")
			list = append(list, b.parameters(in, name)...)
		}
		op = append(op, landfall.Member{Key: "parameters", Value: list})
	}
	if o.body != nil {
		op = append(op, landfall.Member{Key: "requestBody", Value: landfall.Object{{Key: "required", Value: true}, {Key: "content", Value: landfall.Object{
			{Key: "application/json", Value: landfall.Object{{Key: "schema", Value: o.body(b)}}}}}}})
	}
	return append(op, landfall.Member{Key: "responses", Value: b.operationAnswers(o)})
}

func (b *builder) operationAnswers(o operation) landfall.Object {
	content := landfall.Object{}
	if o.answer != nil {
		content = append(content, landfall.Member{Key: "application/json", Value: landfall.Object{{Key: "schema", Value: o.answer(b)}}})
	}
	if o.text != "" {
		content = append(content, landfall.Member{Key: o.text, Value: landfall.Object{{Key: "schema", Value: landfall.Object{{Key: "type", Value: "string"}}}}})
	}
	if len(o.events) > 0 {
		events := landfall.Object{}
		for name, schema := range o.events { // one event a stream
			events = append(events, landfall.Member{Key: name, Value: schema(b)})
		}
		content = append(content, landfall.Member{Key: "text/event-stream", Value: landfall.Object{
			{Key: "schema", Value: landfall.Object{{Key: "type", Value: "string"}}}, {Key: "x-events", Value: events}}})
	}
	ok := landfall.Object{{Key: "description", Value: b.word(b.texts.HTTP, "http", "200")}, {Key: "content", Value: content}}
	out := landfall.Object{{Key: "200", Value: ok}}
	if o.chat {
		return append(out, b.chatFaults()...)
	}
	return append(out, b.faultRefs(o.faults...)...)
}

// operationID is a route as one name: getFeaturesWatch.
func operationID(route string) string {
	method, path, _ := strings.Cut(route, " ")
	path = strings.TrimPrefix(path, "/v1")
	return strings.ToLower(method) + pascal(strings.NewReplacer(".", "/", "{", "", "}", "").Replace(path))
}

// parameters of a path, a query or the header of a request.
func (b *builder) parameters(in string, names ...string) (out []any) {
	for _, name := range names {
		schema := landfall.Object{{Key: "type", Value: "string"}}
		switch name {
		case "Accept":
			schema = oneOf("application/json", "text/event-stream").Set("default", "application/json")
		case "lang":
			schema = landfall.Object{{Key: "enum", Value: b.languages()}}
		}
		out = append(out, landfall.Object{
			{Key: "name", Value: name}, {Key: "in", Value: in}, {Key: "required", Value: in == "path"},
			{Key: "description", Value: b.word(b.texts.Parameters, "parameters", name)}, {Key: "schema", Value: schema},
		})
	}
	return out
}

func (b *builder) languages() (out []any) {
	for _, t := range b.Texts {
		out = append(out, t.Language)
	}
	return out
}
