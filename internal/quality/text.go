package quality

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"landfall"
)

// fold keeps letters and digits, lower case: what makes two texts the same words.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, text)
}

// leaf is one string or number of a value, at its JSON Pointer.
type leaf struct{ path, text string }

func leaves(path string, v any) []leaf {
	var out []leaf
	switch v := v.(type) {
	case landfall.Object:
		for _, m := range v {
			out = append(out, leaves(path+"/"+landfall.EscapePointer(m.Key), m.Value)...)
		}
	case []any:
		for i, e := range v {
			out = append(out, leaves(path+"/"+strconv.Itoa(i), e)...)
		}
	case nil:
	case string:
		out = append(out, leaf{path, v})
	default:
		out = append(out, leaf{path, string(landfall.AppendJSON(nil, v))})
	}
	return out
}

// at returns the value at a JSON Pointer (RFC 6901) without escapes; "*" stands
// for every entry of a list, and the result is then a list.
func at(v any, pointer string) (any, bool) {
	if pointer == "" {
		return v, true
	}
	token, rest, _ := strings.Cut(pointer[1:], "/")
	if rest != "" {
		rest = "/" + rest
	}
	switch v := v.(type) {
	case landfall.Object:
		if inner, ok := v.Get(token); ok {
			return at(inner, rest)
		}
	case []any:
		if token == "*" {
			var all []any
			for _, e := range v {
				if inner, ok := at(e, rest); ok {
					all = append(all, inner)
				}
			}
			return all, true
		}
		if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(v) {
			return at(v[i], rest)
		}
	}
	return nil, false
}

// texts returns the strings at a pointer.
func texts(v any, pointer string) []string {
	inner, _ := at(v, pointer)
	var out []string
	for _, l := range leaves("", inner) {
		out = append(out, l.text)
	}
	return out
}

func list(o landfall.Object, key string) []any {
	v, _ := o.Get(key)
	l, _ := v.([]any)
	return l
}

// echo says how a text repeats one of the sources, or "". Whole is said of the
// text itself, prefix of how it begins.
func echo(text string, sources ...string) string {
	t := fold(text)
	if t == "" {
		return "empty"
	}
	for _, s := range sources {
		s = fold(s)
		switch {
		case s == t:
			return "a copy"
		case strings.HasPrefix(s, t):
			return "a prefix"
		}
	}
	return ""
}

// holds reports whether a text says one of the alternatives of a word, "a|b",
// whatever its case and spaces.
func holds(text, word string) bool {
	text = squeeze(text)
	return slices.ContainsFunc(strings.Split(word, "|"), func(w string) bool { return strings.Contains(text, squeeze(w)) })
}

func squeeze(text string) string { return strings.ToLower(strings.Join(strings.Fields(text), " ")) }
