package feature

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"landfall"
)

// Kind json: the model fills the caller's schema, every leaf of which may be null;
// the code keeps what the text says and leaves out the rest. A value that the text
// lacks is null where it is required or may be null, else left out, and is listed
// in missing; that is an answer and no fault, and valid says whether the record
// still fits the caller's schema.

func shapeJSON(s *shaping) error {
	var text strings.Builder
	for _, t := range sourceTexts(s.call.Input) {
		text.WriteString(t)
	}
	var best *record
	for attempt := 0; attempt <= s.def.Repairs; attempt++ {
		p, err := s.prompt(map[string]string{"schema": string(landfall.AppendJSON(nil, s.call.schema.schema))}, s.tokens(utf8.RuneCountInString(text.String())), attempt)
		if err != nil {
			return err
		}
		p.Schema = s.call.schema.model
		said, err := s.hear(p)
		if err != nil {
			return err
		}
		if o, ok := findObject(said.text, s.call.schema); ok && said.finish != landfall.FinishLength {
			r := s.ground(o)
			if best == nil || r.kept > best.kept {
				best = r
			}
			if r.kept > 0 {
				break
			}
		}
		if attempt < s.def.Repairs {
			if err := s.emit(landfall.Draft{Hold: &landfall.Hold{Why: "checking"}}); err != nil {
				return err
			}
		}
	}
	if best == nil {
		return (&failure{Check{Name: "schema", Failing: "error"}, "no attempt held a record of the schema"}).err()
	}
	return s.emitRecord(best)
}

func (s *shaping) emitRecord(r *record) error {
	out := s.Blank()
	out = out.Set("data", r.data).Set("missing", r.missing)
	out = revalidate(s.call, out)
	if v, _ := s.call.Input.Get("evidence"); v == true {
		out = out.Set("evidence", r.evidence)
	}
	return s.emitWhole(&subject{shaping: s, output: out})
}

// revalidate says whether the record as it is shown fits the caller's schema.
func revalidate(c Call, out landfall.Object) landfall.Object {
	data, _ := out.Get("data")
	return out.Set("valid", len(problems(c.schema.compiled, data)) == 0)
}

// findObject returns the record in a model's words: the first object that fits the
// schema the model was held to, else the first that has one of its properties. Talk
// and code fences around it are no part of it, and braces in them no object.
func findObject(text string, c *callerSchema) (landfall.Object, bool) {
	var near landfall.Object
	model, err := compileSchema("model", c.model)
	if err != nil {
		return nil, false
	}
	const tries = 64 // braces looked at: a model's talk is short
	for i, n := 0, 0; i < len(text) && n < tries; i++ {
		if text[i] != '{' {
			continue
		}
		n++
		end := balanced(text[i:])
		if end == 0 {
			continue
		}
		v, err := landfall.ParseJSON([]byte(text[i : i+end]))
		o, ok := v.(landfall.Object)
		if err != nil || !ok {
			continue
		}
		if len(problems(model, o)) == 0 {
			return o, true
		}
		if near == nil && slices.ContainsFunc(o, func(m landfall.Member) bool { _, known := properties(c.schema).Get(m.Key); return known }) {
			near = o
		}
	}
	return near, near != nil
}

