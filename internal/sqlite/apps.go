package sqlite

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"time"

	"landfall"
)

// App is a caller and what is known of its key. Times are Unix milliseconds.
type App struct {
	landfall.App
	// ShowsLabels says that the app shows the words of a label itself.
	ShowsLabels bool
	KeyHash     string
	Created     int64
	Revoked     int64 // 0 while the key is good
}

// KeyHash returns what is stored of a key: SHA-256 in hexadecimal digits. A key
// is 256 random bits, which no amount of guessing finds; so the hash need be
// neither slow nor salted.
func KeyHash(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// Apps keeps the apps. Now defaults to time.Now.
type Apps struct {
	DB  *DB
	Now func() time.Time
}

func (a Apps) now() int64 {
	if a.Now == nil {
		return time.Now().UnixMilli()
	}
	return a.Now().UnixMilli()
}

// New makes an app and its key. The key is returned once and stored nowhere.
func (a Apps) New(ctx context.Context, name, market string, showsLabels bool) (App, string, error) {
	if name == "" || market == "" {
		return App{}, "", landfall.Errorf(landfall.CodeInputInvalid, "an app needs a name and a market")
	}
	secret := make([]byte, 32)
	rand.Read(secret)
	key := "lf_" + base64.RawURLEncoding.EncodeToString(secret)
	app := App{
		App:         landfall.App{ID: "app_" + rand.Text()[:16], Name: name, Market: market},
		ShowsLabels: showsLabels, KeyHash: KeyHash(key), Created: a.now(),
	}
	_, err := a.DB.write.ExecContext(ctx, `
		INSERT INTO apps (id, name, market, key_hash, shows_labels, created, revoked)
		VALUES ($1, $2, $3, $4, $5, $6, 0)`,
		app.ID, app.Name, app.Market, app.KeyHash, flag(app.ShowsLabels), app.Created)
	if err != nil {
		return App{}, "", diskFull(err)
	}
	return app, key, nil
}

const selectApps = "SELECT id, name, market, key_hash, shows_labels, created, revoked FROM apps "

// List returns every app, revoked ones too, the newest first.
func (a Apps) List(ctx context.Context) ([]App, error) {
	return query(ctx, a.DB.read, scanApp, selectApps+"ORDER BY created DESC, id")
}

// Active returns the apps whose key is good, by [KeyHash].
func (a Apps) Active(ctx context.Context) (map[string]App, error) {
	apps, err := query(ctx, a.DB.read, scanApp, selectApps+"WHERE revoked = 0")
	if err != nil {
		return nil, err
	}
	active := make(map[string]App, len(apps))
	for _, app := range apps {
		active[app.KeyHash] = app
	}
	return active, nil
}

// Revoke ends an app's key, for good. A second time changes nothing; an unknown
// app is not_found.
func (a Apps) Revoke(ctx context.Context, id string) error {
	res, err := a.DB.write.ExecContext(ctx, `
		UPDATE apps SET revoked = CASE revoked WHEN 0 THEN $1 ELSE revoked END
		WHERE id = $2`, a.now(), id)
	if err != nil {
		return diskFull(err)
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return landfall.Errorf(landfall.CodeNotFound, "there is no such app")
}

func scanApp(rows *sql.Rows) (a App, err error) {
	var shows int64
	err = rows.Scan(&a.ID, &a.Name, &a.Market, &a.KeyHash, &shows, &a.Created, &a.Revoked)
	a.ShowsLabels = shows != 0
	return a, err
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
