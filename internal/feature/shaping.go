package feature

import (
	"errors"
	"iter"
	"strings"
	"unicode/utf8"

	"landfall"
)

// Shape asks the model and yields the typed answer: text of the lane as it
// clears, one Output at the end, with the signs of the stream passed through. A
// failed answer is asked again as long as nothing was shown; after that it is
// output_contract_failed{check}. Reasoning, tool arguments and a model's refusal
// are never taken for the answer. The sequence is single-use.
func (f *Feature) Shape(c Call, ask Ask) iter.Seq2[landfall.Draft, error] {
	return func(yield func(landfall.Draft, error) bool) {
		s := &shaping{Feature: f, call: c, ask: ask, yield: yield, source: NewSource(sourceTexts(c.Input)...)}
		for _, w := range c.Warnings {
			if s.warn(w.Code, w.Message) != nil {
				return
			}
		}
		if err := f.kind.shape(s); err != nil && !errors.Is(err, errLeft) {
			yield(landfall.Draft{}, err)
		}
	}
}

// errLeft says that the reader stopped; it goes nowhere.
var errLeft = errors.New("the reader stopped")

// shaping is one answer in the making. Its fields belong to the goroutine of the request.
type shaping struct {
	*Feature
	call    Call
	ask     Ask
	yield   func(landfall.Draft, error) bool
	left    bool
	source  *Source             // what the input says
	asked   int                 // attempts so far
	calls   []landfall.ToolCall // of the last attempt
	passes  int                 // calls that read parts of the input, and the last one
	grounds *grounds            // of kind passages
	dress   func(*spout)        // what a kind adds to each attempt; may be nil
	longer  *bool               // whether the input is longer than the size, once it was looked at
}

// emit hands a draft on; errLeft means that nobody reads any more.
func (s *shaping) emit(d landfall.Draft) error {
	if !s.left && !s.yield(d, nil) {
		s.left = true
	}
	if s.left {
		return errLeft
	}
	return nil
}

func (s *shaping) warn(code, message string) error {
	return s.emit(landfall.Draft{Warning: &landfall.Warning{Code: code, Message: message}})
}

// reply is a model's whole answer to one prompt.
type reply struct {
	text   string
	finish landfall.Finish
}

// listen asks once. Each piece of the model's text goes to take, cut anywhere
// between characters; every sign is passed on. The sequence is read to its end,
// for the usage comes last.
func (s *shaping) listen(p landfall.Prompt, take func(string) error) (landfall.Finish, error) {
	s.asked++
	s.calls = nil
	var whole runes
	var finish landfall.Finish
	refused, said := false, false
	for d, err := range s.ask(p) {
		if err == nil {
			switch {
			case d.Finish != "":
				finish = d.Finish
			case d.Call != nil:
				s.calls = append(s.calls, *d.Call)
			case d.Text == "":
				err = s.emit(d)
			case d.Lane.Channel == landfall.Refusal:
				refused = true
			case d.Lane == (landfall.Lane{}):
				said = said || strings.TrimSpace(d.Text) != ""
				err = take(whole.add(d.Text))
			}
		}
		if err != nil {
			return finish, err
		}
	}
	if err := take(whole.rest()); err != nil {
		return finish, err
	}
	if refused && !said {
		return finish, landfall.Errorf(landfall.CodeModelRefusal, "the model declined to answer")
	}
	return finish, nil
}

// hear asks once and gathers the answer.
func (s *shaping) hear(p landfall.Prompt) (reply, error) {
	var all strings.Builder
	finish, err := s.listen(p, func(t string) error { all.WriteString(t); return nil })
	return reply{all.String(), finish}, err
}

// prompt fills the call's variant. extra are slots beside the input's own; repair
// counts the attempts at this prompt before; turns are those of a conversation. A repair has no hint in it, for
// models copy hints: it samples anew.
func (s *shaping) prompt(extra map[string]string, tokens, repair int, turns ...landfall.Message) (landfall.Prompt, error) {
	return s.promptOf(s.variant(), extra, tokens, repair, turns...)
}

// promptOf is prompt for a variant that the kind names.
func (s *shaping) promptOf(variant string, extra map[string]string, tokens, repair int, turns ...landfall.Message) (landfall.Prompt, error) {
	slots := map[string]string{}
	for _, m := range s.call.Input {
		if text, ok := m.Value.(string); ok {
			slots[m.Key] = text
		}
	}
	for _, p := range properties(s.def.Input) {
		if _, ok := slots[p.Key]; !ok {
			slots[p.Key] = ""
		}
	}
	for _, slot := range s.def.Slots {
		slots[slot.Name] = slot.fill(s.call)
	}
	for k, v := range extra {
		slots[k] = v
	}
	p, err := s.template.Fill(s.call.Language, variant, slots, turns...)
	if err != nil {
		return p, landfall.Errorf(landfall.CodeInternal, "the prompt could not be composed").Because(err)
	}
	p.MaxTokens, p.Repair, p.Seed = tokens, repair, s.call.Seed
	if repair > 0 {
		n := int64(repair)
		if s.call.Seed != nil {
			n += *s.call.Seed
		}
		p.Seed = &n
	}
	return p, nil
}

func (s *shaping) variant() string { return s.variantOf(s.call) }

func (f *Feature) variantOf(c Call) string {
	if f.kind.pick != nil {
		return f.kind.pick(c)
	}
	return f.def.variantOf(c.Input)
}

// keyOf joins the values of fields with dots.
func keyOf(input landfall.Object, fields []string) string {
	values := make([]string, len(fields))
	for i, f := range fields {
		values[i] = input.Text(f)
	}
	return strings.Join(values, ".")
}

func (s Slot) fill(c Call) string {
	if before, ok := s.Before[c.Language]; ok {
		text := c.Instructions
		if s.From != fromApp {
			text = c.Input.Text(s.By[0])
		}
		if strings.TrimSpace(text) == "" {
			return ""
		}
		return before + text
	}
	return s.Words[c.Language][keyOf(c.Input, s.By)]
}

// size returns the call's entry of the table of sizes.
func (s *shaping) size() Size { return s.def.Sizes.Of[keyOf(s.call.Input, s.def.Sizes.By)] }

// tokens bounds an answer to a text that is given n code points.
func (s *shaping) tokens(n int) int {
	if t := s.size().Tokens; t > 0 {
		return t
	}
	return s.def.Tokens.Base + s.def.Tokens.PerHundred*n/100
}

// failure is a check that an answer did not pass.
type failure struct {
	check Check
	why   string // for the log: it may hold words of the answer
}

func (f *failure) err() *landfall.Error {
	return landfall.Errorf(landfall.CodeOutputContractFailed, "the model's answer did not pass the check %s", f.check.Name).
		With("check", f.check.Name).Because(errors.New(f.why))
}

// sourceTexts are the input's strings: what an answer may repeat.
func sourceTexts(input landfall.Object) []string {
	var out []string
	for _, m := range input {
		out = append(out, textOf(input, m.Key))
	}
	return out
}

// runes joins pieces that were cut inside a character.
type runes struct{ tail string }

// add returns the text up to the last whole character.
func (r *runes) add(piece string) string {
	text := r.tail + piece
	cut := len(text)
	for i := max(0, cut-utf8.UTFMax+1); i < cut; i++ {
		if utf8.RuneStart(text[i]) && !utf8.FullRuneInString(text[i:]) {
			cut = i
		}
	}
	r.tail = text[cut:]
	return strings.ToValidUTF8(text[:cut], "\uFFFD")
}

func (r *runes) rest() string { return strings.ToValidUTF8(r.tail, "\uFFFD") }
