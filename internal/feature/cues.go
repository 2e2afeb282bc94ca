package feature

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"landfall"
)

// cues are the pack's words of one name, in every language: people mix languages in
// one message. Latin words count as whole words, case and width aside.
type cues []string

func (d Definition) cues(name string) cues {
	var out cues
	for _, words := range d.Words[name] {
		for _, w := range words {
			out = append(out, strings.ToLower(strings.Map(narrow, w)))
		}
	}
	return out.longestFirst()
}

// longestFirst sorts the words so that of those which begin alike the longest is found.
func (c cues) longestFirst() cues {
	slices.SortFunc(c, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b)) })
	return slices.Compact(c)
}

// in reports whether a text holds one of the words.
func (c cues) in(text string) bool {
	_, ok := newScanner(text, false).first(c)
	return ok
}

// begin reports whether a text begins with one of the words, marks aside.
func (c cues) begin(text string) bool {
	s := newScanner(strings.TrimLeft(text, " \t\n\"'“「（(@"), false)
	return s.hasAny(0, c...) > 0
}

// first returns where the first of the words stands, the longest of those that
// begin there.
func (s *scanner) first(words cues) (span, bool) {
	for i := range s.r {
		if n := s.wordAt(i, words); n > 0 {
			return span{s.at[i], s.at[i+n]}, true
		}
	}
	return span{}, false
}

// every returns all places of the words that do not overlap.
func (s *scanner) every(words cues) []span {
	var out []span
	for i := 0; i < len(s.r); {
		n := s.wordAt(i, words)
		if n > 0 {
			out = append(out, span{s.at[i], s.at[i+n]})
		}
		i += max(n, 1)
	}
	return out
}

// wordAt returns the length of the longest of the words at i, in runes, or 0.
func (s *scanner) wordAt(i int, words cues) int {
	if isLatin(s.r[i]) && isLatin(s.rune(i-1)) {
		return 0
	}
	return s.hasAny(i, words...)
}

// said returns the pack's one text of a name in the answer's language.
func (s *shaping) said(name string) string {
	if words := s.def.Words[name][s.call.Language]; len(words) > 0 {
		return words[0]
	}
	return ""
}

// capOf bounds a short text of the answer, in code points. The caller's max_chars
// bounds lines.
func (s *shaping) capOf(name string) int {
	if n := intAt(s.call.Input, "max_chars"); n > 0 && name == "line" {
		return n
	}
	return s.def.Caps[name][s.call.Language]
}

// intAt returns the whole number at a key, or 0.
func intAt(o landfall.Object, key string) int {
	v, _ := o.Get(key)
	n, _ := v.(json.Number)
	i, err := strconv.Atoi(n.String())
	if f, bad := n.Float64(); err != nil && bad == nil && f == math.Trunc(f) && math.Abs(f) < 1<<31 {
		return int(f) // 2.0 and 2e1 are integers for JSON Schema
	}
	return i
}

// shorten cuts a text to so many code points, between words, with … for the rest. A cut
// that would make another number, date or address of one goes in front of it.
func shorten(text string, limit int) string {
	r := []rune(text)
	if len(r) <= limit {
		return text
	}
	end := limit - 1
	for end > limit/2 && isWordRune(r[end]) && isWordRune(r[end-1]) {
		end--
	}
	if end == limit/2 {
		end = limit - 1
	}
	source, kept := NewSource(text), string(r[:end])
	for {
		kept = strings.TrimRight(kept, " ，、；：,;:。.")
		lacking := append(source.Lacks(kept), source.Lacks(kept+"…")...)
		if len(lacking) == 0 {
			return kept + "…"
		}
		kept = kept[:lacking[0].Start]
	}
}

// isWordRune: inside a word or a number no text is cut.
func isWordRune(r rune) bool { return isLatin(r) || isDigit(r) || r == '.' || r == ':' }

// oneLine joins the lines of a text.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
