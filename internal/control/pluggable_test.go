package control_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"landfall"
	"landfall/internal/control"
	"landfall/internal/pack"
	"landfall/packs"
)

// digests of every release by market and feature.
func (d *desk) digests(t *testing.T) map[string]landfall.Digest {
	t.Helper()
	out := map[string]landfall.Digest{}
	for _, m := range d.rehearse(t, 0) {
		out[m.Market+"/"+m.Feature] = m.Digest
	}
	return out
}

// on is a control plane of its own over packs that are no files of the binary.
func on(t *testing.T, base fs.FS) *desk {
	t.Helper()
	d := newDesk(t)
	p, err := pack.Open(base, "")
	if err != nil {
		t.Fatal(err)
	}
	d.Control = &control.Control{Dir: d.Dir, Packs: p, Model: d.Model, Now: d.Now}
	return d
}

// A market is a folder of data: a fifth one touches its own folder and no release of
// another market.
func TestAFifthMarketIsAFolder(t *testing.T) {
	before := newDesk(t).digests(t)
	over := t.TempDir()
	for name, text := range map[string]string{
		"market.yaml": `id: XE
name: {en: Exampleland}
languages: [en]
data_regions: [local]
partner: selfhosted
authorities: [xe-authority]
classes: [{id: market_rule, action: withhold}]
clocks: {keywords_days: 14, banks_days: 60}
ages: [{bands: [child, teen], features: [ask]}]
sources:
  - {rule: made up, about: [clocks, ages], effective_from: "2026-01-01", source: Exampleland's act on examples, clause: "1"}
`,
		"label.yaml":   "scheme: eu-ai-act\ntext: {en: Made by a machine (AI)}\nposition: end\nproducer: example\nrehearsal_word: {en: Rehearsal}\n",
		"notices.yaml": "en: {message: Something is not shown., appeal: Ask with this number.}\n",
	} {
		file := filepath.Join(over, "market", "XE", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d := at(t, filepath.Join(t.TempDir(), "data"), over)
	after := d.digests(t)
	if after["XE/summarize"] == "" {
		t.Fatalf("nothing of the new market: %q", slices.Sorted(maps.Keys(after)))
	}
	served, _ := d.served(t)
	if !slices.Contains(served, "XE/summarize") {
		t.Errorf("serves %q", served)
	}
	maps.DeleteFunc(after, func(k string, _ landfall.Digest) bool { return strings.HasPrefix(k, "XE/") })
	if !maps.Equal(before, after) {
		t.Error("releases of other markets changed")
	}
	t.Logf("a fifth market touched %d files, all in its folder", len(files(t, over)))
}

// Whichever market's folder is taken away, its releases go and no other changes.
func TestAMarketGoesWithItsFolder(t *testing.T) {
	all := newDesk(t).digests(t)
	markets, err := fs.ReadDir(packs.Files, "market")
	if err != nil || len(markets) < 4 {
		t.Fatal(markets, err)
	}
	for _, m := range markets {
		t.Run(m.Name(), func(t *testing.T) {
			base := fstest.MapFS{}
			err := fs.WalkDir(packs.Files, ".", func(name string, e fs.DirEntry, err error) error {
				if err != nil || e.IsDir() || strings.HasPrefix(name, "market/"+m.Name()+"/") {
					return err
				}
				b, err := fs.ReadFile(packs.Files, name)
				base[name] = &fstest.MapFile{Data: b}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			want := maps.Clone(all)
			maps.DeleteFunc(want, func(k string, _ landfall.Digest) bool { return strings.HasPrefix(k, m.Name()+"/") })
			if have := on(t, base).digests(t); !maps.Equal(want, have) || len(have) == len(all) {
				t.Errorf("%d releases, want %d of the same digests", len(have), len(want))
			}
		})
	}
}
