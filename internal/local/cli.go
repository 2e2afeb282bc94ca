package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// List writes a line for each model of the catalogue: whether its file is in the
// cache, unverified, and what it is. use is the one chosen, "" for none.
func List(w io.Writer, cat Catalogue, cache Cache, use string) error {
	for _, m := range cat.Models {
		where := "not fetched"
		if cache.present(m) {
			where = cache.Path(m)
		} else if n := used(cache.parts(m)); n > 0 {
			where = size(n) + " of parts fetched"
		}
		role := ""
		switch m.ID {
		case cat.Default:
			role = " (default)"
		case cat.Small:
			role = " (small)"
		}
		if m.ID == use || role != "" && role == " ("+use+")" {
			role += " (in use)"
		}
		_, err := fmt.Fprintf(w, "%s%s\n  %s, %s, %s, languages %s, wants %s of memory\n  sha256 %s\n  from %s\n  %s\n",
			m.ID, role, m.DisplayName, size(m.Bytes), m.Licence, strings.Join(m.Languages, " "), size(m.MinMemory), m.SHA256, m.Origin, where)
		if err != nil {
			return err
		}
	}
	return nil
}

// Pull fetches and verifies the weights, and installs the engine, so that
// everything works offline afterwards; then it says where the time went. terminal
// says that w can rewrite a line. The Config is [Open]'s, less its Progress.
func Pull(ctx context.Context, w io.Writer, terminal bool, c Config) error {
	line := NewProgressLine(w, terminal)
	c.Progress = line.Show
	e, err := Open(c)
	if err != nil {
		return err
	}
	if e.foreign {
		return errors.New("LANDFALL_LOCAL_URL names a server of its own: nothing to pull")
	}
	if err = e.obtain(ctx); err == nil {
		err = e.verify(ctx)
	}
	line.End()
	if err != nil {
		return err
	}
	s := e.State()
	if s.Note != "" {
		fmt.Fprintln(w, s.Note)
	}
	WriteSteps(w, s.Steps)
	_, err = fmt.Fprintf(w, "%s is ready: %s\n", e.weights.ID, e.cache.Path(e.weights))
	return err
}

// Verify reads every file of the catalogue that is in the cache and says whether
// it is the right one; with names, these models only, and a missing one is an
// error too.
func Verify(ctx context.Context, w io.Writer, cat Catalogue, cache Cache, names ...string) error {
	models := cat.Models
	if len(names) > 0 {
		models = nil
		for _, n := range names {
			m, err := cat.Find(n)
			if err != nil {
				return err
			}
			models = append(models, m)
		}
	}
	var bad []error
	for _, m := range models {
		if len(names) == 0 && !cache.present(m) {
			fmt.Fprintf(w, "%s: not fetched\n", m.ID)
			continue
		}
		began := time.Now()
		if err := cache.Verify(ctx, m, nil); err != nil {
			bad = append(bad, fmt.Errorf("%s: %w", m.ID, err))
			continue
		}
		fmt.Fprintf(w, "%s: right, %s in %.1f s\n", m.ID, size(m.Bytes), time.Since(began).Seconds())
	}
	return errors.Join(bad...)
}

// WriteSteps says where the time went.
func WriteSteps(w io.Writer, steps []Step) {
	for _, s := range steps {
		fmt.Fprintf(w, "%-9s %-28s %6.1f s", s.Stage, s.Detail, s.Took.Seconds())
		if s.Bytes > 0 {
			fmt.Fprintf(w, "  %s, %s/s", size(s.Bytes), size(s.Rate()))
		}
		fmt.Fprintln(w)
	}
}

// ProgressLine shows progress: on a terminal one line that is rewritten, else a
// line every five seconds and one at each change of stage.
type ProgressLine struct {
	w        io.Writer
	terminal bool
	stage    string
	last     time.Time
	width    int
}

// NewProgressLine returns a line on w; terminal says that w can rewrite a line.
func NewProgressLine(w io.Writer, terminal bool) *ProgressLine {
	return &ProgressLine{w: w, terminal: terminal}
}

const plainEvery = 5 * time.Second

// Show is a Config's Progress; calls come one after the other.
func (l *ProgressLine) Show(p Progress) {
	text := progressText(p)
	if l.terminal {
		fmt.Fprintf(l.w, "\r%-*s", l.width, text)
		l.width = len(text)
		return
	}
	now := time.Now()
	if stage := p.Stage + p.Detail; stage == l.stage && now.Sub(l.last) < plainEvery {
		return
	} else {
		l.stage = stage
	}
	l.last = now
	fmt.Fprintln(l.w, text)
}

// End leaves a rewritten line as it is and begins a new one.
func (l *ProgressLine) End() {
	if l.terminal && l.width > 0 {
		fmt.Fprintln(l.w)
		l.width = 0
	}
}

func progressText(p Progress) string {
	switch {
	case p.Stage == StageWait:
		return p.Detail + ": waiting for another process that fetches it"
	case p.Total == 0:
		return p.Stage + " " + p.Detail
	}
	text := fmt.Sprintf("%s %s: %d %%, %s of %s", p.Stage, p.Detail, p.Percent(), size(p.Done), size(p.Total))
	if p.Rate > 0 {
		text += fmt.Sprintf(", %s/s, %s left", size(p.Rate), p.Left)
	}
	return text
}
