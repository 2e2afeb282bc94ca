package openapi

import (
	_ "embed"
	"strings"

	"landfall"
	"landfall/api"
)

// chatForms are the schemas of the OpenAI-compatible form. Its shapes are OpenAI's and
// no types of ours: a test holds them against what the front reads and writes.
//
//go:embed chat.json
var chatForms []byte

// form returns a schema of the OpenAI-compatible form.
func form(name string) func(*builder) landfall.Object {
	return func(b *builder) landfall.Object {
		if _, made := b.schemas[name]; !made {
			b.chatSchemas()
		}
		return refTo(name)
	}
}

func (b *builder) chatSchemas() {
	v, err := landfall.ParseJSON(chatForms)
	all, ok := v.(landfall.Object)
	if err != nil || !ok {
		b.fail("chat.json: %v", err)
		return
	}
	refOf[landfall.Labels](b)
	refOf[landfall.Withheld](b)
	refOf[landfall.Warning](b)
	refOf[api.Error](b) // and its reasons
	for _, m := range all {
		schema, _ := m.Value.(landfall.Object)
		schema = describe(schema, m.Key, b.texts.Fields)
		b.checkWords(schema, m.Key)
		b.schemas[m.Key] = schema
	}
}

// checkWords fails for each field of a form that has no words.
func (b *builder) checkWords(schema landfall.Object, at string) {
	if items := object(schema, "items"); items != nil {
		b.checkWords(items, at)
	}
	for _, m := range object(schema, "properties") {
		field, _ := m.Value.(landfall.Object)
		if field.Text("description") == "" && field.Text("$ref") == "" {
			b.word(b.texts.Fields, "fields", at+"."+m.Key)
		}
		b.checkWords(field, at+"."+m.Key)
	}
	if !strings.Contains(at, ".") && schema.Text("description") == "" {
		b.word(b.texts.Fields, "fields", at)
	}
}

// chatFaults are the answers that are errors: OpenAI's body, at any status.
func (b *builder) chatFaults() landfall.Object {
	return landfall.Object{{Key: "default", Value: landfall.Object{
		{Key: "description", Value: b.word(b.texts.HTTP, "http", "default")},
		{Key: "content", Value: landfall.Object{{Key: "application/json", Value: landfall.Object{{Key: "schema", Value: form("ChatError")(b)}}}}},
	}}}
}
