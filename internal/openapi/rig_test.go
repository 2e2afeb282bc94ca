package openapi_test

import (
	"testing"

	"landfall/internal/feature"
	"landfall/internal/front"
	"landfall/internal/openapi"
	"landfall/internal/pack"
	"landfall/packs"
)

// shipped are the features and the words of the packs that ship.
func shipped(t testing.TB) ([]feature.Definition, []openapi.Texts) {
	t.Helper()
	p, err := pack.Open(packs.Files, "")
	if err != nil {
		t.Fatal(err)
	}
	features, err := openapi.ReadFeatures(p)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := openapi.ReadTexts(p, features)
	if err != nil {
		t.Fatal(err)
	}
	return features, texts
}

func texts(t testing.TB) []openapi.Texts {
	t.Helper()
	_, all := shipped(t)
	return all
}

// documents are made of the packs that ship and the routes that are served.
func documents(t testing.TB) []openapi.Language {
	t.Helper()
	features, texts := shipped(t)
	out, err := openapi.New(openapi.Config{Routes: front.Routes(), Statuses: front.Statuses(), Features: features, Texts: texts})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
