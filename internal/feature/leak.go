package feature

import (
	"iter"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"landfall"
)

// A small model repeats its prompt's examples. A leak is a run of five 汉字 or
// eighteen letters, a capitalised name, or the name of a speaker in an example's
// conversation, that an example holds and the input does not. Numbers need no rule here: the input must hold them anyway.
const (
	leakHan   = 5
	leakLatin = 18
)

// leak is what one prompt variant's examples hold.
type leak struct {
	runs     map[string]bool
	names    map[string]bool
	speakers cues
}

// newLeak reads the messages that fill no slot: the examples, and the words of the
// task, which are no answer either.
func newLeak(v landfall.Variant) *leak {
	l := &leak{runs: map[string]bool{}, names: map[string]bool{}}
	for _, m := range v.Messages {
		if strings.Contains(m.Content, "{{") {
			continue
		}
		for run := range runsOf(m.Content) {
			l.runs[string(run)] = true
		}
		if m.Role != "system" {
			for _, n := range namesOf(m.Content) {
				l.names[n] = true
			}
			l.speakers = append(l.speakers, speakersOf(m.Content)...)
		}
	}
	return l
}

// in returns what a part of an answer has of the examples and not of the input.
func (l *leak) in(part string, source *Source) string {
	if l == nil {
		return ""
	}
	for run := range runsOf(part) {
		if l.runs[string(run)] && !source.HasLetters(string(run)) {
			return "it repeats an example of the prompt: " + string(run)
		}
	}
	for _, n := range namesOf(part) {
		if l.names[n] && !source.HasLetters(lettersOf(n)) {
			return "it repeats a name of an example of the prompt: " + n
		}
	}
	for _, p := range newScanner(part, false).every(l.speakers) {
		if n := p.in(part); !source.HasLetters(lettersOf(n)) {
			return "it repeats a speaker of an example of the prompt: " + n
		}
	}
	return ""
}

// spokenLine is a line of a conversation: a short name, a colon, what was said.
var spokenLine = regexp.MustCompile(`(?m)^(\p{L}[\p{L}\p{N} ]{0,14})[:：][ ]*\S`)

// speakersOf returns who speaks in a conversation of three lines or more, in lower
// case.
func speakersOf(text string) []string {
	lines := spokenLine.FindAllStringSubmatch(text, -1)
	if len(lines) < 3 {
		return nil
	}
	var out []string
	for _, m := range lines {
		out = append(out, strings.ToLower(m[1]))
	}
	return out
}

// runsOf yields every run of leakHan 汉字 and of leakLatin letters, folded, the spaces
// between words left out. The bytes are good until the next one.
func runsOf(text string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		var han, latin window
		for _, r := range text {
			r = unicode.ToLower(narrow(r))
			switch {
			case isHan(r):
				han.add(r)
				latin.clear()
			case unicode.IsLetter(r):
				latin.add(r)
				han.clear()
			case r == ' ' || r == '\'' || r == '’':
				han.clear()
			default:
				han.clear()
				latin.clear()
			}
			if run := han.last(leakHan); run != nil && !yield(run) {
				return
			}
			if run := latin.last(leakLatin); run != nil && !yield(run) {
				return
			}
		}
	}
}

// window keeps letters as bytes, and where each begins.
type window struct {
	text  []byte
	at    []int
	fresh bool // the last letter is not looked at yet
}

func (w *window) add(r rune) {
	w.at = append(w.at, len(w.text))
	w.text = utf8.AppendRune(w.text, r)
	w.fresh = true
}

func (w *window) clear() { w.text, w.at, w.fresh = w.text[:0], w.at[:0], false }

// last returns the last n letters, once after each letter; nil while there are fewer.
func (w *window) last(n int) []byte {
	if !w.fresh || len(w.at) < n {
		return nil
	}
	w.fresh = false
	return w.text[w.at[len(w.at)-n]:]
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
