package local_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"landfall"
	"landfall/internal/local"

	"github.com/google/go-cmp/cmp"
)

func TestEngineServesAVerifiedModel(t *testing.T) {
	file := fakeModel()
	w := newWorld(t)
	url, _ := hub(t, file)
	e := w.open(local.Config{Catalogue: catalogue(file, local.Source{Hub: url}), Threads: 3})
	want := landfall.Model{ID: "tiny", Identity: "tiny-1", Fingerprint: "b1", Engine: "fake-engine 1.2",
		Weights: landfall.Digest("sha256:" + sum(file)), ChatTemplate: landfall.Digest("sha256:" + sum([]byte(template)))}
	if diff := cmp.Diff(want, e.Identity()); diff != "" {
		t.Error("before any download:", diff)
	}
	var stages []string
	e.Start(t.Context())
	base, token := ready(t, e)
	if code := models(t, base, token); code != http.StatusOK {
		t.Errorf("with the token: %d", code)
	}
	if code := models(t, base, "another"); code != http.StatusUnauthorized {
		t.Errorf("with another token: %d", code)
	}
	for _, s := range e.State().Steps {
		stages = append(stages, s.Stage)
	}
	if diff := cmp.Diff([]string{"engine", "download", "verify", "load"}, stages); diff != "" {
		t.Error(diff)
	}
	if said := w.said("engine"); len(said) != 1 || !strings.HasSuffix(said[0], "token-in-arguments=false threads=3") {
		t.Errorf("engine: %q", said)
	}
	if diff := cmp.Diff([]string{"install true fake-engine==1.2 --hash=sha256:" + sum(nil)}, w.said("install")); diff != "" {
		t.Error(diff)
	}
	if e.Reasons() != nil {
		t.Errorf("reasons while ready: %v", e.Reasons())
	}
	e.Close()
	if _, err := http.Get(base); err == nil {
		t.Error("the engine answers after Close")
	}
	if _, _, err := e.Locate(t.Context()); err == nil {
		t.Error("Locate after Close")
	}
}

// ready waits until the endpoint can be asked.
func ready(t *testing.T, e *local.Engine) (base, token string) {
	t.Helper()
	waitFor(t, e, local.Ready)
	base, token, err := e.Locate(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	return base, token
}

// waitFor returns when the endpoint is in a phase.
func waitFor(t *testing.T, e *local.Engine, phase local.Phase) {
	t.Helper()
	ctx := deadline(t)
	for changed := e.Changed(); e.State().Phase != phase; changed = e.Changed() {
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("never %s: %+v", phase, e.State())
		}
	}
}

func models(t *testing.T, base, token string) int {
	req, _ := http.NewRequestWithContext(deadline(t), http.MethodGet, base+"/models", nil)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	return res.StatusCode
}

