package gateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"landfall"
	"landfall/internal/audit"
	"landfall/internal/safety"
)

// An idempotency key keeps the answer of its first request for replayLife, in
// memory and bounded: the same app, key and body get the same answer again, id
// included, in either form. A replay shows what was shown before, and only while
// the release that answered is still approved.
const (
	replayLife  = 10 * time.Minute
	replayBytes = 32 << 20
)

type replayKey struct{ app, feature, key string }

type replayed struct {
	market  string
	words   landfall.Digest // the word list that moderated it
	body    [sha256.Size]byte
	chunks  []safety.Chunk
	size    int
	done    bool
	expires time.Time
}

type replays struct {
	now func() time.Time

	mu    sync.Mutex
	by    map[replayKey]*replayed
	order []replayKey // oldest first
	size  int
}

func newReplays(now func() time.Time) *replays {
	return &replays{now: now, by: map[replayKey]*replayed{}}
}

// claim returns the answer kept for a key, or makes a place for the one to come.
func (r *replays) claim(k replayKey, body []byte) (*replayed, bool, *landfall.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.evict()
	sum := sha256.Sum256(body)
	have, ok := r.by[k]
	switch {
	case !ok:
		have = &replayed{body: sum, expires: r.now().Add(replayLife)}
		r.by[k] = have
		r.order = append(r.order, k)
		return have, false, nil
	case !bytes.Equal(have.body[:], sum[:]):
		return nil, false, landfall.Errorf(landfall.CodeConflict, "the idempotency_key was used with another body").With("field", "/idempotency_key")
	case !have.done:
		return nil, false, landfall.Errorf(landfall.CodeConflict, "the first request with this idempotency_key is still running").With("field", "/idempotency_key")
	}
	return have, true, nil
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
		case e.done && (now.After(e.expires) || r.size > replayBytes):
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
	w.replayKey = replayKey{w.req.App.ID, w.req.Feature, w.req.IdempotencyKey}
	have, found, conflict := l.replays.claim(w.replayKey, w.req.Body)
	if conflict != nil {
		w.req.Err = conflict
		return false
	}
	if !found {
		w.replay = have
		return false
	}
	if !l.stillApproved(have) {
		w.req.Err = landfall.Errorf(landfall.CodeConflict, "the answer kept for this idempotency_key was given under an approval or a word list that no longer holds; send a new key").With("field", "/idempotency_key")
		return false
	}
	l.again(ctx, w, have, yield)
	return true
}

// again shows a kept answer, under a record of its own.
func (l *Line) again(ctx context.Context, w *walk, have *replayed, yield func(safety.Chunk) bool) {
	w.begin(l.Rehearsal)
	done := *have.chunks[len(have.chunks)-1].Done
	done.Replayed = true
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
		if !yield(c) {
			return
		}
	}
	yield(safety.Chunk{Done: &done})
}

// stillApproved reports whether the release that gave the answer is the one that
// is approved now, and the words that moderated it are those of today.
func (l *Line) stillApproved(r *replayed) bool {
	meta := r.chunks[len(r.chunks)-1].Done.Meta
	snap, unavailable := l.Snapshots.Current()
	if unavailable != nil {
		return false
	}
	route, unavailable := snap.Route(r.market, meta.Feature)
	return unavailable == nil && route.Digest() == meta.Release && route.Words == r.words && route.Check(landfall.Serve) == nil
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
	w.replay.market = w.req.App.Market
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
