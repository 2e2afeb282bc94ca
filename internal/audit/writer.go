package audit

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"landfall"
)

// WriterConfig bounds a [Writer].
type WriterConfig struct {
	// Bytes is how much may wait to become durable, the batch being written
	// included. Openings may fill three quarters of it: the rest is for closings,
	// so that what has begun can end. Defaults to 4 MiB.
	Bytes int
	// Patience is how long an entry waits for room before it is refused. Defaults
	// to 2 s.
	Patience time.Duration
	// Linger is how long entries that nobody waits for may stay unwritten, so that an
	// opening and its closing share a transaction. Defaults to 0: written at once.
	Linger time.Duration
}

// Writer commits in groups: one goroutine writes, in one transaction, whatever
// came while it wrote the last. A store that cannot keep up slows callers down
// and then refuses them; no entry that was taken is dropped without its waiter
// being told. Safe for concurrent use.
type Writer struct {
	store    Store
	bytes    int
	patience time.Duration
	ctx      context.Context // of the store's calls: ends only when Close gives up
	cancel   context.CancelFunc
	linger   time.Duration
	wake     chan struct{} // one signal: the queue is not empty; closed by Close
	hurry    chan struct{} // one signal: somebody waits for what is queued
	idle     chan struct{} // closed when the goroutine has ended

	mu      sync.Mutex
	queue   []*Pending
	waiting int           // bytes of the queue and of the batch being written
	freed   chan struct{} // closed and renewed when waiting shrinks
	closed  bool
	stats   Stats
}

// Stats counts a writer's work since it was made.
type Stats struct {
	Entries, Batches int64 // durable
	Failed           int64 // entries whose waiters got an error
	Refused          int64 // calls that found no room
	Waiting          int   // bytes, now
}

// NewWriter starts a writer. [Writer.Close] ends it.
func NewWriter(s Store, c WriterConfig) *Writer {
	if c.Bytes <= 0 {
		c.Bytes = 4 << 20
	}
	if c.Patience <= 0 {
		c.Patience = 2 * time.Second
	}
	w := &Writer{store: s, bytes: c.Bytes, patience: c.Patience, linger: c.Linger,
		wake: make(chan struct{}, 1), hurry: make(chan struct{}, 1), idle: make(chan struct{}), freed: make(chan struct{})}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	go w.run()
	return w
}

// Append makes entries durable: [Writer.Begin], then wait.
func (w *Writer) Append(ctx context.Context, entries ...Entry) error {
	p, err := w.Begin(ctx, entries...)
	if err != nil {
		return err
	}
	return p.Wait(ctx)
}

// Begin hands entries over and returns before they are durable, so that writing
// overlaps other work. Entries of one call are written together, and after those
// of every call that returned before. When there is no room Begin waits, as long
// as ctx and the writer's patience allow; then the error is overloaded.
func (w *Writer) Begin(ctx context.Context, entries ...Entry) (*Pending, error) {
	p := &Pending{entries: slices.Clone(entries), done: make(chan struct{}), hurry: w.hurry}
	room := w.bytes
	for i := range entries {
		p.size += entries[i].size()
		if entries[i].Kind == Opened {
			room = w.bytes / 4 * 3
		}
	}
	var late <-chan time.Time
	for {
		full, err := w.push(p, room)
		if full == nil {
			return p, err
		}
		if late == nil {
			late = time.After(w.patience)
		}
		select {
		case <-full:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-late:
			w.mu.Lock()
			w.stats.Refused++
			w.mu.Unlock()
			return nil, overloaded("the audit log cannot keep up")
		}
	}
}

// push queues p, or returns what is closed when there may be room. An entry
// larger than all the room passes alone.
func (w *Writer) push(p *Pending, room int) (full <-chan struct{}, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil, overloaded("the server is stopping")
	}
	if w.waiting > 0 && w.waiting+p.size > room {
		signal(w.hurry)
		return w.freed, nil
	}
	w.waiting += p.size
	w.queue = append(w.queue, p)
	signal(w.wake)
	return nil, nil
}

// signal leaves one signal in a channel that has room for one.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Close writes what waits and ends the writer. When ctx ends first the rest
// fails with an error for each waiter. Nothing can be appended afterwards.
func (w *Writer) Close(ctx context.Context) error {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.wake)
		signal(w.hurry)
		w.broadcast()
	}
	w.mu.Unlock()
	defer w.cancel()
	select {
	case <-w.idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Stats returns the counts so far.
func (w *Writer) Stats() Stats {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.stats
	s.Waiting = w.waiting
	return s
}

func (w *Writer) run() {
	defer close(w.idle)
	for range w.wake { // a signal given before Close is still received
		w.pause()
		w.commit(w.take())
	}
}

// pause lets more come while nobody waits.
func (w *Writer) pause() {
	if w.linger == 0 {
		return
	}
	select {
	case <-w.hurry:
	case <-time.After(w.linger):
	}
}

func (w *Writer) take() []*Pending {
	w.mu.Lock()
	defer w.mu.Unlock()
	batch := w.queue
	w.queue = nil
	return batch
}

// commit writes a batch in one transaction. When the store refuses an entry,
// halves of the batch find out whose it is: a fault of one caller is no other's.
func (w *Writer) commit(batch []*Pending) {
	if len(batch) == 0 {
		return
	}
	var entries []Entry
	for _, p := range batch {
		entries = append(entries, p.entries...)
	}
	err := w.store.AppendBatch(w.ctx, entries)
	if half := len(batch) / 2; half > 0 && errors.Is(err, ErrRefused) {
		w.commit(batch[:half])
		w.commit(batch[half:])
		return
	}
	w.finish(batch, len(entries), fault(err))
}

func (w *Writer) finish(batch []*Pending, entries int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		w.stats.Batches++
		w.stats.Entries += int64(entries)
	} else {
		w.stats.Failed += int64(entries)
	}
	for _, p := range batch {
		w.waiting -= p.size
		p.err = err
		close(p.done)
	}
	w.broadcast()
}

func (w *Writer) broadcast() {
	close(w.freed)
	w.freed = make(chan struct{})
}

// Pending is entries on their way to the store.
type Pending struct {
	entries []Entry
	size    int
	done    chan struct{}
	hurry   chan<- struct{}
	err     error // set before done is closed
}

// Wait returns once the entries are durable, or why they are not. When ctx ends
// first they are still written: a closing that must be known to be durable after
// the caller hung up waits with context.WithoutCancel. It may be called again.
func (p *Pending) Wait(ctx context.Context) error {
	select {
	case <-p.done:
		return p.err
	default:
	}
	signal(p.hurry)
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fault says what a caller can do about a store's error. A refused entry is our
// own fault; anything else is a log that cannot be written for now.
func fault(err error) error {
	var coded *landfall.Error
	switch {
	case err == nil, errors.As(err, &coded):
		return err
	case errors.Is(err, ErrRefused):
		return landfall.Errorf(landfall.CodeInternal, "the audit log refused an entry").Because(err)
	}
	return overloaded("the audit log cannot be written").Because(err)
}

// retryAfter is what a refused caller is told to wait, in milliseconds.
const retryAfter = 1000

func overloaded(message string) *landfall.Error {
	return landfall.Errorf(landfall.CodeOverloaded, "%s", message).With("retry_after_ms", retryAfter)
}