func TestLocateDoesNotWaitForADownload(t *testing.T) {
	file := fakeModel()
	w := newWorld(t)
	s := httptest.NewServer(http.HandlerFunc(func(res http.ResponseWriter, r *http.Request) {
		res.Write(file[:len(file)/2])
		res.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	defer s.Close()
	half := make(chan struct{}, 100)
	e := w.open(local.Config{Catalogue: catalogue(file, local.Source{Hub: s.URL}), Progress: func(p local.Progress) {
		if p.Stage == local.StageDownload {
			half <- struct{}{}
		}
	}})
	e.Start(t.Context())
	<-half
	_, _, err := e.Locate(t.Context())
	e.Close() // before the hub, which waits for its connections
	var le *landfall.Error
	if !errors.As(err, &le) || le.Code != landfall.CodeUnavailable || len(le.Reasons) != 1 {
		t.Fatalf("error %v", err)
	}
	if r := le.Reasons[0]; r.Code != landfall.ReasonModelDownloading || r.Percent == nil || !r.Waiting {
		t.Errorf("reason %+v", r)
	}
}

func TestLocateWaitsForLoadingWithinTheDeadline(t *testing.T) {
	w := newWorld(t)
	e := w.open(local.Config{Catalogue: catalogue(fakeModel())})
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, _, err := e.Locate(ctx)
	var le *landfall.Error
	if !errors.As(err, &le) || le.Reasons[0].Code != landfall.ReasonNotReady || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after the deadline: %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	if _, _, err := e.Locate(ctx); err != context.Canceled {
		t.Errorf("after the caller went: %v", err)
	}
}

func TestASwappedFileIsRefusedAndLeftAlone(t *testing.T) {
	file := fakeModel()
	swapped := append([]byte(nil), file...)
	swapped[len(file)-1] ^= 1
	for name, c := range map[string]struct {
		file []byte
		cat  local.Catalogue
		want string
	}{
		"a changed byte": {swapped, catalogue(file), "has SHA-256 " + sum(swapped)},
		"another size":   {file[1:], catalogue(file), "has 2"},
		"missing":        {nil, catalogue(file), "is missing: put tiny.gguf"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if c.file != nil {
				w.put(c.cat.Models[0], c.file)
			}
			e := w.open(local.Config{Catalogue: c.cat})
			e.Start(t.Context())
			waitFor(t, e, local.Missing)
			_, _, err := e.Locate(deadline(t))
			var le *landfall.Error
			if !errors.As(err, &le) || le.Code != landfall.CodeAssetsMissing || le.Reasons[0].Code != local.ReasonAssetsMissing {
				t.Fatalf("error %v", err)
			}
			if strings.Contains(le.Message+le.Reasons[0].Message, w.cache.Dir) {
				t.Error("a caller is shown a path")
			}
			if m := e.State().Message; !strings.Contains(m, c.want) {
				t.Errorf("state says %q, want %q", m, c.want)
			}
			if len(w.said("engine")) > 0 {
				t.Error("the engine was given the file")
			}
			if have, _ := os.ReadFile(w.cache.Path(c.cat.Models[0])); string(have) != string(c.file) {
				t.Error("the refused file was changed")
			}
		})
	}
}

// A file that is swapped while the engine runs meets the hash at the next start.
func TestARestartVerifiesAgain(t *testing.T) {
	file := fakeModel()
	w := newWorld(t)
	cat := catalogue(file)
	w.put(cat.Models[0], file)
	e := w.open(local.Config{Catalogue: cat})
	e.Start(t.Context())
	base, _ := ready(t, e)
	w.put(cat.Models[0], file[1:])
	http.Post(strings.TrimSuffix(base, "/v1")+"/crash", "", nil)
	waitFor(t, e, local.Missing)
	if n := len(w.said("engine")); n != 1 {
		t.Errorf("the engine was started %d times", n)
	}
}

func TestACrashedEngineIsStartedAgain(t *testing.T) {
	file := fakeModel()
	w := newWorld(t)
	cat := catalogue(file)
	w.put(cat.Models[0], file)
	e := w.open(local.Config{Catalogue: cat})
	e.Start(t.Context())
	base, token := ready(t, e)
	http.Post(strings.TrimSuffix(base, "/v1")+"/crash", "", nil)
	waitFor(t, e, local.Loading)
	again, _ := ready(t, e)
	if models(t, again, token) != http.StatusOK || len(w.said("engine")) != 2 {
		t.Errorf("at %s after %d starts", again, len(w.said("engine")))
	}
}

// The pauses between starts, in time that only the pauses move.
func TestRestartsBackOff(t *testing.T) {
	file := fakeModel()
	w := newWorld(t)
	t.Setenv("FAKE_ENGINE", "crash")
	cat := catalogue(file)
	w.put(cat.Models[0], file)
	synctest.Test(t, func(t *testing.T) {
		var pauses []time.Duration
		var last time.Time
		enough := make(chan struct{})
		e, err := local.Open(local.Config{Catalogue: cat, Log: slog.New(recorder{slog.DiscardHandler, func(r slog.Record) {
			if r.Level != slog.LevelWarn {
				return
			}
			if !last.IsZero() {
				pauses = append(pauses, time.Since(last))
			}
			if last = time.Now(); len(pauses) == 7 {
				close(enough)
			}
		}})})
		if err != nil {
			t.Fatal(err)
		}
		e.Start(t.Context())
		<-enough
		s, reasons := e.State(), e.Reasons()
		e.Close()
		want := []time.Duration{1, 2, 4, 8, 16, 30, 30}
		for i := range want {
			want[i] *= time.Second
		}
		if diff := cmp.Diff(want, pauses[:7]); diff != "" {
			t.Error(diff)
		}
		if s.Phase != local.Broken || !strings.Contains(s.Message, "the fake engine crashed") {
			t.Errorf("state %+v", s)
		}
		if len(reasons) != 1 || reasons[0].Code != landfall.ReasonPartnerDown || reasons[0].Waiting {
			t.Errorf("reasons %+v", reasons)
		}
	})
}

// Neither an engine that reads the end of its standard input nor one that does
// not outlives a parent that is killed.
func TestNoEngineOutlivesAKilledParent(t *testing.T) {
	for _, kind := range []string{"", "deaf"} {
		t.Run("engine "+kind, func(t *testing.T) {
			if kind == "deaf" && runtime.GOOS != "linux" {
				t.Skip("only Linux ends a process with its parent")
			}
			file := fakeModel()
			w := newWorld(t)
			cat := catalogue(file)
			w.put(cat.Models[0], file)
			config, _ := json.Marshal(cat)
			t.Setenv("FAKE_CONFIG", string(config))
			t.Setenv("FAKE_ENGINE", kind)
			parent := exec.CommandContext(deadline(t), w.program("parent"))
			out, _ := parent.StdoutPipe()
			if err := parent.Start(); err != nil {
				t.Fatal(err)
			}
			if line, _ := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
				t.Fatalf("parent said %q", line)
			}
			pid := engineProcess(t, w)
			parent.Process.Signal(syscall.SIGKILL)
			parent.Wait()
			for end := time.Now().Add(10 * time.Second); alive(pid); runtime.Gosched() {
				if time.Now().After(end) {
					syscall.Kill(pid, syscall.SIGKILL)
					t.Fatal("the engine lives on")
				}
			}
		})
	}
}

func TestForeignServer(t *testing.T) {
	newWorld(t)
	s := httptest.NewServer(fakeAPI("their-model", "their-key"))
	defer s.Close()
	for _, url := range []string{s.URL, s.URL + "/v1", s.URL + "/v1/"} {
		t.Setenv("LANDFALL_LOCAL_URL", url)
		t.Setenv("LANDFALL_LOCAL_TOKEN", "their-key")
		e, err := local.Open(local.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(landfall.Model{ID: "their-model", Identity: "their-model", Fingerprint: "b42-abc"}, e.Identity()); diff != "" {
			t.Error(diff)
		}
		e.Start(t.Context())
		if base, token, err := e.Locate(deadline(t)); base != s.URL+"/v1" || token != "their-key" || err != nil {
			t.Errorf("%s: %s, %s, %v", url, base, token, err)
		}
		e.Close()
	}
}

func TestForeignServerThatDoesNotFit(t *testing.T) {
	newWorld(t)
	two := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte(`{"data":[{"id":"a"},{"id":"b"}]}`))
	}))
	defer two.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	for want, c := range map[string]local.Config{
		"it serves 2 models (a, b): name one": {URL: two.URL},
		"it does not serve \"c\"":             {URL: two.URL, Model: "c"},
		"connection refused":                  {URL: gone.URL},
		"401":                                 {URL: keyed(t), Token: "wrong"},
	} {
		if _, err := local.Open(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func keyed(t *testing.T) string {
	s := httptest.NewServer(fakeAPI("m", "right"))
	t.Cleanup(s.Close)
	return s.URL
}

func TestLlamaServerFromPath(t *testing.T) {
	file := fakeModel()
	for name, env := range map[string][2]string{"asked for": {"LANDFALL_ENGINE", "llama-server"}, "no Python": {"FAKE_PYTHON", "novenv"}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.program("llama-server")
			t.Setenv(env[0], env[1])
			cat := catalogue(file)
			w.put(cat.Models[0], file)
			e := w.open(local.Config{Catalogue: cat})
			if m := e.Identity(); m.Engine != "llama-server 4567 (abc)" || m.Fingerprint != "" {
				t.Errorf("identity %+v", m)
			}
			e.Start(t.Context())
			base, token := ready(t, e)
			if models(t, base, token) != http.StatusOK {
				t.Error("the token is not the server's")
			}
			if said := w.said("server"); len(said) != 1 || strings.Contains(said[0], token) {
				t.Errorf("server: %q", said)
			}
		})
	}
	w := newWorld(t)
	t.Setenv("LANDFALL_ENGINE", "llama-server")
	if _, err := local.Open(local.Config{Catalogue: catalogue(file)}); err == nil || !strings.Contains(err.Error(), "not on PATH") {
		t.Errorf("without the program on %s: %v", w.path, err)
	}
}

