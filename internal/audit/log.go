package audit

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Log takes entries. On return without an error they are durable, together and
// in order; after an error they may or may not be, and the caller must show no
// text. Safe for concurrent use. [Writer] is one.
type Log interface {
	Append(ctx context.Context, entries ...Entry) error
}

// Store keeps the log. A store holds each record to its order: an entry that
// breaks it fails the whole batch with an error that wraps [ErrRefused].
type Store interface {
	// AppendBatch makes the entries durable, all or none, in order, and gives them
	// the next numbers. One caller at a time is enough. A disk that is full is a
	// *landfall.Error with code overloaded.
	AppendBatch(ctx context.Context, entries []Entry) error
	// Unclosed returns entries that opened a record nobody closed, oldest first, at
	// most limit.
	Unclosed(ctx context.Context, limit int) ([]Entry, error)
}

// Reader reads the log, beside a writer and from any process. Safe for concurrent use.
type Reader interface {
	// List returns records, the newest first.
	List(ctx context.Context, p Page) ([]Record, error)
	// Get returns one record, or a *landfall.Error with code not_found.
	Get(ctx context.Context, record string) (Record, error)
	// Appeals returns the appeals against a record, the oldest first.
	Appeals(ctx context.Context, record string) ([]Appeal, error)
	// Salt returns what a record's commitments were made with; nil once it was
	// erased, not_found for a record that never was.
	Salt(ctx context.Context, record string) ([]byte, error)
}

// Eraser forgets content for good.
type Eraser interface {
	// EraseSalt deletes a record's salt, so that its commitments prove nothing any
	// more, and what users wrote to its appeals. The entries stay. Copies made before (backups) keep what they have.
	EraseSalt(ctx context.Context, record string) error
}

// Page is a part of a list.
type Page struct {
	Before int64 // only records with a smaller Seq; 0: from the newest
	Limit  int   // defaults to 50
}

// DefaultLimit is how many records a page holds when it does not say.
const DefaultLimit = 50

// Reasons for which a store does not take an entry. They are faults of the
// caller, not of the store, and all wrap ErrRefused.
var (
	ErrRefused   = errors.New("the log does not take the entry")
	ErrDuplicate = fmt.Errorf("%w: its record has one of this kind", ErrRefused)
	ErrNotClosed = fmt.Errorf("%w: its record is still open", ErrRefused)
	ErrNotOpened = fmt.Errorf("%w: its record was never opened", ErrRefused)
)

// recoverBatch is how many records one transaction of Recover closes.
const recoverBatch = 1000

// Recover closes what a crash left open as interrupted and returns how many
// records it closed. Call it before the first request, with no other writer.
func Recover(ctx context.Context, s Store, now time.Time) (int, error) {
	for n := 0; ; {
		open, err := s.Unclosed(ctx, recoverBatch)
		if err != nil || len(open) == 0 {
			return n, err
		}
		closed := make([]Entry, len(open))
		for i, e := range open {
			closed[i] = Entry{Kind: Closed, Record: e.Record, At: now.UnixMilli(), Outcome: Interrupted}
		}
		if err := s.AppendBatch(ctx, closed); err != nil {
			return n, fmt.Errorf("close interrupted records: %w", err)
		}
		n += len(open)
	}
}
