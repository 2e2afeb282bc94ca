package feature

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// edit replaces text[start:end] (bytes) by replacement.
type edit struct {
	start, end            int
	original, replacement string
}

// token is the least that an edit may cut at: a word of letters and digits in a
// script with spaces, a single 汉字, a sign with what joins it (an emoji sequence,
// combining marks), or a run of white space.
type token struct{ start, end int }

func tokens(text string) []token {
	var out []token
	for i := 0; i < len(text); {
		end := tokenEnd(text, i)
		out = append(out, token{i, end})
		i = end
	}
	return out
}

func tokenEnd(text string, i int) int {
	r, n := utf8.DecodeRuneInString(text[i:])
	end := i + n
	class := classOf(r)
	for end < len(text) {
		next, n := utf8.DecodeRuneInString(text[end:])
		switch {
		case joins(next):
			end += n
			// A joiner takes what follows it along.
			if next == 0x200D && end < len(text) {
				_, n = utf8.DecodeRuneInString(text[end:])
				end += n
			}
			continue
		case regional(r) && regional(next):
			return end + n
		case class != other && classOf(next) == class:
			end += n
			continue
		case class == word && (next == '\'' || next == '’') && end+n < len(text):
			if after, _ := utf8.DecodeRuneInString(text[end+n:]); classOf(after) == word {
				end += n
				continue
			}
		}
		break
	}
	return end
}

type tokenClass uint8

const (
	other tokenClass = iota
	word
	blanks
)

func classOf(r rune) tokenClass {
	switch {
	case unicode.IsSpace(r):
		return blanks
	case isHan(r):
		return other
	case unicode.IsLetter(r) || unicode.IsDigit(r):
		return word
	}
	return other
}

// joins reports signs that belong to the one before: marks, variation selectors,
// skin tones, the zero-width joiner, tags.
func joins(r rune) bool {
	return r == 0x200D || unicode.Is(unicode.M, r) || r >= 0xFE00 && r <= 0xFE0F || r >= 0x1F3FB && r <= 0x1F3FF || r >= 0xE0020 && r <= 0xE007F
}

func regional(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }

// maxCells bounds the table of the comparison: texts beyond it are one edit.
const maxCells = 4 << 20

// diff returns the edits that turn one text into another, ascending and apart, cut
// between tokens: a longest common subsequence over what lies between the common
// beginning and the common end.
func diff(from, to string) []edit {
	a, b := tokens(from), tokens(to)
	text := func(s string, t token) string { return s[t.start:t.end] }
	lead := 0
	for lead < len(a) && lead < len(b) && text(from, a[lead]) == text(to, b[lead]) {
		lead++
	}
	tail := 0
	for tail < len(a)-lead && tail < len(b)-lead && text(from, a[len(a)-1-tail]) == text(to, b[len(b)-1-tail]) {
		tail++
	}
	a, b = a[lead:len(a)-tail], b[lead:len(b)-tail]
	if len(a) == 0 && len(b) == 0 {
		return nil
	}
	at := func(list []token, i int, whole string) int {
		switch {
		case i < len(list):
			return list[i].start
		case len(list) > 0:
			return list[len(list)-1].end
		}
		return startOfTail(whole, tail)
	}
	if len(a)*len(b) > maxCells {
		return []edit{between(from, to, at(a, 0, from), at(a, len(a), from), at(b, 0, to), at(b, len(b), to))}
	}
	table := common(a, b, func(i, j int) bool { return text(from, a[i]) == text(to, b[j]) })
	var out []edit
	for i, j := 0, 0; i < len(a) || j < len(b); {
		i0, j0 := i, j
		for i < len(a) || j < len(b) {
			if i < len(a) && j < len(b) && text(from, a[i]) == text(to, b[j]) {
				break
			}
			if j == len(b) || i < len(a) && table[i+1][j] >= table[i][j+1] {
				i++
			} else {
				j++
			}
		}
		if i > i0 || j > j0 {
			out = append(out, between(from, to, at(a, i0, from), at(a, i, from), at(b, j0, to), at(b, j, to)))
		}
		for i < len(a) && j < len(b) && text(from, a[i]) == text(to, b[j]) {
			i, j = i+1, j+1
		}
	}
	return out
}

// startOfTail is where the last n tokens of a text begin.
func startOfTail(text string, n int) int {
	list := tokens(text)
	if n == 0 || n > len(list) {
		return len(text)
	}
	return list[len(list)-n].start
}

