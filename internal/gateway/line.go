// Package gateway is the data plane: the one line that every request walks,
// streamed or not, whichever wire it came from.
package gateway

import (
	"context"
	"iter"
	"log/slog"
	"time"

	"landfall"
	"landfall/internal/audit"
	"landfall/internal/feature"
	"landfall/internal/safety"
	"landfall/internal/snapshot"
)

// Asker calls a partner for a permit: partner.Partners.
type Asker interface {
	Ask(ctx context.Context, permit landfall.Permit, prompt landfall.Prompt) iter.Seq2[landfall.Draft, error]
}

// Recorder keeps the audit record: audit.Writer.
type Recorder interface {
	// Begin queues entries that become durable together; it waits only while the
	// log cannot keep up.
	Begin(ctx context.Context, entries ...audit.Entry) (*audit.Pending, error)
}

// Config of the line.
type Config struct {
	Snapshots *snapshot.Holder
	Partners  Asker
	Recorder  Recorder
	// Rehearsal says that the gate's keys were generated locally: every record says so.
	Rehearsal bool
	// MaxInFlight bounds the requests served at once. Defaults to 512.
	MaxInFlight int
	// Places are how many requests an endpoint decodes at once, by its name; others wait
	// their turn. An endpoint without an entry gets all that come.
	Places map[string]int
	// Patience is how long a stream stays unopened while nothing can be shown, so
	// that a refusal is still an HTTP status. Defaults to 3 seconds.
	Patience time.Duration
	// Allowances limit the requests admitted.
	Allowances Allowances
	// ReplayLife and ReplayBytes bound the answers kept for idempotency keys, in
	// memory. Default to 10 minutes and 32 MiB.
	ReplayLife  time.Duration
	ReplayBytes int
	// Ended is told how each request ended; for metrics. May be nil.
	Ended func(Ending)
	Now   func() time.Time
	Log   *slog.Logger
}

// Ending is how a request ended, for counting. Feature is "" where the market has none
// of that name.
type Ending struct {
	Market, Feature, Outcome, Code string
	Usage                          landfall.Usage
	FirstText, Total               time.Duration // FirstText is 0 when none was shown
}

// Line serves requests. Safe for concurrent use.
type Line struct {
	Config
	places  chan struct{}
	replays *replays
	quotas  *quotas
	queues  map[string]*queue
}

// New returns a line.
func New(c Config) *Line {
	if c.MaxInFlight == 0 {
		c.MaxInFlight = 512
	}
	if c.Patience == 0 {
		c.Patience = 3 * time.Second
	}
	if c.ReplayLife == 0 {
		c.ReplayLife = 10 * time.Minute
	}
	if c.ReplayBytes == 0 {
		c.ReplayBytes = 32 << 20
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	queues := map[string]*queue{}
	for endpoint, n := range c.Places {
		if n > 0 {
			queues[endpoint] = &queue{free: n}
		}
	}
	return &Line{Config: c, queues: queues, places: make(chan struct{}, c.MaxInFlight), replays: newReplays(c), quotas: newQuotas(c.Allowances, c.Now)}
}

// walk is one request on its way. Its fields belong to the request's goroutine.
type walk struct {
	req    landfall.Request
	route  *snapshot.Route
	call   feature.Call
	meta   landfall.Meta
	began  time.Time
	first  time.Time // when the first text was shown
	queued bool      // waiting for a place at the endpoint
	heard  time.Time // when the caller last got anything, a beat included
	record record

	attempts int
	repairs  int            // of the attempts, those after a refused one
	usage    landfall.Usage // of the attempts that ended
	running  landfall.Usage // totals of the one under way
	model    landfall.Identity
	finish   landfall.Finish // of the answer; stop by default
	warnings []landfall.Warning

	replayKey replayKey
	replay    *replayed // what is shown is kept here; nil without a key
}

// Serve answers one request. It is the only function that knows the order:
// admit, route, moderate in, ask, shape, moderate out, label, account. The last
// chunk holds Done, unless the reader stopped before.
func (l *Line) Serve(ctx context.Context, req landfall.Request) iter.Seq[safety.Chunk] {
	w := &walk{req: req, began: l.Now()}
	w.heard = w.began
	return l.account(ctx, w, func(ctx context.Context) iter.Seq2[safety.Chunk, error] {
		if err := l.admit(w); err != nil {
			return refuse(err)
		}
		if err := l.route(w); err != nil {
			return refuse(err)
		}
		ctx, stop := context.WithTimeoutCause(ctx, w.req.Deadline, errLate)
		l.open(ctx, w)
		notice, err := moderateIn(w)
		if err != nil {
			return bounded(ctx, stop, w, refuse(err))
		}
		if notice != nil {
			return bounded(ctx, stop, w, l.label(w, withhold(w.call.Warnings, notice)))
		}
		ask := l.ask(ctx, w)
		drafts := w.route.Feature.Shape(w.call, ask)
		return bounded(ctx, stop, w, l.label(w, moderateOut(w, drafts)))
	})
}

func refuse(err error) iter.Seq2[safety.Chunk, error] {
	return func(yield func(safety.Chunk, error) bool) { yield(safety.Chunk{}, err) }
}

// withhold answers with the notice in place of the feature, which would have given its
// call's warnings first.
func withhold(warnings []landfall.Warning, n *landfall.Withheld) iter.Seq2[safety.Chunk, error] {
	return func(yield func(safety.Chunk, error) bool) {
		for _, w := range warnings {
			if !yield(safety.Chunk{Warning: &w}, nil) {
				return
			}
		}
		yield(safety.Chunk{Withheld: n}, nil)
	}
}
