package local

import (
	"context"
	"time"
)

// What tests outside the package need of its inside.
var (
	Threads      = threads
	CountCores   = countCores
	MemAvailable = memAvailable
	InactiveFile = inactiveFile
	FreeMemory   = freeMemory
)

// Fetch runs one fetch; answer is how long a hub may take to answer.
func Fetch(ctx context.Context, cache Cache, pin EnginePin, python string, w Weights, answer time.Duration, report func(Progress)) (Step, error) {
	p := &pip{cache: cache, pin: pin, python: python, report: report}
	return (&fetcher{cache: cache, pip: p, report: report, answer: answer}).fetch(ctx, w)
}

// Lock takes the cache's lock of a name.
func (c Cache) Lock(ctx context.Context, name string, waiting func()) (func(), error) {
	return c.lock(ctx, name, waiting)
}

// Meter measures one stage.
func Meter(have, total int64, report func(Progress)) (set func(int64), step func() Step) {
	m := newMeter(StageDownload, "m", have, total, report)
	return m.set, m.step
}

// Changed returns a channel that is closed at the next change of state.
func (e *Engine) Changed() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.changed
}
