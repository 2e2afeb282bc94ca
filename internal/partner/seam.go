package partner

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// A token's border is no character's border: the halves of an emoji may come as two
// JSON escapes in two deltas (RFC 8259 section 8.2), and encoding/json would turn
// each into U+FFFD without a word. So a jsonText keeps a lone half as the three
// bytes a generalised UTF-8 gives it, and a seam joins halves, or replaces them.

// jsonText is a JSON string; null is "".
type jsonText string

// UnmarshalJSON reads a literal that encoding/json found to be well formed.
func (t *jsonText) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	if len(b) < 2 || b[0] != '"' {
		return errors.New("want a text")
	}
	b = b[1 : len(b)-1]
	out := make([]byte, 0, len(b))
	for {
		i := bytes.IndexByte(b, '\\')
		if i < 0 {
			*t = jsonText(append(out, b...))
			return nil
		}
		out = append(out, b[:i]...)
		n := 2
		if b[i+1] == 'u' {
			n = 6
		}
		out = appendEscape(out, b[i:i+n])
		b = b[i+n:]
	}
}

// appendEscape appends what one escape means.
func appendEscape(out, escape []byte) []byte {
	if escape[1] == 'u' {
		v, _ := strconv.ParseUint(string(escape[2:]), 16, 16)
		if r := rune(v); !utf16.IsSurrogate(r) {
			return utf8.AppendRune(out, r)
		}
		return append(out, 0xe0|byte(v>>12), 0x80|byte(v>>6)&0x3f, 0x80|byte(v)&0x3f)
	}
	var s string
	if json.Unmarshal(append(append([]byte{'"'}, escape...), '"'), &s) != nil {
		return out
	}
	return append(out, s...)
}

// seam joins the pieces of one lane into valid UTF-8, whatever the cuts.
type seam struct{ tail string }

// join returns the text that is whole so far; the start of a character at the end
// of a piece waits for the next.
func (s *seam) join(piece string) string {
	if s.tail == "" && utf8.ValidString(piece) {
		return piece
	}
	in := s.tail + piece
	s.tail = ""
	out := make([]byte, 0, len(in))
	for i := 0; i < len(in); {
		r, n := utf8.DecodeRuneInString(in[i:])
		if r == utf8.RuneError && n == 1 {
			var wait bool
			if r, n, wait = mend(in[i:]); wait {
				s.tail = in[i:]
				break
			}
		}
		out = utf8.AppendRune(out, r)
		i += n
	}
	return string(out)
}

// end returns what still waits, as one replacement character.
func (s *seam) end() string {
	if s.tail == "" {
		return ""
	}
	s.tail = ""
	return string(utf8.RuneError)
}

// mend reads the character at the start of in, which is no valid UTF-8: two halves
// of a pair, half of one, the start of a character, or rubbish.
func mend(in string) (r rune, n int, wait bool) {
	high, ok := half(in)
	if !ok {
		return utf8.RuneError, 1, !utf8.FullRuneInString(in)
	}
	if high >= 0xdc00 { // the second half, alone
		return utf8.RuneError, 3, false
	}
	if low, ok := half(in[3:]); ok {
		if r = utf16.DecodeRune(high, low); r != utf8.RuneError {
			return r, 6, false
		}
	}
	return utf8.RuneError, 3, len(in) == 3
}

// half decodes the three bytes of a lone surrogate.
func half(in string) (rune, bool) {
	if len(in) < 3 || in[0] != 0xed || in[1] < 0xa0 || in[1] > 0xbf || in[2]&0xc0 != 0x80 {
		return 0, false
	}
	return 0xd000 | rune(in[1]&0x3f)<<6 | rune(in[2]&0x3f), true
}
