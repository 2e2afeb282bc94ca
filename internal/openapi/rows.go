package openapi

import (
	"fmt"
	"strings"

	"landfall"
)

// maxDepth bounds how deep a table goes into a schema.
const maxDepth = 6

// rows lists the fields of an object schema, those inside it with their path:
// edits[].start.
func rows(schema landfall.Object, prefix string, depth int) (out []row) {
	if depth > maxDepth {
		return nil
	}
	for _, m := range object(schema, "properties") {
		field, _ := m.Value.(landfall.Object)
		name := prefix + m.Key
		out = append(out, row{Name: name, Type: typeName(field), Link: link(field), Words: field.Text("description"), Needed: required(schema, m.Key)})
		inner, path := field, name+"."
		for items := object(inner, "items"); items != nil; items = object(inner, "items") {
			inner, path = items, strings.TrimSuffix(path, ".")+"[]."
		}
		out = append(out, rows(inner, path, depth+1)...)
	}
	return out
}

// link is the anchor of the type that a schema refers to, alone, in a list or beside
// null; "" when it refers to none.
func link(schema landfall.Object) string {
	for _, s := range append([]landfall.Object{schema, object(schema, "items")}, alternatives(schema)...) {
		if ref := s.Text("$ref"); ref != "" {
			return "type-" + ref[strings.LastIndex(ref, "/")+1:]
		}
	}
	return ""
}

func alternatives(schema landfall.Object) (out []landfall.Object) {
	for _, v := range list(schema, "anyOf") {
		if o, ok := v.(landfall.Object); ok {
			out = append(out, o)
		}
	}
	return out
}

// typeName says in one line what a value is: its type, its values or bounds, its default.
func typeName(s landfall.Object) string {
	name := baseName(s)
	if from, to := bounds(s, "minLength", "maxLength"), bounds(s, "minItems", "maxItems"); from+to != "" {
		name += " (" + from + to + ")"
	}
	if span := bounds(s, "minimum", "maximum"); span != "" {
		name += " " + span
	}
	if pattern := s.Text("pattern"); pattern != "" {
		name += " " + pattern
	}
	if v, ok := s.Get("default"); ok {
		name += " = " + string(landfall.AppendJSON(nil, v))
	}
	return name
}

func baseName(s landfall.Object) string {
	if ref := s.Text("$ref"); ref != "" {
		return ref[strings.LastIndex(ref, "/")+1:]
	}
	if values := list(s, "enum"); len(values) > 0 {
		var names []string
		for _, v := range values {
			name, ok := v.(string)
			if !ok || name == "" {
				name = string(landfall.AppendJSON(nil, v))
			}
			names = append(names, name)
		}
		return strings.Join(names, " | ")
	}
	if all := alternatives(s); len(all) > 0 {
		var names []string
		for _, a := range all {
			names = append(names, typeName(a))
		}
		return strings.Join(names, " | ")
	}
	types := list(s, "type")
	if name := s.Text("type"); name != "" {
		types = []any{name}
	}
	var names []string
	for _, t := range types {
		if items := object(s, "items"); t == "array" && items != nil {
			t = baseName(items) + "[]"
		}
		names = append(names, fmt.Sprint(t))
	}
	if len(names) == 0 {
		return "any"
	}
	return strings.Join(names, " | ")
}

// bounds is 1–20000, ≥ 1 or ≤ 500.
func bounds(s landfall.Object, least, most string) string {
	from, low := s.Get(least)
	to, high := s.Get(most)
	switch {
	case low && high && fmt.Sprint(from) == fmt.Sprint(to):
		return fmt.Sprint(from)
	case low && high:
		return fmt.Sprintf("%v–%v", from, to)
	case low:
		return fmt.Sprintf("≥ %v", from)
	case high:
		return fmt.Sprintf("≤ %v", to)
	}
	return ""
}
