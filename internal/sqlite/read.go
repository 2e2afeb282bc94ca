package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"math"

	"landfall"
	"landfall/internal/audit"
)

var (
	_ audit.Store  = (*DB)(nil)
	_ audit.Reader = (*Reader)(nil)
	_ audit.Eraser = (*DB)(nil)
)

const selectRecords = `
	SELECT r.opened, o.body, c.body
	FROM records r
	JOIN entries o ON o.seq = r.opened
	LEFT JOIN entries c ON c.seq = r.closed `

// List implements [audit.Reader].
func (r *Reader) List(ctx context.Context, p audit.Page) ([]audit.Record, error) {
	if p.Before <= 0 {
		p.Before = math.MaxInt64
	}
	if p.Limit <= 0 {
		p.Limit = audit.DefaultLimit
	}
	return query(ctx, r.read, scanRecord, selectRecords+`
		WHERE r.opened < $1 ORDER BY r.opened DESC LIMIT $2`, p.Before, p.Limit)
}

// Get implements [audit.Reader].
func (r *Reader) Get(ctx context.Context, record string) (audit.Record, error) {
	found, err := query(ctx, r.read, scanRecord, selectRecords+"WHERE r.id = $1", record)
	if err == nil && len(found) == 0 {
		err = noRecord()
	}
	if err != nil {
		return audit.Record{}, err
	}
	return found[0], nil
}

// Appeals implements [audit.Reader].
func (r *Reader) Appeals(ctx context.Context, record string) ([]audit.Appeal, error) {
	return query(ctx, r.read, func(rows *sql.Rows) (a audit.Appeal, err error) {
		var body string
		if err := rows.Scan(&body, &a.Message); err != nil {
			return a, err
		}
		a.Entry, err = audit.ParseEntry([]byte(body))
		return a, err
	}, `
		SELECT e.body, a.message FROM records r
		JOIN appeals a ON a.record = r.opened JOIN entries e ON e.seq = a.entry
		WHERE r.id = $1 ORDER BY a.entry`, record)
}

// Salt implements [audit.Reader].
func (r *Reader) Salt(ctx context.Context, record string) (salt []byte, err error) {
	err = r.read.QueryRowContext(ctx, `
		SELECT s.salt FROM records r LEFT JOIN salts s ON s.opened = r.opened
		WHERE r.id = $1`, record).Scan(&salt)
	if errors.Is(err, sql.ErrNoRows) {
		err = noRecord()
	}
	return salt, err
}

// Unclosed implements [audit.Store].
func (r *Reader) Unclosed(ctx context.Context, limit int) ([]audit.Entry, error) {
	return query(ctx, r.read, func(rows *sql.Rows) (audit.Entry, error) {
		var body string
		if err := rows.Scan(&body); err != nil {
			return audit.Entry{}, err
		}
		return audit.ParseEntry([]byte(body))
	}, `
		SELECT e.body FROM records r JOIN entries e ON e.seq = r.opened
		WHERE r.closed IS NULL ORDER BY r.opened LIMIT $1`, limit)
}

// EraseSalt implements [audit.Eraser]. The salt's bytes are overwritten in the
// file and leave the journal.
func (db *DB) EraseSalt(ctx context.Context, record string) error {
	if _, err := db.Salt(ctx, record); err != nil {
		return err
	}
	for _, statement := range []string{
		"DELETE FROM salts WHERE opened = (SELECT opened FROM records WHERE id = $1)",
		"UPDATE appeals SET message = '' WHERE record = (SELECT opened FROM records WHERE id = $1)",
	} {
		if _, err := db.write.ExecContext(ctx, statement, record); err != nil {
			return diskFull(err)
		}
	}
	_, err := db.write.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

func noRecord() error {
	return landfall.Errorf(landfall.CodeNotFound, "the audit log has no such record")
}

func scanRecord(rows *sql.Rows) (r audit.Record, err error) {
	var opened string
	var closed sql.NullString
	if err := rows.Scan(&r.Seq, &opened, &closed); err != nil {
		return r, err
	}
	o, err := audit.ParseEntry([]byte(opened))
	if err != nil || !closed.Valid {
		return audit.Record{Seq: r.Seq, Opened: &o}, err
	}
	c, err := audit.ParseEntry([]byte(closed.String))
	return audit.Record{Seq: r.Seq, Opened: &o, Closed: &c}, err
}

// query collects rows.
func query[T any](ctx context.Context, db *sql.DB, scan func(*sql.Rows) (T, error), text string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}
