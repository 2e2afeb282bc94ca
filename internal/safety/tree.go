package safety

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"landfall"
)

// leaf is one string of a JSON value and where it stands.
type leaf struct {
	at   place // of a name, the object that has it
	text string
	name bool // a member's name and no value
}

// place is the names and numbers on the way to a value. It is written out only for a
// hit: a caller's key may be long, and a path for each value below it would cost the
// square of that.
type place []string

// under is the place as a JSON Pointer below a root that is one.
func (p place) under(root string) string {
	var b strings.Builder
	b.WriteString(root)
	for _, token := range p {
		b.WriteString("/" + landfall.EscapePointer(token))
	}
	return b.String()
}

// walk visits every string of a value in the order it is written: names before
// their values, and numbers as the text a reader sees. A leaf's place is the visitor's
// until it returns.
func walk(at place, v any, visit func(leaf)) {
	switch v := v.(type) {
	case string:
		visit(leaf{at: at, text: v})
	case json.Number:
		visit(leaf{at: at, text: v.String()})
	case int, int64:
		visit(leaf{at: at, text: fmt.Sprint(v)})
	case []any:
		for i, e := range v {
			walk(append(at, strconv.Itoa(i)), e, visit)
		}
	case landfall.Object:
		for _, m := range v {
			visit(leaf{at: at, text: m.Key, name: true})
			walk(append(at, m.Key), m.Value, visit)
		}
	}
}

// settle returns a copy of a value that holds only what walk knows, with invalid
// UTF-8 replaced: what is shown is what was checked, whatever becomes of the
// original. A value of any other Go type is taken as it would be written.
func settle(v any) (any, error) {
	var err error
	switch v := v.(type) {
	case nil, bool, json.Number, int, int64:
		return v, nil
	case string:
		return valid(v), nil
	case []any:
		out := make([]any, len(v))
		for i := range v {
			if out[i], err = settle(v[i]); err != nil {
				return nil, err
			}
		}
		return out, nil
	case landfall.Object:
		return settleObject(v)
	}
	out, err := landfall.ParseJSON(landfall.AppendJSON(nil, v))
	if err != nil {
		return nil, landfall.Errorf(landfall.CodeInternal, "a value cannot be moderated").Because(fmt.Errorf("%T: %w", v, err))
	}
	return out, nil
}

func settleObject(o landfall.Object) (landfall.Object, error) {
	out := make(landfall.Object, len(o))
	for i, m := range o {
		v, err := settle(m.Value)
		if err != nil {
			return nil, err
		}
		out[i] = landfall.Member{Key: valid(m.Key), Value: v}
	}
	return out, nil
}
