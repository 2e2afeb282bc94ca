package control_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"landfall"
)

// A running control plane asks each second; it reads the approvals again where a name,
// a size or a time has changed, and once a minute whatever they say.
func TestLooksBeforeItReads(t *testing.T) {
	d := newDesk(t)
	d.rehearse(t, 0)
	trust, err := d.Dir.Trust()
	if err != nil {
		t.Fatal(err)
	}
	gate := landfall.NewGate(trust, nil)
	entries, err := os.ReadDir(d.Dir.Approvals())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(d.Dir.Approvals(), entries[0].Name())
	look := func() error {
		if err := d.Refresh(); err != nil {
			return err
		}
		return d.CheckApprovals(gate)
	}
	if err := look(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(b, []byte(`"sig": "`)) + len(`"sig": "`)
	forged := bytes.Clone(b)
	forged[at] ^= 1 // as long as before
	if err := os.WriteFile(file, forged, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(file, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	d.now = d.now.Add(59 * time.Second)
	if err := look(); err != nil {
		t.Errorf("nothing seems to have changed: %v", err)
	}
	d.now = d.now.Add(time.Second)
	if err := look(); err == nil || !strings.Contains(err.Error(), filepath.Base(file)) {
		t.Errorf("a minute later: %v", err)
	}
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := look(); err != nil {
		t.Errorf("put right: %v", err)
	}
	if err := os.WriteFile(file, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := look(); err == nil {
		t.Error("a changed file is read at once")
	}
}
