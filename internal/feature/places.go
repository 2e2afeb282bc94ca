package feature

import (
	"slices"
	"strconv"
	"strings"

	"landfall"
)

// place is where a value stands: the names and numbers on the way to it. It is written
// out as a path only where that is needed: a caller's key may be long, and a path for
// each value below it would cost the square of that.
type place []string

func (p place) String() string {
	var b strings.Builder
	for _, token := range p {
		b.WriteString("/" + landfall.EscapePointer(token))
	}
	return b.String()
}

// pattern is a place in which * stands for any one name or number.
type pattern []string

// patterns reads JSON Pointers.
func patterns(pointers ...string) []pattern {
	var out []pattern
	for _, p := range pointers {
		out = append(out, strings.Split(p, "/")[1:])
	}
	return out
}

func (p pattern) has(at place) bool {
	return slices.EqualFunc(at, p, func(h, w string) bool { return w == "*" || h == w })
}

// each visits a value and all in it. A place is the visitor's until it returns.
func each(v any, visit func(place, any)) { eachIn(v, nil, visit) }

func eachIn(v any, at place, visit func(place, any)) {
	visit(at, v)
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			eachIn(e, append(at, strconv.Itoa(i)), visit)
		}
	case landfall.Object:
		for _, m := range v {
			eachIn(m.Value, append(at, m.Key), visit)
		}
	}
}

// textsAt returns the strings of a value at places, JSON Pointers with * for any index.
func textsAt(v any, places ...string) []string {
	var out []string
	wanted := patterns(places...)
	each(v, func(at place, v any) {
		if s, ok := v.(string); ok && slices.ContainsFunc(wanted, func(p pattern) bool { return p.has(at) }) {
			out = append(out, s)
		}
	})
	return out
}
