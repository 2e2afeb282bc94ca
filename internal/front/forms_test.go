package front_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"landfall"
	"landfall/internal/audit"
	"landfall/internal/partner"
)

// seen is what a user got to see of an answer, whichever wire it came over.
type seen struct {
	Status  string // of the envelope; "" where the reader left
	Code    string // of the error
	Text    string // the model's, without words of a label and without a notice
	Labels  int    // told before the first text or notice
	Late    int    // told after it
	Notices int
	Ended   string // finish_reason, of the chat forms
}

const (
	listed = "碎月令"
	story  = "社区图书馆从下周一起延长开放时间。周一到周五开到晚上九点，周末开到下午六点。馆里新添了座位和自习室，读者可以用借书证预约。图书馆还会在每周六上午办儿童故事会，由志愿者轮流主持，参加不收费。"
	first  = "图书馆延长开放，并添了座位。"
	second = "周六有儿童故事会，不收费。"
)

// form is one way to ask for the same answer and to read it.
type form struct {
	name   string
	stream bool
	ask    func(t *testing.T, w *world, text string) seen
	leave  func(t *testing.T, w *world) // goes away in the middle of it
	again  int                          // requests that were made before, with a record each
}

func forms() []form {
	featureBody := func(text string) string {
		return string(landfall.AppendJSON(nil, landfall.Object{{Key: "locale", Value: "zh"}, {Key: "input", Value: landfall.Object{
			{Key: "text", Value: text}, {Key: "type", Value: "paragraph"}, {Key: "length", Value: "long"}}}}))
	}
	chatBody := func(text string, stream bool) string {
		return string(landfall.AppendJSON(nil, landfall.Object{
			{Key: "model", Value: "summarize"}, {Key: "stream", Value: stream},
			{Key: "messages", Value: []any{landfall.Object{{Key: "role", Value: "user"}, {Key: "content", Value: text}}}},
			{Key: "x_landfall", Value: landfall.Object{{Key: "locale", Value: "zh"}, {Key: "input", Value: landfall.Object{
				{Key: "type", Value: "paragraph"}, {Key: "length", Value: "long"}}}}},
		}))
	}
	const feature, chat = "/v1/features/summarize", "/v1/chat/completions"
	events := map[string]string{"Accept": "text/event-stream"}
	form1 := func(name, path string, body func(string) string, header map[string]string, stream bool, read func(*testing.T, io.Reader) seen) form {
		return form{
			name: name, stream: stream,
			ask:   func(t *testing.T, w *world, text string) seen { return exchange(t, w, path, body(text), header, read) },
			leave: func(t *testing.T, w *world) { leaveEarly(t, w, path, body(story), header, stream) },
		}
	}
	unary := func(text string) string { return chatBody(text, false) }
	streamed := func(text string) string { return chatBody(text, true) }
	all := []form{
		form1("feature JSON", feature, featureBody, nil, false, readEnvelope),
		form1("feature SSE", feature, featureBody, events, true, readEvents),
		form1("chat JSON", chat, unary, nil, false, readChat),
		form1("chat SSE", chat, streamed, nil, true, readChatStream),
	}
	keys := 0
	replay := all[1]
	replay.name, replay.again = "replay", 1
	replay.ask = func(t *testing.T, w *world, text string) seen {
		keys++
		header := map[string]string{"Accept": "text/event-stream", "Idempotency-Key": fmt.Sprint("key ", keys)}
		exchange(t, w, feature, featureBody(text), header, readEvents)
		return exchange(t, w, feature, featureBody(text), header, readEvents)
	}
	return append(all, replay)
}

func exchange(t *testing.T, w *world, path, body string, header map[string]string, read func(*testing.T, io.Reader) seen) seen {
	t.Helper()
	resp, err := w.post(t.Context(), path, body, header)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return read(t, resp.Body)
}

// leaveEarly hangs up: a reader of a stream after the first bytes, any other while
// it waits.
func leaveEarly(t *testing.T, w *world, path, body string, header map[string]string, stream bool) {
	t.Helper()
	ctx, leave := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer leave()
	resp, err := w.post(ctx, path, body, header)
	if stream != (err == nil) {
		t.Fatalf("a stream %v, error %v", stream, err)
	}
	if stream {
		_, _ = io.ReadFull(resp.Body, make([]byte, 64))
		_ = resp.Body.Close()
	}
}

