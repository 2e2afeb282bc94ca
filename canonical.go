package landfall

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Digest names content: "sha256:" and 64 lower-case hexadecimal digits.
type Digest string

// Valid reports whether d has the form of a digest.
func (d Digest) Valid() bool {
	h, ok := strings.CutPrefix(string(d), "sha256:")
	if !ok || len(h) != 2*sha256.Size || strings.ToLower(h) != h {
		return false
	}
	_, err := hex.DecodeString(h)
	return err == nil
}

// Short is the form of a digest for a person's eye: twelve digits.
func (d Digest) Short() string {
	h := strings.TrimPrefix(string(d), "sha256:")
	return h[:min(12, len(h))]
}

// DigestOf returns the SHA-256 of a line that names the type, and the canonical
// form of v. The type line keeps a value of one type from passing for another.
// v is any value encoding/json can write that holds no fraction.
func DigestOf(typ string, v any) (Digest, error) {
	b, err := Canonical(v)
	if err != nil {
		return "", fmt.Errorf("digest of %s: %w", typ, err)
	}
	h := sha256.New()
	h.Write([]byte("landfall/" + typ + "\n"))
	h.Write(b)
	return Digest("sha256:" + hex.EncodeToString(h.Sum(nil))), nil
}

// Canonical writes v by RFC 8785 (JCS). Numbers must be integers within ±(2⁵³−1):
// fractions are where implementations differ, so nothing signed holds one; times
// are Unix seconds and decimals are strings.
func Canonical(v any) ([]byte, error) {
	switch v.(type) {
	case nil, bool, string, json.Number, []any, Object:
	default:
		b, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		if replacedUTF8(b) {
			return nil, fmt.Errorf("%T: invalid UTF-8", v)
		}
		if v, err = ParseJSON(b); err != nil {
			return nil, err
		}
	}
	return appendCanonical(nil, v, "")
}

// replacedUTF8 reports whether encoding/json replaced invalid UTF-8, which would
// give two values one digest: it escapes its own U+FFFD and no other.
func replacedUTF8(b []byte) bool {
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' {
			continue
		}
		if bytes.HasPrefix(b[i:], []byte(`\ufffd`)) {
			return true
		}
		i++
	}
	return false
}

func appendCanonical(dst []byte, v any, path string) ([]byte, error) {
	var err error
	switch v := v.(type) {
	case string:
		if !utf8.ValidString(v) {
			return nil, fmt.Errorf("%s: invalid UTF-8", pathOrRoot(path))
		}
		return AppendQuoted(dst, v), nil
	case json.Number, int, int64:
		return appendInteger(dst, fmt.Sprint(v), path)
	case []any:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = appendCanonical(dst, e, path+"/"+strconv.Itoa(i)); err != nil {
				return nil, err
			}
		}
		return append(dst, ']'), nil
	case Object:
		return appendCanonicalObject(dst, v, path)
	case nil, bool:
		return AppendJSON(dst, v), nil
	}
	return nil, fmt.Errorf("%s: %T has no canonical form", pathOrRoot(path), v)
}

func appendCanonicalObject(dst []byte, o Object, path string) ([]byte, error) {
	sorted := slices.Clone(o)
	slices.SortFunc(sorted, func(a, b Member) int { return compareUTF16(a.Key, b.Key) })
	dst = append(dst, '{')
	var err error
	for i, m := range sorted {
		if i > 0 {
			if m.Key == sorted[i-1].Key {
				return nil, fmt.Errorf("%s: the name %q twice", pathOrRoot(path), m.Key)
			}
			dst = append(dst, ',')
		}
		if dst, err = appendCanonical(dst, m.Key, path); err != nil {
			return nil, err
		}
		if dst, err = appendCanonical(append(dst, ':'), m.Value, path+"/"+EscapePointer(m.Key)); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

func appendInteger(dst []byte, lit, path string) ([]byte, error) {
	n, err := strconv.ParseInt(lit, 10, 64)
	if err != nil || n > 1<<53-1 || n < -(1<<53-1) {
		return nil, fmt.Errorf("%s: %s is no integer within ±(2^53-1); write decimals as strings", pathOrRoot(path), lit)
	}
	return strconv.AppendInt(dst, n, 10), nil
}

// compareUTF16 orders names by UTF-16 code units (RFC 8785 section 3.2.3), which
// differs from code point order above U+FFFF.
func compareUTF16(a, b string) int {
	if isASCII(a) && isASCII(b) {
		return strings.Compare(a, b)
	}
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

func pathOrRoot(path string) string {
	if path == "" {
		return "(root)"
	}
	return path
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
