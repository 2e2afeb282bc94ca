package openapi

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"regexp"
	"slices"
	"strings"

	"landfall"
)

// source is the page's template: one HTML file with its style, which reads without
// scripts and asks no other host for anything.
//
//go:embed page.html
var source string

// ExamplePage is a page that streams one feature, as the page shows it.
//
//go:embed example.html
var ExamplePage string

// view is what the template shows: the document in the order of a reader.
type view struct {
	Texts
	All      []Texts
	Features []featureView
	Routes   []routeView
	Faults   []faultView
	Whys     []faultView
	HTTPs    []row
	Events   []row
	Endings  []row
	Types    []typeView
	Rest     []typeView // shown in no other place
	Example  string
	// HeaderNames are the headers that a request may have.
	HeaderNames []string
}

// Of returns types by name, for a section of the page.
func (v view) Of(names ...string) (out []typeView) {
	for _, name := range names {
		for _, t := range v.Types {
			if t.Name == name {
				out = append(out, t)
			}
		}
	}
	return out
}

// placed are the types that a section of the page shows itself.
var placed = []string{"Request", "Consent", "Audience", "Envelope", "Labels", "Explicit", "Withheld", "Error", "Reason", "Availability", "Feature", "Limits"}

type featureView struct {
	ID, Summary, Description string
	Languages                []string
	Limits                   landfall.Object // code points by language
	Shows                    string
	Deadline                 int // seconds
	Input, Output, Unmet     []row
	Excludes                 []string // values that cannot stand together
	Request, Stream, Answer  string
}

type routeView struct {
	Method, Path, Summary, Description string
	Open                               bool
	Params                             []row
	Body, Answer                       string // types
}

type faultView struct{ Name, HTTP, Cause, Cure string }

type typeView struct {
	Name, Words string
	Rows        []row
}

// row is one line of a table.
type row struct {
	Name, Type, Link, Words string
	Needed                  bool
}

// page renders a document for people.
func page(doc landfall.Object, t Texts, all []Texts) ([]byte, error) {
	v := view{Texts: t, All: all, Example: ExamplePage, HeaderNames: requestHeaders}
	components := object(doc, "components")
	schemas := object(components, "schemas")
	features := map[string]bool{}
	for _, path := range object(doc, "paths") {
		for _, m := range path.Value.(landfall.Object) {
			op := m.Value.(landfall.Object)
			if about := object(op, "x-landfall"); about != nil {
				f := newFeatureView(op, schemas, t)
				v.Features, features[pascal(f.ID)] = append(v.Features, f), true
				continue
			}
			v.Routes = append(v.Routes, newRouteView(m.Key, path.Key, op))
		}
	}
	for _, s := range schemas {
		if !ofFeature(s.Key, features) {
			schema := s.Value.(landfall.Object)
			shown := typeView{s.Key, schema.Text("description"), rows(schema, "", 0)}
			v.Types = append(v.Types, shown)
			if !slices.Contains(placed, s.Key) {
				v.Rest = append(v.Rest, shown)
			}
		}
	}
	v.Faults, v.Whys = faultViews(object(doc, "x-errors")), faultViews(object(doc, "x-reasons"))
	for _, e := range object(doc, "x-events") {
		data := object(e.Value.(landfall.Object), "data")
		v.Events = append(v.Events, row{Name: e.Key, Type: typeName(data), Link: link(data), Words: e.Value.(landfall.Object).Text("description")})
	}
	v.Endings = tableOf(t.Statuses, statusOrder(schemas))
	for _, m := range object(components, "responses") {
		name := strings.TrimPrefix(m.Key, "E")
		v.HTTPs = append(v.HTTPs, row{Name: name, Words: t.HTTP[name], Type: words(list(m.Value.(landfall.Object), "x-codes"))})
	}
	tmpl, err := template.New("page").Option("missingkey=error").Funcs(template.FuncMap{"prose": prose, "t": t.phrase}).Parse(source)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = tmpl.Execute(&out, v)
	return out.Bytes(), err
}

// phrase returns words of the page; none are an error.
func (t Texts) phrase(key string) (string, error) {
	s, ok := t.Page[key]
	if !ok {
		return "", fmt.Errorf("docs/%s.yaml: page.%s is missing", t.Language, key)
	}
	return s, nil
}

