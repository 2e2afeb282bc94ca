package openapi

import (
	"fmt"
	"io/fs"
	"path"

	"errors"

	"landfall/internal/feature"
	"landfall/internal/pack"
)

// Texts are the words of the document in one language, docs/LANGUAGE.yaml.
type Texts struct {
	Language    string `json:"language"`
	Name        string `json:"name"` // of the language, in itself
	Title       string `json:"title"`
	Description string `json:"description"`
	Key         string `json:"key"` // how a caller proves who it is

	// Operations by route, "GET /v1/features"; Parameters of paths, queries and request
	// headers, and Headers of answers, by name.
	Operations map[string]Operation `json:"operations"`
	Parameters map[string]string    `json:"parameters"`
	Headers    map[string]string    `json:"headers"`
	// Fields of all types that are no feature's, "Envelope.id", and the types themselves.
	Fields map[string]string `json:"fields"`
	// Statuses are the ways an answer ends, Events what a stream is made of.
	Statuses map[string]string `json:"statuses"`
	Events   map[string]string `json:"events"`
	Errors   map[string]Fault  `json:"errors"`
	Reasons  map[string]Fault  `json:"reasons"`
	// HTTP says what each status means.
	HTTP map[string]string `json:"http"`
	// Page are the headings and paragraphs of the page.
	Page map[string]string `json:"page"`

	// Features by id, docs/feature/ID.yaml.
	Features map[string]Feature `json:"-"`
}

// Operation is what a route does.
type Operation struct {
	Summary     string `json:"summary"`
	Description string `json:"description"`
}

// Fault is why something went wrong and what helps.
type Fault struct {
	Cause string `json:"cause"`
	Cure  string `json:"cure"`
}

// Feature is what a feature does, and its fields by place: input.text, output.edits.start.
type Feature struct {
	Summary     string            `json:"summary"`
	Description string            `json:"description"`
	Fields      map[string]string `json:"fields"`
}

// ReadTexts reads the words of all languages that the packs hold. A feature without
// words is described by its schemas alone.
func ReadTexts(p *pack.Packs, features []feature.Definition) ([]Texts, error) {
	names, err := p.List("docs")
	if err != nil {
		return nil, err
	}
	var out []Texts
	for _, name := range names {
		if name == "feature" {
			continue
		}
		t := Texts{Features: map[string]Feature{}}
		if err := p.Decode(path.Join("docs", name+".yaml"), &t); err != nil {
			return nil, err
		}
		if t.Language != name {
			return nil, fmt.Errorf("packs: docs/%s.yaml: language is %q, want the file's name", name, t.Language)
		}
		out = append(out, t)
	}
	for _, f := range features {
		words := map[string]Feature{}
		err := p.Decode("docs/feature/"+f.ID+".yaml", &words)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, t := range out {
			t.Features[f.ID] = words[t.Language]
		}
	}
	return out, nil
}

// ReadFeatures reads every feature of the packs, by id.
func ReadFeatures(p *pack.Packs) ([]feature.Definition, error) {
	names, err := p.List("feature")
	if err != nil {
		return nil, err
	}
	var out []feature.Definition
	for _, name := range names {
		src, file, err := p.Read("feature/" + name + ".yaml")
		if err != nil {
			return nil, err
		}
		d, err := feature.Parse(file, src)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}
