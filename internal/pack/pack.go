// Package pack reads packs: folders of data that name code. The packs that ship
// with the binary are embedded; a directory laid over them replaces files one by
// one, and adds new ones.
package pack

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"landfall"
)

// Packs is a view of the embedded files with a directory laid over them.
type Packs struct {
	base fs.FS
	over fs.FS
	dir  string
}

// Open returns the packs of base, with dir over them unless it is "".
func Open(base fs.FS, dir string) (*Packs, error) {
	p := &Packs{base: base, dir: dir}
	if dir == "" {
		return p, nil
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("packs: %s is no folder: lay out market/ID/market.yaml, feature/ID.yaml, partner/ID.yaml in it", dir)
	}
	p.over = os.DirFS(dir)
	return p, nil
}

// Read returns a file and the name under which a person finds it.
func (p *Packs) Read(name string) ([]byte, string, error) {
	if p.over != nil {
		b, err := fs.ReadFile(p.over, name)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return b, path.Join(p.dir, name), err
		}
	}
	b, err := fs.ReadFile(p.base, name)
	return b, path.Join("packs", name), err
}

// List returns the names in a folder, of both layers, sorted; without the
// extension .yaml.
func (p *Packs) List(folder string) ([]string, error) {
	var names []string
	for _, layer := range []fs.FS{p.base, p.over} {
		if layer == nil {
			continue
		}
		entries, err := fs.ReadDir(layer, folder)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), ".") || !e.IsDir() && !strings.HasSuffix(e.Name(), ".yaml") {
				continue
			}
			names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// Partner is what changes about a partner: endpoints, regions, models, parameters.
type Partner struct {
	ID          string            `json:"id"`
	Name        map[string]string `json:"name"`
	Tier        string            `json:"tier"`
	Endpoint    string            `json:"endpoint"`
	DataRegion  string            `json:"data_region"`
	DisplayName map[string]string `json:"display_name"`
	// Parameters of sampling; decimals are texts.
	Parameters []landfall.Parameter `json:"parameters"`
	Caller     []landfall.Range     `json:"caller"`
}

// Partner reads a partner's file.
func (p *Packs) Partner(id string) (Partner, error) {
	var v Partner
	err := p.Decode("partner/"+id+".yaml", &v)
	if err == nil && v.ID != id {
		err = fmt.Errorf("packs: partner/%s.yaml: id is %q, want the file's name %q", id, v.ID, id)
	}
	return v, err
}

// Decode reads any file of the packs, strictly: market/CN/label.yaml into the type
// of the room that owns it.
func (p *Packs) Decode(name string, into any) error {
	src, file, err := p.Read(name)
	if err != nil {
		return fmt.Errorf("packs: %w", err)
	}
	return Decode(file, src, into)
}
