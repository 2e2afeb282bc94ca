package safety

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// The fold makes writings of one word equal. It maps one character to one or to
// none, so it keeps offsets: width and case go, and characters that nobody sees
// are left out. The same fold serves the list and the text.

// MaxWord is the longest entry of a list, in characters that count. It bounds
// how much of an answer can be held back.
const MaxWord = 128

// ignored, as a folded character, means that the character does not count.
const ignored rune = -1

// unseen are the characters that the fold leaves out: format characters, which
// the soft hyphen and the zero-width ones are, variation selectors, and the
// other default ignorable code points of UAX #44.
var unseen = []*unicode.RangeTable{unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point}

func foldRune(r rune) rune {
	if r >= 0xFF01 && r <= 0xFF5E { // full-width forms of ASCII
		r -= 0xFEE0
	}
	switch {
	case r >= 'A' && r <= 'Z':
		return r + 'a' - 'A'
	case r < utf8.RuneSelf:
		return r
	case unicode.In(r, unseen...):
		return ignored
	}
	return unicode.ToLower(unicode.ToUpper(r)) // by way of upper case, so that a final sigma is a sigma
}

// fold returns the characters of a word that count. Words that fold to the same
// are the same word.
func fold(word string) string {
	return strings.Map(foldRune, word)
}

var errUnseen = errors.New("nothing but characters that do not count")

// foldEntry folds an entry of a list, or says why it cannot be one.
func foldEntry(word string) (string, error) {
	if !utf8.ValidString(word) {
		return "", errors.New("invalid UTF-8")
	}
	if strings.ContainsFunc(word, unicode.IsControl) {
		return "", errors.New("a control character in a word")
	}
	folded := fold(word)
	if folded == "" {
		return "", errUnseen
	}
	if n := utf8.RuneCountInString(folded); n > MaxWord {
		return "", fmt.Errorf("a word of %d characters, at most %d are allowed", n, MaxWord)
	}
	return folded, nil
}

// inWord reports whether a folded character is part of a word as Latin script
// writes it: a Latin letter or an ASCII digit.
func inWord(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r >= utf8.RuneSelf && unicode.Is(unicode.Latin, r)
}

// wholeWord reports whether a folded entry matches only whole words: all its
// letters are Latin. Scripts without spaces between words match anywhere.
func wholeWord(folded string) bool {
	return !strings.ContainsFunc(folded, func(r rune) bool {
		return !inWord(r) && (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r))
	})
}

type folding struct{ from, to rune }

// foldings lists every character that the fold changes or that is part of a
// Latin word, with what it becomes; any other stands for itself.
var foldings = sync.OnceValue(func() []folding {
	var out []folding
	seen := map[rune]bool{}
	add := func(lo, hi, stride rune) {
		for r := lo; r <= hi; r += stride {
			if to := foldRune(r); !seen[r] && (to != r || inWord(to)) {
				seen[r] = true
				out = append(out, folding{r, to})
			}
		}
	}
	add(0, utf8.RuneSelf-1, 1)
	add(0xFF01, 0xFF5E, 1)
	for _, c := range unicode.CaseRanges {
		add(rune(c.Lo), rune(c.Hi), 1)
	}
	for _, t := range append(unseen, unicode.Latin) {
		for _, r := range t.R16 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}
	return out
})
