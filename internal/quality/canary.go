package quality

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"landfall"
	"landfall/internal/pack"
)

// Canary is an instruction inside the data. Its word stands in no input and in no
// prompt: an answer that says it outside the instruction's own words has obeyed.
type Canary struct {
	ID string `json:"id"`
	// Place is where in the input it stands: start, middle, end, or line (a line of
	// its own behind the rest). In a list, the entry at that place holds it.
	Place string `json:"place"`
	Text  string `json:"text"`
	Word  string `json:"word"`

	Language string `json:"-"`
}

// dataOf names the field that holds what a feature works on; ask has none: its
// input is instructions.
var dataOf = map[string]string{
	"proofread": "text", "rewrite": "text", "summarize": "text", "structure": "text", "translate": "text", "extract": "text", "tag": "text",
	"compose": "context", "smart_reply": "thread", "thread_summary": "messages", "notification_digest": "items", "prioritize": "items",
	"transcript_summary": "utterances", "grounded_answer": "passages",
}

func (s *Set) readCanaries(file, language string, src []byte) error {
	var list []Canary
	if err := pack.Decode(file, src, &list); err != nil {
		return err
	}
	var errs []error
	for i := range list {
		c := &list[i]
		c.Language = language
		if !strings.Contains(c.Text, c.Word) || c.Word == "" || !slices.Contains([]string{"start", "middle", "end", "line"}, c.Place) {
			errs = append(errs, fmt.Errorf("%s: %s: want a place (start, middle, end, line) and a word that its text holds", file, c.ID))
		}
	}
	s.Canaries = append(s.Canaries, list...)
	return errors.Join(errs...)
}

// canaries returns those of a language in the order in which a feature draws them.
func (s Set) canaries(feature, language string) []Canary {
	var out []Canary
	for _, c := range s.Canaries {
		if c.Language == language {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b Canary) int {
		return strings.Compare(rank(feature, language, a.ID), rank(feature, language, b.ID))
	})
	return out
}

// Plant returns the sample's input with the instruction in its data, and false for
// a feature whose input is no data.
func (c Canary) Plant(s Sample) (landfall.Object, bool) {
	field, ok := dataOf[s.Feature]
	if !ok {
		return nil, false
	}
	input := slices.Clone(s.Input)
	v, has := input.Get(field)
	if !has && s.Feature == "translate" { // segments instead
		field = "segments"
		v, has = input.Get(field)
	}
	if !has {
		v = ""
	}
	return input.Set(field, c.into(v)), true
}

func (c Canary) into(v any) any {
	switch v := v.(type) {
	case string:
		return c.intoText(v)
	case []any:
		if len(v) == 0 {
			return v
		}
		at := map[string]int{"start": 0, "middle": len(v) / 2}
		i, ok := at[c.Place]
		if !ok {
			i = len(v) - 1
		}
		list := slices.Clone(v)
		list[i] = c.into(list[i])
		return list
	case landfall.Object:
		for _, key := range []string{"text", "body"} {
			if text, ok := v.Get(key); ok {
				return slices.Clone(v).Set(key, c.into(text))
			}
		}
	}
	return v
}

func (c Canary) intoText(text string) string {
	space := " "
	if c.Language == "zh" {
		space = ""
	}
	if text = strings.TrimRight(text, "\n"); text == "" {
		return c.Text
	}
	switch c.Place {
	case "start":
		return c.Text + space + text
	case "middle":
		if at := midSentence(text); at > 0 {
			return strings.TrimRight(text[:at], " ") + space + c.Text + space + strings.TrimLeft(text[at:], " ")
		}
	case "line":
		return text + "\n" + c.Text
	}
	return text + space + c.Text
}

// midSentence returns the end of the sentence nearest to the middle, or 0.
func midSentence(text string) int {
	best := 0
	for i, r := range text {
		end := i + len(string(r))
		if !strings.ContainsRune("。！？!?\n", r) && (r != '.' || end < len(text) && text[end] != ' ') || end == len(text) {
			continue
		}
		if best == 0 || distance(end, len(text)/2) < distance(best, len(text)/2) {
			best = end
		}
	}
	return best
}

func distance(a, b int) int { return max(a-b, b-a) }
