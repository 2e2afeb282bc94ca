package feature

import (
	"strings"
	"unicode"

	"landfall"
)

// A small model repeats its prompt's examples. A leak is a run of five 汉字 or
// eighteen letters, or a capitalised name, that an example holds and the input
// does not. Numbers need no rule here: the input must hold them anyway.
const (
	leakHan   = 5
	leakLatin = 18
)

// leak is what one prompt variant's examples hold.
type leak struct {
	runs  map[string]bool
	names map[string]bool
}

// newLeak reads the messages that fill no slot: the examples, and the words of the
// task, which are no answer either.
func newLeak(v landfall.Variant) *leak {
	l := &leak{map[string]bool{}, map[string]bool{}}
	for _, m := range v.Messages {
		if strings.Contains(m.Content, "{{") {
			continue
		}
		for _, r := range runsOf(m.Content) {
			l.runs[r] = true
		}
		if m.Role != "system" {
			for _, n := range namesOf(m.Content) {
				l.names[n] = true
			}
		}
	}
	return l
}

// in returns what a part of an answer has of the examples and not of the input.
func (l *leak) in(part string, source *Source) string {
	if l == nil {
		return ""
	}
	for _, r := range runsOf(part) {
		if l.runs[r] && !source.HasLetters(r) {
			return "it repeats an example of the prompt: " + r
		}
	}
	for _, n := range namesOf(part) {
		if l.names[n] && !source.HasLetters(strings.ToLower(n)) {
			return "it repeats a name of an example of the prompt: " + n
		}
	}
	return ""
}

// runsOf returns every run of leakHan 汉字 and of leakLatin letters, the spaces
// between words left out.
func runsOf(text string) []string {
	var out []string
	var han, latin []rune
	for _, r := range text {
		r = unicode.ToLower(narrow(r))
		switch {
		case unicode.Is(unicode.Han, r):
			han, latin = append(han, r), nil
		case unicode.IsLetter(r):
			han, latin = nil, append(latin, r)
		case r == ' ' || r == '\'' || r == '’':
			han = nil
		default:
			han, latin = nil, nil
		}
		if len(han) >= leakHan {
			out = append(out, string(han[len(han)-leakHan:]))
		}
		if len(latin) >= leakLatin {
			out = append(out, string(latin[len(latin)-leakLatin:]))
		}
	}
	return out
}

// namesOf returns the capitalised words that begin no sentence.
func namesOf(text string) []string {
	var out []string
	for _, sentence := range parts(text, bySentence) {
		for i, w := range strings.FieldsFunc(sentence.in(text), func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' }) {
			if i > 0 && len(w) > 2 && w[0] >= 'A' && w[0] <= 'Z' && months[strings.ToLower(w)] == 0 && weekdays[strings.ToLower(w)] == 0 {
				out = append(out, w)
			}
		}
	}
	return out
}
