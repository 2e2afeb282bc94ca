package gateway

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"landfall"
	"landfall/internal/audit"
	"landfall/internal/safety"
)

// An idempotency key keeps the answer of its first request for a while, in memory
// and bounded: the same app, key, feature and body get the same answer again, id
// included, in either form. A replay shows what was shown before, under a record of
// its own, and only while today's admission would let it through: no model is asked
// and no quota is used. Nothing of it is written to disk, so a restart forgets.

type replayKey struct{ app, key string }

type replayed struct {
	market  string
	words   landfall.Digest // the word list that moderated it
	sum     [sha256.Size]byte
	open    bool // personal data in it is not masked
	chunks  []safety.Chunk
	size    int
	done    bool
	expires time.Time
}

type replays struct {
	now   func() time.Time
	life  time.Duration
	bytes int

	mu    sync.Mutex
	by    map[replayKey]*replayed
	order []replayKey // oldest first
	size  int
}

func newReplays(c Config) *replays {
	return &replays{now: c.Now, life: c.ReplayLife, bytes: c.ReplayBytes, by: map[replayKey]*replayed{}}
}

// sumOf tells requests apart that one key must not join.
func sumOf(r landfall.Request) (sum [sha256.Size]byte) {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%q %t\n", r.Feature, r.Chat)
	h.Write(r.Body)
	h.Sum(sum[:0])
	return sum
}

// claim returns the answer kept for a key, or makes a place for the one to come.
func (r *replays) claim(k replayKey, sum [sha256.Size]byte) (*replayed, bool, *landfall.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.evict()
	have, ok := r.by[k]
	switch {
	case !ok:
		have = &replayed{sum: sum, expires: r.now().Add(r.life)}
		r.by[k] = have
		r.order = append(r.order, k)
		return have, false, nil
	case have.sum != sum:
		return nil, false, keyConflict("this idempotency key was used with another body or feature: a key is for one request")
	case !have.done:
		return nil, false, keyConflict("the first request with this idempotency key is still running").With("retry_after_ms", stillRunning)
	}
	return have, true, nil
}

// stillRunning is when to ask again for the answer under way, in milliseconds.
const stillRunning = 1000

func keyConflict(message string) *landfall.Error {
	return landfall.Errorf(landfall.CodeConflict, "%s", message).With("field", "/idempotency_key")
}

// keep ends a claim: with the answer, or without one so that a retry is served anew.
func (r *replays) keep(k replayKey, e *replayed, chunks []safety.Chunk, size int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if chunks == nil {
		delete(r.by, k)
		return
	}
	e.chunks, e.size, e.done = chunks, size, true
	r.size += size
	r.evict()
}

// evict drops what has expired and, over the bound, the oldest.
func (r *replays) evict() {
	now := r.now()
	kept := r.order[:0]
	for _, k := range r.order {
		e, ok := r.by[k]
		switch {
		case !ok:
		case e.done && (now.After(e.expires) || r.size > r.bytes):
			r.size -= e.size
			delete(r.by, k)
		default:
			kept = append(kept, k)
		}
	}
	r.order = kept
}

// replay serves a request whose key has an answer already, and reports whether
// the request is over. For any other with a key, w.replay keeps what is shown.
func (l *Line) replay(ctx context.Context, w *walk, yield func(safety.Chunk) bool) bool {
	if w.req.IdempotencyKey == "" || w.req.Err != nil {
		return false
	}
	w.replayKey = replayKey{w.req.App.ID, w.req.IdempotencyKey}
	have, found, err := l.replays.claim(w.replayKey, sumOf(w.req))
	if err == nil && found {
		err = l.mayReplay(w.req, have)
	}
	switch {
	case err != nil:
		w.req.Err = err
	case found:
		l.again(ctx, w, have, yield)
		return true
	default:
		w.replay = have
	}
	return false
}

// again shows a kept answer, under a record of its own that says what is shown.
func (l *Line) again(ctx context.Context, w *walk, have *replayed, yield func(safety.Chunk) bool) {
	w.begin(l)
	for _, c := range have.chunks {
		l.observe(w, c)
	}
	done := *have.chunks[len(have.chunks)-1].Done
	done.Replayed, done.Meta.Quotas = true, w.meta.Quotas
	entry := w.closedEntry(l.Now(), &done, false)
	entry.Outcome, entry.Attempts, entry.Usage = audit.Replayed, 0, landfall.Usage{}
	entry.Of = done.Meta.ID
	opened := w.openedEntry(w.began)
	opened.Release = done.Meta.Release
	if err := l.record(ctx, opened, entry); err != nil {
		yield(safety.Chunk{Done: &landfall.Done{Meta: w.meta, Status: landfall.StatusError, Err: landfall.AsError(err)}})
		return
	}
	counted := done
	counted.Usage = landfall.Usage{} // no model was asked
	l.ended(w, &counted, false)
	for _, c := range have.chunks[:len(have.chunks)-1] {
		if c.Meta != nil {
			c.Meta = &done.Meta
		}
		if !yield(c) {
			return
		}
	}
	yield(safety.Chunk{Done: &done})
}

// mayReplay says why a kept answer may not be shown: what refuses a request today
// refuses its replay, and so does a release or a list of words that came since.
func (l *Line) mayReplay(r landfall.Request, kept *replayed) *landfall.Error {
	meta := kept.chunks[len(kept.chunks)-1].Done.Meta
	snap, unavailable := l.Snapshots.Current()
	if unavailable != nil {
		return unavailable
	}
	route, unavailable := snap.Route(kept.market, meta.Feature)
	if unavailable != nil {
		return unavailable
	}
	if err := admissible(r, route); err != nil {
		return err
	}
	if route.Digest() != meta.Release || route.Words != kept.words || kept.open && !r.App.PersonalData {
		return keyConflict("the answer kept for this idempotency key was given by a release, a word list or rights of the app that are no longer in force; send a new key")
	}
	return nil
}

// keepReplay ends the claim of a key: an answer is kept, a fault is not, so that
// a retry is served anew.
func (l *Line) keepReplay(w *walk, d *landfall.Done) {
	if w.replay == nil {
		return
	}
	chunks := append(w.replay.chunks, safety.Chunk{Done: d})
	if d.Status != landfall.Complete && d.Status != landfall.StatusHeld {
		chunks = nil
	}
	w.replay.market, w.replay.open = w.req.App.Market, w.req.App.PersonalData
	if w.route != nil {
		w.replay.words = w.route.Words
	}
	l.replays.keep(w.replayKey, w.replay, chunks, sizeOf(chunks))
}

// sizeOf is about what chunks occupy, in bytes.
func sizeOf(chunks []safety.Chunk) int {
	n := 1024
	for _, c := range chunks {
		_, text, _ := c.Text()
		n += 256 + len(text)
		if o, ok := c.Output(); ok {
			n += 4 * len(landfall.AppendJSON(nil, o))
		}
	}
	return n
}
