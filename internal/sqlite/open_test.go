package sqlite_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"landfall"
	"landfall/internal/audit"
	"landfall/internal/sqlite"
)

func opened(id string) audit.Entry {
	return audit.Entry{Kind: audit.Opened, Record: id, At: 1_772_000_000_123, App: "app_a", Market: "XA",
		Feature: "proofread", Release: audit.Commit(nil, nil), Purpose: landfall.Serve, Form: audit.SSE,
		InputCommitment: audit.Commit(nil, []byte("x")), Salt: audit.NewSalt()}
}

func closed(id string) audit.Entry {
	return audit.Entry{Kind: audit.Closed, Record: id, At: 1_772_000_000_456, Outcome: audit.Complete,
		ReportedModel: "model-a", Attempts: 1, Usage: landfall.Usage{Input: 10, Output: 20}, OutputCommitment: audit.Commit(nil, []byte("y")),
		ShownLength: 30, FirstTextMS: 40, TotalMS: 50}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	must(t, err)
	for _, f := range files {
		all = append(all, f.Name())
	}
	return all
}

// A directory's name may hold the signs of a URI.
func TestSignsInAPath(t *testing.T) {
	parent := t.TempDir()
	const odd = "so 01 数据?a=1#b%41c"
	dir := filepath.Join(parent, odd)
	for i := 1; i <= 2; i++ {
		db, err := sqlite.Open(dir)
		must(t, err)
		must(t, db.AppendBatch(t.Context(), []audit.Entry{opened(fmt.Sprint(i, "a")), opened(fmt.Sprint(i, "b"))}))
		if mode, _ := sqlite.Setting(t, db, "journal_mode"); mode != "wal" {
			t.Errorf("journal_mode %s: the path ate the settings", mode)
		}
		if diff := cmp.Diff([]string{"landfall.db", "landfall.db-shm", "landfall.db-wal"}, names(t, dir)); diff != "" {
			t.Error(diff)
		}
		must(t, db.Close())
		r, err := sqlite.OpenReader(dir)
		must(t, err)
		list, err := r.List(t.Context(), audit.Page{})
		if len(list) != 2*i || err != nil {
			t.Errorf("%d records, %v", len(list), err)
		}
		must(t, r.Close())
	}
	if got := names(t, parent); !slices.Equal(got, []string{odd}) {
		t.Errorf("files beside the directory: %q", got)
	}
}

func TestSettings(t *testing.T) {
	db := open(t, t.TempDir())
	for name, want := range map[string][2]string{
		"journal_mode":  {"wal", "wal"},
		"synchronous":   {"2", "2"}, // FULL
		"foreign_keys":  {"1", "0"},
		"busy_timeout":  {"5000", "5000"},
		"query_only":    {"0", "1"},
		"secure_delete": {"1", "0"},
		"mmap_size":     {"0", "0"},
	} {
		if write, read := sqlite.Setting(t, db, name); write != want[0] || read != want[1] {
			t.Errorf("%s is %s and %s, want %q", name, write, read, want)
		}
	}
	v, err := db.Version(t.Context())
	if err != nil || !sqlite.AtLeast(v, sqlite.Floor) {
		t.Errorf("SQLite %s, %v", v, err)
	}
}

