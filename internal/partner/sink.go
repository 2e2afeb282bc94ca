package partner

import (
	"cmp"
	"context"
	"fmt"

	"landfall"
)

// sink takes what a dialect reads and makes drafts of it. It keeps the rules that
// no dialect may forget: identity before text, nothing after a wrong identity, and
// nothing after the finish. Its methods wait until the draft is taken, and return
// an error when there is no more use in reading on. It belongs to one goroutine.
type sink struct {
	ctx    context.Context
	drafts chan landfall.Draft
	pulse  *pulse
	want   landfall.Model

	got      landfall.Identity
	known    bool  // the identity is checked and said
	wrong    error // the identity is not the approved one
	total    landfall.Usage
	finished bool

	// Text of a stream is gathered while more of it has come already: held is text of
	// one channel that nobody was handed yet.
	gathers bool
	channel landfall.Channel
	held    []byte
}

// gathered bounds what is held, in bytes.
const gathered = 4 << 10

// IdentityError says that another model answered than the one approved, or one that
// did not say which it is.
type IdentityError struct{ Want, Got landfall.Identity }

func (e *IdentityError) Error() string {
	return fmt.Sprintf("approved is the model %q %q, answered has %q %q", e.Want.Model, e.Want.Fingerprint, e.Got.Model, e.Got.Fingerprint)
}

// identity takes what a chunk says of the model; "" is what it does not say. Names
// are compared byte for byte: no case is folded and no prefix cut.
func (s *sink) identity(model, fingerprint string) error {
	if s.wrong != nil {
		return s.wrong
	}
	pin := s.want.Fingerprint
	got := landfall.Identity{Model: cmp.Or(model, s.got.Model), Fingerprint: cmp.Or(fingerprint, s.got.Fingerprint)}
	if got.Model != "" && got.Model != s.want.Identity || pin != "" && got.Fingerprint != "" && got.Fingerprint != pin {
		return s.mismatch(got)
	}
	s.got = got
	if s.known || got.Model == "" || pin != "" && got.Fingerprint == "" {
		return nil
	}
	s.known = true
	return s.put(landfall.Draft{Model: &got})
}

func (s *sink) mismatch(got landfall.Identity) error {
	s.wrong = partnerError(false, "another model answered than the one that was approved").
		Because(&IdentityError{Want: landfall.Identity{Model: s.want.Identity, Fingerprint: s.want.Fingerprint}, Got: got})
	return s.wrong
}

// identified returns an error unless the approved model is known to be answering.
func (s *sink) identified() error {
	if s.wrong == nil && !s.known {
		return s.mismatch(s.got)
	}
	return s.wrong
}

func (s *sink) text(channel landfall.Channel, text string) error {
	if text == "" {
		return nil
	}
	if err := s.identified(); err != nil {
		return err
	}
	if !s.gathers {
		return s.put(landfall.Draft{Lane: landfall.Lane{Channel: channel}, Text: text})
	}
	if len(s.held) > 0 && (channel != s.channel || len(s.held) >= gathered) {
		if err := s.settle(); err != nil {
			return err
		}
	}
	s.channel, s.held = channel, append(s.held, text...)
	return nil
}

// settle hands on the text that is held. It is called before a wait for more bytes,
// so that gathering costs no time.
func (s *sink) settle() error {
	if len(s.held) == 0 {
		return nil
	}
	text := string(s.held)
	s.held = s.held[:0]
	return s.send(landfall.Draft{Lane: landfall.Lane{Channel: s.channel}, Text: text})
}

// call hands on a whole tool call.
func (s *sink) call(c landfall.ToolCall) error {
	if err := s.identified(); err != nil {
		return err
	}
	return s.put(landfall.Draft{Lane: landfall.Lane{Channel: landfall.ToolArguments}, Call: &c})
}

// usage takes totals so far; the same totals again say nothing.
func (s *sink) usage(u landfall.Usage) error {
	if u == s.total || s.wrong != nil {
		return s.wrong
	}
	s.total = u
	return s.put(landfall.Draft{Usage: &u})
}

func (s *sink) finish(f landfall.Finish) error {
	if err := s.identified(); err != nil {
		return err
	}
	if err := s.put(landfall.Draft{Finish: f}); err != nil {
		return err
	}
	s.finished = true
	return nil
}

// progress says that the model got on, though what it said is still held back.
func (s *sink) progress() { s.pulse.enter(stageIdle) }

func (s *sink) put(d landfall.Draft) error {
	if err := s.settle(); err != nil {
		return err
	}
	return s.send(d)
}

func (s *sink) send(d landfall.Draft) error {
	if s.finished {
		return fmt.Errorf("a draft after the finish")
	}
	select {
	case s.drafts <- d:
		return nil
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}
