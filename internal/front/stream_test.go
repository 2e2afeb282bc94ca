package front_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"landfall"
	"landfall/internal/front"
	"landfall/internal/safety"
)

func meta(t testing.TB) landfall.Meta {
	return landfall.Meta{
		ID: "lf_1", Feature: "summarize", FeatureVersion: "1.0.0", Rehearsal: true, Release: "sha256:00",
		ServedBy: landfall.ServedBy{Tier: "local", Model: "m", ApprovalDigest: "sha256:00"},
		Labels:   landfall.Labels{AIGenerated: true, Explicit: landfall.Explicit{Text: "AI", Position: "start"}, Implicit: landfall.Object{}},
		Blank:    object(t, `{"text":"","list":[{"text":""}],"passes":1}`),
	}
}

// answer is a whole one: the label, what the policy cleared of the drafts, the end.
func answer(t testing.TB, s landfall.Status, e *landfall.Error, drafts ...landfall.Draft) []safety.Chunk {
	m := meta(t)
	chunks := append([]safety.Chunk{{Meta: &m}}, cleared(t, drafts...)...)
	return append(chunks, safety.Chunk{Done: &landfall.Done{Meta: m, Status: s, Err: e, Attempts: 1, Usage: landfall.Usage{Input: 3, Output: 4}}})
}

func remark(code string) landfall.Draft {
	return landfall.Draft{Warning: &landfall.Warning{Code: code, Message: "x"}}
}

// The JSON form and the SSE form of one answer are equal, and what a client builds
// of the events is what done holds: the contract's section 2.
func TestBothFormsAreEqual(t *testing.T) {
	fault := landfall.Errorf(landfall.CodePartnerError, "x").With("retriable", true)
	for name, c := range map[string]struct {
		chunks []safety.Chunk
		events string // of the stream; "" for a plain answer
		output string // in both forms
	}{
		"text in pieces": {
			answer(t, landfall.Complete, nil, say("/text", "One, "), say("/text", "two. "), say("/text", "三。"), whole(t, `{"text":"","list":[],"passes":1}`)),
			"meta delta delta delta usage done", `{"text":"One, two. 三。","list":[],"passes":1}`,
		},
		"a field inside": {
			answer(t, landfall.Complete, nil, say("/list/0/text", "a<b>&\u2028\"\\"), whole(t, `{"text":"","list":[{"text":""}],"passes":1}`)),
			"meta delta usage done", `{"text":"","list":[{"text":"a<b>&` + "\u2028" + `\"\\"}],"passes":1}`,
		},
		"held until whole": {
			answer(t, landfall.Complete, nil, whole(t, `{"z":1,"a":{"n":1.50,"s":"x"}}`)),
			"meta snapshot usage done", `{"z":1,"a":{"n":1.50,"s":"x"}}`,
		},
		"with remarks": {
			answer(t, landfall.Complete, nil, remark("one"), whole(t, `{"text":"x"}`), remark("two")),
			"meta snapshot usage done", `{"text":"x"}`,
		},
		"withheld after text": {
			answer(t, landfall.StatusHeld, nil, say("/text", "One, 碎月"), say("/text", "令 three."), whole(t, `{"text":"","list":[],"passes":1}`)),
			"meta delta withheld usage done", `{"text":"One, ","list":[{"text":""}],"passes":1}`,
		},
		"withheld whole": {
			answer(t, landfall.StatusHeld, nil, whole(t, `{"text":"碎月令"}`)),
			"meta withheld usage done", `null`,
		},
		"an error after text": {
			answer(t, landfall.StatusError, fault, say("/text", "One, two. ")),
			"meta delta usage done", `null`,
		},
		"an error after the whole": {
			answer(t, landfall.StatusError, fault, whole(t, `{"text":"x"}`)),
			"meta snapshot usage done", `null`,
		},
		"an error before the first event": {done(landfall.StatusError, fault), "", `null`},
		"a refusal keeps the form":        {done(landfall.Refused, landfall.Errorf(landfall.CodeModelRefusal, "x")), "usage done", `null`},
		"so does a question of consent":   {done(landfall.NeedsConsent, landfall.Errorf(landfall.CodeNeedsConsent, "x")), "usage done", `null`},
	} {
		t.Run(name, func(t *testing.T) {
			h := handler(&line{chunks: c.chunks})
			plain, streamed := call(h, `{"input":{}}`), call(h, `{"input":{}}`, stream)
			want := strings.TrimSpace(plain.Body.String())
			if o, _ := object(t, want).Get("output"); string(landfall.AppendJSON(nil, o)) != c.output {
				t.Errorf("output is %s, want %s", landfall.AppendJSON(nil, o), c.output)
			}
			if c.events == "" {
				if streamed.Code != plain.Code || streamed.Code == http.StatusOK || streamed.Body.String() != plain.Body.String() {
					t.Errorf("%d %s, want %d %s", streamed.Code, streamed.Body, plain.Code, want)
				}
				return
			}
			got := events(t, streamed.Body.String())
			if streamed.Code != http.StatusOK || names(got) != c.events {
				t.Fatalf("%d, events %s, want %s", streamed.Code, names(got), c.events)
			}
			if diff := cmp.Diff(want, got[len(got)-1].Value); diff != "" {
				t.Errorf("the forms differ: %s", diff)
			}
			checkBuilt(t, got, c.output)
		})
	}
}

