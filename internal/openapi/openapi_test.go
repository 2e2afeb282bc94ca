package openapi_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The document is one by the OpenAPI Initiative's own schema of OpenAPI 3.1.
func TestDocumentIsOpenAPI(t *testing.T) {
	official, err := os.ReadFile("testdata/openapi-3.1-2022-10-07.json")
	if err != nil {
		t.Fatal(err)
	}
	meta, err := jsonschema.UnmarshalJSON(bytes.NewReader(official))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("mem:///openapi", meta); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("mem:///openapi")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range documents(t) {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(d.JSON))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v", d.ID, err)
		}
	}
}

// Every schema in it is one by JSON Schema 2020-12, and refers to nothing that is not there.
func TestSchemasCompile(t *testing.T) {
	schemas := newDocumented(t)
	for _, s := range field(documents(t)[0].Document, "components", "schemas") {
		if _, err := schemas.compiler.Compile("mem:///doc#/components/schemas/" + s.Key); err != nil {
			t.Errorf("%s: %v", s.Key, err)
		}
	}
}