// One scripted answer looks the same over every wire: the same text, one label before
// it, one notice, one record, and the same end.
func TestFormsAgree(t *testing.T) {
	partnerFault := landfall.Errorf(landfall.CodePartnerError, "the partner cannot be reached").With("retriable", true)
	said := func(steps ...partner.Step) partner.Script {
		return append(steps, partner.Step{Usage: &landfall.Usage{Input: 12, Output: 34}})
	}
	type outcome struct {
		name   string
		input  string
		script partner.Script
		want   seen // Text: what streams show; nothing of it in one piece where it is no answer
	}
	outcomes := []outcome{
		{"served", story, said(partner.Step{Text: first + second}), seen{Status: "complete", Text: first + second, Labels: 1, Ended: "stop"}},
		{"withheld in", story + listed, said(partner.Step{Text: first}), seen{Status: "withheld", Labels: 1, Notices: 1, Ended: "content_filter"}},
		{"contract failed", story, said(partner.Step{Text: first + "共有九百八十七人报名。"}), seen{Status: "error", Code: "output_contract_failed", Text: first, Labels: 1}},
		{"partner error before text", story, partner.Script{{Err: partnerFault}}, seen{Status: "error", Code: "partner_error"}},
		{"partner error after text", story, partner.Script{{Text: first + second}, {Err: partnerFault}}, seen{Status: "error", Code: "partner_error", Text: first, Labels: 1}},
		{"truncated", story, partner.Script{{Text: first + second}, {Cut: true}}, seen{Status: "error", Code: "partner_error", Text: first, Labels: 1}},
	}
	dirty := first + "周六" + listed + "故事会，不收费。"
	step := 1
	if testing.Short() {
		step = 7
	}
	for at := 0; at <= len(dirty); at += step {
		outcomes = append(outcomes, outcome{fmt.Sprintf("withheld out, cut at byte %d", at), story, said(partner.Step{Text: dirty[:at]}, partner.Step{Text: dirty[at:]}),
			seen{Status: "withheld", Text: first + "周六", Labels: 1, Notices: 1, Ended: "content_filter"}})
	}
	w := newWorld(t, listed)
	for _, f := range forms() {
		t.Run(f.name, func(t *testing.T) {
			for _, o := range outcomes {
				w.says(o.script)
				before := len(w.records(t))
				got, want := f.ask(t, w, o.input), o.want
				if !strings.HasPrefix(f.name, "chat") {
					want.Ended = ""
				}
				if want.Status == "error" {
					if !f.stream {
						want.Text, want.Labels = "", 0 // one piece is an answer or none
					}
					if strings.HasPrefix(f.name, "chat") {
						want.Status = "" // OpenAI's error has none
					}
				}
				if got != want {
					t.Errorf("%s:\n got %+v\nwant %+v", o.name, got, want)
				}
				w.checkRecords(t, before, f, o.want)
			}
		})
	}
	t.Run("abandoned", func(t *testing.T) {
		for _, f := range forms()[:4] {
			w.says(partner.Script{{Text: first + second}, {Pause: time.Minute}})
			before := len(w.records(t))
			f.leave(t, w)
			all := w.records(t)
			if len(all) != before+1 || all[0].Closed.Outcome != audit.Abandoned {
				t.Errorf("%s: %d records, the last %+v", f.name, len(all)-before, all[0].Closed)
			}
		}
	})
}

// checkRecords: one record a request, which says how it ended; a fault is not kept, so
// a retry of it is a request like the first.
func (w *world) checkRecords(t *testing.T, before int, f form, want seen) {
	t.Helper()
	all := w.records(t)
	if n := len(all) - before; n != 1+f.again {
		t.Errorf("%d records for %d requests", n, 1+f.again)
		return
	}
	c := all[0].Closed
	outcome := want.Status
	if f.again > 0 && outcome != "error" {
		outcome = string(audit.Replayed)
		if c.Of != all[1].Opened.Record {
			t.Errorf("the replay names %q, the first is %q", c.Of, all[1].Opened.Record)
		}
	}
	if string(c.Outcome) != outcome || string(c.Code) != want.Code && want.Code != "" {
		t.Errorf("the record says %s %s, want %s %s", c.Outcome, c.Code, outcome, want.Code)
	}
}

type envelope struct {
	Status   string
	Output   *struct{ Text string }
	Labels   struct{ Explicit struct{ Text string } }
	Withheld []struct{ Message string }
	Error    *struct{ Code string }
}

