package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func stream(t *testing.T) scenario {
	t.Helper()
	for _, s := range scenarios() {
		if len(s.chunks) == 200 {
			return s
		}
	}
	t.Fatal("no scenario of 200 chunks")
	return scenario{}
}

// Through the partner and the proxy comes what the baseline's check wants, and
// nothing that is cut passes it.
func TestBaselineIsCheckedWhole(t *testing.T) {
	model := httptest.NewServer(partner())
	defer model.Close()
	h, err := proxy(model.URL)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Keeps the request open for reading, and so golang/go#40747 away.
		if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
			t.Error(err)
		}
		h.ServeHTTP(w, r)
	}))
	defer front.Close()
	for _, sc := range scenarios() {
		if sc.pace > 0 {
			continue // the same answer, only later
		}
		s := baseline(front.URL, sc)
		got := load(t.Context(), front.Client(), s, bounds{2, 10, time.Minute})
		if got.whole != 10 || got.answers() != 10 || len(got.latencies) != 10 || got.problem != nil {
			t.Errorf("%s: %+v, want 10 whole answers", sc.name, got)
		}
		whole := string(slices.Concat(frames(sc)...))
		if s.whole([]byte(whole)) != nil || s.whole([]byte(whole[:len(whole)-1])) == nil || s.whole(nil) == nil {
			t.Errorf("%s: the check takes what is cut, or refuses what is whole", sc.name)
		}
	}
}

func TestPartnerWritesChunkByChunk(t *testing.T) {
	sc := stream(t)
	w := httptest.NewRecorder()
	partner().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v1/chat/completions", strings.NewReader(sc.text)))
	if n := strings.Count(w.Body.String(), `"content":`); n != 200 || !w.Flushed {
		t.Errorf("%d chunks, flushed %t; want 200, flushed", n, w.Flushed)
	}
	w = httptest.NewRecorder()
	partner().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v1/chat/completions", strings.NewReader("{}")))
	if w.Code != http.StatusBadRequest {
		t.Errorf("a text that is none of the bench's: status %d", w.Code)
	}
}

func TestWholeEvents(t *testing.T) {
	const done = "event: done\ndata: {\"status\":\"complete\",\"output\":{\"text\":\"a b\"}}\n\n"
	const deltas = "event: delta\ndata: {\"text\":\"a\"}\n\n: still here\n\nevent: delta\ndata: {\"text\":\" b\"}\n\n"
	for _, tt := range []struct {
		name, body string
		whole      bool
	}{
		{"whole", deltas + done, true},
		{"no done", deltas, false},
		{"cut within done", deltas + done[:len(done)-1], false},
		{"a delta is missing", strings.Replace(deltas, `" b"`, `""`, 1) + done, false},
		{"something after done", deltas + done + ": still here\n\n", false},
		{"an error", deltas + strings.Replace(done, "complete", "error", 1), false},
		{"done says another text", deltas + strings.Replace(done, "a b", "a", 1), false},
		{"nothing", "", false},
	} {
		if err := wholeEvents([]byte(tt.body), "a b"); (err == nil) != tt.whole {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestLoadCounts(t *testing.T) {
	var n atomic.Int64
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		switch n.Add(1) % 4 {
		case 0:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 1:
			_, _ = io.WriteString(w, "cut")
		case 2:
			panic(http.ErrAbortHandler)
		default:
			_, _ = io.WriteString(w, "whole")
		}
	}))
	defer front.Close()
	s := side{url: front.URL, whole: func(b []byte) error {
		if string(b) != "whole" {
			return io.ErrUnexpectedEOF
		}
		return nil
	}}
	got := load(t.Context(), newClient(1), s, bounds{1, 40, time.Minute})
	if got.whole != 10 || got.refused != 10 || got.incomplete != 10 || got.unanswered != 10 || got.problem == nil {
		t.Errorf("%+v, want 10 of each and a problem", got)
	}
	if got := load(t.Context(), newClient(1), s, bounds{4, 1000, 0}); got.answers() != 0 {
		t.Errorf("%d answers after the time is over", got.answers())
	}
}

func TestPercentile(t *testing.T) {
	var tl tally
	if tl.percentile(0.5) != 0 {
		t.Error("of nothing: want 0")
	}
	for i := 100; i > 0; i-- {
		tl.latencies = append(tl.latencies, time.Duration(i))
	}
	for p, want := range map[float64]time.Duration{0: 1, 0.001: 1, 0.50: 50, 0.99: 99, 0.991: 100, 1: 100} {
		if got := tl.percentile(p); got != want {
			t.Errorf("percentile %g is %d, want %d", p, got, want)
		}
	}
}