func between(from, to string, a0, a1, b0, b1 int) edit {
	return edit{a0, a1, from[a0:a1], to[b0:b1]}
}

// common is the table of longest common subsequences of the ends of two lists.
func common(a, b []token, same func(i, j int) bool) [][]int32 {
	table := make([][]int32, len(a)+1)
	cells := make([]int32, (len(a)+1)*(len(b)+1))
	for i := range table {
		table[i] = cells[i*(len(b)+1) : (i+1)*(len(b)+1)]
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if same(i, j) {
				table[i][j] = table[i+1][j+1] + 1
			} else {
				table[i][j] = max(table[i+1][j], table[i][j+1])
			}
		}
	}
	return table
}

// kinds returns the types that a rule decides, and the severity. Whether a change
// of words is grammar or style no rule can say, so it has no type.
func (e edit) kinds() ([]any, string) {
	plainSigns := func(s string) bool {
		return !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
	}
	switch {
	case plainSigns(e.original) && plainSigns(e.replacement):
		return []any{"punctuation"}, "warning"
	case strings.EqualFold(e.original, e.replacement):
		return []any{"capitalization"}, "warning"
	case misspelt(e.original, e.replacement):
		return []any{"spelling"}, "error"
	}
	return []any{}, "error"
}

// misspelt reports a slip inside one word: letters swapped, missing or too many, two
// at most. Another letter in its place, or another ending, may be another word or
// another form, which no rule can tell.
func misspelt(a, b string) bool {
	if len(a) < 5 || len(b) < 5 || tokenEnd(a, 0) != len(a) || tokenEnd(b, 0) != len(b) || strings.ContainsFunc(a+b, func(r rune) bool { return !isLatin(r) }) {
		return false
	}
	a, b = strings.ToLower(a), strings.ToLower(b)
	same := 0
	for same < len(a) && same < len(b) && a[same] == b[same] {
		same++
	}
	if endings[a[same:]] && endings[b[same:]] || len(a) == len(b) && !sameLetters(a, b) {
		return false
	}
	return letterDistance([]rune(a), []rune(b)) <= 2
}

// endings of English word forms.
var endings = map[string]bool{"": true, "s": true, "es": true, "d": true, "ed": true, "ing": true, "er": true, "r": true, "ly": true, "y": true, "ies": true, "n": true, "en": true, "l": true, "t": true, "e": true}

func sameLetters(a, b string) bool {
	x, y := []byte(a), []byte(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// letterDistance counts insertions, deletions and substitutions (Levenshtein).
func letterDistance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}

// guard is what a proofreader must not touch, in bytes.
type guard []span

var code = regexp.MustCompile("`[^`\n]+`|\\{\\{[^{}\n]*\\}\\}?|\\{%[^\n]*?%\\}|\\$\\{[^}\n]*\\}|<\\|[^|>\n]*\\|?>|</?[A-Za-z][^<>\n]*>|\\[/?INST\\]|%[sd@]")

// protected finds addresses, code, placeholders and control signs of a text.
func protected(text string) guard {
	var out guard
	for _, m := range code.FindAllStringIndex(text, -1) {
		out = append(out, span{m[0], m[1]})
	}
	at := make([]int, 0, len(text)+1)
	for i := range text {
		at = append(at, i)
	}
	at = append(at, len(text))
	for _, a := range findAddresses(text) {
		out = append(out, span{at[a.start], at[a.end]})
	}
	return out
}

// touched reports an edit that a proofreader must not make: in what is protected,
// or one that changes numbers or emoji.
func (g guard) touched(e edit) bool {
	for _, p := range g {
		if e.start < p.end && e.end > p.start || e.start == e.end && e.start > p.start && e.start < p.end {
			return true
		}
	}
	keep := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsDigit(r) || unicode.Is(unicode.So, r) || regional(r) || r == 0x200D || unicode.Is(unicode.Cc, r) && r != '\n' && r != '\t' {
				return narrow(r)
			}
			return -1
		}, s)
	}
	facts := func(s string) (out []string) {
		for _, f := range newScanner(s, true).facts() {
			out = append(out, f.key())
		}
		return out
	}
	return keep(e.original) != keep(e.replacement) || !slices.Equal(facts(e.original), facts(e.replacement)) || len(findAddresses(e.replacement)) > 0
}
