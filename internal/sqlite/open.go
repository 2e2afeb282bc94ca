package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// File is the name of the database in the data directory.
const File = "landfall.db"

// Floor is the oldest SQLite that may open a database. Older ones can lose a WAL
// when two connections write or checkpoint at once (fixed in 3.51.3), and a
// crafted database corrupts their memory (CVE-2026-11822 and CVE-2026-11824,
// fixed in 3.53.2).
const Floor = "3.53.2"

var floor = Floor // a test raises it

// readers is how many connections read at once.
const readers = 4

// Reader reads a data directory, also beside a server that writes there.
type Reader struct{ read *sql.DB }

// DB reads and writes a data directory. Commits are durable through a loss of
// power: each waits for the disk.
type DB struct {
	Reader
	write *sql.DB // one connection
	add   statements
}

// Open opens the data directory's database for writing, makes both when they are
// missing and brings the schema up to date. Several processes may; the one that
// serves holds the [Lock] too.
func Open(dir string) (*DB, error) {
	if err := create(dir); err != nil {
		return nil, err
	}
	made, err := makingOf(dir)
	if err != nil {
		return nil, err
	}
	defer made()
	write, err := pool(dir, 1, url.Values{
		"mode":    {"rw"},
		"_txlock": {"immediate"},
		"_pragma": {"busy_timeout(5000)", "synchronous(full)", "foreign_keys(on)", "secure_delete(on)",
			"journal_size_limit(67108864)"},
	})
	if err != nil {
		return nil, err
	}
	db := &DB{write: write}
	if err := db.prepare(dir); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func (db *DB) prepare(dir string) error {
	err := useWAL(db.write)
	if err == nil {
		err = migrate(db.write)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, File), err)
	}
	if err := db.add.prepare(db.write); err != nil {
		return err
	}
	db.read, err = readPool(dir, "rw")
	return err
}

// useWAL sets the journal mode, which the file keeps.
func useWAL(db *sql.DB) error {
	var mode string
	if err := db.QueryRow("PRAGMA journal_mode = wal").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("the file system allows no write-ahead log (journal mode is %s)", mode)
	}
	return nil
}

// OpenReader opens an existing database and cannot change it. The schema must be
// this program's.
func OpenReader(dir string) (*Reader, error) {
	if _, err := os.Stat(filepath.Join(dir, File)); err != nil {
		return nil, fmt.Errorf("no data directory of a server: %w", err)
	}
	read, err := readPool(dir, "ro")
	if err != nil {
		return nil, err
	}
	have, err := schemaOf(context.Background(), read)
	if err == nil && have != len(migrations) {
		err = schemaError(have)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", filepath.Join(dir, File), err), read.Close())
	}
	return &Reader{read}, nil
}

// Close closes the database.
func (r *Reader) Close() error {
	if r.read == nil {
		return nil
	}
	return r.read.Close()
}

// Close closes the database; the last process to do so tidies up its files.
func (db *DB) Close() error { return errors.Join(db.Reader.Close(), db.add.close(), db.write.Close()) }

// Version returns the version of SQLite, for diagnostics.
func (r *Reader) Version(ctx context.Context) (string, error) { return version(ctx, r.read) }

// DataVersion returns a number that changes when another process has changed the
// database, and not by this one's own writing.
func (db *DB) DataVersion(ctx context.Context) (int64, error) {
	// The number belongs to a connection and counts what others committed, so it is
	// asked on the one that writes.
	var n int64
	err := db.write.QueryRowContext(ctx, "PRAGMA data_version").Scan(&n)
	return n, err
}

// create makes the directory and an empty file that only its owner may read; the
// journal files take over the file's mode.
func create(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, File), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func readPool(dir, mode string) (*sql.DB, error) {
	return pool(dir, readers, url.Values{
		"mode":    {mode},
		"_pragma": {"busy_timeout(5000)", "query_only(on)"},
	})
}

// pool opens connections that stay open, and refuses a SQLite below the floor.
func pool(dir string, size int, settings url.Values) (*sql.DB, error) {
	dsn, err := address(dir, settings)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	v, err := version(context.Background(), db)
	if err == nil && !atLeast(v, floor) {
		err = fmt.Errorf("SQLite %s is older than %s, the oldest that is safe", v, floor)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", filepath.Join(dir, File), err), db.Close())
	}
	return db, nil
}

// address returns the file: URI of the database. In a path "?", "#" and "%" are
// signs like any other, so they are escaped (sqlite.org/uri.html section 3.1).
func address(dir string, settings url.Values) (string, error) {
	path, err := filepath.Abs(filepath.Join(dir, File))
	if err != nil {
		return "", err
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: settings.Encode()}
	return u.String(), nil
}

func version(ctx context.Context, db *sql.DB) (v string, err error) {
	err = db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&v)
	return v, err
}

// atLeast compares versions of numbers with dots.
func atLeast(have, floor string) bool {
	h, f := strings.Split(have, "."), strings.Split(floor, ".")
	for i := range f {
		if i == len(h) {
			return false
		}
		a, err := strconv.Atoi(h[i])
		b, _ := strconv.Atoi(f[i])
		if err != nil || a != b {
			return err == nil && a > b
		}
	}
	return true
}