func TestFloor(t *testing.T) {
	for have, want := range map[string]bool{
		"3.53.2": true, "3.53.10": true, "3.54": true, "4.0.0": true, "3.100.0": true, "3.53.2.1": true,
		"3.53.1": false, "3.53": false, "3.9.9": false, "": false, "x.y": false,
	} {
		if got := sqlite.AtLeast(have, "3.53.2"); got != want {
			t.Errorf("%q: %v", have, got)
		}
	}
	dir := t.TempDir()
	open(t, dir)
	sqlite.RaiseFloor(t)
	for name, open := range map[string]func() error{
		"open":   func() error { _, err := sqlite.Open(dir); return err },
		"reader": func() error { _, err := sqlite.OpenReader(dir); return err },
	} {
		if err := open(); err == nil || !strings.Contains(err.Error(), "older than 99.0.0") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOnlyTheOwnerMayRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	db := open(t, dir)
	must(t, db.AppendBatch(t.Context(), []audit.Entry{opened("a")}))
	for _, name := range append(names(t, dir), ".") {
		info, err := os.Stat(filepath.Join(dir, name))
		must(t, err)
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
}

func TestReaderBesideAServer(t *testing.T) {
	dir := t.TempDir()
	if _, err := sqlite.OpenReader(dir); err == nil || len(names(t, dir)) > 0 {
		t.Errorf("%v, %q: a reader made a database", err, names(t, dir))
	}
	db := open(t, dir)
	r, err := sqlite.OpenReader(dir)
	must(t, err)
	defer r.Close()
	must(t, db.AppendBatch(t.Context(), []audit.Entry{opened("a")}))
	if _, err := r.Get(t.Context(), "a"); err != nil {
		t.Error("a reader does not see what is durable:", err)
	}
	for _, reader := range []*sqlite.Reader{r, &db.Reader} {
		if err := sqlite.ReadExec(reader, "DELETE FROM salts"); err == nil {
			t.Error("a reader can write")
		}
	}
}

func TestManyOpenAtOnce(t *testing.T) {
	for range 10 {
		dir := t.TempDir()
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				db, err := sqlite.Open(dir)
				if err != nil {
					t.Error(err)
					return
				}
				err = db.AppendBatch(t.Context(), []audit.Entry{opened(fmt.Sprint(i))})
				if err = errors.Join(err, db.Close()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		list, err := open(t, dir).List(t.Context(), audit.Page{})
		if len(list) != 8 || err != nil {
			t.Fatalf("%d records, %v", len(list), err)
		}
	}
}

// Only one process at a time makes the database: SQLite does not wait for the
// lock it needs to change the journal mode.
func TestOpenWaitsForAnother(t *testing.T) {
	dir := t.TempDir()
	f, err := os.Open(dir)
	must(t, err)
	must(t, unix.Flock(int(f.Fd()), unix.LOCK_EX))
	opened := make(chan error)
	go func() {
		db, err := sqlite.Open(dir)
		if err == nil {
			err = db.Close()
		}
		opened <- err
	}()
	info, err := f.Stat()
	must(t, err)
	inode := fmt.Sprintf(":%d ", info.Sys().(*syscall.Stat_t).Ino)
	for waits := false; !waits; runtime.Gosched() {
		select {
		case err := <-opened:
			t.Fatal("did not wait:", err)
		default:
		}
		locks, err := os.ReadFile("/proc/locks")
		if err != nil {
			f.Close()
			must(t, <-opened)
			t.Skip("nothing tells who waits for a lock")
		}
		for line := range strings.Lines(string(locks)) {
			waits = waits || strings.Contains(line, "-> FLOCK") && strings.Contains(line, inode)
		}
	}
	must(t, f.Close())
	must(t, <-opened)
}

func TestSchemaVersions(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	for version, want := range map[int]string{
		99: "use a newer landfall",
		1:  "start the server once",
	} {
		sqlite.Exec(t, db, fmt.Sprintf("PRAGMA user_version = %d", version))
		r, err := sqlite.OpenReader(dir)
		if err == nil {
			r.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), dir) {
			t.Errorf("reader of version %d: %v", version, err)
		}
	}
	sqlite.Exec(t, db, "PRAGMA user_version = 99")
	if _, err := sqlite.Open(dir); err == nil || !strings.Contains(err.Error(), "version 99") {
		t.Errorf("newer schema: %v", err)
	}
}

// A database of the first version gains the rest and keeps its records.
func TestMigrationKeepsRecords(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	must(t, db.AppendBatch(t.Context(), []audit.Entry{opened("a"), closed("a")}))
	sqlite.Exec(t, db, "DROP TABLE apps; DROP TABLE appeals; PRAGMA user_version = 1")
	must(t, db.Close())
	db = open(t, dir)
	if r, err := db.Get(t.Context(), "a"); err != nil || r.Closed == nil {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := (sqlite.Apps{DB: db}).List(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestNotADatabase(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, sqlite.File), []byte(strings.Repeat("no database ", 100)), 0o600))
	for name, open := range map[string]func() error{
		"open":   func() error { _, err := sqlite.Open(dir); return err },
		"reader": func() error { _, err := sqlite.OpenReader(dir); return err },
	} {
		if err := open(); err == nil || !strings.Contains(err.Error(), sqlite.File) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDataVersion(t *testing.T) {
	dir := t.TempDir()
	db, other := open(t, dir), open(t, dir)
	version := func() int64 {
		t.Helper()
		n, err := db.DataVersion(t.Context())
		must(t, err)
		return n
	}
	before := version()
	must(t, db.AppendBatch(t.Context(), []audit.Entry{opened("a")}))
	if version() != before {
		t.Error("our own writing counts as another's")
	}
	_, _, err := sqlite.Apps{DB: other}.New(t.Context(), landfall.App{Name: "x", Market: "XA"})
	must(t, err)
	if version() == before {
		t.Error("another's writing goes unseen")
	}
}

func TestDiskFull(t *testing.T) {
	db := open(t, t.TempDir())
	must(t, db.AppendBatch(t.Context(), []audit.Entry{opened("first")}))
	var pages int
	write, _ := sqlite.Setting(t, db, "page_count")
	fmt.Sscan(write, &pages)
	sqlite.Exec(t, db, fmt.Sprintf("PRAGMA max_page_count = %d", pages+2))
	w := audit.NewWriter(db, audit.WriterConfig{})
	var err error
	kept := 0
	for ; err == nil && kept < 10_000; kept++ {
		err = w.Append(t.Context(), opened(fmt.Sprint(kept)))
	}
	e := landfall.AsError(err)
	if e == nil || e.Code != landfall.CodeOverloaded || e.Message != "the audit log's disk is full" {
		t.Fatalf("after %d: %v", kept, err)
	}
	list, err := db.List(t.Context(), audit.Page{Limit: 10_000})
	if len(list) != kept || err != nil {
		t.Errorf("%d records, want %d; %v", len(list), kept, err)
	}
	sqlite.Exec(t, db, "PRAGMA max_page_count = 1000000")
	must(t, w.Append(t.Context(), opened("room again")))
	must(t, w.Close(t.Context()))
}

// Erasure reaches the bytes of the files, not only the table.
func TestErasedSaltLeavesTheFiles(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	secret := opened("a")
	secret.Salt = []byte("salt-to-be-found")
	must(t, db.AppendBatch(t.Context(), []audit.Entry{secret, opened("b")}))
	found := func() (in []string) {
		for _, name := range names(t, dir) {
			b, err := os.ReadFile(filepath.Join(dir, name))
			must(t, err)
			if strings.Contains(string(b), string(secret.Salt)) {
				in = append(in, name)
			}
		}
		return in
	}
	if len(found()) == 0 {
		t.Fatal("the test looks in the wrong place")
	}
	must(t, db.EraseSalt(t.Context(), "a"))
	if in := found(); len(in) > 0 {
		t.Errorf("still in %q", in)
	}
}

// A transaction that reads before it writes must not fail when another
// connection commits in between.
func TestTwoThatWriteAndOneThatReads(t *testing.T) {
	dir := t.TempDir()
	reader, err := sqlite.OpenReader(func() string { open(t, dir); return dir }())
	must(t, err)
	defer reader.Close()
	var all sync.WaitGroup
	for i, db := range []*sqlite.DB{open(t, dir), open(t, dir)} {
		all.Go(func() {
			for j := range 150 {
				if err := db.AppendBatch(t.Context(), []audit.Entry{opened(fmt.Sprint(i, j))}); err != nil {
					t.Error(err)
					return
				}
				if _, err := reader.List(t.Context(), audit.Page{Limit: 3}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	list, err := reader.List(t.Context(), audit.Page{Limit: 1000})
	if len(list) != 300 || err != nil || list[0].Seq != 300 {
		t.Errorf("%d records, %v", len(list), err)
	}
}
