package gateway

import (
	"context"
	"errors"
	"iter"
	"time"

	"landfall"
	"landfall/internal/label"
	"landfall/internal/partner"
	"landfall/internal/safety"
)

// admit lets a request in and counts it: what decoding found wrong ends it here, and
// so does a quota that is reached.
func (l *Line) admit(w *walk) error {
	if w.req.Err != nil {
		return w.req.Err
	}
	var reached *landfall.Error
	if w.meta.Quotas, reached = l.quotas.take(w.req.App, w.req.Device); reached != nil {
		return reached
	}
	return nil
}

// route resolves, in one value, everything the release pins, and reads the input
// by it. Every reason why the feature cannot answer is given.
func (l *Line) route(w *walk) error {
	snap, unavailable := l.Snapshots.Current()
	if unavailable != nil {
		return unavailable
	}
	r, unavailable := snap.Route(w.req.App.Market, w.req.Feature)
	if unavailable != nil {
		return unavailable
	}
	w.meta.FeatureVersion = r.Release().FeatureVersion
	if err := admissible(w.req, r); err != nil {
		return err
	}
	locale := r.Market.Languages[0]
	call, invalid := r.Feature.Admit(w.req, r.Release(), locale)
	if invalid != nil {
		return invalid
	}
	w.route, w.call = r, call
	if d := r.Feature.Deadline(); w.req.Deadline == 0 || w.req.Deadline > d {
		w.req.Deadline = d
	}
	w.meta = meta(w)
	return nil
}

// words is the language of labels and notices: what people around the answer read.
func (w *walk) words() string {
	return w.route.Market.WordsLanguage(w.req.Locale, w.call.Language)
}

func meta(w *walk) landfall.Meta {
	rel := w.route.Release()
	name := w.route.DisplayName[w.call.Language]
	if name == "" {
		name = rel.Model.ID
	}
	return landfall.Meta{
		ID: w.req.ID, Feature: w.req.Feature, FeatureVersion: rel.FeatureVersion, Rehearsal: rel.Rehearsal,
		Release: w.route.Digest(), Quotas: w.meta.Quotas,
		Labels: w.route.Label.Label(label.Answer{ID: w.req.ID, Language: w.words(), System: rel.Model.ID, Version: w.route.Digest().Short(), Made: w.began}),
		ServedBy: landfall.ServedBy{
			Tier: rel.Partner.Tier, Partner: rel.Partner.ID, Model: rel.Model.ID, DisplayName: name,
			ApprovalDigest: w.route.Digest(), PolicyVersion: rel.Policy.Short(),
		},
		Blank: w.route.Feature.Blank(),
	}
}

// moderateIn holds every string of the input against the market's policy.
func moderateIn(w *walk) (*landfall.Withheld, error) {
	return w.route.Policy.In(safety.Check{
		Record: w.req.ID, Language: w.words(), Unit: w.req.Unit,
		Values: []safety.Value{{Path: "/input", Value: w.req.Input}, {Path: "/options", Value: w.req.Options}, {Value: landfall.Object{{Key: "instructions", Value: w.req.Instructions}}}},
	})
}

// moderateOut is the last step that touches content.
func moderateOut(w *walk, drafts iter.Seq2[landfall.Draft, error]) iter.Seq2[safety.Chunk, error] {
	return w.route.Policy.Out(w.noteFinish(drafts), safety.OutOptions{
		Record: w.req.ID, Language: w.words(), Unit: w.req.Unit,
		MaskPersonal: w.route.Feature.Definition().MaskPersonal && !w.req.App.PersonalData,
		Masked:       func(o landfall.Object) landfall.Object { return w.route.Feature.Masked(w.call, o) },
	})
}

