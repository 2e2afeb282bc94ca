package front_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"landfall"
	"landfall/internal/front"
	"landfall/internal/safety"
)

func TestIdempotencyKeyHeader(t *testing.T) {
	for _, tt := range []struct {
		body    string
		headers []string
		key     string
		field   string // of the error
	}{
		{`{"input":{}}`, nil, "", ""},
		{`{"input":{},"idempotency_key":"a"}`, nil, "a", ""},
		{`{"input":{}}`, []string{"Idempotency-Key: a"}, "a", ""},
		{`{"input":{}}`, []string{`Idempotency-Key: "a"`}, "a", ""},
		{`{"input":{},"idempotency_key":"a"}`, []string{`Idempotency-Key: "a"`}, "a", ""},
		{`{"input":{},"idempotency_key":"a"}`, []string{"Idempotency-Key: b"}, "", "/idempotency_key"},
		{`{"input":{}}`, []string{"Idempotency-Key: " + strings.Repeat("a", 129)}, "", "Idempotency-Key"},
	} {
		l := &line{answer: fail}
		call(handler(l), tt.body, tt.headers...)
		if tt.field == "" {
			if l.got.Err != nil || l.got.IdempotencyKey != tt.key {
				t.Errorf("%s %q: key %q, %v", tt.body, tt.headers, l.got.IdempotencyKey, l.got.Err)
			}
		} else if f, _ := l.got.Err.Params.Get("field"); l.got.Err.Code != landfall.CodeInputInvalid || f != tt.field {
			t.Errorf("%s %q: %v", tt.body, tt.headers, l.got.Err)
		}
	}
}

// The envelope's quota and the headers are of the one count that the line gives, in
// both forms and in a refusal.
func TestQuotaInEnvelopeAndHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quotas := []landfall.Quota{
			{Scope: "app", Allowance: landfall.Allowance{Limit: 1000, Window: 24 * time.Hour}, Used: 10, Resets: time.Now().Add(3 * time.Hour)},
			{Scope: "device", Allowance: landfall.Allowance{Limit: 60, Window: time.Minute}, Used: 58, Resets: time.Now().Add(20 * time.Second)},
		}
		answers := map[string][]safety.Chunk{}
		for name, e := range map[string]*landfall.Error{"served": nil, "refused": landfall.Errorf(landfall.CodeQuotaReached, "x").With("retry_after_ms", int64(20_000))} {
			status := landfall.Complete
			if e != nil {
				status = landfall.StatusError
			}
			chunks := answer(t, status, e, say("/text", "One."))
			chunks[0].Meta.Quotas = quotas
			chunks[len(chunks)-1].Done.Meta.Quotas = quotas
			if e != nil {
				chunks = chunks[len(chunks)-1:]
			}
			answers[name] = chunks
		}
		for name, chunks := range answers {
			for _, accept := range []string{stream, "Accept: application/json"} {
				w := call(handler(&line{chunks: chunks}), `{"input":{}}`, accept)
				h := w.Header()
				if h.Get("RateLimit-Policy") != `"app-day";q=1000;w=86400, "device-minute";q=60;w=60` || h.Get("RateLimit") != `"app-day";r=990;t=10800, "device-minute";r=2;t=20` {
					t.Errorf("%s, %s: %q and %q", name, accept, h.Get("RateLimit-Policy"), h.Get("RateLimit"))
				}
				if !strings.Contains(w.Body.String(), `"quota":{"scope":"device","limit":60,"used":58,"resets_at":"2000-01-01T00:00:20Z"}`) {
					t.Errorf("%s, %s: %s", name, accept, w.Body)
				}
				if name == "refused" && (w.Code != http.StatusTooManyRequests || h.Get("Retry-After") != "20") {
					t.Errorf("refused: %d, Retry-After %q", w.Code, h.Get("Retry-After"))
				}
			}
		}
		w := call(handler(&line{answer: fail}), `{"input":{}}`)
		if w.Header().Get("RateLimit") != "" || !strings.Contains(w.Body.String(), `"quota":{"scope":"app","limit":0,"used":0,"resets_at":null}`) {
			t.Errorf("no quota set: %v %s", w.Header(), w.Body)
		}
	})
}

