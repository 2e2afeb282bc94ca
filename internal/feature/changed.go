package feature

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"landfall"
)

// Changed says in words what differs between two definitions of a feature, the
// prompts first: "prompt proofread/zh message 2 changed", "limits.zh 6000 -> 4000",
// "check numbers at clause: error -> warning".
func Changed(a, b Definition) []string {
	out := changedPrompts(a.ID, a.Prompts, b.Prompts)
	out = append(out, changedChecks(a.Checks, b.Checks)...)
	a.Prompts, b.Prompts, a.Checks, b.Checks = nil, nil, nil, nil
	x, errA := value(a)
	y, errB := value(b)
	if errA != nil || errB != nil {
		return append(out, "the definition cannot be read")
	}
	return append(out, differences("", x, y)...)
}

func changedPrompts(id string, a, b []landfall.Variant) []string {
	var out []string
	name := func(v landfall.Variant) string {
		return strings.TrimSuffix("prompt "+id+"/"+v.Language+" "+v.Name, " main")
	}
	find := func(list []landfall.Variant, v landfall.Variant) int {
		return slices.IndexFunc(list, func(w landfall.Variant) bool { return w.Name == v.Name && w.Language == v.Language })
	}
	for _, v := range a {
		i := find(b, v)
		if i < 0 {
			out = append(out, name(v)+" removed")
			continue
		}
		w := b[i]
		if len(v.Messages) != len(w.Messages) {
			out = append(out, fmt.Sprintf("%s: %d messages -> %d", name(v), len(v.Messages), len(w.Messages)))
		}
		for n := range min(len(v.Messages), len(w.Messages)) {
			if !reflect.DeepEqual(v.Messages[n], w.Messages[n]) {
				out = append(out, fmt.Sprintf("%s message %d changed", name(v), n+1))
			}
		}
	}
	for _, w := range b {
		if find(a, w) < 0 {
			out = append(out, name(w)+" added")
		}
	}
	return out
}

func changedChecks(a, b []Check) []string {
	var out []string
	name := func(c Check) string { return "check " + c.Name + " at " + c.Where }
	find := func(list []Check, c Check) int {
		return slices.IndexFunc(list, func(d Check) bool { return d.Name == c.Name && d.Where == c.Where })
	}
	for _, c := range a {
		switch i := find(b, c); {
		case i < 0:
			out = append(out, name(c)+" removed")
		case b[i].Failing != c.Failing:
			out = append(out, name(c)+": "+c.Failing+" -> "+b[i].Failing)
		}
	}
	for _, c := range b {
		if find(a, c) < 0 {
			out = append(out, name(c)+" added")
		}
	}
	return out
}

// value is a definition as plain JSON.
func value(d Definition) (any, error) {
	b, err := landfall.Canonical(d)
	if err != nil {
		return nil, err
	}
	return landfall.ParseJSON(b)
}

// differences walks two values and names what differs by dotted path.
func differences(path string, a, b any) []string {
	switch x := a.(type) {
	case landfall.Object:
		if y, ok := b.(landfall.Object); ok {
			return objectDifferences(path, x, y)
		}
	case []any:
		if y, ok := b.([]any); ok && len(x) == len(y) {
			var out []string
			for i := range x {
				out = append(out, differences(path+"["+strconv.Itoa(i)+"]", x[i], y[i])...)
			}
			return out
		}
	}
	if x, y := short(a), short(b); x != y || string(landfall.AppendJSON(nil, a)) != string(landfall.AppendJSON(nil, b)) {
		return []string{path + " " + x + " -> " + y}
	}
	return nil
}

func objectDifferences(path string, a, b landfall.Object) []string {
	var out []string
	at := func(key string) string { return strings.TrimPrefix(path+"."+key, ".") }
	for _, m := range a {
		if v, ok := b.Get(m.Key); ok {
			out = append(out, differences(at(m.Key), m.Value, v)...)
		} else {
			out = append(out, at(m.Key)+" removed")
		}
	}
	for _, m := range b {
		if _, ok := a.Get(m.Key); !ok {
			out = append(out, at(m.Key)+" added: "+short(m.Value))
		}
	}
	return out
}

// short is a value for a line of text.
func short(v any) string {
	s := []rune(string(landfall.AppendJSON(nil, v)))
	if len(s) > 60 {
		return string(s[:57]) + "..."
	}
	return string(s)
}
