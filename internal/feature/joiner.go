package feature

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// joiner puts the pieces of a translation together: with the white space of the
// source where a line begins, else with that of the target's language, whose words
// stand apart or do not.
type joiner struct {
	spaced bool
	last   rune // written so far; 0 at the beginning
	closed bool // the last piece closed a tag inside a sentence
}

// inlineTag is a tag that stands within a sentence.
var inlineTag = regexp.MustCompile(`(?i)^<(/?)(?:a|b|i|em|strong|u|s|span|code|small|mark|sub|sup|font|kbd)\b`)

// join returns a piece with what has to stand before it.
func (j *joiner) join(f fragment, said string) string {
	tag := inlineTag.FindStringSubmatch(f.text)
	gap := f.gap
	switch {
	case j.last == 0 || j.last == '\n':
	case f.fixed && tag == nil && strings.TrimSpace(said) == "" && !strings.Contains(said, "\n"):
		said = j.space(said) // white space at the end of a sentence
	case f.fixed && tag != nil && tag[1] == "" && j.spaced && !unicode.IsSpace(j.last) && j.last != '>' && !unicode.Is(unicode.Ps, j.last):
		gap = " "
	case !f.fixed:
		gap = j.space(gap)
		if first, _ := utf8.DecodeRuneInString(said); gap == "" && j.spaced && isWordRune(first) && (j.closed || isWordRune(j.last) || isEnd(j.last) || j.last == '.') {
			gap = " "
		}
	}
	if out := gap + said; out != "" {
		j.last, _ = utf8.DecodeLastRuneInString(out)
		j.closed = f.fixed && tag != nil && tag[1] == "/"
		return out
	}
	return ""
}

// space is white space between words, as the target's language has it.
func (j *joiner) space(source string) string {
	if source == "" || !j.spaced || unicode.IsSpace(j.last) {
		return ""
	}
	return " "
}
