package local_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"landfall/internal/local"

	"github.com/google/go-cmp/cmp"
)

func TestOpenCache(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", home)
	c, err := local.OpenCache("")
	if err != nil || filepath.Base(c.Dir) != "landfall" || !strings.HasPrefix(c.Dir, home) {
		t.Errorf("%s, %v", c.Dir, err)
	}
}

func TestVerifyComparesTheTemplate(t *testing.T) {
	file := fakeModel()
	w := newWorld(t)
	m := catalogue(file).Models[0]
	w.put(m, file)
	if err := w.cache.Verify(t.Context(), m, nil); err != nil {
		t.Error(err)
	}
	m.ChatTemplate = "sha256:" + m.ChatTemplate[7:8] + m.ChatTemplate[7:70]
	if err := w.cache.Verify(t.Context(), m, nil); err == nil || !strings.Contains(err.Error(), "chat template") {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.cache.Verify(ctx, m, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestALockedCacheWaitsWithinItsContext(t *testing.T) {
	w := newWorld(t)
	unlock, err := w.cache.Lock(t.Context(), "x", nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := w.cache.Lock(ctx, "x", cancel); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	unlock()
	if unlock, err = w.cache.Lock(t.Context(), "x", nil); err != nil {
		t.Fatal(err)
	}
	unlock()
}

func TestProgressTellsRateAndTimeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var have []local.Progress
		set, step := local.Meter(100, 1100, func(p local.Progress) { have = append(have, p) })
		time.Sleep(100 * time.Millisecond)
		set(150) // too soon to be shown
		time.Sleep(900 * time.Millisecond)
		set(300)
		time.Sleep(4 * time.Second)
		set(1200)
		p := local.Progress{Stage: "download", Detail: "m", Total: 1100}
		at := func(done, rate int64, left time.Duration) local.Progress {
			p.Done, p.Rate, p.Left = done, rate, left
			return p
		}
		want := []local.Progress{at(100, 0, 0), at(300, 200, 4*time.Second), at(1100, 200, 0)}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Error(diff)
		}
		if s := step(); s.Bytes != 1000 || s.Took != 5*time.Second || s.Rate() != 200 {
			t.Errorf("step %+v", s)
		}
	})
}

func TestPercent(t *testing.T) {
	for p, want := range map[local.Progress]int{{}: 0, {Done: 1, Total: 3}: 33, {Done: 3, Total: 3}: 100, {Done: 9, Total: 3}: 100} {
		if have := p.Percent(); have != want {
			t.Errorf("%+v: %d, want %d", p, have, want)
		}
	}
}

func TestThreads(t *testing.T) {
	for _, c := range []struct {
		cores, allowed int
		ci             bool
		want           int
	}{{8, 16, false, 7}, {0, 4, false, 3}, {8, 2, false, 1}, {2, 2, false, 1}, {1, 1, false, 1}, {8, 16, true, 1}} {
		if have := local.Threads(c.cores, c.allowed, c.ci); have != c.want {
			t.Errorf("%+v: %d", c, have)
		}
	}
}

func TestMachineFiles(t *testing.T) {
	// Two sockets with two cores of two threads each.
	var cpus strings.Builder
	for _, id := range []string{"0 0", "0 1", "1 0", "1 1", "0 0", "0 1", "1 0", "1 1"} {
		cpus.WriteString("physical id\t: " + id[:1] + "\ncore id\t\t: " + id[2:] + "\n\n")
	}
	if n := local.CountCores([]byte(cpus.String())); n != 4 {
		t.Errorf("%d cores, want 4", n)
	}
	if n := local.MemAvailable([]byte("MemTotal: 10 kB\nMemAvailable:   7 kB\n")); n != 7<<10 {
		t.Errorf("%d bytes available", n)
	}
	if n := local.InactiveFile([]byte("anon 5\ninactive_file 12\n")); n != 12 {
		t.Errorf("%d bytes of cached files", n)
	}
	if _, err := os.Stat("/proc/meminfo"); err == nil && local.FreeMemory() <= 0 {
		t.Error("no free memory on this machine")
	}
}
