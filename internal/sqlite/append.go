package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"landfall"
	"landfall/internal/audit"
)

// statements are those of an append, prepared once on the connection that writes.
type statements struct{ next, entry, open, whole, salt, closing, known, appeal *sql.Stmt }

func (s *statements) prepare(db *sql.DB) (err error) {
	for _, p := range []struct {
		stmt **sql.Stmt
		text string
	}{
		{&s.next, "SELECT coalesce(max(seq), 0) + 1 FROM entries"},
		{&s.entry, "INSERT INTO entries (seq, body) VALUES ($1, $2)"},
		{&s.open, "INSERT INTO records (opened, id) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING"},
		{&s.whole, "INSERT INTO records (opened, id, closed) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING"},
		{&s.salt, "INSERT INTO salts (opened, salt) VALUES ($1, $2)"},
		{&s.closing, "UPDATE records SET closed = $1 WHERE id = $2 AND closed IS NULL"},
		{&s.known, "SELECT opened, closed FROM records WHERE id = $1"},
		{&s.appeal, "INSERT INTO appeals (entry, record, rule, message) VALUES ($1, $2, $3, $4) ON CONFLICT (record, rule) DO NOTHING"},
	} {
		if *p.stmt, err = db.Prepare(p.text); err != nil {
			return err
		}
	}
	return nil
}

func (s *statements) close() error {
	var errs []error
	for _, stmt := range []*sql.Stmt{s.next, s.entry, s.open, s.whole, s.salt, s.closing, s.known, s.appeal} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}

// AppendBatch implements [audit.Store].
func (db *DB) AppendBatch(ctx context.Context, entries []audit.Entry) error {
	return db.transact(ctx, func(tx *sql.Tx) error {
		var seq int64
		if err := tx.StmtContext(ctx, db.add.next).QueryRowContext(ctx).Scan(&seq); err != nil {
			return err
		}
		a := appender{ctx, tx, &db.add, pairs(entries)}
		for i := range entries {
			if err := a.append(seq+int64(i), &entries[i]); err != nil {
				return fmt.Errorf("record %q: %w", entries[i].Record, err)
			}
		}
		return nil
	})
}

// transact runs f in a transaction and names what the disk refused.
func (db *DB) transact(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return diskFull(err)
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return diskFull(err)
	}
	return diskFull(tx.Commit())
}

type appender struct {
	ctx   context.Context
	tx    *sql.Tx
	add   *statements
	whole map[string]*opening // records that begin and end in this batch
}

// opening is the entry that opened a record of the batch.
type opening struct {
	seq   int64
	entry *audit.Entry
}

// pairs finds the records that begin and end in a batch: each is one row, and not
// a row and a change of it.
func pairs(entries []audit.Entry) map[string]*opening {
	begun := map[string]bool{}
	var whole map[string]*opening
	for i := range entries {
		e := &entries[i]
		switch {
		case e.Kind == audit.Opened:
			begun[e.Record] = true
		case e.Kind == audit.Closed && begun[e.Record]:
			if whole == nil {
				whole = map[string]*opening{}
			}
			whole[e.Record] = &opening{}
		}
	}
	return whole
}

func (a appender) append(seq int64, e *audit.Entry) error {
	body, err := e.Canonical()
	if err != nil {
		return err
	}
	if _, err := a.exec(a.add.entry, seq, string(body)); err != nil {
		return err
	}
	switch pair := a.whole[e.Record]; {
	case e.Kind == audit.Opened && pair != nil && pair.entry == nil:
		*pair = opening{seq, e}
		return nil
	case e.Kind == audit.Opened:
		return a.open(seq, e)
	case e.Kind == audit.Closed && pair != nil:
		delete(a.whole, e.Record)
		return a.both(seq, pair)
	case e.Kind == audit.Closed:
		return a.closing(seq, e)
	case e.Kind == audit.Appealed:
		return a.appeal(seq, e)
	}
	return fmt.Errorf("%w: of unknown kind %q", audit.ErrRefused, e.Kind)
}

func (a appender) open(seq int64, e *audit.Entry) error {
	n, err := a.exec(a.add.open, seq, e.Record)
	return a.opened(n, err, seq, e)
}

// both makes the row of a record that ends in the batch it began in.
func (a appender) both(seq int64, o *opening) error {
	n, err := a.exec(a.add.whole, o.seq, o.entry.Record, seq)
	return a.opened(n, err, o.seq, o.entry)
}

// opened goes on after n rows of a new record were written.
func (a appender) opened(n int64, err error, seq int64, e *audit.Entry) error {
	switch {
	case err != nil:
		return err
	case n == 0:
		return audit.ErrDuplicate
	case len(e.Salt) == 0:
		return nil
	}
	_, err = a.exec(a.add.salt, seq, e.Salt)
	return err
}

func (a appender) closing(seq int64, e *audit.Entry) error {
	n, err := a.exec(a.add.closing, seq, e.Record)
	if err != nil || n > 0 {
		return err
	}
	if _, _, err := a.known(e.Record); err != nil {
		return err
	}
	return audit.ErrDuplicate
}

func (a appender) appeal(seq int64, e *audit.Entry) error {
	opened, closed, err := a.known(e.Record)
	switch {
	case err != nil:
		return err
	case !closed:
		return audit.ErrNotClosed
	case len(e.Rules) != 1 || e.Case == "":
		return fmt.Errorf("%w: an appeal has one rule and a case", audit.ErrRefused)
	}
	n, err := a.exec(a.add.appeal, seq, opened, e.Rules[0], e.Message)
	if err == nil && n == 0 {
		err = audit.ErrDuplicate
	}
	return err
}

// known finds a record, or says that it was never opened.
func (a appender) known(record string) (opened int64, closed bool, err error) {
	var end sql.NullInt64
	err = a.tx.StmtContext(a.ctx, a.add.known).QueryRowContext(a.ctx, record).Scan(&opened, &end)
	if errors.Is(err, sql.ErrNoRows) {
		err = audit.ErrNotOpened
	}
	return opened, end.Valid, err
}

func (a appender) exec(s *sql.Stmt, args ...any) (rows int64, err error) {
	res, err := a.tx.StmtContext(a.ctx, s).ExecContext(a.ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// diskFull gives a full disk the code that tells a caller to come back.
func diskFull(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code()&0xff == lib.SQLITE_FULL {
		return landfall.Errorf(landfall.CodeOverloaded, "the audit log's disk is full").With("retry_after_ms", 60_000).Because(err)
	}
	return err
}
