package front_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"landfall"
	"landfall/api"
	"landfall/internal/front"
)

// watched is a response whose lines can be read while it is written.
type watched struct {
	*httptest.ResponseRecorder
	mu sync.Mutex
}

func (w *watched) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ResponseRecorder.Write(b)
}

func (w *watched) names() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	s := bufio.NewScanner(strings.NewReader(w.Body.String()))
	for s.Scan() {
		if name, ok := strings.CutPrefix(s.Text(), "event: "); ok {
			out = append(out, name)
		} else if strings.HasPrefix(s.Text(), ":") {
			out = append(out, ":")
		}
	}
	return strings.Join(out, " ")
}

// A watch tells the state at once, each change within a second, and is kept alive in
// between; it ends with the client, with its key and with the server.
func TestWatch(t *testing.T) {
	for name, end := range map[string]func(leave func(), withdraw func(), stop func()){
		"the client leaves":    func(leave, _, _ func()) { leave() },
		"the key is withdrawn": func(_, withdraw, _ func()) { withdraw() },
		"the server stops":     func(_, _, stop func()) { stop() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				state, key, looks := "available", "good", 0
				stopping := make(chan struct{})
				h := handler(&line{}, func(c *front.Config) {
					c.Stopping = stopping
					c.App = func(k string) (landfall.App, bool) {
						mu.Lock()
						defer mu.Unlock()
						return landfall.App{ID: "a", Market: "XA"}, k == key
					}
					c.Availability = func(r landfall.Request) api.Availability {
						mu.Lock()
						defer mu.Unlock()
						looks++
						again := time.Now().String() // moves by itself and is no change
						return api.Availability{Market: r.App.Market, Features: []api.Feature{{ID: "summarize", State: state, NextCheckAt: &again}}}
					}
				})
				ctx, cancel := context.WithCancel(t.Context())
				r := httptest.NewRequestWithContext(ctx, "GET", "/v1/features/watch", nil)
				r.Header.Set("Authorization", "Bearer good")
				w := &watched{ResponseRecorder: httptest.NewRecorder()}
				var ended time.Time
				var wg sync.WaitGroup
				wg.Go(func() { h.ServeHTTP(w, r); ended = time.Now() })
				set := func(f func()) { mu.Lock(); defer mu.Unlock(); f() }

				time.Sleep(5*time.Second + 500*time.Millisecond) // the bubble's clock
				if n := w.names(); n != "features" {
					t.Errorf("at first: %s", n)
				}
				set(func() { state = "not_ready" })
				time.Sleep(time.Second)
				if n := w.names(); n != "features features" {
					t.Errorf("after a change: %s", n)
				}
				time.Sleep(25 * time.Second)
				if n := w.names(); n != "features features : :" {
					t.Errorf("in silence: %s", n)
				}
				began := time.Now()
				end(cancel, func() { set(func() { key = "other" }) }, func() { close(stopping) })
				wg.Wait()
				cancel()
				if d := ended.Sub(began); d > time.Second {
					t.Errorf("it ended after %s", d)
				}
				if looks > 40 {
					t.Errorf("%d looks in half a minute", looks)
				}
			})
		})
	}
}

// There is room for so many watches; one more is told to come back.
func TestWatchesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := handler(&line{})
		ctx, cancel := context.WithCancel(t.Context())
		open := func() *watched {
			r := httptest.NewRequestWithContext(ctx, "GET", "/v1/features/watch", nil)
			r.Header.Set("Authorization", "Bearer good")
			w := &watched{ResponseRecorder: httptest.NewRecorder()}
			h.ServeHTTP(w, r)
			return w
		}
		var wg sync.WaitGroup
		for range 256 {
			wg.Go(func() { open() })
		}
		synctest.Wait()
		if w := open(); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "5" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		cancel()
		wg.Wait()
	})
}

// The query is read as a request of its kind would be; what is wrong is named.
func TestAvailabilityQuery(t *testing.T) {
	var got landfall.Request
	h := handler(&line{}, func(c *front.Config) {
		c.Availability = func(r landfall.Request) api.Availability { got = r; return api.Availability{} }
	})
	ask := func(query url.Values) *httptest.ResponseRecorder {
		return get(h, "GET", "/v1/features?"+query.Encode(), "Bearer good")
	}
	w := ask(url.Values{"locale": {"zh-Hans-CN"}, "device": {"d1"},
		"options": {`{"options":{"target":"en"},"output_language":"fr","processing":"device_only","consent":{"partner":"granted"},"audience":{"age_band":"child"}}`}})
	if w.Code != http.StatusOK || got.Locale != "zh-Hans-CN" || got.Device != "d1" || got.Options.Text("target") != "en" || got.OutputLanguage != "fr" ||
		got.Processing != "device_only" || got.Consent != "granted" || got.AgeBand != "child" {
		t.Errorf("%d: %+v", w.Code, got)
	}
	for query, field := range map[string]string{
		`{"processing":"all"}`: "/processing", `{"market":"XA"}`: "/market", `[`: "", `{"audience":{"age_band":"old"}}`: "/audience/age_band",
	} {
		w := ask(url.Values{"options": {query}})
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"field":"`+field) {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
	if w := ask(url.Values{"device": {strings.Repeat("d", 129)}}); w.Code != http.StatusBadRequest {
		t.Errorf("a long device: %d", w.Code)
	}
}
