package sqlite

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"landfall"
)

// App is a caller and what is known of its key. Times are Unix milliseconds.
type App struct {
	landfall.App
	KeyHash string
	Created int64
	Revoked int64 // 0 while the key is good
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

// New makes an app as described, with an id of its own, and its key. The key is
// returned once and stored nowhere.
func (a Apps) New(ctx context.Context, as landfall.App) (App, string, error) {
	if as.Name == "" || as.Market == "" {
		return App{}, "", landfall.Errorf(landfall.CodeInputInvalid, "an app needs a name and a market")
	}
	secret := make([]byte, 32)
	rand.Read(secret)
	key := "lf_" + base64.RawURLEncoding.EncodeToString(secret)
	as.ID = "app_" + rand.Text()[:16]
	app := App{App: as, KeyHash: KeyHash(key), Created: a.now()}
	_, err := a.DB.write.ExecContext(ctx, `
		INSERT INTO apps (id, name, market, key_hash, shows_labels, personal_data, features, quotas, created, revoked)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)`,
		app.ID, app.Name, app.Market, app.KeyHash, flag(app.ShowsLabels), flag(app.PersonalData),
		strings.Join(app.Features, " "), quotas(app.Allowances), app.Created)
	if err != nil {
		return App{}, "", diskFull(err)
	}
	return app, key, nil
}

const selectApps = "SELECT id, name, market, key_hash, shows_labels, personal_data, features, quotas, created, revoked FROM apps "

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
	var shows, personal int64
	var features, limits string
	err = rows.Scan(&a.ID, &a.Name, &a.Market, &a.KeyHash, &shows, &personal, &features, &limits, &a.Created, &a.Revoked)
	a.ShowsLabels, a.PersonalData = shows != 0, personal != 0
	if features != "" {
		a.Features = strings.Fields(features)
	}
	for _, s := range strings.Fields(limits) {
		q, bad := landfall.ParseAllowance(s)
		if bad != nil && err == nil {
			err = fmt.Errorf("app %s: quota %w", a.ID, bad)
		}
		a.Allowances = append(a.Allowances, q)
	}
	return a, err
}

func quotas(all []landfall.Allowance) string {
	words := make([]string, len(all))
	for i, a := range all {
		words[i] = a.String()
	}
	return strings.Join(words, " ")
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
