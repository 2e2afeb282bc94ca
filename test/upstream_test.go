package clients_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// upstream is an OpenAI-compatible model server. It finds the scenario whose last text
// stands in the prompt and answers line by line:
//
//	say TEXT      the model says this; refuse TEXT: as a refusal
//	cut N         from here on, in pieces of N characters
//	call ID NAME ARGUMENTS    it asks for a tool, the arguments in two pieces
//	pause 1s      be silent; hang: until the caller leaves
//	error JSON    an error inside the stream
//	finish WHY    the end mark, with 12 tokens read and 34 written
//	status N BODY instead of all this an HTTP status
//	next          what follows is for the next call with the same text
type upstream struct {
	scenarios []scenario

	mu    sync.Mutex
	asked map[string]int // calls by scenario and text
	left  int            // calls whose caller went away while the model hung
}

func startUpstream(t *testing.T, scenarios []scenario) (*upstream, string) {
	u := &upstream{scenarios: scenarios, asked: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"object":"list","data":[{"id":"scripted","object":"model"}]}`)
	})
	mux.HandleFunc("POST /v1/chat/completions", u.answer)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	return u, "http://" + l.Addr().String() + "/v1"
}

func (u *upstream) hungUp() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.left
}

// find returns the scenario that a prompt belongs to, and the words that vary in it.
func (u *upstream) find(prompt string) (*scenario, string) {
	for i := range u.scenarios {
		before, after, varies := strings.Cut(u.scenarios[i].text(), "CLIENT")
		at := strings.Index(prompt, before)
		if at < 0 || !varies {
			if at >= 0 {
				return &u.scenarios[i], ""
			}
			continue
		}
		if name, _, ok := strings.Cut(prompt[at+len(before):], after); ok {
			return &u.scenarios[i], name
		}
	}
	return nil, ""
}

func (u *upstream) answer(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var call struct {
		Messages []struct{ Content string }
	}
	_ = json.Unmarshal(body, &call)
	var prompt strings.Builder
	for _, m := range call.Messages {
		prompt.WriteString(m.Content + "\n")
	}
	s, who := u.find(prompt.String())
	if s == nil {
		http.Error(w, "no scenario", http.StatusTeapot)
		return
	}
	u.mu.Lock()
	u.asked[s.Name+who]++
	asked := u.asked[s.Name+who]
	failing := asked <= s.Fails
	u.mu.Unlock()
	if failing {
		http.Error(w, `{"error":{"message":"not yet"}}`, http.StatusServiceUnavailable)
		return
	}
	a := said{w, r, 0}
	for _, line := range s.turn(asked - 1) {
		word, rest, _ := strings.Cut(line, " ")
		a.line(word, rest)
		if word == "hang" {
			u.mu.Lock()
			u.left++
			u.mu.Unlock()
		}
	}
}

// turn is what the model says to the nth call with the same text.
func (s *scenario) turn(n int) []string {
	turns := [][]string{{}}
	for _, line := range s.Upstream {
		if line == "next" {
			turns = append(turns, nil)
			continue
		}
		turns[len(turns)-1] = append(turns[len(turns)-1], line)
	}
	return turns[n%len(turns)]
}

type said struct {
	w   http.ResponseWriter
	r   *http.Request
	cut int
}

func (a *said) line(word, rest string) {
	switch word {
	case "say", "refuse":
		field := map[string]string{"say": "content", "refuse": "refusal"}[word]
		signs := []rune(rest)
		n := a.cut
		if n == 0 {
			n = len(signs)
		}
		for ; len(signs) > 0; signs = signs[min(n, len(signs)):] {
			a.delta(field, string(signs[:min(n, len(signs))]))
		}
	case "cut":
		a.cut, _ = strconv.Atoi(rest)
	case "call":
		words := strings.SplitN(rest, " ", 3)
		half := len(words[2]) / 2
		a.delta("tool_calls", []any{map[string]any{"index": 0, "id": words[0], "type": "function", "function": map[string]string{"name": words[1], "arguments": words[2][:half]}}})
		a.delta("tool_calls", []any{map[string]any{"index": 0, "function": map[string]string{"arguments": words[2][half:]}}})
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
		a.data(fmt.Sprintf(`{"model":"scripted","choices":[{"index":0,"delta":{},"finish_reason":%q}]}`, rest))
		a.data(`{"model":"scripted","choices":[],"usage":{"prompt_tokens":12,"completion_tokens":34}}`)
		a.data("[DONE]")
	case "status":
		code, body, _ := strings.Cut(rest, " ")
		status, _ := strconv.Atoi(code)
		http.Error(a.w, body, status)
	}
}

func (a *said) delta(field string, v any) {
	b, _ := json.Marshal(map[string]any{"model": "scripted", "choices": []any{map[string]any{"index": 0, "delta": map[string]any{field: v}}}})
	a.data(string(b))
}

func (a *said) data(s string) {
	_, _ = io.WriteString(a.w, "data: "+s+"\n\n")
	_ = http.NewResponseController(a.w).Flush()
}
