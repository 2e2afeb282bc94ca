package sqlite

import "testing"

// AtLeast is exported for tests.
var AtLeast = atLeast

// Exec runs SQL on the connection that writes.
func Exec(t testing.TB, db *DB, text string) {
	t.Helper()
	if _, err := db.write.Exec(text); err != nil {
		t.Fatal(err)
	}
}

// Setting returns a PRAGMA's value on the connection that writes and on one that reads.
func Setting(t testing.TB, db *DB, name string) (write, read string) {
	t.Helper()
	if err := db.write.QueryRow("PRAGMA " + name).Scan(&write); err != nil {
		t.Fatal(err)
	}
	if err := db.read.QueryRow("PRAGMA " + name).Scan(&read); err != nil {
		t.Fatal(err)
	}
	return write, read
}

// ReadExec tries to write where only reading is allowed.
func ReadExec(r *Reader, text string) error {
	_, err := r.read.Exec(text)
	return err
}

// RaiseFloor makes the SQLite at hand too old until the test ends.
func RaiseFloor(t testing.TB) {
	floor = "99.0.0"
	t.Cleanup(func() { floor = Floor })
}
