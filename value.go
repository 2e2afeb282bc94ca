package landfall

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// A JSON value in this module is nil, bool, string, [json.Number], []any or an
// [Object]. Unlike a Go map an Object keeps the order of its members, so an
// answer's fields come out in the order of the feature's schema.

// Member is one name and value of an [Object].
type Member struct {
	Key   string
	Value any
}

// Object is a JSON object in the order it was written.
type Object []Member

// Get returns the value of key and whether the object has it.
func (o Object) Get(key string) (any, bool) {
	for _, m := range o {
		if m.Key == key {
			return m.Value, true
		}
	}
	return nil, false
}

// Text returns the string at key, or "" when it is absent or no string.
func (o Object) Text(key string) string {
	v, _ := o.Get(key)
	s, _ := v.(string)
	return s
}

// Set returns the object with key set to value, in place or appended.
func (o Object) Set(key string, value any) Object {
	for i := range o {
		if o[i].Key == key {
			o[i].Value = value
			return o
		}
	}
	return append(o, Member{key, value})
}

// MarshalJSON writes the members in order. It escapes only what RFC 8259 requires.
func (o Object) MarshalJSON() ([]byte, error) { return AppendJSON(nil, o), nil }

// UnmarshalJSON reads an object and keeps its order; it refuses what [ParseJSON] refuses.
func (o *Object) UnmarshalJSON(b []byte) error {
	v, err := ParseJSON(b)
	if err != nil {
		return err
	}
	if v == nil {
		*o = nil
		return nil
	}
	obj, ok := v.(Object)
	if !ok {
		return fmt.Errorf("want an object, have %s", KindOf(v))
	}
	*o = obj
	return nil
}

// KindOf names the JSON type of v: object, array, string, number, boolean or null.
func KindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case json.Number, int, int64, float64:
		return "number"
	case []any:
		return "array"
	case Object:
		return "object"
	}
	return fmt.Sprintf("%T", v)
}

// SyntaxError says where a JSON text is wrong: the JSON Pointer (RFC 6901) of
// the value and the byte offset.
type SyntaxError struct {
	Path   string
	Offset int
	Reason string
}

func (e *SyntaxError) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("%s at byte %d", e.Reason, e.Offset)
	}
	return fmt.Sprintf("%s at %s (byte %d)", e.Reason, e.Path, e.Offset)
}

// MaxDepth is how deep a JSON value may nest.
const MaxDepth = 4096

// ParseJSON reads one JSON value (RFC 8259) strictly: it refuses invalid UTF-8,
// unpaired surrogates, repeated names, nesting deeper than [MaxDepth] and
// anything after the value. These are the texts on which two readers may differ.
func ParseJSON(b []byte) (any, error) {
	p := parser{b: b}
	if !utf8.Valid(b) {
		for i := 0; i < len(b); {
			r, n := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError && n == 1 {
				p.i = i
				break
			}
			i += n
		}
		return nil, &SyntaxError{Offset: p.i, Reason: "invalid UTF-8"}
	}
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.i < len(b) {
		return nil, p.fail("something follows the value")
	}
	return v, nil
}

type parser struct {
	b    []byte
	i    int
	path []byte
}

func (p *parser) fail(reason string) error {
	return &SyntaxError{Path: string(p.path), Offset: p.i, Reason: reason}
}

