package front_test

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"landfall"
	"landfall/api"
	"landfall/internal/feature"
	"landfall/internal/front"
	"landfall/internal/safety"
)

var update = flag.Bool("update", false, "write the golden wires anew")

// definitions are features as the chat form must know them: one text, several
// candidates, a conversation, a record, and one that is no model.
func definitions(t testing.TB) map[string]feature.Definition {
	input := func(s string) landfall.Object { return object(t, `{"type":"object","properties":`+s+`}`) }
	return map[string]feature.Definition{
		"brief":  {ID: "brief", Main: "text", Stream: "delta", Lane: "/text", Input: input(`{"text":{"type":"string"},"focus":{"type":"string"}}`)},
		"recast": {ID: "recast", Main: "text", Stream: "delta", Lane: "/candidates/0/text", Input: input(`{"text":{"type":"string"},"n":{"type":"integer"}}`)},
		"chat": {ID: "chat", Main: "messages", Stream: "delta", Lane: "/answer", Input: input(
			`{"messages":{"type":"array","items":{"type":"object","properties":{"role":{},"content":{}}}},"tools":{"type":"array"},"tool_choice":{}}`)},
		"pick": {ID: "pick", Main: "text", Stream: "snapshot", Input: input(`{"text":{"type":"string"},"json_schema":{"type":"object"}}`)},
		"quote": {ID: "quote", Main: "passages", Chat: "question", Stream: "delta", Lane: "/answer", Input: input(
			`{"question":{"type":"string"},"passages":{"type":"array","items":{"type":"object","properties":{"text":{}}}}}`)},
		"digest": {ID: "digest", Main: "items", Stream: "no", Input: input(`{"items":{"type":"array","items":{"type":"object","properties":{"id":{}}}}}`)},
	}
}

func withModels(t testing.TB) func(*front.Config) {
	all := definitions(t)
	return func(c *front.Config) {
		c.Rehearsal = true
		c.Definition = func(_ landfall.App, id string) (feature.Definition, bool) {
			d, ok := all[id]
			return d, ok
		}
		c.Availability = func(landfall.Request) (a api.Availability) {
			for _, id := range []string{"brief", "chat", "digest", "quote", "recast"} {
				a.Features = append(a.Features, api.Feature{ID: id, OfferUI: id != "recast"})
			}
			return a
		}
	}
}

// chat posts a body to the chat route.
func chat(h http.Handler, body string, headers ...string) *httptest.ResponseRecorder {
	return ask(h, http.MethodPost, "/v1/chat/completions", body, headers...)
}

