package snapshot

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"landfall"
)

// Holder keeps the snapshot that the data plane runs on. A bad source never
// replaces a good one; a good one serves until its own expiry and then admits
// nothing. Safe for concurrent use.
type Holder struct {
	gate    *landfall.Gate
	now     func() time.Time
	current atomic.Pointer[Snapshot]

	mu   sync.Mutex
	last []byte // the bytes loaded or refused last
}

// NewHolder returns an empty holder: it admits nothing. now defaults to [time.Now].
func NewHolder(gate *landfall.Gate, now func() time.Time) *Holder {
	if now == nil {
		now = time.Now
	}
	return &Holder{gate: gate, now: now}
}

// Load verifies, compiles and swaps. It refuses a source older than the one that
// serves, and one that has expired.
func (h *Holder) Load(sealed []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = bytes.Clone(sealed)
	src, err := Open(h.gate, sealed)
	if err != nil {
		return err
	}
	if have := h.current.Load(); have != nil && src.Sequence <= have.Sequence {
		return fmt.Errorf("snapshot: sequence %d is not after %d", src.Sequence, have.Sequence)
	}
	if h.now().Unix() >= src.Expires {
		return fmt.Errorf("snapshot: sequence %d expired at %s", src.Sequence, landfall.Unix(src.Expires).Format(time.RFC3339))
	}
	next, err := Compile(h.gate, src)
	if err != nil {
		return err
	}
	h.current.Store(next)
	return nil
}

// Current returns the snapshot, or why nothing is admitted.
func (h *Holder) Current() (*Snapshot, *landfall.Error) {
	s := h.current.Load()
	switch {
	case s == nil:
		return nil, unavailable(landfall.NewReason(landfall.ReasonPolicyMissing, "no snapshot has been loaded"))
	case !h.now().Before(s.Expires):
		return nil, unavailable(landfall.NewReason(landfall.ReasonPolicyStale, "the snapshot expired at %s", s.Expires.Format(time.RFC3339)))
	}
	return s, nil
}

// Watch loads a file whenever its content changes, looking every interval, until
// ctx ends. Each outcome is told once to report, nil for success.
func (h *Holder) Watch(ctx context.Context, file string, interval time.Duration, report func(error)) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		b, err := os.ReadFile(file)
		h.mu.Lock()
		seen := bytes.Equal(b, h.last)
		h.mu.Unlock()
		if err == nil && !seen {
			report(h.Load(b))
		}
	}
}
