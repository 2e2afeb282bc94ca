package control_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"landfall"
	"landfall/internal/control"
	"landfall/internal/pack"
	"landfall/internal/snapshot"
	"landfall/packs"
)

// desk is a control plane over a directory of its own, with a clock.
type desk struct {
	*control.Control
	now time.Time
}

// newDesk works in a folder whose name has every sign that a pattern or an address
// could misread.
func newDesk(t *testing.T) *desk {
	t.Helper()
	return at(t, filepath.Join(t.TempDir(), "so 01 数据?a=1#b%41[c]*"), "")
}

func at(t *testing.T, dir, over string) *desk {
	t.Helper()
	p, err := pack.Open(packs.Files, over)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{now: time.Unix(1_800_000_000, 0)}
	d.Control = &control.Control{Dir: control.Dir(dir), Packs: p, Model: landfall.Model{ID: "model-a", Identity: "model-a"},
		Now: func() time.Time { return d.now }}
	return d
}

func (d *desk) rehearse(t *testing.T, expires time.Duration) []control.Made {
	t.Helper()
	made, err := d.Rehearse(expires)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// served compiles what is published, as a data plane would, and lists the features
// that it admits.
func (d *desk) served(t *testing.T) (out []string, sequence int64) {
	t.Helper()
	trust, err := d.Dir.Trust()
	if err != nil {
		t.Fatal(err)
	}
	gate := landfall.NewGate(trust, func() time.Time { return d.now })
	h := snapshot.NewHolder(gate, func() time.Time { return d.now })
	b, err := os.ReadFile(d.Dir.Snapshot())
	if err == nil {
		err = h.Load(b)
	}
	if err != nil {
		t.Fatal(err)
	}
	s, _ := h.Current()
	markets, err := d.Markets()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range markets {
		for _, r := range s.Routes(m) {
			if r.Check(landfall.Serve) == nil {
				out = append(out, m+"/"+r.Release().Feature)
			}
		}
	}
	return out, s.Sequence
}

// files reads a folder, names to content.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFirstRehearsal(t *testing.T) {
	d := newDesk(t)
	if d.Dir.HasKeys() {
		t.Error("an empty directory has keys")
	}
	made := d.rehearse(t, 0)
	served, _ := d.served(t)
	if len(made) == 0 || len(served) != len(made) {
		t.Errorf("made %d releases, %d are served", len(made), len(served))
	}
	for _, m := range made {
		if !m.New || len(m.Changes) != 0 || !m.Expires.Equal(d.now.Add(control.DefaultApproval)) {
			t.Errorf("%+v", m)
		}
	}
	have := files(t, string(d.Dir))
	for _, name := range []string{"snapshot.json", "rehearsal/trust.json", "rehearsal/keys/snapshot.pem", "rehearsal/keys/cn-authority.pem", "lists/CN.txt", "lists/EU.txt"} {
		if have[name] == "" {
			t.Errorf("%s is not there", name)
		}
	}
	for name := range have {
		info, err := os.Stat(filepath.Join(string(d.Dir), name))
		if err != nil {
			t.Fatal(err)
		}
		if public := strings.HasPrefix(name, "approvals/"); info.Mode().Perm() != 0o600 && !public {
			t.Errorf("%s has mode %o", name, info.Mode())
		}
		if strings.Contains(name, ".new-") {
			t.Errorf("%s was left behind", name)
		}
	}
	trust, err := d.Dir.Trust()
	if err != nil || !trust.Rehearsal {
		t.Errorf("trust %+v, %v", trust, err)
	}
	gate := landfall.NewGate(trust, nil)
	if err := d.Dir.CheckApprovals(gate); err != nil {
		t.Error(err)
	}
}

// A second rehearsal signs nothing; a change is named and approved, and only it.
func TestRehearseAgain(t *testing.T) {
	d := newDesk(t)
	d.rehearse(t, 0)
	before := files(t, string(d.Dir))
	for _, m := range d.rehearse(t, 0) {
		if m.New || len(m.Changes) > 0 {
			t.Errorf("nothing changed: %+v", m)
		}
	}
	after := files(t, string(d.Dir))
	for name := range before {
		signed := strings.HasPrefix(name, "approvals/") || strings.HasPrefix(name, "rehearsal/keys/") || name == "rehearsal/trust.json"
		if signed && before[name] != after[name] {
			t.Errorf("%s changed", name)
		}
	}
	d.now = d.now.Add(time.Minute)
	d.Model = landfall.Model{ID: "model-b", Identity: "model-b"}
	for _, m := range d.rehearse(t, 0) {
		if !m.New || len(m.Changes) != 1 || !strings.HasPrefix(m.Changes[0], "model: ") {
			t.Errorf("another model: %+v", m)
		}
	}
	// Back to the first model: it is approved still.
	d.Model = landfall.Model{ID: "model-a", Identity: "model-a"}
	for _, m := range d.rehearse(t, 0) {
		if m.New {
			t.Errorf("signed again: %+v", m)
		}
	}
	for _, m := range d.rehearse(t, time.Hour) {
		if !m.New || !m.Expires.Equal(d.now.Add(time.Hour)) {
			t.Errorf("for an hour: %+v", m)
		}
	}
}