func ask(h http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer good")
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// onText makes the market demand the words of the label on the text.
func onText(chunks []safety.Chunk) []safety.Chunk {
	for _, c := range chunks {
		if c.Meta != nil {
			c.Meta.Labels.Explicit.InText = true
		}
	}
	return chunks
}

// finished sets why the answer ended.
func finished(f landfall.Finish, chunks []safety.Chunk) []safety.Chunk {
	chunks[len(chunks)-1].Done.Finish = f
	return chunks
}

// The wire of the chat form, byte for byte: for each rule of what such a front may
// emit, a scripted answer in both forms.
func TestChatGolden(t *testing.T) {
	fault := landfall.Errorf(landfall.CodePartnerError, "the model server broke off").With("retriable", true)
	whole3 := whole(t, `{"text":"","passes":1}`)
	for name, c := range map[string]struct {
		model  string
		more   string // members of the body
		chunks []safety.Chunk
	}{
		// labels and warnings stand on the first chunk, before any text
		"served":  {"brief", "", answer(t, landfall.Complete, nil, remark("early"), say("/text", "One, "), say("/text", "二<&\u2028\"。"), remark("late"), whole3)},
		"label":   {"brief", "", onText(answer(t, landfall.Complete, nil, say("/text", "One."), whole3))},
		"usage":   {"brief", `"stream_options":{"include_usage":true,"include_obfuscation":true}`, answer(t, landfall.Complete, nil, say("/text", "One."), whole3)},
		"length":  {"brief", `"max_tokens":1`, finished(landfall.FinishLength, answer(t, landfall.Complete, nil, say("/text", "One"), whole3))},
		"choices": {"recast", `"n":2`, onText(answer(t, landfall.Complete, nil, whole(t, `{"candidates":[{"text":"One."},{"text":"Two."}],"changed":true}`)))},
		"held":    {"chat", "", answer(t, landfall.Complete, nil, whole(t, `{"answer":"All at once.","tool_calls":[]}`))},
		// a record has no words of the label inside
		"json": {"pick", "", onText(answer(t, landfall.Complete, nil, whole(t, `{"data":{"n":1.50},"missing":[]}`)))},
		"record": {"pick", `"response_format":{"type":"json_schema","json_schema":{"name":"r","strict":true,"schema":{"type":"object"}}}`,
			answer(t, landfall.Complete, nil, whole(t, `{"data":{"n":1.50},"missing":[]}`))},
		"tools": {"chat", "", finished(landfall.FinishToolCalls, onText(answer(t, landfall.Complete, nil,
			whole(t, `{"answer":"","tool_calls":[{"id":"c1","name":"weather","arguments":{"city":"x\"y"}},{"id":"c2","name":"time","arguments":{}}]}`))))},
		// a notice is content, and content_filter the sign to rely on
		"withheld-whole": {"brief", "", onText(answer(t, landfall.StatusHeld, nil, whole(t, `{"text":"碎月令"}`)))},
		"withheld-after": {"brief", `"stream_options":{"include_usage":true}`, onText(answer(t, landfall.StatusHeld, nil, say("/text", "One, 碎月"), say("/text", "令 three."), whole3))},
		// a refusal is content too: few clients keep delta.refusal
		"refused": {"chat", "", done(landfall.Refused, landfall.Errorf(landfall.CodeModelRefusal, "the model declined to answer"))},
		// faults: a status before anything was written, a plain data line later
		"fault-before": {"brief", "", done(landfall.StatusError, fault)},
		"fault-after":  {"brief", "", answer(t, landfall.StatusError, fault, say("/text", "One, "))},
		"consent":      {"brief", "", done(landfall.NeedsConsent, landfall.Errorf(landfall.CodeNeedsConsent, "the user must agree"))},
		"unavailable": {"brief", "", done(landfall.StatusError, &landfall.Error{Code: landfall.CodeUnavailable, Message: "x",
			Reasons: []landfall.Reason{landfall.NewReason(landfall.ReasonNotReady, "it starts"), landfall.NewReason(landfall.ReasonPartnerDown, "it is down")}})},
		"overloaded": {"brief", "", done(landfall.StatusError, landfall.Errorf(landfall.CodeOverloaded, "full").With("retry_after_ms", 1500))},
		"no-model":   {"brief", "", done(landfall.StatusError, landfall.Errorf(landfall.CodeNotFound, "no feature").With("field", "/feature"))},
		"too-long": {"brief", "", done(landfall.StatusError, landfall.Errorf(landfall.CodeInputInvalid, "/input/text: want at most 3 characters").
			With("field", "/input/text").With("limit", 3).With("count", 4))},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := handler(&line{chunks: c.chunks}, withModels(t))
				body := `{"model":"` + c.model + `","messages":[{"role":"user","content":"Hi."}]`
				if c.more != "" && !strings.HasPrefix(c.more, `"stream_`) {
					body += "," + c.more
				}
				got := wire(chat(h, body+"}"))
				if c.more != "" && strings.HasPrefix(c.more, `"stream_`) {
					body += "," + c.more
				}
				goldenWire(t, name, got+"\n"+wire(chat(h, body+`,"stream":true}`)))
			})
		})
	}
}

func wire(w *httptest.ResponseRecorder) string {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP %d\n", w.Code)
	for _, name := range []string{"Content-Type", "Retry-After", "X-Request-Id"} {
		if v := w.Header().Get(name); v != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, v)
		}
	}
	return b.String() + "\n" + w.Body.String()
}

func goldenWire(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "chat", name+".http")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: %s", file, diff)
	}
}

// What no client may meet, whatever the answer: comments, named events, a null error
// key, a stream that ends without a finish or an error.
func TestChatEmitsOnlyWhatClientsRead(t *testing.T) {
	files, err := filepath.Glob("testdata/chat/*.http")
	if err != nil || len(files) < 15 {
		t.Fatal(err, files)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, stream, ok := strings.Cut(string(b), "text/event-stream")
		if !ok {
			continue
		}
		_, stream, _ = strings.Cut(stream, "\n\n")
		lines := strings.Split(strings.TrimSuffix(stream, "\n\n"), "\n\n")
		for i, l := range lines {
			data, ok := strings.CutPrefix(l, "data: ")
			last := i == len(lines)-1
			switch {
			case !ok || strings.Contains(l, "\n"):
				t.Errorf("%s: not one data line: %q", file, l)
			case strings.Contains(data, `"error"`) && !(last && strings.HasPrefix(data, `{"error":{"message":`)):
				t.Errorf("%s: error is no first key of the last line: %s", file, data)
			case strings.HasPrefix(data, `{"error":{`):
			case last && (data != "[DONE]" || !strings.Contains(stream, `"finish_reason":"`)):
				t.Errorf("%s: neither a finish and [DONE] nor an error ends it: %s", file, data)
			}
		}
	}
}

