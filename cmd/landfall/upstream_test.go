package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// upstreamModel is the one model of the test's server.
const upstreamModel = "upstream-model"

// upstream is an OpenAI-compatible model server that answers each call as a file
// says, line by line:
//
//	say TEXT       the model says this; think TEXT: in its reasoning channel
//	mumble 6s      it thinks for so long, a word every 50 ms
//	cut N          from here on, in pieces of N bytes, characters split
//	pause 20ms     be silent; hang: be silent until the caller leaves
//	model NAME     from here on another model reports itself
//	error JSON     an error inside the stream
//	finish stop    the end mark, with 12 tokens read and 34 written
//	status 500     instead of all this an HTTP status, with the rest of the line as body
//
// Without finish the stream ends in good order, but unmarked.
type upstream struct {
	addr string
	srv  *http.Server

	mu    sync.Mutex
	lines []string
	cut   int // over the file's, when positive
	asked int
	left  int // calls whose caller went away
}

func (u *upstream) open(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	u.addr = l.Addr().String()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"object":"list","data":[{"id":%q,"object":"model"}]}`, upstreamModel)
	})
	mux.HandleFunc("POST /v1/chat/completions", u.answer)
	u.srv = &http.Server{Handler: mux}
	go func() { _ = u.srv.Serve(l) }()
	return nil
}

func (u *upstream) close() { _ = u.srv.Close() }

func (u *upstream) set(change func(*upstream)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	change(u)
}

func (u *upstream) counts() (asked, left int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.asked, u.left
}

func (u *upstream) answer(w http.ResponseWriter, r *http.Request) {
	// What is not read would keep the server from noticing that the caller left.
	_, _ = io.Copy(io.Discard, r.Body)
	u.mu.Lock()
	u.asked++
	a := &said{w: w, r: r, model: upstreamModel, cut: u.cut}
	fixed, lines := u.cut > 0, u.lines
	u.mu.Unlock()
	for _, line := range lines {
		word, rest, _ := strings.Cut(line, " ")
		if word == "cut" && fixed {
			continue
		}
		a.line(word, rest)
	}
	if r.Context().Err() != nil {
		u.set(func(u *upstream) { u.left++ })
	}
}

// said is one answer under way.
type said struct {
	w     http.ResponseWriter
	r     *http.Request
	model string
	cut   int
}

func (a *said) line(word, rest string) {
	switch word {
	case "say":
		a.pieces("content", rest)
	case "think":
		a.pieces("reasoning_content", rest)
	case "mumble":
		d, _ := time.ParseDuration(rest)
		for range d / (50 * time.Millisecond) {
			a.line("think", "嗯")
			a.line("pause", "50ms")
		}
	case "cut":
		a.cut, _ = strconv.Atoi(rest)
	case "model":
		a.model = rest
	case "pause", "hang":
		d, err := time.ParseDuration(rest)
		if err != nil {
			d = time.Minute
		}
		select {
		case <-time.After(d):
		case <-a.r.Context().Done():
		}
	case "error":
		a.data(rest)
	case "finish":
		a.data(fmt.Sprintf(`{"model":%q,"choices":[{"index":0,"delta":{},"finish_reason":%q}]}`, a.model, rest))
		a.data(fmt.Sprintf(`{"model":%q,"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":34}}`, a.model))
		a.data("[DONE]")
	case "status":
		code, body, _ := strings.Cut(rest, " ")
		status, _ := strconv.Atoi(code)
		a.w.WriteHeader(status)
		_, _ = a.w.Write([]byte(body))
	}
}

func (a *said) pieces(field, text string) {
	n := a.cut
	if n <= 0 {
		n = len(text)
	}
	for ; text != ""; text = text[min(n, len(text)):] {
		a.data(fmt.Sprintf(`{"model":%q,"choices":[{"index":0,"delta":{%q:"%s"}}]}`, a.model, field, quoted(text[:min(n, len(text))])))
	}
}

// quoted escapes what JSON must, and leaves halves of characters as they are.
func quoted(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s)
}

func (a *said) data(s string) {
	if a.r.Context().Err() != nil {
		return
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "data: %s\n\n", s)
	_, _ = a.w.Write(b.Bytes())
	_ = http.NewResponseController(a.w).Flush()
}

func cmdUpstream(ts *testscript.TestScript, w *world, args []string) {
	need(ts, args, 1, "upstream FILE")
	var lines []string
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		if line = strings.TrimRight(line, "\n"); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	if w.upstream == nil {
		w.upstream = &upstream{}
		ts.Check(w.upstream.open("127.0.0.1:0"))
		ts.Setenv("LANDFALL_LOCAL_URL", "http://"+w.upstream.addr+"/v1")
	}
	w.upstream.set(func(u *upstream) { u.lines, u.asked, u.left = lines, 0, 0 })
}

func cmdUpstreamDown(_ *testscript.TestScript, w *world, _ []string) { w.upstream.close() }

func cmdUpstreamUp(ts *testscript.TestScript, w *world, _ []string) {
	ts.Check(w.upstream.open(w.upstream.addr))
}

func cmdUpstreamCalls(ts *testscript.TestScript, w *world, args []string) {
	need(ts, args, 1, "upstream-calls N")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	have := 0
	// A call under way may not have arrived yet; one too many shows at once.
	poll(2*time.Second, func() bool { have, _ = w.upstream.counts(); return have >= want })
	if have != want {
		ts.Fatalf("the model was asked %d times, want %d", have, want)
	}
}

func cmdUpstreamLeft(ts *testscript.TestScript, w *world, args []string) {
	need(ts, args, 1, "upstream-left 1s")
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	if !poll(d, func() bool { _, left := w.upstream.counts(); return left > 0 }) {
		ts.Fatalf("the model server was still talking to its caller after %s", d)
	}
}

// poll reports whether something came true in time.
func poll(d time.Duration, ok func() bool) bool {
	for end := time.Now().Add(d); ; time.Sleep(20 * time.Millisecond) {
		if ok() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}
