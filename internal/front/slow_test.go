package front_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"landfall"
	"landfall/internal/front"
	"landfall/internal/safety"
)

// pipes is a listener whose connections are in memory, so that their deadlines run
// on a bubble's clock.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	c, ok := <-p.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.conns) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func serve(h http.Handler) (dial func() net.Conn, stop func()) {
	p := &pipes{conns: make(chan net.Conn)}
	srv := &http.Server{Handler: h}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(p) }()
	return func() net.Conn {
			client, server := net.Pipe()
			p.conns <- server
			return client
		}, func() {
			_ = srv.Close()
			<-done
		}
}

const slowHead = "POST /v1/features/summarize HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nAccept: text/event-stream\r\nContent-Length: "

// A client that stays connected and reads one byte a second does not hold its
// place: the write that waits for it ends after 30 seconds.
func TestAClientThatReadsAByteASecondIsEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan time.Duration, 1)
		began := time.Now()
		l := &line{answer: func(landfall.Request) []safety.Chunk {
			return answer(t, landfall.Complete, nil, say("/text", strings.Repeat("社区图书馆。", 40_000)))
		}}
		h := handler(l)
		dial, stop := serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, r)
			ended <- time.Since(began)
		}))
		defer stop()
		c := dial()
		var wg sync.WaitGroup
		defer wg.Wait()
		defer c.Close()
		wg.Go(func() { _, _ = io.WriteString(c, slowHead+"12\r\n\r\n{\"input\":{}}") })
		wg.Go(func() {
			b := make([]byte, 1)
			for {
				if _, err := c.Read(b); err != nil {
					return
				}
				time.Sleep(time.Second) // the bubble's clock
			}
		})
		if d := <-ended; d < 20*time.Second || d > 2*time.Minute {
			t.Errorf("the handler ended after %s", d)
		}
	})
}

// The deadline of writes begins with a write: an answer may take longer to come, over
// HTTP/2 as well.
func TestAnAnswerMayTakeLongerThanAWrite(t *testing.T) {
	h := handler(&line{chunks: answer(t, landfall.Complete, nil, say("/text", "One.")), pace: 120 * time.Millisecond},
		func(c *front.Config) { c.Stall = 50 * time.Millisecond })
	srv := httptest.NewUnstartedServer(h)
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	for _, accept := range []string{"application/json", "text/event-stream"} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", srv.URL+"/v1/features/summarize", strings.NewReader(`{"input":{}}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer good")
		r.Header.Set("Accept", accept)
		resp, err := srv.Client().Do(r)
		if err != nil {
			t.Errorf("%s: %v", accept, err)
			continue
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.ProtoMajor != 2 || !strings.Contains(string(body), `"status":"complete"`) {
			t.Errorf("%s over %s: %v, %s", accept, resp.Proto, err, body)
		}
	}
}

// A body that does not come ends too: the request is one of bad input.
func TestABodyThatDoesNotComeIsEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &line{answer: fail}
		dial, stop := serve(handler(l))
		defer stop()
		c := dial()
		var wg sync.WaitGroup
		defer wg.Wait()
		defer c.Close()
		began := time.Now()
		wg.Go(func() {
			_, _ = io.WriteString(c, slowHead+"1000\r\n\r\n")
			for {
				if _, err := io.WriteString(c, " "); err != nil {
					return
				}
				time.Sleep(10 * time.Second) // the bubble's clock
			}
		})
		_, _ = io.ReadAll(c)
		if d := time.Since(began); d < 50*time.Second || d > 90*time.Second {
			t.Errorf("the connection ended after %s", d)
		}
		if l.calls != 1 || l.got.Err == nil || l.got.Err.Code != landfall.CodeInputInvalid {
			t.Errorf("%d calls, %v", l.calls, l.got.Err)
		}
	})
}

// An upload is bounded on every way, with a key or without, and one that comes slowly
// or not at all hears why it is refused.
func TestASlowUploadHearsItsRefusal(t *testing.T) {
	for name, tt := range map[string]struct{ path, key, status string }{
		"no key":  {"/v1/features/summarize", "bad", "HTTP/1.1 401 "},
		"count":   {"/v1/count", "good", "HTTP/1.1 400 "},
		"appeal":  {"/v1/appeals", "good", "HTTP/1.1 400 "},
		"nothing": {"/nothing", "good", "HTTP/1.1 404 "},
	} {
		for _, length := range []string{"5", "1000"} { // it comes within a minute, or does not
			t.Run(name+" "+length, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					dial, stop := serve(handler(&line{answer: fail}))
					defer stop()
					c := dial()
					var wg sync.WaitGroup
					defer wg.Wait()
					defer c.Close()
					began := time.Now()
					wg.Go(func() {
						_, _ = io.WriteString(c, "POST "+tt.path+" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+tt.key+"\r\nContent-Length: "+length+"\r\n\r\n")
						for range 10 {
							time.Sleep(9 * time.Second) // the bubble's clock
							if _, err := io.WriteString(c, " "); err != nil {
								return
							}
						}
					})
					head := make([]byte, len(tt.status))
					_, _ = io.ReadFull(c, head)
					if d := time.Since(began); string(head) != tt.status || d < 40*time.Second || d > 70*time.Second {
						t.Errorf("%q after %s, want %q", head, d, tt.status)
					}
				})
			})
		}
	}
}
