package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"landfall"
)

// client keeps no connection: a hang-up is one, and nothing outlives a script.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}

// reply is what came back, byte for byte.
type reply struct {
	status string
	header http.Header
	body   []byte
}

// headersOfInterest are shown, when there, in this order.
var headersOfInterest = []string{"Content-Type", "Landfall-Rehearsal", "Retry-After", "WWW-Authenticate", "RateLimit-Policy", "RateLimit", "Access-Control-Allow-Origin"}

func (r *reply) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP %s\n", r.status)
	for _, name := range headersOfInterest {
		if v := r.header.Get(name); v != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, v)
		}
	}
	fmt.Fprintf(&b, "\n%s", r.body)
	return b.String()
}

// events splits a stream into names and data; comments are left out.
func (r *reply) events() (events []landfall.Member) {
	for block := range strings.SplitSeq(string(r.body), "\n\n") {
		name, data, ok := strings.Cut(strings.TrimPrefix(block, "event: "), "\ndata: ")
		if ok {
			events = append(events, landfall.Member{Key: name, Value: data})
		}
	}
	return events
}

func (r *reply) streamed() bool {
	return strings.HasPrefix(r.header.Get("Content-Type"), "text/event-stream")
}

// envelope is the body, or the data of the event done.
func (r *reply) envelope() (any, error) {
	body := r.body
	if r.streamed() {
		body = nil
		for _, e := range r.events() {
			if e.Key == "done" {
				body = []byte(e.Value.(string))
			}
		}
	}
	v, err := landfall.ParseJSON(body)
	if err != nil {
		return nil, fmt.Errorf("no envelope: %w:\n%s", err, r)
	}
	return v, nil
}

// request reads the options of an http command.
func request(ctx context.Context, ts *testscript.TestScript, args []string) *http.Request {
	header, body := http.Header{}, ""
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		name, value, _ := strings.Cut(args[0], "=")
		switch name {
		case "-key":
			header.Set("Authorization", "Bearer "+value)
		case "-body":
			body = strings.TrimSuffix(ts.ReadFile(value), "\n")
		case "-data":
			body = value
		case "-sse":
			header.Set("Accept", "text/event-stream")
		case "-header":
			k, v, _ := strings.Cut(value, ": ")
			header.Set(k, v)
		default:
			ts.Fatalf("unknown option %s", name)
		}
		args = args[1:]
	}
	need(ts, args, 2, "http [-key= -body= -data= -sse -header=] METHOD PATH")
	r, err := http.NewRequestWithContext(ctx, args[0], ts.Getenv("GATEWAY")+args[1], strings.NewReader(body))
	ts.Check(err)
	r.Header = header
	return r
}

