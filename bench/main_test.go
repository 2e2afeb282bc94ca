package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// The test binary is also the children: it plays the roles of the bench itself, and
// a Landfall that answers by heart and can be told to fail.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "partner", "proxy":
			main()
			return
		case "serve":
			fakeServe(os.Args[3], os.Args[5])
			return
		case "audit":
			b, _ := os.ReadFile(filepath.Join(os.Args[5], "records"))
			_, _ = os.Stdout.Write(b)
			return
		}
	}
	os.Exit(m.Run())
}

// fakeServe listens on addr. FAKE_FAULT is "record" to lose one record, "answer" to
// cut one answer short, "silent" never to be ready.
func fakeServe(addr, data string) {
	fault := os.Getenv("FAKE_FAULT")
	_ = os.MkdirAll(filepath.Join(data, "rehearsal"), 0o700)
	_ = os.WriteFile(filepath.Join(data, "rehearsal", "apps.json"), []byte(`{"EU":"key"}`), 0o600)
	log, _ := os.Create(filepath.Join(data, "records"))
	var mu sync.Mutex
	served := 0
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if fault == "silent" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("POST /v1/features/summarize", func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		_, _ = body.ReadFrom(r.Body)
		mu.Lock()
		served++
		n := served
		if fault != "record" || n != 3 {
			_, _ = fmt.Fprintln(log, `{"seq":1,"opened":{},"closed":{"outcome":"complete"}}`)
		}
		mu.Unlock()
		s := scenarios()[recognise(scenarios(), body.Bytes())]
		answer := s.answer()
		if fault == "answer" && n == 3 {
			answer = answer[:len(answer)-1]
		}
		_, _ = w.Write(fakeAnswer(s, answer))
	})
	_ = http.ListenAndServe(addr, mux)
}

func fakeAnswer(s scenario, text string) []byte {
	envelope, _ := json.Marshal(map[string]any{"status": "complete", "output": map[string]string{"text": text}})
	if s.accept == "application/json" {
		return envelope
	}
	quoted, _ := json.Marshal(text)
	return fmt.Appendf(nil, "event: meta\ndata: {}\n\nevent: delta\ndata: {\"text\":%s}\n\nevent: usage\ndata: {}\n\nevent: done\ndata: %s\n\n", quoted, envelope)
}

// compareFake runs the whole bench, shortly, against the fake.
func compareFake(t *testing.T, fault, only string) (report, error) {
	t.Helper()
	t.Setenv("FAKE_FAULT", fault)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cfg := config{landfall: self, dir: dir, out: filepath.Join(dir, "latest.json"), rounds: 1, round: 30 * time.Millisecond, only: only}
	runErr := compare(t.Context(), cfg, t.Output(), t.Output())
	var r report
	if b, err := os.ReadFile(cfg.out); err == nil {
		if err := json.Unmarshal(b, &r); err != nil {
			t.Fatal(err)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "bench-data-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	return r, runErr
}

func TestCompare(t *testing.T) {
	if _, err := cpuTime(os.Getpid()); err != nil {
		t.Skip(err)
	}
	r, err := compareFake(t, "", "stream200")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{
		"cpu_ms_per_s": 1, "rss_mib": 1, "rss_peak_mib": 2, "cpu_us_per_request": 3, "latency_p50_us": 3, "latency_p99_us": 3,
		"requests_per_s": 3, "incomplete": 3, "refused": 1, "records_per_answer": 2, "records_complete_per_whole_answer": 2,
	}
	for _, row := range r.Rows {
		want[row.Metric]--
		if strings.HasPrefix(row.Metric, "records") && (row.Value != row.Baseline || row.Value == 0) {
			t.Errorf("%+v: want as many records as answers", row)
		}
		if row.Metric == "cpu_us_per_request" && (row.Value <= 0 || row.Baseline <= 0 || *row.Ratio != row.Value/row.Baseline) {
			t.Errorf("%+v: want processor time of both, and ratio = value / baseline", row)
		}
	}
	for metric, missing := range want {
		if missing != 0 {
			t.Errorf("%s: %d rows too few", metric, missing)
		}
	}
}

func TestCompareTellsFaults(t *testing.T) {
	if _, err := cpuTime(os.Getpid()); err != nil {
		t.Skip(err)
	}
	for fault, want := range map[string]string{"record": "records", "answer": "not whole"} {
		t.Run(fault, func(t *testing.T) {
			r, err := compareFake(t, fault, "1kb")
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want one about %q", err, want)
			}
			if len(r.Rows) == 0 {
				t.Error("the rows are not written")
			}
		})
	}
}

func TestGatewayThatIsNotReady(t *testing.T) {
	t.Setenv("FAKE_FAULT", "silent")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	dir := t.TempDir()
	_, err = startGateway(ctx, config{landfall: self, dir: dir}, "http://127.0.0.1:1")
	if err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("error %v, want the status that stood in the way", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A role that is asked to end does so by itself; stop kills what does not.
func TestRoleEndsWhenAsked(t *testing.T) {
	p, err := startRole("partner")
	if err != nil {
		t.Fatal(err)
	}
	p.stop()
	if state := p.cmd.ProcessState; !state.Success() {
		t.Errorf("the partner ended with %s", state)
	}
}

func TestRoleEndsWithItsParent(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "partner")
	cmd.Stdin = strings.NewReader("") // a parent that is gone
	if err := cmd.Run(); err != nil {
		t.Errorf("the partner ended with %v", err)
	}
}

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		args string
		want time.Duration // of a round; 0: refused
	}{
		{"", 2 * time.Second}, {"-quick", 300 * time.Millisecond}, {"-round 5s", 5 * time.Second},
		{"-rounds 0", 0}, {"-round 0s", 0}, {"more", 0}, {"-unknown", 0},
	} {
		c, err := parse(strings.Fields(tt.args))
		if (err != nil) != (tt.want == 0) || err == nil && c.round != tt.want {
			t.Errorf("%q: round %s, error %v; want %s", tt.args, c.round, err, tt.want)
		}
	}
}
