package front_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"

	"landfall"
	"landfall/internal/front"
	"landfall/internal/safety"
)

// waiting is a line that holds its requests until all have come.
type waiting struct {
	arrived chan struct{}
	leave   chan struct{}
}

func (l waiting) Serve(_ context.Context, r landfall.Request) iter.Seq[safety.Chunk] {
	return func(yield func(safety.Chunk) bool) {
		l.arrived <- struct{}{}
		<-l.leave
		d := &landfall.Done{Status: landfall.Complete, Err: r.Err}
		if r.Err != nil {
			d.Status = landfall.StatusError
		}
		yield(safety.Chunk{Done: d})
	}
}

// anyApp takes a key for the app of that name.
func anyApp(c *front.Config) {
	c.App = func(key string) (landfall.App, bool) { return landfall.App{ID: key, Market: "XA"}, true }
}

// Bodies of 4 MiB on 64 connections of four apps: as many are held as the budget has
// room for, the others are told to come back, and memory stays bounded. What ended
// gives its room back.
func TestBodiesInFlightAreBounded(t *testing.T) {
	const connections, room = 64, 8
	l := waiting{make(chan struct{}, connections), make(chan struct{})}
	h := handler(&line{}, func(c *front.Config) { c.Line = l }, anyApp)
	body := `{"input":{"text":"` + strings.Repeat("a", 4<<20-64) + `"}}`
	post := func(app int) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "/v1/features/summarize", io.NopCloser(strings.NewReader(body)))
		r.Header.Set("Authorization", fmt.Sprint("Bearer app", app%4))
		r.ContentLength = int64(len(body))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	var mu sync.Mutex
	codes := map[string]int{}
	var wg sync.WaitGroup
	for i := range connections {
		wg.Go(func() {
			w := post(i)
			var e struct{ Error *struct{ Code string } }
			if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if e.Error == nil {
				codes["served"]++
				return
			}
			codes[fmt.Sprint(e.Error.Code, w.Code, w.Header().Get("Retry-After"))]++
		})
	}
	for range connections {
		<-l.arrived
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	close(l.leave)
	wg.Wait()
	if codes["served"] != room || codes["overloaded5031"] != connections-room {
		t.Errorf("%v, want %d served and the rest overloaded", codes, room)
	}
	if m.HeapAlloc > 600<<20 {
		t.Errorf("%d MiB are held", m.HeapAlloc>>20)
	}
	t.Logf("%v, %d MiB of heap", codes, m.HeapAlloc>>20)
	for i := range room {
		if w := post(i); w.Code != http.StatusOK {
			t.Fatalf("afterwards: %d %.200s", w.Code, w.Body)
		}
		<-l.arrived
	}
}

// still is a body of which one byte comes, and then nothing until it is released.
type still struct {
	came     int
	waits    chan<- struct{}
	released <-chan struct{}
}

func (s *still) Read(p []byte) (int, error) {
	if s.came++; s.came == 1 {
		return copy(p, "{"), nil
	}
	s.waits <- struct{}{}
	<-s.released
	return 0, io.ErrUnexpectedEOF
}

// Uploads that stand still take the place of their own app and of no other.
func TestUploadsThatStandStillBlockTheirOwnApp(t *testing.T) {
	const uploads = 8
	l := waiting{make(chan struct{}, uploads+2), make(chan struct{})}
	close(l.leave)
	h := handler(&line{}, func(c *front.Config) { c.Line = l }, anyApp)
	waits, released := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(released)
	for range uploads {
		wg.Go(func() {
			r := httptest.NewRequest(http.MethodPost, "/v1/features/summarize", io.NopCloser(&still{waits: waits, released: released}))
			r.Header.Set("Authorization", "Bearer idle")
			r.ContentLength = front.MaxBody
			h.ServeHTTP(httptest.NewRecorder(), r)
		})
	}
	for range uploads {
		<-waits
	}
	for app, want := range map[string]int{"idle": http.StatusServiceUnavailable, "another": http.StatusOK} {
		if w := call(h, `{"input":{}}`, "Authorization: Bearer "+app); w.Code != want {
			t.Errorf("%s: %d %s", app, w.Code, w.Body)
		}
	}
}

// A client that sends its whole body before it listens hears the refusal too, whether
// it says the length or not.
func TestTheRefusalOfABodyIsHeard(t *testing.T) {
	l := &line{answer: fail}
	srv := httptest.NewServer(handler(l, func(c *front.Config) { c.Bodies = 64 << 10 }))
	defer srv.Close()
	for _, length := range []int64{3 << 20, -1} {
		for range 4 {
			r, err := http.NewRequestWithContext(t.Context(), "POST", srv.URL+"/v1/features/summarize", io.NopCloser(strings.NewReader(strings.Repeat("a", 3<<20))))
			if err != nil {
				t.Fatal(err)
			}
			r.ContentLength = length
			r.Header.Set("Authorization", "Bearer good")
			resp, err := srv.Client().Do(r)
			if err != nil {
				t.Fatalf("length %d: %v", length, err)
			}
			b, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if l.got.Err == nil || l.got.Err.Code != landfall.CodeOverloaded || len(l.got.Body) > 0 {
				t.Errorf("length %d: %v, %d bytes kept, %s", length, l.got.Err, len(l.got.Body), b)
			}
		}
	}
	small := call(handler(l, func(c *front.Config) { c.Bodies = 64 << 10 }), `{"input":{}}`)
	if small.Code != http.StatusOK {
		t.Errorf("a small body: %d %s", small.Code, small.Body)
	}
}