func (e envelope) seen() seen {
	s := seen{Status: e.Status, Notices: len(e.Withheld)}
	if e.Labels.Explicit.Text != "" {
		s.Labels = 1
	}
	if e.Output != nil {
		s.Text = e.Output.Text
	}
	if e.Error != nil {
		s.Code = e.Error.Code
		s.Labels = 0 // an envelope has its labels object, and here no content
	}
	return s
}

func readEnvelope(t *testing.T, r io.Reader) seen {
	t.Helper()
	var e envelope
	decodeAll(t, r, &e)
	return e.seen()
}

func decodeAll(t *testing.T, r io.Reader, into any) {
	t.Helper()
	b, err := io.ReadAll(r)
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, b)
	}
}

// frames are the events of a stream; a body that is no stream is one without a name.
func frames(t *testing.T, r io.Reader) (out [][2]string) {
	t.Helper()
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	name := ""
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "event: "):
			name = line[7:]
		case strings.HasPrefix(line, "data: "):
			out = append(out, [2]string{name, line[6:]})
			name = ""
		case strings.HasPrefix(line, "{"):
			out = append(out, [2]string{"body", line})
		}
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
	return out
}

func readEvents(t *testing.T, r io.Reader) (s seen) {
	t.Helper()
	for _, f := range frames(t, r) {
		switch f[0] {
		case "meta":
			s.label(1)
		case "delta":
			var d struct{ Text string }
			mustParse(t, f[1], &d)
			s.Text += d.Text
		case "withheld":
			s.Notices++
		case "done", "body":
			var e envelope
			mustParse(t, f[1], &e)
			whole := e.seen()
			if whole.Code == "" && whole.Text != s.Text || whole.Notices != s.Notices {
				t.Errorf("the deltas make %q with %d notices, done says %+v", s.Text, s.Notices, whole)
			}
			s.Status, s.Code = whole.Status, whole.Code
		}
	}
	return s
}

// label counts labels; one after any content is late.
func (s *seen) label(n int) {
	if s.Text == "" && s.Notices == 0 {
		s.Labels += n
	} else {
		s.Late += n
	}
}

type news struct {
	Labels   *struct{ Explicit struct{ Text string } }
	Status   string
	Withheld []struct {
		Message     string
		AppealToken string `json:"appeal_token"`
	}
}

type chatChunk struct {
	Choices []struct {
		Message, Delta struct{ Content string }
		FinishReason   string `json:"finish_reason"`
	}
	News  news `json:"x_landfall"`
	Error *struct{ Code string }
}

// chatSeen takes label and notice out of the content again: both have to stand in it.
type chatSeen struct {
	seen
	t      *testing.T
	words  string
	notice string
}

func (c *chatSeen) take(k chatChunk) {
	if k.Error != nil {
		c.Code = k.Error.Code
		return
	}
	if k.News.Labels != nil {
		c.words = k.News.Labels.Explicit.Text
		c.label(1)
	}
	if k.News.Status != "" {
		c.Status = k.News.Status
	}
	for _, choice := range k.Choices {
		c.Text += choice.Message.Content + choice.Delta.Content
		if choice.FinishReason != "" {
			c.Ended = choice.FinishReason
		}
	}
	for _, n := range k.News.Withheld {
		c.Notices++
		c.notice = n.Message + " " + n.AppealToken
	}
}

func (c *chatSeen) end() seen {
	if c.notice != "" {
		text, ok := strings.CutSuffix(c.Text, c.notice)
		if !ok {
			c.t.Errorf("the content %q does not end with the notice %q", c.Text, c.notice)
		}
		c.Text = strings.TrimSuffix(text, "\n\n")
	}
	if c.Text != "" {
		text, ok := strings.CutPrefix(c.Text, c.words+"\n\n")
		if !ok || c.words == "" || strings.Contains(text, c.words) {
			c.t.Errorf("the content %q does not begin with the words %q, once", c.Text, c.words)
		}
		c.Text = text
	}
	return c.seen
}

func readChat(t *testing.T, r io.Reader) seen {
	t.Helper()
	c := chatSeen{t: t}
	var k chatChunk
	decodeAll(t, r, &k)
	c.take(k)
	return c.end()
}

func readChatStream(t *testing.T, r io.Reader) seen {
	t.Helper()
	c := chatSeen{t: t}
	marked := false
	for _, f := range frames(t, r) {
		if marked = f[1] == "[DONE]"; marked {
			continue
		}
		var k chatChunk
		mustParse(t, f[1], &k)
		c.take(k)
	}
	if marked != (c.Code == "") {
		t.Errorf("the mark of the end: %v, code %q", marked, c.Code)
	}
	return c.end()
}

func mustParse(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}