// checkBuilt holds what a client builds against done: joined deltas are the field,
// the last snapshot is the output, usage is the envelope's.
func checkBuilt(t *testing.T, events []landfall.Member, output string) {
	t.Helper()
	joined, snapshot, usage := "", "", ""
	for _, e := range events {
		data := e.Value.(string)
		switch e.Key {
		case "delta":
			joined += object(t, data).Text("text")
		case "snapshot":
			snapshot = data
		case "usage":
			usage = data
		}
	}
	if quoted := string(landfall.AppendQuoted(nil, joined)); joined != "" && output != "null" && !strings.Contains(output, quoted) {
		t.Errorf("joined deltas are %s, done holds %s", quoted, output)
	}
	if snapshot != "" && output != "null" && snapshot != output {
		t.Errorf("the last snapshot is %s, done holds %s", snapshot, output)
	}
	if u, _ := object(t, events[len(events)-1].Value.(string)).Get("usage"); string(landfall.AppendJSON(nil, u)) != usage {
		t.Errorf("usage is %s, done holds %v", usage, u)
	}
}

func TestEnvelope(t *testing.T) {
	chunks := answer(t, landfall.StatusError, landfall.Errorf(landfall.CodeOverloaded, "come back").With("retry_after_ms", 1000))
	var e map[string]any
	if err := json.Unmarshal(call(handler(&line{chunks: chunks}), `{"input":{}}`).Body.Bytes(), &e); err != nil {
		t.Fatal(err)
	}
	for _, always := range []string{"id", "feature", "status", "output", "served_by", "rehearsal", "replayed", "labels", "withheld", "usage", "attempts", "quota", "warnings", "error", "trace_id"} {
		if _, ok := e[always]; !ok {
			t.Errorf("%s is not there", always)
		}
	}
	want := map[string]any{"code": "overloaded", "message": "come back", "retry_after_ms": 1000.0, "reasons": []any{}}
	if diff := cmp.Diff(want, e["error"]); diff != "" {
		t.Error(diff)
	}
}

