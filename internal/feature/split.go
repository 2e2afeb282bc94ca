package feature

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// How much text a part holds.
const (
	byClause   = "clause"
	bySentence = "sentence"
	byLine     = "line"
	byAnswer   = "answer"
)

const (
	sentenceEnds = "。！？!?…｡．"
	closers      = "”’」』）】》〉\"')]}"
)

// abbreviations end in a full stop that ends no sentence.
const abbreviations = " mr mrs ms dr prof st vs etc no fig approx dept est inc ltd co jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun e.g i.e a.m p.m "

// cut returns the length in bytes of the first part of text, with the marks that
// end it, or 0 while that is not decided: what follows an end mark decides
// whether it is one, as the point in 3.5 is none. With final no more text comes.
// The search begins at from; resume is where it goes on once there is more text.
func cut(text string, from int, by string, final bool) (n, resume int) {
	if by == byAnswer && !final {
		return 0, len(text)
	}
	for i, r := range text[from:] {
		if r == ' ' || r|0x20 >= 'a' && r|0x20 <= 'z' {
			continue
		}
		i += from
		if by == byAnswer || !ends(text, i, r, by) {
			continue
		}
		end := i + utf8.RuneLen(r)
		if r == '\n' {
			return end, 0
		}
		for end < len(text) {
			next, n := utf8.DecodeRuneInString(text[end:])
			if !strings.ContainsRune(sentenceEnds+closers, next) && next != '.' {
				break
			}
			end += n
		}
		if end == len(text) {
			if final {
				return end, 0
			}
			return 0, i
		}
		if next, _ := utf8.DecodeRuneInString(text[end:]); separates(text[:end], r, next) {
			return end, 0
		}
	}
	if final {
		return len(text), 0
	}
	return 0, len(text)
}

func ends(text string, i int, r rune, by string) bool {
	switch {
	case r == '\n':
		return true
	case by == byLine:
		return false
	case r == '.':
		return !abbreviated(text[:i])
	case isEnd(r):
		return true
	}
	return by == byClause && isClauseEnd(r)
}

// isEnd and isClauseEnd look at every character that a model writes.
func isEnd(r rune) bool {
	switch r {
	case '。', '！', '？', '!', '?', '…', '｡', '．':
		return true
	}
	return false
}

func isClauseEnd(r rune) bool {
	switch r {
	case '，', '；', '：', ',', ';', ':':
		return true
	}
	return false
}

// separates reports whether the mark ends a part, given what follows.
func separates(before string, mark, next rune) bool {
	switch mark {
	case '.', ',', ';', ':':
		return unicode.IsSpace(next) || mark == '.' && isHan(next)
	case '?', '!':
		return !(next < utf8.RuneSelf && (asciiLetter(next) || isDigit(next)))
	case '，', '：', '．':
		return !unicode.IsDigit(next)
	}
	return true
}

func abbreviated(before string) bool {
	at := strings.LastIndexFunc(before, func(r rune) bool { return !unicode.IsLetter(r) && r != '.' })
	word := strings.ToLower(before[at+1:])
	if at >= 0 {
		_, n := utf8.DecodeRuneInString(before[at:])
		word = strings.ToLower(before[at+n:])
	}
	return len(word) == 1 && word[0] >= 'a' && word[0] <= 'z' || word != "" && strings.Contains(abbreviations, " "+word+" ")
}

// span is a part of a text, in bytes.
type span struct{ start, end int }

func (s span) in(text string) string { return text[s.start:s.end] }

// parts cuts a text into sentences, clauses or lines, without the white space
// around them; what lies between two parts is white space only.
func parts(text, by string) []span {
	var out []span
	for at := 0; at < len(text); {
		n, _ := cut(text[at:], 0, by, true)
		piece := text[at : at+n]
		lead := len(piece) - len(strings.TrimLeftFunc(piece, unicode.IsSpace))
		if core := strings.TrimSpace(piece); core != "" {
			out = append(out, span{at + lead, at + lead + len(core)})
		}
		at += n
	}
	return out
}

// moreParts reports whether a text has more than n parts.
func moreParts(text, by string, n int) bool {
	for at := 0; at < len(text); {
		length, _ := cut(text[at:], 0, by, true)
		if strings.TrimSpace(text[at:at+length]) != "" {
			if n--; n < 0 {
				return true
			}
		}
		at += length
	}
	return false
}
