package openapi_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"landfall"
)

const fieldsFile = "testdata/fields.txt"

// What was documented once stays, or the changelog says that it went: an app reads
// these fields. A field that is new is free; before a release all of them must stand
// in the list, so that the next one is held to them.
func TestFieldsStay(t *testing.T) {
	have := fieldsOf(documents(t)[0].Document)
	b, err := os.ReadFile(fieldsFile)
	if err != nil && !*update {
		t.Fatal(err)
	}
	changelog, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	_, unreleased, open := strings.Cut(string(changelog), "## Unreleased\n")
	unreleased, _, _ = strings.Cut(unreleased, "\n## ")
	before := strings.Split(strings.TrimSpace(string(b)), "\n")
	for _, line := range before {
		name, _, _ := strings.Cut(line, " ")
		if line != "" && !slices.Contains(have, line) && !strings.Contains(unreleased, "`"+name+"`") {
			t.Errorf("%s\nwas removed or changed. If apps have to cope with that, name `%s` in CHANGELOG.md under Unreleased, then go test ./internal/openapi -update", line, name)
		}
	}
	for _, line := range have {
		if !open && !slices.Contains(before, line) {
			t.Errorf("%s\nis to be released and not in the list: go test ./internal/openapi -update", line)
		}
	}
	if *update && !t.Failed() {
		if err := os.WriteFile(fieldsFile, []byte(strings.Join(have, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// fieldsOf lists every route with its statuses and parameters, and every field of
// every schema with what it is, sorted.
func fieldsOf(doc landfall.Object) (out []string) {
	for _, path := range field(doc, "paths") {
		for _, m := range path.Value.(landfall.Object) {
			op := m.Value.(landfall.Object)
			name := strings.ToUpper(m.Key) + ":" + path.Key
			for _, status := range field(op, "responses") {
				out = append(out, name+" "+status.Key)
			}
			params, _ := op.Get("parameters")
			list, _ := params.([]any)
			for _, p := range list {
				p := p.(landfall.Object)
				out = append(out, fmt.Sprintf("%s %s %s", name, p.Text("in"), p.Text("name")))
			}
		}
	}
	for _, e := range field(doc, "x-events") {
		out = append(out, "event:"+e.Key)
	}
	for _, e := range field(doc, "x-errors") {
		http, _ := e.Value.(landfall.Object).Get("http")
		out = append(out, fmt.Sprintf("error:%s %v", e.Key, http))
	}
	for _, s := range field(doc, "components", "schemas") {
		if strings.HasSuffix(s.Key, "Answer") || strings.HasSuffix(s.Key, "Request") && s.Key != "Request" && s.Key != "ChatRequest" {
			continue // Envelope and Request with the feature's own in them
		}
		out = append(out, fieldsIn(s.Value.(landfall.Object), s.Key)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func fieldsIn(schema landfall.Object, at string) (out []string) {
	required, _ := schema.Get("required")
	needed, _ := required.([]any)
	for _, m := range field(schema, "properties") {
		inner, _ := m.Value.(landfall.Object)
		name, what := at+"."+m.Key, landfall.Object{}
		for _, k := range inner {
			if k.Key != "description" && k.Key != "title" && k.Key != "properties" && k.Key != "required" {
				what = append(what, k)
			}
		}
		if items := field(inner, "items", "properties"); len(items) > 0 {
			what = what.Set("items", "object")
		}
		line := name + " " + string(landfall.AppendJSON(nil, what))
		if slices.Contains(needed, any(m.Key)) {
			line += " required"
		}
		out = append(append(out, line), fieldsIn(inner, name)...)
		out = append(out, fieldsIn(field(inner, "items"), name)...)
	}
	return out
}