func newFeatureView(op, schemas landfall.Object, t Texts) featureView {
	id := op.Text("operationId")
	about := object(op, "x-landfall")
	v := featureView{ID: id, Summary: op.Text("summary"), Description: op.Text("description"), Limits: object(about, "max_input_chars")}
	v.Shows = t.Page["shows_"+about.Text("stream")]
	if ms, ok := about.Get("deadline_ms"); ok {
		n, _ := ms.(json.Number).Int64()
		v.Deadline = int(n / 1000)
	}
	for _, u := range list(about, "unmet_inputs") {
		u := u.(landfall.Object)
		name := strings.TrimSpace(u.Text("field") + " " + words(list(u, "values")))
		v.Unmet = append(v.Unmet, row{Name: name, Words: u.Text("needs")})
	}
	for _, l := range list(about, "languages") {
		v.Languages = append(v.Languages, fmt.Sprint(l))
	}
	for _, e := range list(about, "excludes") {
		var together []string
		for _, m := range e.(landfall.Object) {
			together = append(together, m.Key+": "+fmt.Sprint(m.Value))
		}
		v.Excludes = append(v.Excludes, strings.Join(together, ", "))
	}
	v.Input = rows(object(schemas, pascal(id)+"Input"), "", 0)
	v.Output = rows(object(schemas, pascal(id)+"Output"), "", 0)
	asked := object(object(object(op, "requestBody"), "content"), "application/json")
	answers := object(object(object(op, "responses"), "200"), "content")
	if value := exampleIn(asked, t.Language); value != nil {
		v.Request = pretty(value)
	}
	if value := exampleIn(object(answers, "application/json"), t.Language); value != nil {
		v.Answer = pretty(value)
	}
	if s, ok := exampleIn(object(answers, "text/event-stream"), t.Language).(string); ok {
		v.Stream = strings.TrimSpace(s)
	}
	return v
}

// exampleIn picks the example of a language, or the first.
func exampleIn(media landfall.Object, language string) any {
	all := object(media, "examples")
	if len(all) == 0 {
		return nil
	}
	e := object(all, language)
	if e == nil {
		e, _ = all[0].Value.(landfall.Object)
	}
	value, _ := e.Get("value")
	return value
}

func newRouteView(method, path string, op landfall.Object) routeView {
	v := routeView{Method: strings.ToUpper(method), Path: path, Summary: op.Text("summary"), Description: op.Text("description")}
	security, said := op.Get("security")
	v.Open = said && len(security.([]any)) == 0
	for _, p := range list(op, "parameters") {
		p := p.(landfall.Object)
		schema := object(p, "schema")
		v.Params = append(v.Params, row{Name: p.Text("name"), Type: typeName(schema), Words: p.Text("description")})
	}
	schemaOf := func(o landfall.Object) string {
		return strings.TrimPrefix(link(object(object(object(o, "content"), "application/json"), "schema")), "type-")
	}
	v.Body, v.Answer = schemaOf(object(op, "requestBody")), schemaOf(object(object(op, "responses"), "200"))
	return v
}

func faultViews(o landfall.Object) (out []faultView) {
	for _, m := range o {
		f := m.Value.(landfall.Object)
		out = append(out, faultView{m.Key, words(list(f, "http")), f.Text("cause"), f.Text("cure")})
	}
	return out
}

// statusOrder is the order of the statuses in their schema.
func statusOrder(schemas landfall.Object) (out []string) {
	for _, v := range list(object(object(object(schemas, "Envelope"), "properties"), "status"), "enum") {
		out = append(out, fmt.Sprint(v))
	}
	return out
}

func tableOf(told map[string]string, order []string) (out []row) {
	for _, name := range order {
		out = append(out, row{Name: name, Words: told[name]})
	}
	return out
}

func ofFeature(schema string, features map[string]bool) bool {
	for _, kind := range []string{"Input", "Output", "Request", "Answer"} {
		if name, ok := strings.CutSuffix(schema, kind); ok && features[name] {
			return true
		}
	}
	return false
}

func list(o landfall.Object, key string) []any {
	v, _ := o.Get(key)
	l, _ := v.([]any)
	return l
}

func words(values []any) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = fmt.Sprint(v)
	}
	return strings.Join(out, ", ")
}

func pretty(v any) string {
	var out bytes.Buffer
	if err := json.Indent(&out, landfall.AppendJSON(nil, v), "", "  "); err != nil {
		return ""
	}
	return out.String()
}

var quoted = regexp.MustCompile("`([^`]+)`")

// prose escapes words, and sets what stands between back-quotes as code.
func prose(s string) template.HTML {
	return template.HTML(quoted.ReplaceAllString(template.HTMLEscapeString(s), "<code>$1</code>"))
}

// required reports the names that a schema demands.
func required(schema landfall.Object, name string) bool {
	return slices.Contains(list(schema, "required"), any(name))
}
