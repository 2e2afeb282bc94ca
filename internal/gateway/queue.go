package gateway

import (
	"context"
	"slices"
	"sync"
	"time"

	"landfall"
)

// Where a request's time goes, as timeout{stage} names it. A partner's own time-outs
// have names of their own: locate, connect, first_token, idle, total.
const (
	stageQueue  = "queue"      // for a place at an endpoint that decodes so many at once
	stageFirst  = "first_text" // for the first text that can be shown, repairs included
	stageAnswer = "answer"     // from then to the end
)

// queue gives out an endpoint's places in the order in which they were asked for.
type queue struct {
	mu      sync.Mutex
	free    int
	waiting []chan struct{} // the first has waited longest
}

// enter waits for a place; beat is called as often as a silent partner beats, and
// ends the wait when it reports false. The place is the caller's to leave if ok.
func (q *queue) enter(ctx context.Context, beat func(waited time.Duration) bool) (ok bool, err error) {
	q.mu.Lock()
	if q.free > 0 {
		q.free--
		q.mu.Unlock()
		return true, nil
	}
	turn := make(chan struct{})
	q.waiting = append(q.waiting, turn)
	q.mu.Unlock()
	tick := time.NewTicker(talkBeat)
	defer tick.Stop()
	began := time.Now()
	for {
		select {
		case <-turn:
			return true, nil
		case <-ctx.Done():
			q.give(turn)
			return false, ctx.Err()
		case <-tick.C:
			if !beat(time.Since(began)) {
				q.give(turn)
				return false, nil
			}
		}
	}
}

// give ends a wait, passing the place on where it came at the same moment.
func (q *queue) give(turn chan struct{}) {
	q.mu.Lock()
	i := slices.Index(q.waiting, turn)
	if i >= 0 {
		q.waiting = slices.Delete(q.waiting, i, i+1)
	}
	q.mu.Unlock()
	if i < 0 {
		q.leave()
	}
}

// leave hands the place to whoever waited longest.
func (q *queue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.free++
		return
	}
	close(q.waiting[0])
	q.waiting = q.waiting[1:]
}

// place waits at the endpoint of a walk's release, where its places are known, and
// makes beats meanwhile. It reports whether the attempt may go on.
func (l *Line) place(ctx context.Context, w *walk, yield func(landfall.Draft, error) bool) (leave func(), ok bool) {
	q := l.queues[w.route.Release().Partner.Endpoint]
	if q == nil {
		return func() {}, true
	}
	w.queued = true
	ok, err := q.enter(ctx, func(waited time.Duration) bool { return yield(landfall.Draft{Beat: waited}, nil) })
	if err != nil {
		yield(landfall.Draft{}, err)
	}
	if ok {
		w.queued = false
	}
	return q.leave, ok
}
