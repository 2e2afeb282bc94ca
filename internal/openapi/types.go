package openapi

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"landfall"
	"landfall/internal/feature"
)

// ref returns a reference to the schema of a Go struct, and makes it a component.
func (b *builder) ref(t reflect.Type) landfall.Object {
	name := t.Name()
	if _, made := b.schemas[name]; !made {
		b.schemas[name] = nil // it may refer to itself
		b.schemas[name] = b.structSchema(t)
	}
	return refTo(name)
}

func refOf[T any](b *builder) landfall.Object { return b.ref(reflect.TypeFor[T]()) }

func refTo(name string) landfall.Object {
	return landfall.Object{{Key: "$ref", Value: "#/components/schemas/" + name}}
}

// structSchema is a struct as encoding/json writes it: what omitempty may leave out is
// optional, and a pointer that stays may be null.
func (b *builder) structSchema(t reflect.Type) landfall.Object {
	properties, required := landfall.Object{}, []any{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" || name == "" {
			continue
		}
		optional := strings.Contains(options, "omitempty")
		properties = append(properties, landfall.Member{Key: name, Value: b.field(t.Name()+"."+name, f.Type, optional)})
		if !optional {
			required = append(required, name)
		}
	}
	return landfall.Object{
		{Key: "type", Value: "object"}, {Key: "description", Value: b.word(b.texts.Fields, "fields", t.Name())},
		{Key: "required", Value: required}, {Key: "properties", Value: properties},
	}
}

// field is the schema of a type at a place, Envelope.id, with its words and what the
// type alone does not say.
func (b *builder) field(at string, t reflect.Type, optional bool) landfall.Object {
	s := b.typeSchema(at, t)
	for _, m := range facts[at] {
		s = set(s, m.Key, m.Value)
	}
	if t.Kind() == reflect.Pointer && (!optional || nullable[at]) {
		s = orNull(s)
	}
	return set(s, "description", b.word(b.texts.Fields, "fields", at))
}

func (b *builder) typeSchema(at string, t reflect.Type) landfall.Object {
	switch t {
	case reflect.TypeFor[landfall.Digest]():
		return landfall.Object{{Key: "type", Value: "string"}, {Key: "pattern", Value: "^sha256:[0-9a-f]{64}$"}}
	case reflect.TypeFor[landfall.Object]():
		return landfall.Object{{Key: "type", Value: "object"}}
	case reflect.TypeFor[json.RawMessage]():
		return b.raw(at)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return b.typeSchema(at, t.Elem())
	case reflect.Struct:
		return b.ref(t)
	case reflect.String:
		return landfall.Object{{Key: "type", Value: "string"}}
	case reflect.Bool:
		return landfall.Object{{Key: "type", Value: "boolean"}}
	case reflect.Int, reflect.Int64:
		return landfall.Object{{Key: "type", Value: "integer"}}
	case reflect.Slice:
		return landfall.Object{{Key: "type", Value: "array"}, {Key: "items", Value: b.typeSchema(at, t.Elem())}}
	case reflect.Array:
		return landfall.Object{{Key: "type", Value: "array"}, {Key: "items", Value: b.typeSchema(at, t.Elem())},
			{Key: "minItems", Value: t.Len()}, {Key: "maxItems", Value: t.Len()}}
	case reflect.Map:
		return landfall.Object{{Key: "type", Value: "object"}, {Key: "additionalProperties", Value: b.typeSchema(at, t.Elem())}}
	}
	if at == "Feature.unmet_inputs" { // of the feature's file
		return landfall.Object{{Key: "type", Value: "array"}, {Key: "items", Value: refOf[feature.Unmet](b)}}
	}
	b.fail("%s: no schema for %s", at, t)
	return nil
}

// raw is what a field of JSON as it is holds.
func (b *builder) raw(at string) landfall.Object {
	switch at {
	case "Envelope.output":
		return landfall.Object{{Key: "type", Value: []any{"object", "null"}}}
	case "Envelope.error":
		return orNull(refTo("Error"))
	}
	b.fail("%s: say what it holds", at)
	return nil
}

// orNull is a schema that null fits as well.
func orNull(s landfall.Object) landfall.Object {
	if name := s.Text("type"); name != "" {
		if _, enum := s.Get("enum"); !enum {
			return set(s, "type", []any{name, "null"})
		}
	}
	return landfall.Object{{Key: "anyOf", Value: []any{s, landfall.Object{{Key: "type", Value: "null"}}}}}
}

// word looks words up; a place without any is an error, as is a word whose place is gone.
func (b *builder) word(table map[string]string, name, at string) string {
	s, ok := table[at]
	if !ok {
		b.fail("docs/%s.yaml: %s.%s is missing", b.texts.Language, name, at)
	}
	return s
}

func (b *builder) sortedSchemas() (out landfall.Object) {
	for _, name := range slices.Sorted(maps.Keys(b.schemas)) {
		out = append(out, landfall.Member{Key: name, Value: b.schemas[name]})
	}
	return out
}
