package sqlite_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"landfall"
	"landfall/internal/sqlite"
)

func TestApps(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	now := time.UnixMilli(1000)
	apps := sqlite.Apps{DB: db, Now: func() time.Time { return now }}

	one, key, err := apps.New(t.Context(), landfall.App{Name: "one\n\u202e", Market: "XA"})
	must(t, err)
	now = now.Add(time.Second)
	two, key2, err := apps.New(t.Context(), landfall.App{Name: "two", Market: "XB", ShowsLabels: true, PersonalData: true,
		Features: []string{"summarize", "tag"}, Allowances: []landfall.Allowance{{Limit: 10, Window: time.Minute}, {Limit: 1000, Window: 24 * time.Hour}}})
	must(t, err)
	if key == key2 || one.ID == two.ID || len(key) < 43 {
		t.Errorf("keys %q %q, ids %q %q", key, key2, one.ID, two.ID)
	}
	list, err := apps.List(t.Context())
	if diff := cmp.Diff([]sqlite.App{two, one}, list); diff != "" || err != nil {
		t.Error(err, diff)
	}
	active, err := apps.Active(t.Context())
	want := map[string]sqlite.App{sqlite.KeyHash(key): one, sqlite.KeyHash(key2): two}
	if diff := cmp.Diff(want, active); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if two.Created != 2000 || !two.ShowsLabels || two.Market != "XB" {
		t.Errorf("%+v", two)
	}

	for range 2 { // the second time changes nothing
		must(t, apps.Revoke(t.Context(), one.ID))
		now = now.Add(time.Second)
	}
	one.Revoked = 2000
	list, err = apps.List(t.Context())
	if diff := cmp.Diff([]sqlite.App{two, one}, list); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if active, _ = apps.Active(t.Context()); len(active) != 1 {
		t.Errorf("a revoked key is good: %v", active)
	}
	for _, name := range names(t, dir) {
		b, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		if strings.Contains(string(b), key) {
			t.Errorf("%s holds a key", name)
		}
	}
}

func TestAppsRefuse(t *testing.T) {
	apps := sqlite.Apps{DB: open(t, t.TempDir())}
	for want, err := range map[landfall.Code]error{
		landfall.CodeNotFound:     apps.Revoke(t.Context(), "nobody"),
		landfall.CodeInputInvalid: func() error { _, _, err := apps.New(t.Context(), landfall.App{Name: "x"}); return err }(),
	} {
		if e := landfall.AsError(err); e == nil || e.Code != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// FIPS 180-4's example of one block.
func TestKeyHash(t *testing.T) {
	if got := sqlite.KeyHash("abc"); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Error(got)
	}
}
