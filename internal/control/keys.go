// Package control is the control plane: it makes releases from packs, model and
// word lists, collects approvals, and publishes the sealed snapshot source that
// the data plane runs on. In a rehearsal it holds the authorities' keys as well,
// generated locally, and everything it signs says so.
package control

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"landfall"
)

// Dir is a data directory. Its layout is a fixed point that scripts rely on.
type Dir string

// Paths in a data directory.
func (d Dir) path(parts ...string) string {
	return filepath.Join(append([]string{string(d)}, parts...)...)
}
func (d Dir) Snapshot() string          { return d.path("snapshot.json") }
func (d Dir) Approvals() string         { return d.path("approvals") }
func (d Dir) Apps() string              { return d.path("rehearsal", "apps.json") }
func (d Dir) measured() string          { return d.path("measured.json") }
func (d Dir) List(market string) string { return d.path("lists", market+".txt") }
func (d Dir) trust() string             { return d.path("rehearsal", "trust.json") }
func (d Dir) approved(market string) string {
	return d.path("rehearsal", "approved", market+".json")
}
func (d Dir) key(name string) string { return d.path("rehearsal", "keys", name+".pem") }

// HasKeys reports whether the directory holds pinned keys.
func (d Dir) HasKeys() bool {
	_, err := os.Stat(d.trust())
	return err == nil
}

// Trust reads the pinned keys.
func (d Dir) Trust() (landfall.Trust, error) {
	var t landfall.Trust
	b, err := os.ReadFile(d.trust())
	if err != nil {
		return t, fmt.Errorf("no pinned keys in %s: `landfall serve` or `landfall rehearse` prepares a rehearsal: %w", d, err)
	}
	if err := json.Unmarshal(b, &t); err != nil {
		return t, fmt.Errorf("%s: %w", d.trust(), err)
	}
	return t, nil
}

const snapshotKey = "snapshot"

// generate makes the keys that are missing for a rehearsal of these markets'
// authorities, and pins them.
func (d Dir) generate(markets map[string][]string) (landfall.Trust, error) {
	trust := landfall.Trust{Rehearsal: true}
	if d.HasKeys() {
		var err error
		if trust, err = d.Trust(); err != nil {
			return trust, err
		}
	}
	pub, err := d.ensureKey(snapshotKey)
	if err != nil {
		return trust, err
	}
	trust.Snapshot = pub
	for market, authorities := range markets {
		for _, name := range authorities {
			if pub, err = d.ensureKey(name); err != nil {
				return trust, err
			}
			trust.Authorities = pin(trust.Authorities, name, pub, market)
		}
	}
	slices.SortFunc(trust.Authorities, func(a, b landfall.Authority) int { return cmpString(a.Name, b.Name) })
	return trust, WriteJSON(d.trust(), trust, 0o600)
}

func pin(list []landfall.Authority, name string, pub ed25519.PublicKey, market string) []landfall.Authority {
	for i := range list {
		if list[i].Name == name {
			if !slices.Contains(list[i].Markets, market) {
				list[i].Markets = append(list[i].Markets, market)
			}
			return list
		}
	}
	return append(list, landfall.Authority{Name: name, Key: pub, Markets: []string{market}})
}

func cmpString(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (d Dir) ensureKey(name string) (ed25519.PublicKey, error) {
	key, err := d.readKey(name)
	if err == nil {
		return key.Public().(ed25519.PublicKey), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pub, write(d.key(name), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
}

func (d Dir) readKey(name string) (ed25519.PrivateKey, error) {
	b, err := os.ReadFile(d.key(name))
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, fmt.Errorf("%s: not PEM", d.key(name))
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.key(name), err)
	}
	ed, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s: want an Ed25519 key, have %T", d.key(name), key)
	}
	return ed, nil
}

// WriteJSON replaces a file with a value, indented.
func WriteJSON(path string, v any, mode os.FileMode) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return write(path, append(b, '\n'), mode)
}

// write replaces a file as a whole: a reader sees the old bytes or the new.
func write(path string, b []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
