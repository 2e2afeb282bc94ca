package openapi_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"landfall"
)

// Every reason that the vocabulary declares has a cause and a cure in every language,
// and no other has.
func TestEveryReasonIsTold(t *testing.T) {
	declared := constants(t, "../../error.go", "Reason")
	for _, words := range texts(t) {
		for name := range declared {
			if f := words.Reasons[name]; f.Cause == "" || f.Cure == "" {
				t.Errorf("docs/%s.yaml: reasons.%s: want cause and cure", words.Language, name)
			}
		}
		for name := range words.Reasons {
			if !declared[name] {
				t.Errorf("docs/%s.yaml: reasons.%s is no reason", words.Language, name)
			}
		}
	}
}

// constants are the values of a file's string constants with a prefix.
func constants(t *testing.T, file, prefix string) map[string]bool {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if ok && strings.HasPrefix(spec.Names[0].Name, prefix) && len(spec.Values) == 1 {
			if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
				s, _ := strconv.Unquote(lit.Value)
				out[s] = true
			}
		}
		return true
	})
	if len(out) == 0 {
		t.Fatalf("%s declares no constant %s…", file, prefix)
	}
	return out
}

// Words stand for something: a field, a route, a header that is gone leaves none.
func TestNoWordsLeft(t *testing.T) {
	doc := documents(t)[0].Document
	places := map[string]bool{}
	for _, s := range field(doc, "components", "schemas") {
		places[s.Key] = true
		for _, line := range fieldsIn(s.Value.(landfall.Object), s.Key) {
			name, _, _ := strings.Cut(line, " ")
			places[name] = true
		}
	}
	for _, words := range texts(t) {
		for at := range words.Fields {
			if !places[at] {
				t.Errorf("docs/%s.yaml: fields.%s: no such field", words.Language, at)
			}
		}
		for code := range words.Errors {
			if len(field(doc, "x-errors", code)) == 0 {
				t.Errorf("docs/%s.yaml: errors.%s: no such code", words.Language, code)
			}
		}
		for event := range words.Events {
			if event != "stream" && len(field(doc, "x-events", event)) == 0 {
				t.Errorf("docs/%s.yaml: events.%s: no such event", words.Language, event)
			}
		}
		for id, feature := range words.Features {
			for at := range feature.Fields {
				kind, rest, _ := strings.Cut(at, ".")
				if kind != "unmet" && !places[pascal(id)+pascal(kind)+"."+rest] {
					t.Errorf("docs/feature/%s.yaml: %s.fields.%s: no such field", id, words.Language, at)
				}
			}
		}
	}
}

// Every field of every feature has words.
func TestFeaturesHaveWords(t *testing.T) {
	for _, d := range documents(t) {
		for _, s := range field(d.Document, "components", "schemas") {
			if !strings.HasSuffix(s.Key, "Input") && !strings.HasSuffix(s.Key, "Output") {
				continue
			}
			wordless(t, d.ID, s.Key, s.Value.(landfall.Object))
		}
		for _, path := range field(d.Document, "paths") {
			if op := field(path.Value.(landfall.Object), "post"); len(field(op, "x-landfall")) > 0 && (op.Text("summary") == "" || op.Text("description") == "") {
				t.Errorf("%s: docs/feature/%s.yaml: want summary and description", d.ID, op.Text("operationId"))
			}
		}
	}
}

func wordless(t *testing.T, language, at string, schema landfall.Object) {
	t.Helper()
	for _, m := range field(schema, "properties") {
		inner := m.Value.(landfall.Object)
		if inner.Text("description") == "" {
			t.Errorf("%s: %s.%s has no words: put them into packs/docs/feature", language, at, m.Key)
		}
		wordless(t, language, at+"."+m.Key, inner)
		wordless(t, language, at+"."+m.Key, field(inner, "items"))
	}
}
