package front_test

import (
	"context"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"landfall"
	"landfall/api"
	"landfall/internal/front"
	"landfall/internal/safety"
)

const word = "碎月令"

// line is a line that a test scripts; it keeps the request it was given.
type line struct {
	chunks []safety.Chunk
	answer func(landfall.Request) []safety.Chunk
	pace   time.Duration // before each chunk but the first
	got    landfall.Request
	calls  int
}

func (l *line) Serve(_ context.Context, r landfall.Request) iter.Seq[safety.Chunk] {
	l.got = r
	l.calls++
	chunks := l.chunks
	if l.answer != nil {
		chunks = l.answer(r)
	}
	return func(yield func(safety.Chunk) bool) {
		for i, c := range chunks {
			if i > 0 {
				time.Sleep(l.pace) // a bubble's clock, where there is a pace
			}
			if !yield(c) {
				return
			}
		}
	}
}

// handler serves a line to the one app whose key is "good".
func handler(l *line, change ...func(*front.Config)) http.Handler {
	c := front.Config{
		Line: l, NewID: func() string { return "lf_1" },
		App: func(key string) (landfall.App, bool) {
			return landfall.App{ID: "app_1", Market: "XA"}, key == "good"
		},
		Availability: func(r landfall.Request) api.Availability {
			return api.Availability{Market: r.App.Market + " " + r.Locale}
		},
		Ready: func(context.Context) error { return nil },
	}
	for _, f := range change {
		f(&c)
	}
	return c.Handler()
}

// call asks feature summarize; headers are "Name: value".
func call(h http.Handler, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/v1/features/summarize", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer good")
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const stream = "Accept: text/event-stream"

// cleared is what the safety policy, which alone fills chunks, makes of drafts.
func cleared(t testing.TB, drafts ...landfall.Draft) (out []safety.Chunk) {
	t.Helper()
	words := []string{word}
	floor, err := safety.FloorDigest(words)
	if err != nil {
		t.Fatal(err)
	}
	p, err := safety.Compile(safety.Config{
		Contract: safety.Contract{Version: "1", Market: "XA", Floor: floor, Classes: []safety.Class{{ID: safety.ClassMarketRule, Action: safety.ActionWithhold}}},
		Floor:    words, Words: words, Notices: map[string]safety.Notice{"en": {Message: "Withheld.", Appeal: "Appeal."}},
	})
	if err != nil {
		t.Fatal(err)
	}
	seq := func(yield func(landfall.Draft, error) bool) {
		for _, d := range drafts {
			if !yield(d, nil) {
				return
			}
		}
	}
	for c, err := range p.Out(seq, safety.OutOptions{Record: "lf_1", Language: "en"}) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

func say(path, text string) landfall.Draft {
	return landfall.Draft{Lane: landfall.Lane{Path: path}, Text: text}
}

func object(t testing.TB, s string) landfall.Object {
	t.Helper()
	v, err := landfall.ParseJSON([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return v.(landfall.Object)
}

func whole(t testing.TB, s string) landfall.Draft { return landfall.Draft{Output: object(t, s)} }

// events splits a stream; comments stand under the name ":".
func events(t *testing.T, body string) (out []landfall.Member) {
	t.Helper()
	if body != "" && !strings.HasSuffix(body, "\n\n") {
		t.Errorf("the stream ends in the middle of an event: %q", body)
	}
	for block := range strings.SplitSeq(strings.TrimSuffix(body, "\n\n"), "\n\n") {
		name, data, ok := strings.Cut(strings.TrimPrefix(block, "event: "), "\ndata: ")
		switch {
		case strings.HasPrefix(block, ":") && !strings.Contains(block, "\n"):
			name, data = ":", block
		case !ok || strings.Contains(data, "\n"):
			t.Errorf("no event of a name and one line of data: %q", block)
		}
		out = append(out, landfall.Member{Key: name, Value: data})
	}
	return out
}

func names(events []landfall.Member) string {
	var out []string
	for _, e := range events {
		out = append(out, e.Key)
	}
	return strings.Join(out, " ")
}
