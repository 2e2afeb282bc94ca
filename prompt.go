package landfall

import (
	"fmt"
	"slices"
	"strings"
)

// Message is one turn of a prompt.
type Message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// Variant is a prompt's messages for one language and shape of task. A slot in
// a message is written {{name}} and is filled once, in one pass: what a user
// wrote is data and is never read as a template.
type Variant struct {
	Language string    `json:"language"`
	Name     string    `json:"name"`
	Messages []Message `json:"messages"`
}

// Template is a feature's whole prompt, every variant of it. Its digest is the
// release's Prompt, and each prompt it fills carries that digest.
type Template struct {
	variants []Variant
	digest   Digest
}

// NewTemplate returns a template over the variants.
func NewTemplate(variants []Variant) (*Template, error) {
	kept := slices.Clone(variants)
	for i := range kept {
		kept[i].Messages = slices.Clone(kept[i].Messages)
	}
	d, err := DigestOf("prompt/v1", kept)
	if err != nil {
		return nil, err
	}
	return &Template{kept, d}, nil
}

// Digest returns the digest of all variants.
func (t *Template) Digest() Digest { return t.digest }

// Languages returns the languages that have a variant of this name.
func (t *Template) Languages(name string) []string {
	var out []string
	for _, v := range t.variants {
		if v.Name == name {
			out = append(out, v.Language)
		}
	}
	return out
}

// Variant returns the variant for a language, a copy.
func (t *Template) Variant(language, name string) (Variant, bool) {
	for _, v := range t.variants {
		if v.Language == language && v.Name == name {
			v.Messages = slices.Clone(v.Messages)
			return v, true
		}
	}
	return Variant{}, false
}

// Fill composes a prompt. A slot of the variant that slots lacks is an error.
func (t *Template) Fill(language, name string, slots map[string]string) (Prompt, error) {
	v, ok := t.Variant(language, name)
	if !ok {
		return Prompt{}, fmt.Errorf("prompt: no variant %q in %q", name, language)
	}
	for i, m := range v.Messages {
		text, err := fill(m.Content, slots)
		if err != nil {
			return Prompt{}, err
		}
		v.Messages[i].Content = text
	}
	return Prompt{template: t.digest, messages: v.Messages}, nil
}

func fill(text string, slots map[string]string) (string, error) {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "{{")
		out.WriteString(before)
		if !ok {
			return out.String(), nil
		}
		name, after, ok := strings.Cut(rest, "}}")
		value, known := slots[name]
		if !ok || !known {
			return "", fmt.Errorf("prompt: no value for the slot {{%s}}", name)
		}
		out.WriteString(value)
		text = after
	}
}

// Prompt is what a partner is asked. Only a [Template] composes its messages, so
// it cannot meet a release that pins another prompt. The other fields are the
// call's, within what the release allows.
type Prompt struct {
	template Digest
	messages []Message
	// Schema, where set, asks for output constrained to this JSON Schema.
	Schema Object
	// MaxTokens bounds the answer; 0 leaves it to the release.
	MaxTokens int
	// Seed fixes sampling where the partner can; nil leaves it to the partner.
	Seed *int64
	// Repair counts the attempts before this one: a repair samples at the release's
	// repair_temperature.
	Repair int
}

// Template returns the digest of the template the prompt was composed from.
func (p Prompt) Template() Digest { return p.template }

// Messages returns the prompt's turns, a copy: changing it changes no prompt.
func (p Prompt) Messages() []Message { return slices.Clone(p.messages) }
