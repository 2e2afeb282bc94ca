package local_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"landfall/internal/local"
)

// A model that somebody brings is told by its hash, says of itself what it can, and
// runs like any other.
func TestAddAModel(t *testing.T) {
	file := fakeModel()
	w := newWorld(t)
	cat := catalogue(file)
	other := append(bytes.Clone(file), 7)
	from := filepath.Join(t.TempDir(), "Brought-1B.gguf")
	if err := os.WriteFile(from, other, 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := local.Add(t.Context(), w.cache, local.Addition{From: from, Origin: "made here", Languages: []string{"en"}})
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != "brought-1b" || got.SHA256 != sum(other) || got.Licence != "CC0-1.0" || got.Bytes != int64(len(other)) {
		t.Errorf("%+v", got)
	}
	list := filepath.Join(t.TempDir(), "models.yaml")
	if err := (local.Added{Use: got.ID, Models: []local.Weights{got}}).Write(list); err != nil {
		t.Fatal(err)
	}
	added, err := local.ReadAdded(list)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := cat.With(added)
	if err != nil {
		t.Fatal(err)
	}
	if len(cat.Models) != 2 || len(whole.Models) != 3 {
		t.Errorf("%d and %d models", len(cat.Models), len(whole.Models))
	}
	if err := w.cache.Verify(t.Context(), got, nil); err != nil {
		t.Error(err)
	}
	if err := w.cache.Remove(got); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(w.cache.Path(got)); err == nil {
		t.Error("the file is still there")
	}
	if _, err := os.Stat(from); err != nil {
		t.Error("the file that was brought is gone")
	}
}

func TestAddFromAnAddress(t *testing.T) {
	file := fakeModel()
	w := newWorld(t)
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(file) }))
	defer srv.Close()
	a := local.Addition{From: srv.URL + "/a/far.gguf", SHA256: sum(file), ID: "far", Licence: "MIT", Origin: "far away", Languages: []string{"en"}}
	got, err := local.Add(t.Context(), w.cache, a)
	if err != nil || got.Licence != "MIT" || got.File != "far.gguf" || len(got.Sources) != 1 || got.Sources[0].Hub != a.From {
		t.Errorf("%+v, %v", got, err)
	}
	a.SHA256 = sum(nil)
	if _, err := local.Add(t.Context(), w.cache, a); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("another hash: %v", err)
	}
}

func TestAddRefuses(t *testing.T) {
	w := newWorld(t)
	good := local.Addition{Origin: "made here", Languages: []string{"en"}, Licence: "MIT"}
	for name, c := range map[string]struct {
		file   []byte
		change func(*local.Addition)
		want   string
	}{
		"no model":          {[]byte("<html>"), nil, "not a GGUF file"},
		"a base model":      {gguf("general.architecture", "fake"), nil, "no chat template"},
		"no licence":        {gguf("general.architecture", "fake", "tokenizer.chat_template", "x"), func(a *local.Addition) { a.Licence = "" }, "--licence"},
		"no origin":         {fakeModel(), func(a *local.Addition) { a.Origin = "" }, "--origin"},
		"no language":       {fakeModel(), func(a *local.Addition) { a.Languages = nil }, "--languages"},
		"another hash":      {fakeModel(), func(a *local.Addition) { a.SHA256 = sum(nil) }, "refused"},
		"no hash":           {fakeModel(), func(a *local.Addition) { a.SHA256 = "abc" }, "64 lower-case hexadecimal"},
		"an address":        {nil, func(a *local.Addition) { a.From = "https://127.0.0.1/x.gguf" }, "--sha256"},
		"a hidden file":     {fakeModel(), func(a *local.Addition) { a.From = filepath.Join(filepath.Dir(a.From), ".hidden") }, "no such file"},
		"a folder, no file": {nil, func(a *local.Addition) { a.From = filepath.Dir(a.From) }, "is no file"},
	} {
		t.Run(name, func(t *testing.T) {
			a := good
			a.From = filepath.Join(t.TempDir(), "x.gguf")
			if err := os.WriteFile(a.From, c.file, 0o644); err != nil {
				t.Fatal(err)
			}
			if c.change != nil {
				c.change(&a)
			}
			if _, err := local.Add(t.Context(), w.cache, a); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	entries, err := os.ReadDir(w.cache.Dir)
	if err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// The additions are held to the catalogue's rules, with the file's name and place.
func TestAddedIsChecked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "models.yaml")
	for src, want := range map[string]string{
		"use: nothing\n":                    `no model "nothing"`,
		"modles: []\n":                      `did you mean "models"?`,
		"models: [{id: x}]\n":               "identity, licence, origin and languages",
		"use: tiny\nmodels:\n  - {id: 1}\n": "models[0].id: want a text",
	} {
		if err := os.WriteFile(file, []byte(src), 0o644); err != nil {
			t.Fatal(err)
		}
		a, err := local.ReadAdded(file)
		if err == nil {
			_, err = catalogue(fakeModel()).With(a)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", src, err, want)
		}
	}
}
