package partner

import (
	"context"
	"time"

	"landfall"
)

// Script is what the partner "scripted" says, for tests and examples. It goes the
// way of every partner: a permit before, identity, beats and time-outs around it.
// A script that says no finish stops; the empty one stops with empty text.
type Script []Step

// Step is done in the order of its fields; what is empty is left out.
type Step struct {
	Pause     time.Duration
	Panic     any
	Err       error
	Model     *landfall.Identity // instead of the release's own
	Reasoning string
	Text      string
	Call      *landfall.ToolCall
	Usage     *landfall.Usage
	Finish    landfall.Finish
	Cut       bool // the answer ends here, without a finish
}

type scripted struct{ p *Partners }

func newScripted(p *Partners) dialect { return scripted{p} }

func (d scripted) generate(ctx context.Context, r landfall.Redeemed, p landfall.Prompt, out *sink) error {
	if err := d.ready(ctx, r.Release); err != nil {
		return err
	}
	out.pulse.enter(stageFirst)
	model := landfall.Identity{Model: r.Release.Model.Identity, Fingerprint: r.Release.Model.Fingerprint}
	for _, s := range d.p.cfg.Script(r, p) {
		if s.Model != nil {
			model = *s.Model
		}
		if err := s.play(ctx, model, out); err != nil || s.Cut || out.finished {
			return err
		}
	}
	return Step{Finish: landfall.FinishStop}.play(ctx, model, out)
}

func (s Step) play(ctx context.Context, model landfall.Identity, out *sink) error {
	if err := pause(ctx, s.Pause); err != nil {
		return err
	}
	if s.Panic != nil {
		panic(s.Panic)
	}
	if s.Err != nil {
		return s.Err
	}
	if s.Model != nil || s.Reasoning != "" || s.Text != "" || s.Call != nil || s.Finish != "" {
		if err := out.identity(model.Model, model.Fingerprint); err != nil {
			return err
		}
	}
	if err := out.text(landfall.Reasoning, s.Reasoning); err != nil {
		return err
	}
	if err := out.text(landfall.Text, s.Text); err != nil {
		return err
	}
	if s.Call != nil {
		if err := out.call(*s.Call); err != nil {
			return err
		}
	}
	if s.Usage != nil {
		if err := out.usage(*s.Usage); err != nil {
			return err
		}
	}
	if s.Finish != "" {
		return out.finish(s.Finish)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d scripted) ready(context.Context, *landfall.Release) error {
	if d.p.cfg.Script == nil {
		return unavailable(landfall.NewReason(landfall.ReasonPartnerDown, "the scripted partner has no script"), nil)
	}
	return nil
}
