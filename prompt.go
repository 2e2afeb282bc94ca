package landfall

import (
	"fmt"
	"slices"
	"strings"
)

// Message is one turn of a prompt. Calls are what an assistant's turn asked of the
// app's tools; CallID is the call that a tool's turn answers. In a [Variant] a
// message of [RoleTurns] stands for the earlier turns of a conversation.
type Message struct {
	Role    string     `json:"role"`
	Content string     `json:"content"`
	Calls   []ToolCall `json:"tool_calls,omitempty"`
	CallID  string     `json:"tool_call_id,omitempty"`
}

// RoleTurns marks the place of a conversation's turns in a variant.
const RoleTurns = "turns"

// Tool is a function of the app that a model may ask for. Parameters is the JSON
// Schema of its arguments.
type Tool struct {
	Name        string
	Description string
	Parameters  Object
}

// ToolCall is a model's wish to use a tool. Arguments is JSON text as the model
// wrote it: nobody has read it yet.
type ToolCall struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
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

// Fill composes a prompt. The turns of a conversation, if there are any, stand where
// the variant has its place for them; they are data, and no slot in them is filled.
// A slot of the variant that slots lacks is an error, as are turns without a place,
// or with the role of the app or the release: user, assistant and tool alone speak
// in them.
func (t *Template) Fill(language, name string, slots map[string]string, turns ...Message) (Prompt, error) {
	v, ok := t.Variant(language, name)
	if !ok {
		return Prompt{}, fmt.Errorf("prompt: no variant %q in %q", name, language)
	}
	for _, m := range turns {
		if m.Role != "user" && m.Role != "assistant" && m.Role != "tool" {
			return Prompt{}, fmt.Errorf("prompt: a turn of the role %q", m.Role)
		}
	}
	placed := len(turns) == 0
	var messages []Message
	for _, m := range v.Messages {
		if m.Role == RoleTurns {
			placed = true
			messages = append(messages, turns...)
			continue
		}
		text, err := fill(m.Content, slots)
		if err != nil {
			return Prompt{}, err
		}
		m.Content = text
		messages = append(messages, m)
	}
	if !placed {
		return Prompt{}, fmt.Errorf("prompt: the variant %q in %q has no place for turns", name, language)
	}
	return Prompt{template: t.digest, messages: messages}, nil
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
	// Grammar, where set, asks for text constrained to this grammar (GBNF, the notation
	// of llama.cpp). A prompt has a schema or a grammar, not both.
	Grammar string
	// Tools are functions the model may ask for, where the release has the parameter
	// tools. ToolChoice is auto, none, required or the name of one; "" is auto.
	Tools      []Tool
	ToolChoice string
	// MaxTokens bounds the answer; 0 leaves it to the release.
	MaxTokens int
	// Seed fixes sampling where the partner can; nil leaves it to the partner.
	Seed *int64
	// Repair counts the attempts before this one: a repair samples at the release's
	// repair_temperature.
	Repair int
	// Variation counts the answers beside which another one is wanted: it samples as a
	// repair does and is none.
	Variation int
}

// Template returns the digest of the template the prompt was composed from.
func (p Prompt) Template() Digest { return p.template }

// Messages returns the prompt's turns, a copy: changing it changes no prompt.
func (p Prompt) Messages() []Message {
	out := slices.Clone(p.messages)
	for i := range out {
		out[i].Calls = slices.Clone(out[i].Calls)
	}
	return out
}
