package feature

import (
	"strings"
	"unicode/utf8"

	"landfall"
)

// Measure is how long a request's main field is, in code points, and how long it may
// be for the language it is in; a limit of 0 is none.
type Measure struct {
	Text     string
	Language string
	Count    int
	Limit    int
}

// Measure reads a request as [Feature.Admit] does, up to the length that Admit would
// refuse. A length over the schema's own ceiling is an error here too.
func (f *Feature) Measure(r landfall.Request, rel *landfall.Release, market string) (Measure, *landfall.Error) {
	input, err := f.readInput(r, rel)
	if err != nil {
		return Measure{}, err
	}
	_, own, err := f.language(input, r, rel, market)
	if err != nil {
		return Measure{}, err
	}
	return f.measure(input, own, rel), nil
}

func (f *Feature) measure(input landfall.Object, language string, rel *landfall.Release) Measure {
	text := f.mainText(input)
	if f.kind.beside != nil {
		text = strings.Join(append([]string{text}, f.kind.beside(input)...), "\n")
	}
	m := Measure{Text: text, Language: language, Limit: f.def.Limits[language]}
	m.Count = utf8.RuneCountInString(m.Text)
	if l := rel.InputLimit(language); l > 0 && l < m.Limit {
		m.Limit = l
	}
	return m
}

// Fits reports whether the limit allows the length.
func (m Measure) Fits() bool { return m.Limit == 0 || m.Count <= m.Limit }
