package local

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

// Restart rules: the pause doubles from the first to the longest, and starts
// over once a run lasted as long as steady.
const (
	firstPause   = time.Second
	longestPause = 30 * time.Second
	steady       = time.Minute
	brokenAfter  = 5 // failures in a row: then callers are no longer made to wait
	pingEvery    = 5 * time.Second
	pingsMissed  = 3
)

// supervise keeps the engine running until the context ends, and returns when
// the last process is gone. Before every start the file is verified; a wrong one
// ends it.
func (e *Engine) supervise(ctx context.Context, l launch) {
	runtime.LockOSThread() // see tied
	defer runtime.UnlockOSThread()
	pause, failures := firstPause, 0
	for ctx.Err() == nil {
		if err := e.verify(ctx); err != nil {
			e.failed(ctx, err)
			return
		}
		began := time.Now()
		p, err := l.start(ctx)
		if err == nil {
			e.loaded(p.url, time.Since(began))
			err = e.attend(ctx, p)
		}
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) >= steady {
			pause, failures = firstPause, 0
		}
		failures++
		e.log.Warn("model engine ended, it is started again", "err", err, "pause", pause)
		e.set(func(s *State) {
			s.Phase, s.Message = Loading, fmt.Sprintf("the model engine is started again: %s", err)
			if failures >= brokenAfter {
				s.Phase, s.Message = Broken, err.Error()
			}
		})
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
	}
}

// attend returns when the process ended, was found dead and ended, or when the
// context ended and the process with it.
func (e *Engine) attend(ctx context.Context, p *process) error {
	defer p.stop()
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for missed := 0; ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.ended:
			return p.explain(fmt.Errorf("it ended: %w", p.err))
		case <-tick.C:
			missed++
			if err := p.ping(ctx); err == nil {
				missed = 0
			} else if missed >= pingsMissed {
				return p.explain(fmt.Errorf("it no longer answers: %w", err))
			}
		}
	}
}

// loaded says that the engine answers.
func (e *Engine) loaded(url string, took time.Duration) {
	e.record(Step{Stage: StageLoad, Detail: e.model.ID, Took: took})
	e.set(func(s *State) {
		s.Phase, s.Message, s.Percent = Ready, "", 100
		e.address = url + "/v1"
	})
	e.log.Info("local model is ready", "model", e.model.ID, "threads", e.threads)
}
