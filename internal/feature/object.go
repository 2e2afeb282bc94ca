package feature

import (
	"strconv"
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

// number of an input field, or other where it is absent.
func numberOf(input landfall.Object, field string, other int) int {
	v, _ := input.Get(field)
	switch v := v.(type) {
	case int:
		return v
	case interface{ String() string }:
		if n, err := strconv.Atoi(v.String()); err == nil {
			return n
		}
	}
	return other
}

// wordsOf returns the feature's words of a name, in the answer's language.
func (s *shaping) wordsOf(name string) []string { return s.def.Words[name][s.call.Language] }

// wordOf returns the first of them, or "".
func (s *shaping) wordOf(name string) string {
	if w := s.wordsOf(name); len(w) > 0 {
		return w[0]
	}
	return ""
}

// holdsAny returns the first of the words that stands in a text, case and width aside;
// Latin words stand whole.
func holdsAny(text string, words []string) (string, bool) {
	text = fold(text)
	for _, w := range words {
		if wordAt(text, fold(w)) >= 0 {
			return w, true
		}
	}
	return "", false
}

// wordAt returns where a word stands in a text, both folded, or -1.
func wordAt(text, word string) int {
	for at := 0; word != ""; {
		n := strings.Index(text[at:], word)
		if n < 0 {
			return -1
		}
		at += n
		if !insideWord(text, at, at+len(word)) {
			return at
		}
		at += len(word)
	}
	return -1
}

// insideWord reports whether a span cuts a word of ASCII letters.
func insideWord(text string, start, end int) bool {
	letter := func(i int) bool { return i >= 0 && i < len(text) && asciiLetter(rune(text[i])) }
	return letter(start) && letter(start-1) || letter(end-1) && letter(end)
}