// A start publishes what stands there; what is not approved is not served.
func TestPublishApprovesNothing(t *testing.T) {
	d := newDesk(t)
	d.rehearse(t, 0)
	d.Model = landfall.Model{ID: "model-b", Identity: "model-b"}
	approvals := len(files(t, d.Dir.Approvals()))
	if err := d.Publish(); err != nil {
		t.Fatal(err)
	}
	if served, _ := d.served(t); len(served) != 0 || len(files(t, d.Dir.Approvals())) != approvals {
		t.Errorf("served %q", served)
	}
}

// The list may grow without an approval; when it shrinks the market waits for one.
func TestListAndFloor(t *testing.T) {
	d := newDesk(t)
	list := d.Dir.List("CN")
	if err := os.MkdirAll(filepath.Dir(list), 0o700); err != nil {
		t.Fatal(err)
	}
	put := func(words string) {
		t.Helper()
		if err := os.WriteFile(list, []byte(words), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := d.Publish(); err != nil {
			t.Fatal(err)
		}
	}
	served := func() bool {
		t.Helper()
		s, _ := d.served(t)
		return slices.Contains(s, "CN/summarize")
	}
	if err := os.WriteFile(list, []byte("碎月令\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.rehearse(t, 0)
	if put("霜豆\n碎月令\n"); !served() {
		t.Error("a word more is refused")
	}
	if put("霜豆\n"); served() {
		t.Error("a word less is served")
	}
	if s, _ := d.served(t); !slices.Contains(s, "EU/summarize") {
		t.Error("the other market suffers")
	}
	if d.rehearse(t, 0); !served() {
		t.Error("the shorter list was approved and is refused")
	}
}

// Refresh takes up what is carried in and away, keeps the releases, and renews.
func TestRefresh(t *testing.T) {
	d := newDesk(t)
	d.rehearse(t, 0)
	all, first := d.served(t)
	refresh := func(step string, want []string, published bool) {
		t.Helper()
		_, before := d.served(t)
		if err := d.Refresh(); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
		served, after := d.served(t)
		if !slices.Equal(served, want) || (after > before) != published || after < before {
			t.Errorf("%s: serves %q, sequence %d after %d", step, served, after, before)
		}
	}
	refresh("nothing changed", all, false)

	approvals := files(t, d.Dir.Approvals())
	away := slices.Sorted(maps.Keys(approvals))[0]
	gone := strings.Join(strings.Split(away, "-")[:2], "/")
	path := filepath.Join(d.Dir.Approvals(), away)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	rest := slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == gone })
	if len(rest) != len(all)-1 {
		t.Fatalf("%s is none of %q", gone, all)
	}
	refresh("carried away", rest, true)
	refresh("once more", rest, false)

	// What would answer does not change by an approval, whatever lies on disk now.
	d.Model = landfall.Model{ID: "model-b", Identity: "model-b"}
	if err := os.WriteFile(path, []byte(approvals[away]), 0o600); err != nil {
		t.Fatal(err)
	}
	refresh("carried back", all, true)

	d.now = d.now.Add(12*time.Hour - time.Second)
	refresh("before it is due", all, false)
	d.now = d.now.Add(time.Second)
	refresh("due", all, true)
	if _, last := d.served(t); last <= first {
		t.Errorf("sequence %d after %d", last, first)
	}
}

// Sequences grow even when the clock does not, or was turned back.
func TestSequenceGrows(t *testing.T) {
	d := newDesk(t)
	d.rehearse(t, 0)
	_, last := d.served(t)
	for _, step := range []time.Duration{0, 0, -time.Hour} {
		now := d.now
		d.now = d.now.Add(step)
		if err := d.Publish(); err != nil {
			t.Fatal(err)
		}
		d.now = now
		_, next := d.served(t)
		if next <= last {
			t.Errorf("sequence %d after %d", next, last)
		}
		last = next
	}
}

// A file among the approvals that is none is an error with its name, and changes
// nothing; an envelope that no pinned key signed counts for nothing and is named.
func TestBadApprovals(t *testing.T) {
	for name, content := range map[string]string{
		"empty":          "",
		"no envelope":    `{"input":{}}`,
		"no statement":   `{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[{"keyid":"k","sig":"AA=="}]}`,
		"a member twice": `{"payloadType":"t","payloadType":"t","payload":"e30=","signatures":[]}`,
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.rehearse(t, 0)
			all, before := d.served(t)
			if err := os.WriteFile(filepath.Join(d.Dir.Approvals(), "zz.json"), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, rehearseErr := d.Rehearse(0)
			for what, err := range map[string]error{"refresh": d.Refresh(), "publish": d.Publish(), "rehearse": rehearseErr} {
				if err == nil || !strings.Contains(err.Error(), "zz.json: ") {
					t.Errorf("%s: %v", what, err)
				}
			}
			if served, after := d.served(t); !slices.Equal(served, all) || after != before {
				t.Errorf("serves %q, sequence %d", served, after)
			}
		})
	}
	d := newDesk(t)
	d.rehearse(t, 0)
	all, _ := d.served(t)
	name := slices.Sorted(maps.Keys(files(t, d.Dir.Approvals())))[0]
	forge(t, filepath.Join(d.Dir.Approvals(), name))
	if err := d.Refresh(); err != nil {
		t.Fatal(err)
	}
	if served, _ := d.served(t); len(served) != len(all)-1 {
		t.Errorf("a forged approval: serves %q", served)
	}
	trust, _ := d.Dir.Trust()
	if err := d.Dir.CheckApprovals(landfall.NewGate(trust, nil)); err == nil || !strings.Contains(err.Error(), name+": ") {
		t.Errorf("check: %v", err)
	}
}

