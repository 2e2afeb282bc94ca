package control

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"landfall"
)

// onFile is an approval as it lies in the approvals folder.
type onFile struct {
	envelope landfall.Envelope
	approval landfall.Approval
	release  landfall.Digest
}

// readApprovals reads every envelope in the folder. A file that is no envelope is
// an error that names it: an approval that cannot be read must not pass unseen.
func (c *Control) readApprovals() ([]onFile, string, error) {
	names, err := filepath.Glob(filepath.Join(escapeGlob(c.Dir.Approvals()), "*.json"))
	if err != nil {
		return nil, "", err
	}
	slices.Sort(names)
	var out []onFile
	var seen strings.Builder
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, "", err
		}
		e, err := landfall.ParseEnvelope(b)
		if err != nil {
			return nil, "", fmt.Errorf("%s: %w", name, err)
		}
		a, release, err := landfall.ReadApproval(e)
		if err != nil {
			return nil, "", fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, onFile{e, a, release})
		seen.WriteString(filepath.Base(name) + e.Payload + e.Signatures[0].Sig + "\n")
	}
	return out, seen.String(), nil
}

// escapeGlob keeps a directory's own signs from being read as a pattern.
func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

// look is how the approvals' folder stood at a time, told without reading a file.
type look struct {
	files string // names, sizes and times
	at    time.Time
}

// lookAgain is when the files are read again although nothing about them seems to
// have changed: a time can be set back.
const lookAgain = time.Minute

// asBefore reports whether there is nothing new since an earlier look.
func (l look) asBefore(earlier look) bool {
	since := l.at.Sub(earlier.at)
	return l.files == earlier.files && !earlier.at.IsZero() && since >= 0 && since < lookAgain
}

func (c *Control) lookAtApprovals() (look, error) {
	entries, err := os.ReadDir(c.Dir.Approvals())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return look{}, err
	}
	var files strings.Builder
	for _, e := range entries {
		if info, err := e.Info(); err == nil { // else it has just been taken away
			fmt.Fprintf(&files, "%s %d %d\n", e.Name(), info.Size(), info.ModTime().UnixNano())
		}
	}
	return look{files.String(), c.now()}, nil
}

// CheckApprovals is [Dir.CheckApprovals] for a running control plane, which asks each
// second: it reads again only what seems to have changed.
func (c *Control) CheckApprovals(gate *landfall.Gate) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, err := c.lookAtApprovals()
	if err != nil {
		return err
	}
	if !now.asBefore(c.check) {
		c.check, c.fault = now, c.Dir.CheckApprovals(gate)
	}
	return c.fault
}

// CheckApprovals says which approvals on file no pinned key has signed, or cannot
// be read.
func (d Dir) CheckApprovals(gate *landfall.Gate) error {
	names, err := filepath.Glob(filepath.Join(escapeGlob(d.Approvals()), "*.json"))
	if err != nil {
		return err
	}
	var problems []error
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err == nil {
			var e landfall.Envelope
			if e, err = landfall.ParseEnvelope(b); err == nil {
				err = gate.CheckSignature(e)
			}
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(problems...)
}
