package partner

import (
	"fmt"
	"strings"

	"landfall"
)

// maxAnswer bounds all text of an answer, in bytes; no release asks for nearly as much.
const maxAnswer = 16 << 20

// answer turns frames into drafts. The lanes of text and thought each have their
// seam and their restoring; the splitter stands before the restoring, so a tag that
// a user wrote and the model repeats is still told from the model's own.
type answer struct {
	out      *sink
	split    thinkSplitter
	shielded bool

	content, reasoning, refusal seam
	text, thought               unshield

	calls []*openCall

	finish landfall.Finish
	spoke  bool // a refusal, or text that is more than white space, was handed on
	size   int
}

// take reads one frame that is no error: a piece of the answer, or the whole of it.
func (a *answer) take(f *frame, whole bool) error {
	if err := a.out.identity(f.Model, f.Fingerprint); err != nil {
		return err
	}
	if err := a.count(f.Usage); err != nil {
		return err
	}
	for i := range f.Choices {
		c := &f.Choices[i]
		if c.Index != 0 { // one choice was asked for
			continue
		}
		if err := a.count(c.Usage); err != nil {
			return err
		}
		words := c.Delta
		if whole {
			words = c.Message
		}
		if err := a.say(words); err != nil {
			return err
		}
		if err := a.stop(c.Finish); err != nil {
			return err
		}
	}
	return nil
}

func (a *answer) count(c *counts) error {
	if c == nil {
		return nil
	}
	return a.out.usage(c.usage())
}

func (a *answer) say(s said) error {
	thought := s.ReasoningContent
	if thought == "" {
		thought = s.Reasoning
	}
	n := len(s.Content) + len(thought) + len(s.Refusal)
	if n == 0 && len(s.ToolCalls) == 0 {
		return nil
	}
	for i, part := range s.ToolCalls {
		n += len(part.Function.Name) + len(part.Function.Arguments)
		if err := a.callPart(i, part); err != nil {
			return err
		}
	}
	if a.size += n; a.size > maxAnswer {
		return partnerError(false, "the partner's answer has no end")
	}
	a.out.progress()
	if err := a.think(a.reasoning.join(string(thought))); err != nil {
		return err
	}
	t, text := a.split.split(a.content.join(string(s.Content)))
	if err := a.think(t); err != nil {
		return err
	}
	if err := a.speak(text); err != nil {
		return err
	}
	return a.refuse(a.refusal.join(string(s.Refusal)))
}

func (a *answer) think(text string) error {
	if a.shielded {
		text = a.thought.restore(text)
	}
	return a.out.text(landfall.Reasoning, text)
}

func (a *answer) speak(text string) error {
	if a.shielded {
		text = a.text.restore(text)
	}
	return a.handOn(text)
}

func (a *answer) handOn(text string) error {
	a.spoke = a.spoke || strings.TrimSpace(text) != ""
	return a.out.text(landfall.Text, text)
}

func (a *answer) refuse(text string) error {
	a.spoke = a.spoke || text != ""
	return a.out.text(landfall.Refusal, text)
}

func (a *answer) stop(reason string) error {
	if reason == "" {
		return nil
	}
	f, ok := finishes[reason]
	if !ok {
		return partnerError(true, "the partner gave up on the answer").Because(fmt.Errorf("finish_reason %.60q", reason))
	}
	a.finish = f
	return nil
}

// flush hands on what was held for a continuation that did not come.
func (a *answer) flush() error {
	thought, text := a.split.split(a.content.end())
	lastThought, lastText := a.split.end()
	if err := a.think(a.reasoning.end() + thought + lastThought); err != nil {
		return err
	}
	if err := a.out.text(landfall.Reasoning, a.thought.end()); err != nil {
		return err
	}
	if err := a.speak(text + lastText); err != nil {
		return err
	}
	if err := a.handOn(a.text.end()); err != nil {
		return err
	}
	if err := a.refuse(a.refusal.end()); err != nil {
		return err
	}
	return a.callOut()
}

// end closes the answer. done says that the server marked the end: an answer with
// the mark and without a reason stopped; without both it was cut off, and the core
// says so because there is no finish. Thought alone is no answer.
func (a *answer) end(done bool) error {
	if a.finish == "" && !done {
		return nil
	}
	if err := a.flush(); err != nil {
		return err
	}
	if a.finish == "" && a.spoke {
		a.finish = landfall.FinishStop
	}
	switch {
	case a.finish == "":
		return truncated(nil)
	case a.finish == landfall.FinishStop && !a.spoke:
		return partnerError(true, "the model ended without an answer")
	}
	return a.out.finish(a.finish)
}