// The event retract goes to clients that declared it and to no other; done holds
// what is left, for both.
func TestRetract(t *testing.T) {
	for _, tt := range []struct{ declares, events string }{
		{"Landfall-Accept: retract", "meta delta delta retract usage done"},
		{"Landfall-Accept: other, retract", "meta delta delta retract usage done"},
		{"Landfall-Accept: other", "meta delta delta usage done"},
		{"X-Other: retract", "meta delta delta usage done"},
	} {
		chunks := answer(t, landfall.Complete, nil, say("/text", "一二三𝄞"), say("/text", "五六"), whole(t, `{"text":"","list":[],"passes":1}`))
		// 𝄞 is two units of UTF-16.
		chunks = append(chunks[:3:3], append([]safety.Chunk{{Retract: &landfall.Retract{From: 2, To: 6}}}, chunks[3:]...)...)
		l := &line{chunks: chunks}
		w := call(handler(l), `{"input":{}}`, stream, tt.declares)
		if have := names(events(t, w.Body.String())); have != tt.events {
			t.Errorf("%s: %s", tt.declares, have)
		}
		if !strings.Contains(w.Body.String(), `"output":{"text":"一二六","list":[],"passes":1}`) {
			t.Errorf("%s: %s", tt.declares, w.Body)
		}
		if l.got.Retracts != strings.Contains(tt.events, "retract") {
			t.Errorf("%s: the request says %t", tt.declares, l.got.Retracts)
		}
		if strings.Contains(tt.events, "retract") && !strings.Contains(w.Body.String(), "event: retract\ndata: {\"from\":2,\"to\":6}\n\n") {
			t.Error(w.Body)
		}
	}
}

// Pages of other origins may call only where they are listed, and nothing is said to
// them where none is.
func TestCrossOrigin(t *testing.T) {
	l := &line{answer: fail}
	list := func(c *front.Config) { c.Origins = []string{"https://app.example"} }
	for _, tt := range []struct {
		h                http.Handler
		method, origin   string
		status           int
		allowed, preface bool
	}{
		{handler(l), "OPTIONS", "https://app.example", 403, false, false},
		{handler(l, list), "OPTIONS", "https://app.example", 204, true, true},
		{handler(l, list), "OPTIONS", "https://app.example.evil", 403, false, false},
		{handler(l, list), "OPTIONS", "http://app.example", 403, false, false},
		{handler(l, list), "OPTIONS", "null", 403, false, false},
		{handler(l, list), "POST", "https://app.example", 401, true, false}, // the refusal can be read too
		{handler(l, list), "POST", "https://other.example", 401, false, false},
		{handler(l, list), "POST", "", 401, false, false},
	} {
		r := httptest.NewRequest(tt.method, "/v1/features/summarize", nil)
		r.Header.Set("Access-Control-Request-Method", "POST")
		if tt.origin != "" {
			r.Header.Set("Origin", tt.origin)
		}
		w := httptest.NewRecorder()
		tt.h.ServeHTTP(w, r)
		h := w.Header()
		if w.Code != tt.status || (h.Get("Access-Control-Allow-Origin") == tt.origin && tt.origin != "") != tt.allowed ||
			(h.Get("Access-Control-Allow-Headers") != "") != tt.preface || h.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s from %q: %d %v", tt.method, tt.origin, w.Code, h)
		}
	}
	if l.calls != 0 {
		t.Error("a question of the browser reached the line")
	}
}

// Clients of other makers send headers of their own; what is no name of a header is
// not echoed.
func TestCrossOriginHeaders(t *testing.T) {
	h := handler(&line{}, func(c *front.Config) { c.Origins = []string{"https://app.example"} })
	r := httptest.NewRequest("OPTIONS", "/v1/chat/completions", nil)
	r.Header.Set("Origin", "https://app.example")
	r.Header.Set("Access-Control-Request-Method", "POST")
	r.Header.Set("Access-Control-Request-Headers", "authorization, x-stainless-os,x bad,x:bad, \"x\","+strings.Repeat("a", 5000)+",x-late")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	allowed := w.Header().Get("Access-Control-Allow-Headers")
	if w.Code != 204 || !strings.Contains(allowed, "Idempotency-Key") || !strings.Contains(allowed, ", x-stainless-os") || strings.ContainsAny(allowed, ":\"") || strings.Contains(allowed, "x bad") || strings.Contains(allowed, "x-late") {
		t.Errorf("%d %.300s", w.Code, allowed)
	}
}
