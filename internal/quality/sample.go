package quality

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"landfall"
	"landfall/internal/pack"
)

// Sample is one input of a set, with what lets code judge its answer.
type Sample struct {
	ID     string          `json:"id"`
	Input  landfall.Object `json:"input"`
	Expect Expect          `json:"expect"`

	// Feature and Language are those of the file.
	Feature  string `json:"-"`
	Language string `json:"-"`
}

// Set is everything that can be asked.
type Set struct {
	Samples  []Sample
	Canaries []Canary
}

// canaryFile is the first part of the names of the files of planted instructions.
const canaryFile = "canaries"

// Read reads every FEATURE.LANGUAGE.yaml and canaries.LANGUAGE.yaml of a folder.
// Everything wrong is told at once.
func Read(folder fs.FS) (Set, error) {
	var s Set
	files, err := fs.Glob(folder, "*.yaml")
	if err != nil {
		return s, err
	}
	var errs []error
	for _, file := range files {
		errs = append(errs, s.read(folder, file))
	}
	if len(s.Samples) == 0 {
		errs = append(errs, errors.New("no file FEATURE.LANGUAGE.yaml here"))
	}
	return s, errors.Join(errs...)
}

func (s *Set) read(folder fs.FS, file string) error {
	parts := strings.Split(path.Base(file), ".")
	if len(parts) != 3 {
		return fmt.Errorf("%s: want a name like summarize.zh.yaml", file)
	}
	src, err := fs.ReadFile(folder, file)
	if err != nil {
		return err
	}
	if parts[0] == canaryFile {
		return s.readCanaries(file, parts[1], src)
	}
	var list []Sample
	if err := pack.Decode(file, src, &list); err != nil {
		return err
	}
	var errs []error
	seen := map[string]bool{}
	for i := range list {
		one := &list[i]
		one.Feature, one.Language = parts[0], parts[1]
		switch {
		case one.ID == "" || len(one.Input) == 0:
			errs = append(errs, fmt.Errorf("%s: entry %d lacks an id or an input", file, i+1))
		case seen[one.ID]:
			errs = append(errs, fmt.Errorf("%s: the id %s stands twice", file, one.ID))
		case one.Expect.count() == 0:
			errs = append(errs, fmt.Errorf("%s: %s expects nothing", file, one.ID))
		}
		seen[one.ID] = true
	}
	s.Samples = append(s.Samples, list...)
	return errors.Join(errs...)
}

// group returns the samples of one feature and language in the order in which they
// are drawn: by the hash of their names, so that N=5 asks what N=1 asked and four
// more, whatever is added to the file.
func (s Set) group(feature, language string) []Sample {
	var out []Sample
	for _, one := range s.Samples {
		if one.Feature == feature && one.Language == language {
			out = append(out, one)
		}
	}
	slices.SortFunc(out, func(a, b Sample) int {
		return strings.Compare(rank(feature, language, a.ID), rank(feature, language, b.ID))
	})
	return out
}

func rank(names ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(names, "/")))
	return string(sum[:])
}

// Digest is of all inputs and canaries, in any order of the files.
func (s Set) Digest() (landfall.Digest, error) {
	var lines []string
	for _, one := range s.Samples {
		lines = append(lines, one.Feature+"."+one.Language+"/"+one.ID+" "+string(landfall.AppendJSON(nil, one.Input)))
	}
	for _, c := range s.Canaries {
		lines = append(lines, c.Language+"/"+c.ID+" "+c.Place+" "+c.Text)
	}
	slices.Sort(lines)
	return landfall.DigestOf("quality/inputs/v1", lines)
}
