package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"landfall/internal/pack"
	"landfall/packs"
)

// documented holds every answer of every script against the document that the gateway
// serves: a status, a field or an event that is not described fails the script.
type documented struct {
	doc      map[string]any
	mu       sync.Mutex // compiler
	compiler *jsonschema.Compiler
	schemas  map[string]*jsonschema.Schema
}

var theDocument = sync.OnceValues(func() (*documented, error) {
	p, err := pack.Open(packs.Files, "")
	if err != nil {
		return nil, err
	}
	h, err := documents(p)
	if err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	v, err := jsonschema.UnmarshalJSON(w.Body)
	if err != nil {
		return nil, err
	}
	d := &documented{doc: v.(map[string]any), compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}}
	closeObjects(inside(d.doc, "components", "schemas"))
	d.compiler.AssertFormat()
	return d, d.compiler.AddResource("mem:///openapi.json", v)
})

// closeObjects lets no field pass that is not described.
func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if fields, ok := v["properties"].(map[string]any); ok && v["type"] == "object" && v["additionalProperties"] == nil {
			v["additionalProperties"] = false
			for _, f := range fields {
				closeObjects(f)
			}
			return
		}
		for key, inner := range v {
			if key != "default" {
				closeObjects(inner)
			}
		}
	case []any:
		for _, inner := range v {
			closeObjects(inner)
		}
	}
}

func inside(v any, path ...string) any {
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

// check holds one answer against its description.
func (d *documented) check(r *http.Request, resp *http.Response, body []byte) error {
	at, ok := d.responses(r.Method, r.URL.Path)
	if !ok { // what is not there, or a feature that a script made up
		if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
			return d.valid("/components/schemas/Envelope", body)
		}
		return nil
	}
	status := strconv.Itoa(resp.StatusCode)
	media, at := d.content(at, status)
	if media == nil {
		return fmt.Errorf("%s %s answers %s: the document has no such status", r.Method, r.URL.Path, status)
	}
	kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	if media[kind] == nil {
		return fmt.Errorf("%s %s answers %s with %s: the document has no such form", r.Method, r.URL.Path, status, kind)
	}
	at += "/content/" + strings.ReplaceAll(kind, "/", "~1")
	switch kind {
	case "application/json":
		return d.valid(at+"/schema", body)
	case "text/event-stream":
		return d.events(at, inside(media[kind], "x-events").(map[string]any), body)
	}
	return nil
}

// responses finds the description of a route: its path as it is, or with a parameter.
func (d *documented) responses(method, path string) (string, bool) {
	have := strings.Split(path, "/")
	for template := range d.doc["paths"].(map[string]any) {
		want := strings.Split(template, "/")
		same := len(want) == len(have)
		for i := 0; same && i < len(want); i++ {
			same = want[i] == have[i] || strings.HasPrefix(want[i], "{")
		}
		if same && inside(d.doc, "paths", template, strings.ToLower(method)) != nil {
			return "/paths/" + strings.ReplaceAll(template, "/", "~1") + "/" + strings.ToLower(method) + "/responses", true
		}
	}
	return "", false
}

// content returns the forms of a status and where they stand.
func (d *documented) content(at, status string) (map[string]any, string) {
	responses := d.at(at).(map[string]any)
	if responses[status] == nil {
		status = "default"
	}
	at += "/" + status
	if ref, ok := inside(responses[status], "$ref").(string); ok {
		at = strings.TrimPrefix(ref, "#")
	}
	media, _ := inside(d.at(at), "content").(map[string]any)
	return media, at
}

func (d *documented) at(pointer string) any {
	var path []string
	for name := range strings.SplitSeq(pointer[1:], "/") {
		path = append(path, strings.NewReplacer("~1", "/", "~0", "~").Replace(name))
	}
	return inside(d.doc, path...)
}

func (d *documented) events(at string, described map[string]any, body []byte) error {
	for block := range strings.SplitSeq(strings.TrimSpace(string(body)), "\n\n") {
		name, data := "", strings.TrimPrefix(block, "data: ")
		if rest, named := strings.CutPrefix(block, "event: "); named {
			name, data, _ = strings.Cut(rest, "\ndata: ")
		}
		switch {
		case strings.HasPrefix(block, ":") || data == "[DONE]":
		case name == "" && strings.HasPrefix(data, `{"error":`):
			if err := d.valid("/components/schemas/ChatError", []byte(data)); err != nil {
				return err
			}
		case described[name] == nil:
			return fmt.Errorf("the document has no event %q", name)
		default:
			if err := d.valid(at+"/x-events/"+name, []byte(data)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *documented) valid(at string, body []byte) error {
	d.mu.Lock()
	s := d.schemas[at]
	if s == nil {
		var err error
		if s, err = d.compiler.Compile("mem:///openapi.json#" + at); err != nil {
			d.mu.Unlock()
			return err
		}
		d.schemas[at] = s
	}
	d.mu.Unlock()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err == nil {
		err = s.Validate(v)
	}
	if err != nil {
		return fmt.Errorf("not as the document says: %w\n%s", err, body)
	}
	return nil
}
