package partner_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"landfall/internal/partner"
)

// A server may close a connection that was idle at the moment when it is used again
// (RFC 9112 section 9.5). Nothing was answered then: the call goes out once more, on a
// new connection, and is one attempt.
func TestAConnectionClosedWhileIdleCostsNoAnswer(t *testing.T) {
	type key struct{}
	var served, closed atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if n := r.Context().Value(key{}).(*atomic.Int32); n.Add(1) > 1 {
			closed.Add(1)
			panic(http.ErrAbortHandler)
		}
		served.Add(1)
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, content("短答案。")+ending)
	}))
	server.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, key{}, new(atomic.Int32))
	}
	server.Start()
	t.Cleanup(server.Close)
	w := newWorld(t, nil)
	p := w.partners(partner.Config{Locators: map[string]partner.Locator{"here": at{BaseURL: server.URL + "/v1"}}})
	for range 3 {
		if got := listen(t, p.Ask(t.Context(), w.permit(), w.prompt)); got.Err != nil || got.Text != "短答案。" {
			t.Fatalf("text %q, %v", got.Text, got.Err)
		}
	}
	if served.Load() != 3 || closed.Load() == 0 {
		t.Errorf("%d served, %d connections closed", served.Load(), closed.Load())
	}
}