// Both forms say the same text, in pieces of any size.
func TestChatFormsSayTheSame(t *testing.T) {
	const text = "One, two. 三\"\\\n四。"
	for n := 1; n <= len([]rune(text)); n++ {
		var drafts []landfall.Draft
		for piece := range slices.Chunk([]rune(text), n) {
			drafts = append(drafts, say("/text", string(piece)))
		}
		h := handler(&line{chunks: onText(answer(t, landfall.Complete, nil, append(drafts, whole(t, `{"text":""}`))...))}, withModels(t))
		const body = `{"model":"brief","messages":[{"role":"user","content":"Hi."}]`
		unary := contentOf(t, chat(h, body+"}").Body.String(), "message")
		streamed := ""
		for l := range strings.SplitSeq(chat(h, body+`,"stream":true}`).Body.String(), "\n\n") {
			if data := strings.TrimPrefix(l, "data: "); strings.HasPrefix(data, "{") {
				streamed += contentOf(t, data, "delta")
			}
		}
		if unary != "AI\n\n"+text || streamed != unary {
			t.Errorf("in pieces of %d: %q, streamed %q", n, unary, streamed)
		}
	}
}

func contentOf(t *testing.T, body, key string) string {
	t.Helper()
	choices, _ := object(t, body).Get("choices")
	message, _ := choices.([]any)[0].(landfall.Object).Get(key)
	return message.(landfall.Object).Text("content")
}

// An app that shows the words itself does not get them in the text.
func TestChatLeavesTheLabelToTheApp(t *testing.T) {
	l := &line{chunks: onText(answer(t, landfall.Complete, nil, say("/text", "One."), whole(t, `{"text":""}`)))}
	h := handler(l, withModels(t), func(c *front.Config) {
		c.App = func(string) (landfall.App, bool) { return landfall.App{ID: "a", Market: "XA", ShowsLabels: true}, true }
	})
	w := chat(h, `{"model":"brief","messages":[{"role":"user","content":"Hi."}]}`)
	if got := contentOf(t, w.Body.String(), "message"); got != "One." {
		t.Errorf("the text is %q", got)
	}
	if !strings.Contains(w.Body.String(), `"explicit":{"text":"AI"`) {
		t.Errorf("the label is not in x_landfall: %s", w.Body)
	}
}

// Silence is broken by a chunk that says nothing; a fault after that is a data line.
func TestChatKeepsAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := meta(t)
		beat := safety.Chunk{Beat: 6 * time.Second}
		l := &line{pace: 6 * time.Second, chunks: append([]safety.Chunk{{Meta: &m}, beat, beat, beat, beat, beat},
			done(landfall.StatusError, landfall.Errorf(landfall.CodeTimeout, "late").With("stage", "answer"))...)}
		w := chat(handler(l, withModels(t)), `{"model":"brief","messages":[{"role":"user","content":"Hi."}],"stream":true}`)
		goldenWire(t, "keep-alive", wire(w))
	})
}

// Errors on the way to the line have OpenAI's form on its routes, and on no other.
func TestChatErrors(t *testing.T) {
	h := handler(&line{answer: fail}, withModels(t))
	for _, c := range []struct {
		method, path, key string
		status            int
		code              string
	}{
		{"POST", "/v1/chat/completions", "bad", 401, "invalid_api_key"},
		{"GET", "/v1/models", "bad", 401, "invalid_api_key"},
		{"GET", "/v1/models/nothing", "good", 404, "model_not_found"},
		{"GET", "/v1/models/digest", "good", 404, "model_not_found"},
		{"GET", "/v1/models/recast", "good", 404, "model_not_found"},
		{"GET", "/v1/chat/completions", "good", 404, "not_found"},
		{"POST", "/v1/chat/other", "good", 404, "not_found"},
	} {
		w := ask(h, c.method, c.path, "", "Authorization: Bearer "+c.key)
		e := member(object(t, w.Body.String()), "error")
		if w.Code != c.status || e.Text("code") != c.code || e.Text("message") == "" || e.Text("type") == "" {
			t.Errorf("%s %s: %d %s", c.method, c.path, w.Code, w.Body)
		}
	}
	if w := ask(h, "GET", "/v1/else", ""); !strings.Contains(w.Body.String(), `"status":"error"`) {
		t.Errorf("elsewhere: %s", w.Body)
	}
}

func member(o landfall.Object, key string) landfall.Object {
	v, _ := o.Get(key)
	inner, _ := v.(landfall.Object)
	return inner
}

// A model is a feature that is offered now and works on one text or a conversation.
func TestModels(t *testing.T) {
	h := handler(&line{}, withModels(t))
	list, _ := object(t, ask(h, "GET", "/v1/models", "").Body.String()).Get("data")
	var ids []string
	for _, m := range list.([]any) {
		ids = append(ids, m.(landfall.Object).Text("id"))
	}
	if got := strings.Join(ids, " "); got != "brief chat quote" {
		t.Errorf("models: %s", got)
	}
	if w := ask(h, "GET", "/v1/models/chat", ""); w.Code != 200 || object(t, w.Body.String()).Text("object") != "model" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
