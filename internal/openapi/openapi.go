// Package openapi describes the API: one OpenAPI 3.1 document, and a page for people
// rendered from it, in every language there are words for.
//
// Nothing is told twice. Routes and statuses come from the wire forms, schemas of
// features from their files, all other schemas from the Go types that the handlers
// encode, and every word a person reads from the packs. What has no description is an
// error.
package openapi

import (
	"errors"
	"fmt"

	"landfall"
	"landfall/internal/feature"
)

// Config says what is described.
type Config struct {
	// Routes are the patterns of what is served, "GET /v1/features".
	Routes []string
	// Statuses are the HTTP status of each error code.
	Statuses map[landfall.Code]int
	// Features in the order of the document.
	Features []feature.Definition
	// Texts are the words, by language; the first language is the default.
	Texts []Texts
}

// Language is the document in one language.
type Language struct {
	ID       string
	Document landfall.Object
	// JSON is Document as it is served; the same input gives the same bytes.
	JSON []byte
	Page []byte
}

// New describes what is configured, once for each language.
func New(c Config) ([]Language, error) {
	var out []Language
	for _, t := range c.Texts {
		b := builder{Config: c, texts: t, schemas: map[string]landfall.Object{}}
		doc, err := b.document()
		if err != nil {
			return nil, fmt.Errorf("openapi: %s: %w", t.Language, err)
		}
		l := Language{ID: t.Language, JSON: landfall.AppendJSON(nil, doc)}
		whole, err := landfall.ParseJSON(l.JSON) // all values of one kind
		if err != nil {
			return nil, fmt.Errorf("openapi: %s: %w", t.Language, err)
		}
		l.Document, _ = whole.(landfall.Object)
		if l.Page, err = page(l.Document, t, c.Texts); err != nil {
			return nil, fmt.Errorf("openapi: %s: %w", t.Language, err)
		}
		out = append(out, l)
	}
	return out, nil
}

// builder makes one document. Schemas are the components that were referred to.
type builder struct {
	Config
	texts   Texts
	schemas map[string]landfall.Object
	errs    []error
}

func (b *builder) fail(format string, args ...any) {
	b.errs = append(b.errs, fmt.Errorf(format, args...))
}

func (b *builder) document() (landfall.Object, error) {
	paths := b.paths()
	doc := landfall.Object{
		{Key: "openapi", Value: "3.1.0"},
		{Key: "info", Value: landfall.Object{
			{Key: "title", Value: b.texts.Title}, {Key: "version", Value: Version}, {Key: "description", Value: b.texts.Description},
		}},
		{Key: "security", Value: []any{landfall.Object{{Key: "appKey", Value: []any{}}}}},
		{Key: "tags", Value: b.tags()},
		{Key: "paths", Value: paths},
	}
	responses := b.faults()
	events := b.events()
	doc = append(doc, landfall.Member{Key: "components", Value: landfall.Object{
		{Key: "securitySchemes", Value: landfall.Object{{Key: "appKey", Value: landfall.Object{
			{Key: "type", Value: "http"}, {Key: "scheme", Value: "bearer"}, {Key: "description", Value: b.texts.Key},
		}}}},
		{Key: "headers", Value: b.headers()},
		{Key: "responses", Value: responses},
		{Key: "schemas", Value: b.sortedSchemas()},
	}})
	doc = append(doc, landfall.Member{Key: "x-events", Value: events}, landfall.Member{Key: "x-errors", Value: b.errors()},
		landfall.Member{Key: "x-reasons", Value: b.told(b.texts.Reasons)})
	return doc, errors.Join(b.errs...)
}

// Version is the API's: it changes when a field is removed or changes.
const Version = "1.0.0"