// Every remark stands once, in both forms, the done's own after those before it.
func TestWarnings(t *testing.T) {
	chunks := answer(t, landfall.Complete, nil, remark("one"), whole(t, `{"text":"x"}`))
	chunks[len(chunks)-1].Done.Warnings = []landfall.Warning{{Code: "two"}}
	h := handler(&line{chunks: chunks})
	for _, header := range []string{"Accept: application/json", stream} {
		body := call(h, `{"input":{}}`, header).Body.String()
		if strings.Count(body, `"one"`) != 1 || strings.Count(body, `"two"`) != 1 || strings.Index(body, `"one"`) > strings.Index(body, `"two"`) {
			t.Errorf("%s: %s", header, body)
		}
	}
}

// A comment keeps an open stream alive once it was silent for the time set, and
// again after as long; an unopened one waits for its status. Silence is counted by
// the clock: what a beat says of the partner is another thing.
func TestKeepAlive(t *testing.T) {
	m := meta(t)
	text := cleared(t, say("/text", "One. "), say("/text", "Two. "), say("/text", "x"))
	end := safety.Chunk{Done: answer(t, landfall.Complete, nil)[1].Done}
	for name, c := range map[string]struct {
		limit  time.Duration
		chunks []safety.Chunk // each three seconds after the one before
		want   string
	}{
		"silent":         {0, []safety.Chunk{{Meta: &m}, tick, tick, tick, tick, tick, tick, tick, tick, end}, "meta : : usage done"},
		"text between":   {0, []safety.Chunk{{Meta: &m}, tick, tick, tick, text[0], tick, tick, tick, text[1], end}, "meta delta delta usage done"},
		"a hold between": {0, []safety.Chunk{{Meta: &m}, tick, tick, {Hold: &landfall.Hold{Why: "checking"}}, tick, tick, tick, tick, end}, "meta hold : usage done"},
		"not open yet":   {0, []safety.Chunk{tick, tick, tick, tick, tick, {Meta: &m}, tick, end}, "meta usage done"},
		"a limit set":    {time.Second, []safety.Chunk{{Meta: &m}, tick, tick, text[0], tick, end}, "meta : : delta : usage done"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := handler(&line{chunks: c.chunks, pace: 3 * time.Second}, func(f *front.Config) { f.Silence = c.limit })
				w := call(h, `{"input":{}}`, stream)
				if have := names(events(t, w.Body.String())); have != c.want {
					t.Errorf("events %s, want %s", have, c.want)
				}
				if !w.Flushed || w.Header().Get("Content-Type") != "text/event-stream; charset=utf-8" || w.Header().Get("Cache-Control") != "no-store" {
					t.Errorf("flushed %t, header %v", w.Flushed, w.Header())
				}
			})
		})
	}
}

// tick is a sign that time passes, short as of a model that talks.
var tick = safety.Chunk{Beat: time.Millisecond}

// deaf fails to write after a number of bytes, as a connection that broke does.
type deaf struct {
	*httptest.ResponseRecorder
	room int
}

func (d *deaf) Write(b []byte) (int, error) {
	if d.room -= len(b); d.room < 0 {
		return 0, errors.New("broken pipe")
	}
	return d.ResponseRecorder.Write(b)
}

// A client that went away ends the range over the line's chunks, so that the line
// lets the model go.
func TestGoneClientEndsTheLine(t *testing.T) {
	read := 0
	chunks := answer(t, landfall.Complete, nil, say("/text", "One. "), say("/text", "Two. "), say("/text", "Three. "), whole(t, `{"text":""}`))
	l := &counted{line{chunks: chunks}, &read}
	c := front.Config{Line: l, NewID: func() string { return "lf_1" }, App: func(string) (landfall.App, bool) { return landfall.App{}, true }}
	r := httptest.NewRequest(http.MethodPost, "/v1/features/summarize", strings.NewReader(`{"input":{}}`))
	r.Header.Set("Authorization", "Bearer x")
	r.Header.Set("Accept", "text/event-stream")
	c.Handler().ServeHTTP(&deaf{httptest.NewRecorder(), 300}, r)
	if read != 2 {
		t.Errorf("%d chunks were read, want the label and the text at which the connection broke", read)
	}
}