// noteFinish keeps why the answer ended, which is no content and no chunk.
func (w *walk) noteFinish(drafts iter.Seq2[landfall.Draft, error]) iter.Seq2[landfall.Draft, error] {
	return func(yield func(landfall.Draft, error) bool) {
		for d, err := range drafts {
			if d.Finish != "" {
				w.finish = d.Finish
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

// blocked says that the partner's own safety stage stopped the answer.
type blocked struct{ stage, rule string }

func (b *blocked) Error() string { return "the partner's safety stage withheld the answer" }

// talkBeat is as often as a silent partner beats.
const talkBeat = 250 * time.Millisecond

// ask calls the partner under a permit of its own for each attempt, and keeps
// the count: attempts, tokens, the identity reported. The feature sees text,
// beats and the finish only.
func (l *Line) ask(ctx context.Context, w *walk) func(landfall.Prompt) iter.Seq2[landfall.Draft, error] {
	return func(p landfall.Prompt) iter.Seq2[landfall.Draft, error] {
		return func(yield func(landfall.Draft, error) bool) {
			leave, ok := l.place(ctx, w, yield)
			if !ok {
				return
			}
			defer leave()
			permit, err := w.route.Mint(landfall.Serve, w.req.ID)
			if err != nil {
				yield(landfall.Draft{}, notApproved(w.route, err))
				return
			}
			w.attempts++
			w.repairs += min(p.Repair, 1)
			w.running = landfall.Usage{}
			defer func() { w.usage, w.running = w.usage.Add(w.running), landfall.Usage{} }()
			for d, err := range l.Partners.Ask(ctx, permit, p) {
				switch {
				case err != nil:
					l.alarm(w, err)
				case d.Usage != nil:
					w.running = *d.Usage
					continue
				case d.Model != nil:
					w.model = *d.Model
					continue
				case d.Finish == landfall.FinishContentFilter:
					err = &blocked{"output", w.route.Release().Partner.ID + ".content_filter"}
				}
				if !yield(d, err) || err != nil || !l.passTime(w, yield) {
					return
				}
			}
		}
	}
}

// passTime makes a beat where the caller has heard nothing for a while although the
// model talks: what it says may be held to its end, and a partner beats only in
// silence. It reports whether the reader goes on.
func (l *Line) passTime(w *walk, yield func(landfall.Draft, error) bool) bool {
	quiet := l.Now().Sub(w.heard)
	return quiet < talkBeat || yield(landfall.Draft{Beat: quiet}, nil)
}

// alarm tells the operator, and the record, that another model answered than the
// one that was approved.
func (l *Line) alarm(w *walk, err error) {
	var other *partner.IdentityError
	if errors.As(err, &other) {
		w.model = other.Got
		l.Log.Error("another model answered than the one that was approved", "id", w.req.ID, "approved", other.Want.Model, "answered", other.Got.Model)
	}
}

// label puts the market's label in front of the first chunk a user could see.
// What is only a sign of time waits until the patience ends, so that a refusal
// can still be an HTTP status.
func (l *Line) label(w *walk, chunks iter.Seq2[safety.Chunk, error]) iter.Seq2[safety.Chunk, error] {
	return func(yield func(safety.Chunk, error) bool) {
		labelled := false
		var early []safety.Chunk // warnings that came before there was anything to see
		var shown lengths
		for c, err := range chunks {
			var stopped *blocked
			if errors.As(err, &stopped) {
				notice := w.route.Policy.Foreign(stopped.stage, "safety", stopped.rule, w.req.ID, w.words())
				notice.Span, notice.Path = shown.end()
				c, err = safety.Chunk{Withheld: notice}, nil
			}
			if err == nil && !labelled {
				if c.Warning != nil {
					early = append(early, c)
					continue
				}
				if onlyTime(c) && l.Now().Sub(w.began) < l.Patience {
					continue
				}
				labelled = true
				for _, first := range append([]safety.Chunk{{Meta: &w.meta}}, early...) {
					if !yield(first, nil) {
						return
					}
				}
			}
			shown.add(c, w.req.Unit)
			if !yield(c, err) || err != nil || stopped != nil {
				return
			}
		}
	}
}

func onlyTime(c safety.Chunk) bool {
	_, _, text := c.Text()
	_, output := c.Output()
	return !text && !output && c.Withheld == nil && c.Meta == nil && c.Warning == nil
}

// lengths is how much of the last lane was shown, in the caller's unit.
type lengths struct {
	path string
	n    int
}

func (s *lengths) add(c safety.Chunk, unit landfall.Unit) {
	lane, text, ok := c.Text()
	if !ok {
		return
	}
	if lane.Path != s.path {
		s.path, s.n = lane.Path, 0
	}
	s.n += unit.Len(text)
}

// end is the place behind what was shown; nothing shown is the whole.
func (s *lengths) end() (*[2]int, string) {
	if s.n == 0 {
		return nil, ""
	}
	return &[2]int{s.n, s.n}, s.path
}

// errLate ends the context of a request whose time has passed.
var errLate = errors.New("the request's deadline passed")

// late is the error of such a request; it names where the time went.
func late(w *walk) *landfall.Error {
	stage := stageAnswer
	switch {
	case w.queued:
		stage = stageQueue
	case w.first.IsZero():
		stage = stageFirst
	}
	return landfall.Errorf(landfall.CodeTimeout, "no whole answer within %d ms", w.req.Deadline.Milliseconds()).With("stage", stage)
}

// bounded ends a walk with its context: an error that comes of the deadline says
// so, whoever noticed it first.
func bounded(ctx context.Context, stop context.CancelFunc, w *walk, chunks iter.Seq2[safety.Chunk, error]) iter.Seq2[safety.Chunk, error] {
	return func(yield func(safety.Chunk, error) bool) {
		defer stop()
		for c, err := range chunks {
			if err != nil && errors.Is(context.Cause(ctx), errLate) {
				err = late(w)
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}