func (p *parser) space() {
	for p.i < len(p.b) {
		switch p.b[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

func (p *parser) value(depth int) (any, error) {
	if depth > MaxDepth {
		return nil, p.fail("nested deeper than " + strconv.Itoa(MaxDepth))
	}
	p.space()
	if p.i == len(p.b) {
		return nil, p.fail("the JSON text ends too early")
	}
	switch c := p.b[p.i]; {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		return p.text()
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	for word, v := range map[string]any{"true": true, "false": false, "null": nil} {
		if bytes.HasPrefix(p.b[p.i:], []byte(word)) {
			p.i += len(word)
			return v, nil
		}
	}
	return nil, p.fail("not a JSON value")
}

func (p *parser) object(depth int) (any, error) {
	o := Object{}
	var seen map[string]bool
	p.i++
	for first := true; ; first = false {
		done, err := p.next('}', first)
		if err != nil || done {
			return o, err
		}
		p.space()
		if p.i == len(p.b) || p.b[p.i] != '"' {
			return nil, p.fail("a name in quotes is missing")
		}
		key, err := p.text()
		if err != nil {
			return nil, err
		}
		mark := len(p.path)
		p.path = append(append(p.path, '/'), EscapePointer(key)...)
		var twice bool
		if seen, twice = o.seen(seen, key); twice {
			return nil, p.fail("the same name twice")
		}
		p.space()
		if p.i == len(p.b) || p.b[p.i] != ':' {
			return nil, p.fail("a colon is missing")
		}
		p.i++
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		p.path = p.path[:mark]
		o = append(o, Member{key, v})
	}
}

// seen reports whether the object has the key. It gives large objects an index,
// so that reading one takes time in proportion to its length.
func (o Object) seen(index map[string]bool, key string) (map[string]bool, bool) {
	if len(o) < 16 {
		_, has := o.Get(key)
		return nil, has
	}
	if index == nil {
		index = make(map[string]bool, 2*len(o))
		for _, m := range o {
			index[m.Key] = true
		}
	}
	has := index[key]
	index[key] = true
	return index, has
}

func (p *parser) array(depth int) (any, error) {
	a := []any{}
	p.i++
	for first := true; ; first = false {
		done, err := p.next(']', first)
		if err != nil || done {
			return a, err
		}
		mark := len(p.path)
		p.path = strconv.AppendInt(append(p.path, '/'), int64(len(a)), 10)
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		p.path = p.path[:mark]
		a = append(a, v)
	}
}

// next consumes the comma before another member, or the closing sign.
func (p *parser) next(end byte, first bool) (done bool, err error) {
	p.space()
	if p.i == len(p.b) {
		return false, p.fail("the JSON text ends too early")
	}
	if p.b[p.i] == end {
		p.i++
		return true, nil
	}
	if first {
		return false, nil
	}
	if p.b[p.i] != ',' {
		return false, p.fail("a comma is missing")
	}
	p.i++
	p.space()
	if p.i < len(p.b) && p.b[p.i] == end {
		return false, p.fail("a comma before the end")
	}
	return false, nil
}

func (p *parser) number() (any, error) {
	start := p.i
	for p.i < len(p.b) {
		switch c := p.b[p.i]; {
		case c >= '0' && c <= '9', c == '-', c == '+', c == '.', c == 'e', c == 'E':
			p.i++
			continue
		}
		break
	}
	lit := p.b[start:p.i]
	if !json.Valid(lit) {
		p.i = start
		return nil, p.fail("not a JSON number")
	}
	return json.Number(lit), nil
}

func (p *parser) text() (string, error) {
	p.i++
	start := p.i
	for p.i < len(p.b) {
		switch c := p.b[p.i]; {
		case c == '"':
			p.i++
			return string(p.b[start : p.i-1]), nil
		case c == '\\':
			return p.escaped(start)
		case c < 0x20:
			return "", p.fail("a control character in a string")
		}
		p.i++
	}
	return "", p.fail("a string without its end")
}

func (p *parser) escaped(start int) (string, error) {
	out := append([]byte(nil), p.b[start:p.i]...)
	for p.i < len(p.b) {
		c := p.b[p.i]
		switch {
		case c == '"':
			p.i++
			return string(out), nil
		case c < 0x20:
			return "", p.fail("a control character in a string")
		case c != '\\':
			out = append(out, c)
			p.i++
			continue
		}
		r, n, ok := unescape(p.b[p.i:])
		if !ok {
			return "", p.fail("a broken escape or half of a surrogate pair in a string")
		}
		out = utf8.AppendRune(out, r)
		p.i += n
	}
	return "", p.fail("a string without its end")
}

var simpleEscapes = map[byte]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unescape reads one escape, a surrogate pair counting as one.
func unescape(b []byte) (r rune, n int, ok bool) {
	if len(b) < 2 {
		return 0, 0, false
	}
	if b[1] != 'u' {
		r, ok = simpleEscapes[b[1]]
		return r, 2, ok
	}
	r, ok = hex4(b)
	if !ok || !utf16.IsSurrogate(r) {
		return r, 6, ok
	}
	if len(b) < 12 || b[6] != '\\' || b[7] != 'u' {
		return 0, 0, false
	}
	low, ok := hex4(b[6:])
	r = utf16.DecodeRune(r, low)
	return r, 12, ok && r != utf8.RuneError
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 6 {
		return 0, false
	}
	v, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return rune(v), err == nil
}

// EscapePointer writes a name as a token of a JSON Pointer (RFC 6901 section 3).
func EscapePointer(name string) string {
	for i := 0; i < len(name); i++ {
		if name[i] == '~' || name[i] == '/' {
			b := bytes.ReplaceAll([]byte(name), []byte("~"), []byte("~0"))
			return string(bytes.ReplaceAll(b, []byte("/"), []byte("~1")))
		}
	}
	return name
}

// AppendJSON appends v as JSON text with only the escapes that RFC 8259
// requires. It takes what [ParseJSON] returns, and Go's int and int64; anything
// else goes through encoding/json.
func AppendJSON(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case bool:
		return strconv.AppendBool(dst, v)
	case string:
		return AppendQuoted(dst, v)
	case json.Number:
		return append(dst, v...)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case []any:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendJSON(dst, e)
		}
		return append(dst, ']')
	case Object:
		dst = append(dst, '{')
		for i, m := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(AppendQuoted(dst, m.Key), ':')
			dst = AppendJSON(dst, m.Value)
		}
		return append(dst, '}')
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return append(dst, "null"...)
	}
	return append(dst, bytes.TrimRight(buf.Bytes(), "\n")...)
}

// AppendQuoted appends s as a JSON string by the rule of RFC 8785 section
// 3.2.2.2: only quotes, backslash and control characters are escaped.
func AppendQuoted(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(dst, s[start:]...), '"')
}
