package safety

import (
	"strings"
	"unicode/utf8"
)

// joiner makes whole characters of bytes that were cut anywhere. An invalid byte
// becomes U+FFFD, one for each, as if all had been decoded at once.
type joiner struct{ tail string }

// join returns the characters that are complete and keeps at most 3 bytes of one
// that is not.
func (j *joiner) join(piece string) string {
	s := j.tail + piece
	cut := len(s)
	for i := max(0, len(s)-utf8.UTFMax+1); i < len(s); i++ {
		if utf8.RuneStart(s[i]) && !utf8.FullRuneInString(s[i:]) {
			cut = i
			break
		}
	}
	j.tail = s[cut:]
	return valid(s[:cut])
}

// end returns what is left, when no more will come.
func (j *joiner) end() string {
	s := valid(j.tail)
	j.tail = ""
	return s
}

// valid replaces each invalid byte with U+FFFD.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		b.WriteRune(r)
	}
	return b.String()
}
