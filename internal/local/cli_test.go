package local_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"landfall/internal/local"

	"github.com/google/go-cmp/cmp"
)

func TestPullListVerify(t *testing.T) {
	file := fakeModel()
	w := newWorld(t)
	cat := catalogue(file, w.publish(file, 2))
	var out bytes.Buffer
	run := func(want string, f func() error) {
		t.Helper()
		out.Reset()
		if err := f(); err != nil {
			out.WriteString(err.Error())
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("want %q in:\n%s", want, &out)
		}
	}
	run("tiny (default) (in use)\n  Tiny, 200 KB, CC0-1.0", func() error { return local.List(&out, cat, w.cache, "tiny") })
	run("\n  not fetched\n", func() error { return local.List(&out, cat, w.cache, "tiny") })
	run("tiny: not fetched\n", func() error { return local.Verify(t.Context(), &out, cat, w.cache) })
	run("is missing: put tiny.gguf", func() error { return local.Verify(t.Context(), &out, cat, w.cache, "tiny") })
	run("tiny is ready: "+w.cache.Path(cat.Models[0]), func() error { return local.Pull(t.Context(), &out, false, local.Config{Catalogue: cat}) })
	run("tiny: right, 200 KB", func() error { return local.Verify(t.Context(), &out, cat, w.cache, "tiny") })
	run(w.cache.Path(cat.Models[0]), func() error { return local.List(&out, cat, w.cache, "tiny") })
	w.put(cat.Models[0], file[1:])
	run("is not the file of the catalogue", func() error { return local.Verify(t.Context(), &out, cat, w.cache) })
	run("is not the file of the catalogue", func() error { return local.Pull(t.Context(), &out, false, local.Config{Catalogue: cat}) })
	run("no model \"other\"", func() error { return local.Verify(t.Context(), &out, cat, w.cache, "other") })
}

// After a pull everything works with an empty index and no hub.
func TestOfflineAfterAPull(t *testing.T) {
	file := fakeModel()
	w := newWorld(t)
	cat := catalogue(file, w.publish(file, 2))
	var out bytes.Buffer
	if err := local.Pull(t.Context(), &out, false, local.Config{Catalogue: cat}); err != nil {
		t.Fatal(err)
	}
	t.Setenv("FAKE_INDEX", t.TempDir())
	t.Setenv("FAKE_PYTHON", "novenv")
	e := w.open(local.Config{Catalogue: cat})
	e.Start(t.Context())
	ready(t, e)
}

func TestProgressLine(t *testing.T) {
	at := func(done int64) local.Progress {
		return local.Progress{Stage: "download", Detail: "m", Done: done, Total: 2e9, Rate: 1e8, Left: 10 * time.Second}
	}
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		plain := local.NewProgressLine(&out, false)
		for i := range int64(11) {
			plain.Show(at(i * 1e8))
			time.Sleep(time.Second)
		}
		plain.Show(local.Progress{Stage: local.StageWait, Detail: "m"})
		plain.End()
		want := "download m: 0 %, 0 bytes of 2.00 GB, 100 MB/s, 10s left\n" +
			"download m: 25 %, 500 MB of 2.00 GB, 100 MB/s, 10s left\n" +
			"download m: 50 %, 1.00 GB of 2.00 GB, 100 MB/s, 10s left\n" +
			"m: waiting for another process that fetches it\n"
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Error(diff)
		}
		out.Reset()
		terminal := local.NewProgressLine(&out, true)
		terminal.Show(at(1e9))
		terminal.Show(local.Progress{Stage: "load", Detail: "m"})
		terminal.End()
		long := "download m: 50 %, 1.00 GB of 2.00 GB, 100 MB/s, 10s left"
		if diff := cmp.Diff("\r"+long+"\rload m"+strings.Repeat(" ", len(long)-6)+"\n", out.String()); diff != "" {
			t.Error(diff)
		}
	})
}
