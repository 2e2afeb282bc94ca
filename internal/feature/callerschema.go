package feature

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"landfall"
)

// Limits of a caller's schema. A schema comes from outside and is compiled, walked
// and made into a grammar for the model, so all of it is bounded.
const (
	maxSchemaBytes      = 32 << 10
	maxSchemaDepth      = 16
	maxSchemaProperties = 128
	maxSchemaEnum       = 64
	maxSchemaPattern    = 128
	maxSchemaItems      = 50 // entries of a list, where the schema sets no smaller bound
)

// schemaKeywords are the keywords of JSON Schema that a caller may use.
var schemaKeywords = []string{
	"type", "properties", "required", "items", "enum", "pattern", "minItems", "maxItems", "additionalProperties",
	"description", "title", "minimum", "maximum", "minLength", "maxLength",
}

// callerSchema is the schema an answer has to fit.
type callerSchema struct {
	schema   landfall.Object
	compiled *jsonschema.Schema
	model    landfall.Object // what the model is held to: every leaf may be null
}

// admitSchema reads the schema of the input field json_schema. What is wrong with it
// is schema_invalid with the place, before any model is called.
func admitSchema(f *Feature, c *Call) *landfall.Error {
	v, _ := c.Input.Get("json_schema")
	schema, _ := v.(landfall.Object)
	compiled, err := readSchema(schema, "/input/json_schema")
	if err != nil {
		return err
	}
	c.schema = &callerSchema{schema, compiled, nullable(schema)}
	return nil
}

// readSchema reads a caller's schema of an object that stands at root.
func readSchema(schema landfall.Object, root string) (*jsonschema.Schema, *landfall.Error) {
	if n := len(landfall.AppendJSON(nil, schema)); n > maxSchemaBytes {
		return nil, schemaInvalid(root, "is longer than %d bytes", maxSchemaBytes).With("limit", maxSchemaBytes).With("count", n)
	}
	w := schemaWalk{}
	if err := w.check(schema, root, 1); err != nil {
		return nil, err
	}
	if t, _ := typeOf(schema); t != "object" {
		return nil, schemaInvalid(root+"/type", "the record must be an object")
	}
	compiled, err := compileSchema("caller", schema)
	if err != nil {
		return nil, schemaInvalid(root, "is no JSON Schema").Because(err)
	}
	return compiled, nil
}

func schemaInvalid(path, format string, args ...any) *landfall.Error {
	return landfall.Errorf(landfall.CodeSchemaInvalid, path+" "+format, args...).With("field", path)
}

// schemaWalk checks a schema by its own rules and counts what it holds.
type schemaWalk struct{ properties int }

func (w *schemaWalk) check(schema landfall.Object, path string, depth int) *landfall.Error {
	if depth > maxSchemaDepth {
		return schemaInvalid(path, "is nested deeper than %d", maxSchemaDepth).With("limit", maxSchemaDepth)
	}
	for _, m := range schema {
		here := path + "/" + landfall.EscapePointer(m.Key)
		if !slices.Contains(schemaKeywords, m.Key) {
			return schemaInvalid(here, "is not supported; use %s", strings.Join(schemaKeywords, ", "))
		}
		if err := w.keyword(m, here, depth); err != nil {
			return err
		}
	}
	if t, ok := typeOf(schema); !ok {
		_, enum := schema.Get("enum")
		if !enum {
			return schemaInvalid(path+"/type", "want object, array, string, integer, number or boolean, and null beside one of them, have %q", t)
		}
	}
	return nil
}

