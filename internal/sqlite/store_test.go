package sqlite_test

import (
	"testing"

	"landfall/internal/sqlite"
	"landfall/internal/storetest"
)

func open(t testing.TB, dir string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestContract(t *testing.T) {
	storetest.Audit(t, func(t *testing.T) storetest.AuditStore { return open(t, t.TempDir()) })
}
