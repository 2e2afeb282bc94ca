package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
)

// The schema goes forward only: file n of the folder takes the database from
// version n-1 to n, in one transaction with the version itself.

//go:embed migrations/*.sql
var files embed.FS

var migrations = mustRead(files)

func mustRead(files embed.FS) []string {
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		panic(err)
	}
	texts := make([]string, len(names))
	for i, name := range names {
		b, err := files.ReadFile(name)
		if err != nil {
			panic(err)
		}
		texts[i] = string(b)
	}
	return texts
}

func migrate(db *sql.DB) error {
	ctx := context.Background()
	for {
		done, err := migrateOne(ctx, db)
		if err != nil || done {
			return err
		}
	}
}

// migrateOne reads the version under the lock that writing takes, so that two
// processes do not do the same step.
func migrateOne(ctx context.Context, db *sql.DB) (done bool, err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer tx.Rollback()
	have, err := schemaOf(ctx, tx)
	switch {
	case err != nil:
		return false, err
	case have == len(migrations):
		return true, nil
	case have > len(migrations):
		return false, schemaError(have)
	}
	if _, err := tx.ExecContext(ctx, migrations[have]); err != nil {
		return false, fmt.Errorf("bring the schema to version %d: %w", have+1, err)
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", have+1)); err != nil {
		return false, err
	}
	return false, tx.Commit()
}

func schemaOf(ctx context.Context, db interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}) (n int, err error) {
	err = db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&n)
	return n, err
}

func schemaError(have int) error {
	if have > len(migrations) {
		return fmt.Errorf("the schema has version %d and this program knows %d: use a newer landfall", have, len(migrations))
	}
	return fmt.Errorf("the schema has version %d and this program needs %d: start the server once to bring it up to date", have, len(migrations))
}
