package partner

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"landfall"
)

// Time is in-band. A call has one goroutine, which reads the partner and hands
// drafts over a channel without a buffer, so a slow reader slows the partner down.
// The reader's side waits for a draft or for a beat, and every time-out is decided
// there: no timer acts on its own.

// stage is where a call is; its name is the time-out's parameter "stage".
type stage string

const (
	stageLocate  stage = "locate" // bounded by the total alone: a model may be loading
	stageConnect stage = "connect"
	stageFirst   stage = "first_token"
	stageIdle    stage = "idle"
	stageTotal   stage = "total"
)

// pulse is the stage of a call and when it last got on. The goroutine that reads
// and the one that decides share it.
type pulse struct {
	mu    sync.Mutex
	stage stage
	since time.Time
}

// enter begins a stage; a stage never goes back.
func (p *pulse) enter(s stage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stage != stageIdle || s == stageIdle {
		p.stage, p.since = s, time.Now()
	}
}

// forgive takes time out of the account that the reader spent, not the partner.
func (p *pulse) forgive(spent time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.since = p.since.Add(spent)
	if now := time.Now(); p.since.After(now) {
		p.since = now
	}
}

func (p *pulse) read() (stage, time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stage, time.Since(p.since)
}

// call is one request to one partner.
type call struct {
	beat     time.Duration
	limits   map[stage]time.Duration
	generate func(context.Context, *sink) error
	out      *sink
	// failure is the goroutine's until it closes the channel of drafts.
	failure error
}

func newCall(cfg Config, r landfall.Redeemed, generate func(context.Context, *sink) error) *call {
	return &call{
		beat: cfg.Beat,
		limits: map[stage]time.Duration{
			stageConnect: cfg.Connect,
			stageFirst:   cfg.FirstByte,
			stageIdle:    cfg.Idle,
			stageTotal:   min(cfg.Total, r.Ends.Sub(cfg.Now())),
		},
		generate: generate,
		out:      &sink{drafts: make(chan landfall.Draft), pulse: &pulse{}, want: r.Release.Model},
	}
}

// errLeft says that the reader broke off.
var errLeft = errors.New("the reader left")

// run relays the goroutine's drafts. The goroutine has ended before an error is
// yielded and before run returns, also when yield panics.
func (c *call) run(ctx context.Context, yield func(landfall.Draft, error) bool) {
	inner, cancel := context.WithCancel(ctx)
	stop := func() {
		cancel()
		for range c.out.drafts {
		}
	}
	defer stop()
	c.out.pulse.enter(stageLocate)
	go c.work(inner)
	err := c.relay(ctx, yield)
	stop()
	if err != nil && !errors.Is(err, errLeft) {
		yield(landfall.Draft{}, landfall.AsError(err))
	}
}

// work is the goroutine.
func (c *call) work(ctx context.Context) {
	defer close(c.out.drafts)
	defer func() {
		if v := recover(); v != nil {
			c.failure = landfall.Errorf(landfall.CodeInternal, "something went wrong on our side").
				Because(fmt.Errorf("panic behind the partner: %v\n%s", v, debug.Stack()))
		}
	}()
	c.failure = errors.New("the partner's goroutine exited")
	c.out.ctx = ctx
	c.failure = c.generate(ctx, c.out)
	if c.failure == nil && !c.out.finished {
		c.failure = truncated(nil)
	}
}

// relay yields drafts and beats until the goroutine ended (nil or its failure), a
// limit is passed, ctx ended, or the reader left.
func (c *call) relay(ctx context.Context, yield func(landfall.Draft, error) bool) error {
	timer := time.NewTimer(c.beat)
	defer timer.Stop()
	start := time.Now()
	last := start
	for {
		timer.Reset(c.beat)
		d, open, err := c.next(ctx, timer.C, last)
		if err != nil || !open {
			return err
		}
		if d.Text != "" || d.Finish != "" {
			c.out.pulse.enter(stageIdle)
		} else if err := c.late(start); err != nil {
			return err
		}
		if d.Beat == 0 {
			last = time.Now()
		}
		handed := time.Now()
		if !yield(d, nil) {
			return errLeft
		}
		if d.Finish != "" {
			return nil
		}
		c.out.pulse.forgive(time.Since(handed))
		if time.Since(start) >= c.limits[stageTotal] {
			return timeout(stageTotal)
		}
	}
}

// next waits for a draft, and makes one of silence. A draft that waits goes before
// a beat. open is false when the goroutine ended.
func (c *call) next(ctx context.Context, beat <-chan time.Time, last time.Time) (d landfall.Draft, open bool, err error) {
	select {
	case d, open = <-c.out.drafts:
	case <-ctx.Done():
		return d, true, ctx.Err()
	case <-beat:
		select {
		case d, open = <-c.out.drafts:
		default:
			return landfall.Draft{Beat: time.Since(last)}, true, nil
		}
	}
	if open || c.failure == nil {
		return d, open, nil
	}
	if ctx.Err() != nil {
		return d, false, ctx.Err()
	}
	return d, false, c.failure
}

// late returns the time-out that has come to pass: of the whole or of the stage.
func (c *call) late(start time.Time) error {
	if time.Since(start) >= c.limits[stageTotal] {
		return timeout(stageTotal)
	}
	stage, since := c.out.pulse.read()
	if limit, bounded := c.limits[stage]; bounded && since >= limit {
		return timeout(stage)
	}
	return nil
}