// balanced returns the length of the object that begins a text, braces in strings
// aside, or 0.
func balanced(text string) int {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// record is what the text supports of a model's record.
type record struct {
	s        *shaping
	text     string
	numbers  []Fact
	data     landfall.Object
	missing  []any
	evidence []any
	kept     int // leaves
}

func (s *shaping) ground(o landfall.Object) *record {
	text := s.call.Input.Text(s.def.Main)
	r := &record{s: s, text: text, numbers: newScanner(text, true).facts(), missing: []any{}, evidence: []any{}}
	r.data, _ = r.object(o, s.call.schema.schema, "")
	return r
}

// object keeps the properties of the schema, in its order, and no others. It
// reports whether anything in it was kept.
func (r *record) object(o landfall.Object, schema landfall.Object, path string) (landfall.Object, bool) {
	out, before := landfall.Object{}, r.kept
	for _, p := range properties(schema) {
		inner, _ := p.Value.(landfall.Object)
		here := path + "/" + landfall.EscapePointer(p.Key)
		given, _ := o.Get(p.Key)
		if v, ok := r.value(given, inner, here); ok {
			out = append(out, landfall.Member{Key: p.Key, Value: v})
			continue
		}
		r.missing = append(r.missing, here)
		if slices.Contains(required(schema), p.Key) || mayBeNull(inner) {
			out = append(out, landfall.Member{Key: p.Key, Value: nil})
		}
	}
	return out, r.kept > before
}

func (r *record) value(v any, schema landfall.Object, path string) (any, bool) {
	switch t, _ := typeOf(schema); t {
	case "object":
		o, ok := v.(landfall.Object)
		if !ok {
			return nil, false
		}
		missing := len(r.missing)
		kept, some := r.object(o, schema, path)
		if !some {
			r.missing = r.missing[:missing] // the object is missing, not each of its fields
		}
		return kept, some
	case "array":
		return r.list(v, schema, path)
	}
	return r.leaf(v, schema, path)
}

// list keeps the entries that the text supports; where it supports none of them there is
// no list. Places in missing are only those
// of entries that stay.
func (r *record) list(v any, schema landfall.Object, path string) (any, bool) {
	given, ok := v.([]any)
	if !ok {
		return nil, false
	}
	items, _ := schema.Get("items")
	inner, _ := items.(landfall.Object)
	if len(inner) == 0 {
		inner = landfall.Object{{Key: "type", Value: "string"}}
	}
	out := []any{}
	for _, e := range given {
		missing := len(r.missing)
		if kept, ok := r.value(e, inner, path+"/"+strconv.Itoa(len(out))); ok {
			out = append(out, kept)
			continue
		}
		r.missing = r.missing[:missing]
	}
	return out, len(out) > 0 || len(given) == 0
}

// leaf keeps a value that the text states. An enum's value and a boolean are a
// judgement, which no text states in so many words.
func (r *record) leaf(v any, schema landfall.Object, path string) (any, bool) {
	t, _ := typeOf(schema)
	if values := enumOf(schema); values != nil {
		ok := v != nil && slices.ContainsFunc(values, func(e any) bool { return e == v })
		return r.keep(v, ok, span{}, path)
	}
	switch v := v.(type) {
	case bool:
		return r.keep(v, t == "boolean", span{}, path)
	case json.Number:
		at, ok := r.number(v.String())
		if t == "string" {
			return r.keep(v.String(), ok, at, path)
		}
		return r.keep(v, ok && (t == "number" || t == "integer" && !strings.ContainsAny(v.String(), ".eE")), at, path)
	case string:
		if t == "number" || t == "integer" {
			return nil, false
		}
		at, ok := findLoosely(r.text, strings.TrimSpace(v))
		return r.keep(at.in(r.text), ok && t == "string", at, path)
	}
	return nil, false
}

func (r *record) keep(v any, ok bool, at span, path string) (any, bool) {
	if !ok {
		return nil, false
	}
	r.kept++
	if at.end > at.start {
		unit := r.s.call.Unit
		r.evidence = append(r.evidence, landfall.Object{
			{Key: "path", Value: path}, {Key: "start", Value: unit.Offset(r.text, at.start)}, {Key: "end", Value: unit.Offset(r.text, at.end)},
		})
	}
	return v, true
}

// number finds where the text states a number, in figures or in words: all of it and in
// plain figures, as an exponent makes another number of the same beginning.
func (r *record) number(lit string) (span, bool) {
	const lead = "x " // no figure at a line's start, which may be a list mark
	plain, negative := strings.CutPrefix(lit, "-")
	all := Facts(lead + plain)
	if len(all) != 1 || all[0].Start != len(lead) || all[0].End != len(lead+plain) {
		return span{}, false
	}
	want := all[0].key()
	for _, have := range r.numbers {
		if (have.key() == want || slices.Contains(have.also, want)) && (!negative || isNegative(r.text[:have.Start])) {
			return span{have.Start, have.End}, true
		}
	}
	return span{}, false
}

// isNegative reports whether what stands in front of a number makes it one below zero. The
// line of 3-5 does not, nor that of a list's entry.
func isNegative(before string) bool {
	for _, sign := range []string{"-", "－", "−", "负", "負", "零下", "minus "} {
		if rest, ok := strings.CutSuffix(fold(before), fold(sign)); ok {
			last, _ := utf8.DecodeLastRuneInString(rest)
			return !isLatin(last) && !isDigit(narrow(last))
		}
	}
	return false
}

// findLoosely finds a value in a text, white space, width and case aside, and
// returns the text's own writing of it. A part of a number is not found, and the word
// "null" and its like are no values.
func findLoosely(text, value string) (span, bool) {
	if noValue(value) {
		return span{}, false
	}
	for at := strings.Index(text, value); at >= 0; {
		p := span{at, at + len(value)}
		if !cutsNumber(text, p) {
			return p, true
		}
		next := strings.Index(text[p.end:], value)
		if next < 0 {
			break
		}
		at = p.end + next
	}
	want := []rune(loose(value))
	var have []rune
	var at []int
	for i, c := range text {
		if folded := []rune(loose(string(c))); len(folded) == 1 {
			have, at = append(have, folded[0]), append(at, i)
		}
	}
	for i := 0; len(want) > 0 && i+len(want) <= len(have); i++ {
		if slices.Equal(have[i:i+len(want)], want) {
			last := at[i+len(want)-1]
			_, n := utf8.DecodeRuneInString(text[last:])
			if p := (span{at[i], last + n}); !cutsNumber(text, p) {
				return p, true
			}
		}
	}
	return span{}, false
}

// cutsNumber reports whether a place begins or ends between two figures.
func cutsNumber(text string, p span) bool {
	return betweenDigits(text, p.start) || betweenDigits(text, p.end)
}

func betweenDigits(text string, at int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	after, _ := utf8.DecodeRuneInString(text[at:])
	return isDigit(narrow(before)) && isDigit(narrow(after))
}

// noValue reports the words that models write where there is nothing.
func noValue(said string) bool {
	switch strings.ToLower(said) {
	case "", "null", "none", "n/a", "nil", "unknown", "无", "未知", "未提及":
		return true
	}
	return false
}

func loose(text string) string {
	return strings.Map(func(r rune) rune {
		if r = unicode.ToLower(narrow(r)); unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

// validIsTrue: the record fits the caller's schema.
func validIsTrue(s *subject) string {
	if v, _ := s.output.Get("valid"); v != true {
		return "the record does not fit the schema"
	}
	return ""
}
