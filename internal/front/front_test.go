package front_test

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"landfall"
	"landfall/internal/front"
	"landfall/internal/safety"
)

// counted counts the chunks that were read.
type counted struct {
	line
	read *int
}

func (c *counted) Serve(ctx context.Context, r landfall.Request) iter.Seq[safety.Chunk] {
	return func(yield func(safety.Chunk) bool) {
		for k := range c.line.Serve(ctx, r) {
			*c.read++
			if !yield(k) {
				return
			}
		}
	}
}

func get(h http.Handler, method, path, key string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	if key != "" {
		r.Header.Set("Authorization", key)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestRoutes(t *testing.T) {
	var refused int
	h := handler(&line{answer: fail}, func(c *front.Config) { c.Unauthenticated = func() { refused++ } })
	for _, c := range []struct {
		method, path, key string
		status            int
		says              string
	}{
		{"GET", "/healthz", "", 200, "ok"},
		{"GET", "/readyz", "", 200, "ready"},
		{"GET", "/metrics", "", 404, `"code":"not_found"`},
		{"GET", "/v1/features", "Bearer good", 200, `"market":"XA `},
		{"GET", "/v1/features?locale=zh", "Bearer good", 200, `"market":"XA zh"`},
		{"GET", "/v1/features", "", 401, `"code":"unauthenticated"`},
		{"GET", "/v1/features", "Bearer bad", 401, `"code":"unauthenticated"`},
		{"GET", "/v1/features", "bearer good", 401, `"code":"unauthenticated"`},
		{"GET", "/v1/features", "Basic good", 401, `"code":"unauthenticated"`},
		{"POST", "/v1/features/summarize", "Bearer bad", 401, `"feature":"summarize"`},
		{"GET", "/v1/features/summarize", "Bearer good", 404, "no GET /v1/features/summarize here"},
		{"GET", "/v1/nothing", "Bearer good", 404, `"code":"not_found"`},
		{"GET", "/v1/nothing", "Bearer bad", 401, `"code":"unauthenticated"`},
		{"GET", "/", "", 404, `"code":"not_found"`},
	} {
		w := get(h, c.method, c.path, c.key)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s %s with %q: %d %s", c.method, c.path, c.key, w.Code, w.Body)
		}
		if (w.Code == 401) != (w.Header().Get("WWW-Authenticate") != "") {
			t.Errorf("%s %s: WWW-Authenticate is %q", c.method, c.path, w.Header().Get("WWW-Authenticate"))
		}
	}
	if refused != 6 {
		t.Errorf("%d requests without a valid key were counted, want 6", refused)
	}
}

// Guesses are limited; those who have a key do not notice.
func TestGuessesAreLimited(t *testing.T) {
	l := &line{answer: fail}
	h := handler(l)
	limited := 0
	for range 100 {
		if w := get(h, "POST", "/v1/features/summarize", "Bearer guess"); w.Code == http.StatusTooManyRequests {
			limited++
			if w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), `"scope":"unauthenticated"`) {
				t.Fatalf("%v %s", w.Header(), w.Body)
			}
		}
	}
	if limited < 40 || l.calls != 0 {
		t.Errorf("%d of 100 guesses were limited, %d reached the line", limited, l.calls)
	}
	if w := call(h, `{"input":{}}`); w.Code != http.StatusOK {
		t.Errorf("a valid key: %d", w.Code)
	}
}

// In a rehearsal every reply to an app says so, whatever is wrong with the request.
func TestRehearsal(t *testing.T) {
	h := handler(&line{answer: fail}, func(c *front.Config) { c.Rehearsal = true })
	for name, w := range map[string]*httptest.ResponseRecorder{
		"an answer":      call(h, `{"input":{}}`),
		"a stream":       call(h, `{"input":{}}`, stream),
		"bad input":      call(h, `{`),
		"a bad key":      get(h, "GET", "/v1/features", "Bearer bad"),
		"not found":      get(h, "GET", "/v1/x", "Bearer good"),
		"a stream's bad": call(h, `{`, stream),
	} {
		if w.Header().Get("Landfall-Rehearsal") != "true" || !strings.Contains(w.Body.String(), `"rehearsal":true`) {
			t.Errorf("%s: %v %s", name, w.Header(), w.Body)
		}
	}
	real := call(handler(&line{answer: fail}), `{"input":{}}`)
	if _, ok := real.Header()["Landfall-Rehearsal"]; ok || !strings.Contains(real.Body.String(), `"rehearsal":false`) {
		t.Errorf("no rehearsal: %v %s", real.Header(), real.Body)
	}
}

func TestNotReady(t *testing.T) {
	h := handler(&line{}, func(c *front.Config) {
		c.Ready = func(context.Context) error { return errors.New("the model is loading") }
	})
	if w := get(h, "GET", "/readyz", ""); w.Code != http.StatusServiceUnavailable || w.Body.String() != "the model is loading\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