func do(ts *testscript.TestScript, args []string) *reply {
	req := request(context.Background(), ts, args)
	resp, err := client.Do(req)
	ts.Check(err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	doc, err := theDocument()
	ts.Check(err)
	ts.Check(doc.check(req, resp, body))
	return &reply{resp.Status, resp.Header, body}
}

func showReply(ts *testscript.TestScript, w *world, r *reply) {
	w.last = r
	_, _ = io.WriteString(ts.Stdout(), r.String())
}

func cmdHTTP(ts *testscript.TestScript, w *world, args []string) { showReply(ts, w, do(ts, args)) }

func cmdWithin(ts *testscript.TestScript, w *world, args []string) {
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	pattern, err := regexp.Compile(args[1])
	ts.Check(err)
	var last *reply
	ok := poll(d, func() bool {
		last = do(ts, args[3:])
		return pattern.MatchString(last.String())
	})
	if !ok {
		ts.Fatalf("not within %s; last:\n%s", d, last)
	}
	showReply(ts, w, last)
}

// cmdEachCut asks once for each size of piece. It searches the bytes as they came,
// and the texts of the events joined, for the word.
func cmdEachCut(ts *testscript.TestScript, w *world, args []string) {
	word := args[0]
	from, err := strconv.Atoi(args[1])
	ts.Check(err)
	to, err := strconv.Atoi(args[2])
	ts.Check(err)
	defer w.upstream.set(func(u *upstream) { u.cut = 0 })
	var first string
	var r *reply
	for n := from; n <= to; n++ {
		w.upstream.set(func(u *upstream) { u.cut = n })
		r = do(ts, args[4:])
		text := r.plain()
		switch {
		case bytes.Contains(r.body, []byte(word)) || strings.Contains(text, word) || bytes.Contains(bytes.ToLower(r.body), escaped(word)):
			ts.Fatalf("in pieces of %d bytes the word came through:\n%s", n, r)
		case first == "":
			first = text
		case text != first:
			ts.Fatalf("in pieces of %d bytes the answer is another:\n%s\ninstead of\n%s", n, text, first)
		}
	}
	showReply(ts, w, r)
}

// escaped is the word as JSON escapes.
func escaped(word string) (b []byte) {
	for _, r := range word {
		b = fmt.Appendf(b, `\u%04x`, r)
	}
	return b
}

// call is a request under way.
type call struct {
	cancel context.CancelFunc
	got    output
	status string
	header http.Header
	ended  chan struct{}
	err    error // once ended is closed
}

func cmdHTTPStart(ts *testscript.TestScript, w *world, args []string) {
	ctx, cancel := context.WithCancel(context.Background())
	c := &call{cancel: cancel, ended: make(chan struct{})}
	w.calls[args[0]] = c
	req := request(ctx, ts, args[2:])
	go func() {
		defer close(c.ended)
		resp, err := client.Do(req)
		if err != nil {
			c.err = err
			return
		}
		defer func() { _ = resp.Body.Close() }()
		c.status, c.header = resp.Status, resp.Header
		_, c.err = io.Copy(&c.got, resp.Body)
	}()
}

func (w *world) call(ts *testscript.TestScript, name string) *call {
	c := w.calls[name]
	if c == nil {
		ts.Fatalf("no http-start %s", name)
	}
	return c
}

func cmdHTTPSeen(ts *testscript.TestScript, w *world, args []string) {
	need(ts, args, 2, "http-seen NAME PATTERN")
	c, pattern := w.call(ts, args[0]), regexp.MustCompile(args[1])
	if !poll(5*time.Second, func() bool { return pattern.MatchString(c.got.String()) }) {
		ts.Fatalf("not seen; so far:\n%s", c.got.String())
	}
}

func cmdHTTPHangup(ts *testscript.TestScript, w *world, args []string) {
	need(ts, args, 1, "http-hangup NAME")
	c := w.call(ts, args[0])
	c.cancel()
	<-c.ended
}

// cmdHTTPEnd shows the whole reply, or what came of it when the connection broke.
func cmdHTTPEnd(ts *testscript.TestScript, w *world, args []string) {
	need(ts, args, 1, "http-end NAME")
	c := w.call(ts, args[0])
	<-c.ended
	showReply(ts, w, &reply{c.status, c.header, []byte(c.got.String())})
	if c.err != nil {
		_, _ = fmt.Fprintln(ts.Stderr(), "broken off:", c.err)
	}
}

func cmdHTTPOver(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "http-over NAME")
	c := of(ts).call(ts, args[0])
	if over := closed(c.ended); over == neg {
		ts.Fatalf("the reply has ended: %t", over)
	}
}

func cmdField(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 2, "field PATH WANT")
	envelope, err := of(ts).last.envelope()
	ts.Check(err)
	have := valueAt(envelope, args[0])
	if (have == args[1]) == neg {
		ts.Fatalf("%s is %s in\n%s", args[0], have, landfall.AppendJSON(nil, envelope))
	}
}

// valueAt is a text as it is, any other value as JSON, and "absent".
func valueAt(v any, pointer string) string {
	for _, name := range strings.Split(pointer, "/")[1:] {
		name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
		ok := false
		switch at := v.(type) {
		case landfall.Object:
			v, ok = at.Get(name)
		case []any:
			if i, err := strconv.Atoi(name); err == nil && i < len(at) {
				v, ok = at[i], true
			}
		}
		if !ok {
			return "absent"
		}
	}
	if s, ok := v.(string); ok {
		return s
	}
	return string(landfall.AppendJSON(nil, v))
}

// varying is what differs between two equal answers.
var varying = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`lf_[0-9a-v]{26}`), "ID"},
	{regexp.MustCompile(`sha256:[0-9a-f]{64}`), "DIGEST"},
	{regexp.MustCompile(`"policy_version":"[0-9a-f]{12}"`), `"policy_version":"DIGEST"`},
	{regexp.MustCompile(`"(input_tokens|output_tokens|cached_tokens)":\d+`), `"$1":N`},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT[\d:.]+Z`), "TIME"},
}

// plain is the reply without what varies. In a stream comments and holds, which
// are signs of time, are left out, and the texts of deltas that follow each other
// are one: where they are cut depends on the model's pieces.
func (r *reply) plain() string {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP %s\n", r.status)
	if !r.streamed() {
		b.Write(r.body)
	}
	text := ""
	for _, e := range r.events() {
		data := e.Value.(string)
		if e.Key == "delta" {
			var d struct{ Text string }
			_ = json.Unmarshal([]byte(data), &d)
			text += d.Text
			continue
		}
		if text != "" {
			fmt.Fprintf(&b, "delta %s\n", text)
			text = ""
		}
		if e.Key != "hold" {
			fmt.Fprintf(&b, "%s %s\n", e.Key, data)
		}
	}
	out := b.String()
	for _, v := range varying {
		out = v.pattern.ReplaceAllString(out, v.instead)
	}
	return out
}

func cmdPlain(ts *testscript.TestScript, w *world, _ []string) {
	_, _ = io.WriteString(ts.Stdout(), w.last.plain())
}
