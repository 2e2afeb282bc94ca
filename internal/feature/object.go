package feature

import (
	"strings"

	"landfall"
)

// inquiry is a question whose answer is an object.
type inquiry struct {
	variant string // of the prompt
	slots   map[string]string
	schema  landfall.Object
	tokens  int
}

// inquire asks until accept takes an answer. accept returns what is wrong with one;
// the last attempt's failure is the error.
func (s *shaping) inquire(q inquiry, accept func(landfall.Object) *failure) error {
	var failed *failure
	for attempt := 0; attempt <= s.def.Repairs; attempt++ {
		if attempt > 0 {
			if err := s.emit(landfall.Draft{Hold: &landfall.Hold{Why: "checking"}}); err != nil {
				return err
			}
		}
		p, err := s.promptOf(q.variant, q.slots, q.tokens, attempt)
		if err != nil {
			return err
		}
		p.Schema = q.schema
		said, err := s.hear(p)
		if err != nil {
			return err
		}
		o, ok := findObject(said.text, &callerSchema{schema: q.schema, model: q.schema})
		if !ok || said.finish == landfall.FinishLength {
			failed = fails("schema", "no object of the schema was said")
		} else if failed = accept(o); failed == nil {
			return nil
		}
	}
	return failed.err()
}

// fails is the failure of a check that stands in no feature's list.
func fails(check, why string) *failure {
	return &failure{Check{Name: check, Where: "answer", Failing: "error"}, why}
}

// An object schema's parts, for the questions that code makes up.

func objectOf(members ...landfall.Member) landfall.Object {
	names := make([]any, len(members))
	for i, m := range members {
		names[i] = m.Key
	}
	return landfall.Object{
		{Key: "type", Value: "object"}, {Key: "properties", Value: landfall.Object(members)},
		{Key: "required", Value: names}, {Key: "additionalProperties", Value: false},
	}
}

func listOf(items landfall.Object, least, most int) landfall.Object {
	return landfall.Object{{Key: "type", Value: "array"}, {Key: "items", Value: items}, {Key: "minItems", Value: least}, {Key: "maxItems", Value: most}}
}

func oneOf(values []string) landfall.Object {
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = v
	}
	return landfall.Object{{Key: "type", Value: "string"}, {Key: "enum", Value: list}}
}

var aString = landfall.Object{{Key: "type", Value: "string"}}

// strings of a list, trimmed; what is no string or empty is left out.
func stringsOf(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, e := range list {
		if s, ok := e.(string); ok && strings.TrimSpace(s) != "" {
			out = append(out, strings.TrimSpace(s))
		}
	}
	return out
}

// wordsOf returns the feature's words of a name, in the answer's language.
func (s *shaping) wordsOf(name string) []string { return s.def.Words[name][s.call.Language] }