func TestWithoutAPythonTheMessageNamesThreeWays(t *testing.T) {
	for name, c := range map[string]struct{ python, want string }{
		"none": {"", "none is on PATH"}, "old": {"old", "is 3.8.1"}, "no venv": {"novenv", "lacks the module venv or ensurepip"},
	} {
		t.Run(name, func(t *testing.T) {
			file := fakeModel()
			w := newWorld(t)
			if name == "none" {
				os.Remove(filepath.Join(w.path, "python3"))
			}
			t.Setenv("FAKE_PYTHON", c.python)
			cat := catalogue(file)
			w.put(cat.Models[0], file)
			e := w.open(local.Config{Catalogue: cat})
			e.Start(t.Context())
			waitFor(t, e, local.Broken)
			for _, want := range []string{c.want, "llama-server on PATH", "LANDFALL_LOCAL_URL"} {
				if m := e.State().Message; !strings.Contains(m, want) {
					t.Errorf("message lacks %q: %s", want, m)
				}
			}
			if release, _ := os.ReadFile("/etc/os-release"); strings.Contains(string(release), "ID=debian") &&
				!strings.Contains(e.State().Message, "apt-get install python3-venv") {
				t.Errorf("message names no package: %s", e.State().Message)
			}
		})
	}
}

func TestConfigRefusals(t *testing.T) {
	newWorld(t)
	for want, env := range map[string][2]string{
		"LANDFALL_ENGINE is \"other\"": {"LANDFALL_ENGINE", "other"}, "LANDFALL_THREADS is \"0\"": {"LANDFALL_THREADS", "0"},
		"no model \"huge\"": {"LANDFALL_MODEL", "huge"},
	} {
		getenv := func(name string) string { return map[string]string{env[0]: env[1]}[name] }
		if _, err := local.Open(local.Config{Catalogue: catalogue(nil), CacheDir: t.TempDir(), Getenv: getenv}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestLittleMemoryMeansTheSmallModel(t *testing.T) {
	w := newWorld(t)
	for free, want := range map[int64]string{0: "tiny", 1 << 30: "tiny", 1<<30 - 1: "tiniest"} {
		e := w.open(local.Config{Catalogue: catalogue(nil), FreeMemory: func() int64 { return free }})
		if e.Identity().ID != want || (e.State().Note != "") != (want == "tiniest") {
			t.Errorf("%d bytes free: %s, %q", free, e.Identity().ID, e.State().Note)
		}
	}
}