// forge puts another signature under what an approval says.
func forge(t *testing.T, file string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	e, err := landfall.ParseEnvelope(b)
	if err != nil {
		t.Fatal(err)
	}
	e.Signatures[0].Sig = "AAAA"
	if err := control.WriteJSON(file, e, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A mistake in one pack changes nothing: no key, no approval, no snapshot.
func TestAMistakeChangesNothing(t *testing.T) {
	over := t.TempDir()
	folder := filepath.Join(over, "market", "EU")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "notices.yaml"), []byte("en:\n  mesage: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	good := at(t, dir, "")
	good.rehearse(t, 0)
	before := files(t, dir)
	broken := at(t, dir, over)
	_, err := broken.Rehearse(0)
	for what, err := range map[string]error{"rehearse": err, "publish": broken.Publish(), "check": broken.Check("EU")} {
		if err == nil || !strings.Contains(err.Error(), "notices.yaml:2:3: en.mesage: ") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if !maps.Equal(before, files(t, dir)) {
		t.Error("something on disk changed")
	}
	if err := broken.Check("CN"); err != nil {
		t.Errorf("the other market: %v", err)
	}
}

func TestKeysThatAreNone(t *testing.T) {
	d := newDesk(t)
	if _, err := d.Dir.Trust(); err == nil || !strings.Contains(err.Error(), "landfall rehearse") {
		t.Errorf("no keys: %v", err)
	}
	d.rehearse(t, 0)
	key := filepath.Join(string(d.Dir), "rehearsal", "keys", "eu-authority.pem")
	if err := os.WriteFile(key, []byte("not a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Rehearse(time.Hour); err == nil || !strings.Contains(err.Error(), "eu-authority.pem: not PEM") {
		t.Errorf("no PEM: %v", err)
	}
	trust := filepath.Join(string(d.Dir), "rehearsal", "trust.json")
	if err := os.WriteFile(trust, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Dir.Trust(); err == nil || !strings.Contains(err.Error(), "trust.json") {
		t.Errorf("no JSON: %v", err)
	}
}

// Several processes may rehearse and refresh at once: a reader of the snapshot
// always finds a whole one, and the last one serves everything.
func TestAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first := at(t, dir, "")
	first.rehearse(t, 0)
	var wg sync.WaitGroup
	errs := make(chan error, 100)
	for n := range 4 {
		d := at(t, dir, "")
		wg.Go(func() {
			for range 5 {
				var err error
				if n%2 == 0 {
					_, err = d.Rehearse(time.Duration(1+n) * time.Hour)
				} else {
					err = d.Refresh()
				}
				errs <- err
				var envelope landfall.Envelope
				b, err := os.ReadFile(d.Dir.Snapshot())
				if err == nil {
					err = json.NewDecoder(bytes.NewReader(b)).Decode(&envelope)
				}
				errs <- err
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	if served, _ := first.served(t); len(served) == 0 {
		t.Error("nothing is served")
	}
}
