package partner_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"landfall"
	"landfall/internal/partner"
)

// upstream is a fake model server that replays a body in pieces.
type upstream struct {
	*httptest.Server
	wire
	body []byte
	cuts func(body []byte) [][]byte
	hang chan struct{} // set: the answer stays open; closed once the caller hung up
	sign string        // sent again and again while it hangs

	mu      sync.Mutex
	seen    []*http.Request
	payload []string
}

// wire is how an answer comes.
type wire struct {
	status int
	header map[string]string
	gzip   bool
	abort  bool // without the end of the chunked body
}

func newUpstream(t *testing.T, u *upstream) *upstream {
	t.Helper()
	u.Server = httptest.NewServer(http.HandlerFunc(u.serve))
	t.Cleanup(u.Close)
	return u
}

func (u *upstream) serve(w http.ResponseWriter, r *http.Request) {
	payload, _ := io.ReadAll(r.Body)
	u.mu.Lock()
	u.seen, u.payload = append(u.seen, r), append(u.payload, string(payload))
	u.mu.Unlock()
	for k, v := range u.header {
		w.Header().Set(k, v)
	}
	if u.gzip {
		w.Header().Set("Content-Encoding", "gzip")
	}
	w.WriteHeader(max(u.status, http.StatusOK))
	u.write(w)
	if u.hang != nil {
		u.wait(w, r)
	}
	if u.abort {
		panic(http.ErrAbortHandler)
	}
}

func (u *upstream) write(w http.ResponseWriter) {
	flush := w.(http.Flusher).Flush
	var out io.Writer = w
	if u.gzip {
		z := gzip.NewWriter(w)
		defer z.Close()
		inner := flush
		out, flush = z, func() { _ = z.Flush(); inner() }
	}
	pieces := [][]byte{u.body}
	if u.cuts != nil {
		pieces = u.cuts(u.body)
	}
	for _, p := range pieces {
		_, _ = out.Write(p)
		flush()
	}
}

// wait keeps the answer open, with a sign of life if there is one, until the caller
// hangs up.
func (u *upstream) wait(w http.ResponseWriter, r *http.Request) {
	defer close(u.hang)
	w.(http.Flusher).Flush()
	for u.sign != "" {
		_, _ = io.WriteString(w, u.sign)
		if http.NewResponseController(w).Flush() != nil || r.Context().Err() != nil {
			return
		}
	}
	<-r.Context().Done()
}

func (u *upstream) requests() (seen []*http.Request, payload []string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.seen, u.payload
}

// ask asks this upstream under a release.
func (u *upstream) ask(t *testing.T, change func(*landfall.Release)) told {
	t.Helper()
	w := newWorld(t, change)
	p := w.partners(partner.Config{Locators: map[string]partner.Locator{"here": at{BaseURL: u.URL + "/v1"}}})
	return listen(t, p.Ask(t.Context(), w.permit(), w.prompt))
}

// Ways to cut a body.
func whole(b []byte) [][]byte { return [][]byte{b} }

func everyByte(b []byte) (out [][]byte) {
	for i := range b {
		out = append(out, b[i:i+1])
	}
	return out
}

func atRandom(seed uint64) func([]byte) [][]byte {
	return func(b []byte) (out [][]byte) {
		r := rand.New(rand.NewPCG(seed, seed))
		for len(b) > 0 {
			n := min(len(b), 1+r.IntN(1+r.IntN(200)))
			out = append(out, b[:n])
			b = b[n:]
		}
		return out
	}
}

func recorded(t *testing.T, name string) []byte {
	t.Helper()
	return must(os.ReadFile(filepath.Join("testdata", name+".body")))
}

// chunk is a line of a stream with one delta.
func chunk(delta string) string {
	return `data: {"model":"case-model","choices":[{"index":0,"delta":` + delta + `,"finish_reason":null}]}` + "\n\n"
}

func content(text string) string {
	b, _ := json.Marshal(text)
	return chunk(`{"content":` + string(b) + `}`)
}

const ending = `data: {"model":"case-model","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\ndata: [DONE]\n\n"

// longLine is a stream with a line of more than 200 KiB.
func longLine() []byte {
	return []byte(content("") +
		`data: {"model":"case-model","choices":[{"index":0,"delta":{"content":"短答案。"},"finish_reason":null}],"x_trace":"` +
		strings.Repeat("甲乙丙丁", 17000) + "\"}\n\n" + ending)
}
