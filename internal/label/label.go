// Package label makes the marks that say content is AI-made: in words for
// people and in fields for machines. Each scheme is one file and one entry in
// the table below; a market's pack names its scheme and gives it its words.
package label

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"landfall"
)

// Words are what a market's pack gives a scheme.
type Words struct {
	Scheme string `json:"scheme"`
	// Text by language; empty where the market demands no words.
	Text     map[string]string `json:"text"`
	Position string            `json:"position"`
	// InText says that the words must stand in a text answer itself where a wire has
	// no other place for them that a person sees.
	InText   bool   `json:"in_text,omitempty"`
	Producer string `json:"producer"`
	// RehearsalWord stands in front of the text in a rehearsal, by language.
	RehearsalWord map[string]string `json:"rehearsal_word"`
}

// Digest is what a release pins of the label.
func (w Words) Digest() (landfall.Digest, error) { return landfall.DigestOf("label/v1", w) }

// Answer is what a label says of one answer.
type Answer struct {
	ID string
	// Language is that of the words.
	Language string
	// System and Version name what answered: the model, and the release it is part of.
	System, Version string
	Made            time.Time
}

// Scheme makes the label of one answer.
type Scheme struct {
	words     Words
	rehearsal bool
	implicit  func(Words, Answer) landfall.Object
}

// schemes by name; check finds words that the rule would refuse.
var schemes = map[string]struct {
	check    func(Words) error
	implicit func(Words, Answer) landfall.Object
}{
	"gb45438":         {checkGB45438, implicitGB45438},
	"eu-ai-act":       {checkEUAIAct, implicitIPTC},
	"kr-ai-basic-act": {checkKRAIBasicAct, implicitIPTC},
	"us-ca-sb942":     {checkUSCASB942, implicitUSCASB942},
}

// New returns a market's scheme, or an error that names what its words lack.
func New(w Words, rehearsal bool) (*Scheme, error) {
	s, ok := schemes[w.Scheme]
	if !ok {
		return nil, fmt.Errorf("label.scheme %q is unknown: known are %s", w.Scheme, strings.Join(slices.Sorted(maps.Keys(schemes)), ", "))
	}
	if err := s.check(w); err != nil {
		return nil, fmt.Errorf("label: %w", err)
	}
	if !slices.Contains([]string{"start", "end", "around"}, w.Position) {
		return nil, fmt.Errorf("label: position %q: want start, end or around", w.Position)
	}
	if w.InText && len(w.Text) == 0 {
		return nil, fmt.Errorf("label: in_text is true and text has no words")
	}
	for lang, text := range w.Text {
		if text == "" {
			return nil, fmt.Errorf("label: text.%s is empty", lang)
		}
		if rehearsal && w.RehearsalWord[lang] == "" {
			return nil, fmt.Errorf("label: rehearsal_word.%s is missing: every answer of a rehearsal says so", lang)
		}
	}
	return &Scheme{w, rehearsal, s.implicit}, nil
}

// Label returns the labels of an answer; a language that has no words gets those of
// the first language by name, never none.
func (s *Scheme) Label(a Answer) landfall.Labels {
	language := a.Language
	if known := slices.Sorted(maps.Keys(s.words.Text)); len(known) > 0 && !slices.Contains(known, language) {
		language = known[0]
	}
	text := s.words.Text[language]
	if s.rehearsal && text != "" {
		text = "[" + s.words.RehearsalWord[language] + "] " + text
	}
	return landfall.Labels{
		AIGenerated: true,
		Explicit:    landfall.Explicit{Text: text, Position: s.words.Position, InText: s.words.InText},
		Implicit:    s.implicit(s.words, a),
	}
}
