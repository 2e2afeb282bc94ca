package local

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"landfall/internal/pack"
)

// Added is what a person chose and added on this machine: models beside the
// catalogue's, and the one in use, "" for what memory allows.
type Added struct {
	Use    string    `json:"use"`
	Models []Weights `json:"models"`
}

// ReadAdded reads a file of additions; none is an empty one.
func ReadAdded(file string) (Added, error) {
	var a Added
	src, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	} else if err != nil {
		return a, err
	}
	return a, pack.Decode(file, src, &a)
}

// Write replaces the file as a whole.
func (a Added) Write(file string) error {
	b, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(file+".new", append(b, '\n'), 0o600); err != nil {
		return err
	}
	return errors.Join(syncPath(file+".new"), os.Rename(file+".new", file))
}

// With returns the catalogue with the additions, checked as a whole.
func (c Catalogue) With(a Added) (Catalogue, error) {
	c.Models = append(slices.Clone(c.Models), a.Models...)
	if err := c.validate(); err != nil {
		return c, err
	}
	if a.Use == "" {
		return c, nil
	}
	_, err := c.Find(a.Use)
	return c, err
}

// Addition is a model that somebody brings. From is a file or an address; an address
// needs SHA256, because transport is not trusted. ID and Licence are read from the
// file where it says them.
type Addition struct {
	From, SHA256        string
	ID, Licence, Origin string
	Languages           []string
}

func (a Addition) hub() bool {
	return strings.HasPrefix(a.From, "http://") || strings.HasPrefix(a.From, "https://")
}

// Add brings a file into the cache and returns its entry. It refuses what is no GGUF
// file, what has no chat template, and a hash that is another than the one given.
func Add(ctx context.Context, cache Cache, a Addition) (Weights, error) {
	if err := a.check(); err != nil {
		return Weights{}, err
	}
	tmp, err := os.MkdirTemp(cache.Dir, "add-")
	if err != nil {
		return Weights{}, err
	}
	defer os.RemoveAll(tmp)
	file := filepath.Join(tmp, "model.gguf")
	w := Weights{ID: a.ID, Licence: a.Licence, Origin: a.Origin, Languages: a.Languages, File: a.file()}
	if w.SHA256, w.Bytes, err = a.copyTo(ctx, cache, file); err != nil {
		return w, err
	}
	if a.SHA256 != "" && a.SHA256 != w.SHA256 {
		return w, fmt.Errorf("%s has SHA-256 %s, want %s: refused", a.From, w.SHA256, a.SHA256)
	}
	if err := w.describe(file); err != nil {
		return w, fmt.Errorf("%s: %w", a.From, err)
	}
	if a.hub() {
		w.Sources = []Source{{Hub: a.From}}
	}
	if err := w.validate(); err != nil {
		return w, err
	}
	return w, cache.keep(file, w)
}

func (a Addition) check() error {
	switch {
	case a.Origin == "":
		return errors.New("origin is missing: say who made the file and where it is from, --origin 'Maker, model at revision'")
	case len(a.Languages) == 0:
		return errors.New("languages is missing: say which the model can do, --languages zh,en")
	case a.hub() && a.SHA256 == "":
		return errors.New("sha256 is missing: what comes from an address is what its SHA-256 says, --sha256 HEX")
	case a.SHA256 != "" && !validSHA(a.SHA256):
		return fmt.Errorf("sha256: %q is not 64 lower-case hexadecimal digits", a.SHA256)
	}
	return nil
}

// file is the name under which the cache keeps it.
func (a Addition) file() string {
	if a.hub() {
		if u, err := url.Parse(a.From); err == nil {
			return path.Base(u.Path)
		}
	}
	return filepath.Base(a.From)
}

// copyTo copies what is added and hashes it on the way.
func (a Addition) copyTo(ctx context.Context, cache Cache, file string) (sha string, n int64, err error) {
	in, size, err := a.open(ctx)
	if err != nil {
		return "", 0, err
	}
	defer in.Close()
	if err := cache.room(size); err != nil {
		return "", 0, err
	}
	out, err := os.Create(file)
	if err != nil {
		return "", 0, err
	}
	sum := sha256.New()
	n, err = io.Copy(io.MultiWriter(out, sum), &meteredReader{ctx: ctx, r: in})
	return hex.EncodeToString(sum.Sum(nil)), n, errors.Join(err, out.Close())
}

func (a Addition) open(ctx context.Context) (io.ReadCloser, int64, error) {
	if a.hub() {
		in, _, err := hubBody(ctx, a.From, 0)
		return in, 0, err
	}
	in, err := os.Open(a.From)
	if err != nil {
		return nil, 0, err
	}
	info, err := in.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file", a.From)
	}
	if err != nil {
		return nil, 0, errors.Join(err, in.Close())
	}
	return in, info.Size(), nil
}

// describe reads from the file what it says of itself.
func (w *Weights) describe(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	h, err := ReadHeader(f)
	switch {
	case err != nil:
		return err
	case h.ChatTemplate == "":
		return errors.New("it has no chat template: it is a base model, which answers no questions")
	}
	if w.ID == "" {
		w.ID = strings.ToLower(strings.TrimSuffix(w.File, path.Ext(w.File)))
	}
	if w.Licence == "" {
		w.Licence = h.Licence
	}
	if w.Licence == "" {
		return errors.New("it does not say its licence: give it, --licence Apache-2.0")
	}
	if w.DisplayName = h.Name; w.DisplayName == "" {
		w.DisplayName = w.ID
	}
	w.Identity, w.ChatTemplate, w.MinMemory = w.ID, h.TemplateDigest(), w.Bytes+w.Bytes/2
	return nil
}

// Remove takes a model's file out of the cache; no file is no error.
func (c Cache) Remove(w Weights) error { return os.RemoveAll(filepath.Dir(c.Path(w))) }