func (w *schemaWalk) keyword(m landfall.Member, here string, depth int) *landfall.Error {
	switch m.Key {
	case "properties":
		o, ok := m.Value.(landfall.Object)
		if !ok {
			return schemaInvalid(here, "want an object, have %s", landfall.KindOf(m.Value))
		}
		if w.properties += len(o); w.properties > maxSchemaProperties {
			return schemaInvalid(here, "has more than %d properties in all", maxSchemaProperties).With("limit", maxSchemaProperties).With("count", w.properties)
		}
		for _, p := range o {
			if err := w.sub(p.Value, here+"/"+landfall.EscapePointer(p.Key), depth); err != nil {
				return err
			}
		}
	case "items":
		return w.sub(m.Value, here, depth)
	case "additionalProperties":
		if _, ok := m.Value.(bool); !ok {
			return schemaInvalid(here, "want true or false")
		}
	case "enum":
		if list, ok := m.Value.([]any); !ok || len(list) == 0 || len(list) > maxSchemaEnum {
			return schemaInvalid(here, "want a list of 1 to %d values", maxSchemaEnum).With("limit", maxSchemaEnum)
		} else if i := slices.IndexFunc(list, composite); i >= 0 {
			return schemaInvalid(here+"/"+strconv.Itoa(i), "want a text, a number, true, false or null")
		}
	case "pattern":
		s, ok := m.Value.(string)
		if !ok || len(s) > maxSchemaPattern {
			return schemaInvalid(here, "want a pattern of at most %d bytes", maxSchemaPattern).With("limit", maxSchemaPattern).With("count", len(s))
		}
		if _, err := regexp.Compile(s); err != nil {
			return schemaInvalid(here, "is no regular expression that runs in linear time (RE2)").Because(err)
		}
	}
	return nil
}

func (w *schemaWalk) sub(v any, path string, depth int) *landfall.Error {
	o, ok := v.(landfall.Object)
	if !ok {
		return schemaInvalid(path, "want a schema, have %s", landfall.KindOf(v))
	}
	return w.check(o, path, depth+1)
}

func composite(v any) bool {
	kind := landfall.KindOf(v)
	return kind == "object" || kind == "array"
}

// typeOf returns a schema's type without null; false where it has none that we know.
func typeOf(schema landfall.Object) (string, bool) {
	v, _ := schema.Get("type")
	var names []string
	switch v := v.(type) {
	case string:
		names = []string{v}
	case []any:
		for _, n := range v {
			if s, ok := n.(string); ok && s != "null" {
				names = append(names, s)
			}
		}
	}
	if len(names) != 1 || !slices.Contains([]string{"object", "array", "string", "integer", "number", "boolean"}, names[0]) {
		return strings.Join(names, ","), false
	}
	return names[0], true
}

// mayBeNull reports whether the schema itself allows null.
func mayBeNull(schema landfall.Object) bool {
	v, _ := schema.Get("type")
	list, _ := v.([]any)
	return slices.Contains(list, any("null"))
}

// nullable is the schema a model is held to: objects and lists as they are, every
// property asked for, and every leaf may be null, so that nothing forces a model to
// invent what the text does not say.
func nullable(schema landfall.Object) landfall.Object {
	switch t, _ := typeOf(schema); t {
	case "object":
		props, names := landfall.Object{}, []any{}
		for _, p := range properties(schema) {
			inner, _ := p.Value.(landfall.Object)
			props = append(props, landfall.Member{Key: p.Key, Value: nullable(inner)})
			names = append(names, p.Key)
		}
		return landfall.Object{{Key: "type", Value: "object"}, {Key: "properties", Value: props}, {Key: "required", Value: names}, {Key: "additionalProperties", Value: false}}
	case "array":
		v, _ := schema.Get("items")
		items, _ := v.(landfall.Object)
		if len(items) == 0 {
			items = landfall.Object{{Key: "type", Value: "string"}}
		}
		return landfall.Object{{Key: "type", Value: "array"}, {Key: "items", Value: nullable(items)}, {Key: "maxItems", Value: maxItems(schema)}}
	case "":
		return landfall.Object{{Key: "enum", Value: append(enumOf(schema), nil)}}
	default:
		if values := enumOf(schema); values != nil {
			return landfall.Object{{Key: "enum", Value: append(values, nil)}}
		}
		return landfall.Object{{Key: "type", Value: []any{t, "null"}}}
	}
}

func enumOf(schema landfall.Object) []any {
	v, _ := schema.Get("enum")
	list, _ := v.([]any)
	return slices.Clone(list)
}

func maxItems(schema landfall.Object) int {
	v, _ := schema.Get("maxItems")
	n, ok := v.(interface{ String() string })
	if !ok {
		return maxSchemaItems
	}
	if i, err := strconv.Atoi(n.String()); err == nil && i < maxSchemaItems {
		return i
	}
	return maxSchemaItems
}
