package front_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall"
	"landfall/internal/safety"
)

// What the messages and parameters become: the request that the line gets.
func TestChatDecode(t *testing.T) {
	const hi = `{"role":"user","content":"Hi."}`
	for name, c := range map[string]struct {
		body     string // without the braces
		input    string
		warnings string
		check    func(t *testing.T, r landfall.Request)
	}{
		"one text": {`"model":"brief","messages":[` + hi + `]`, `{"text":"Hi."}`, "", func(t *testing.T, r landfall.Request) {
			if !r.Chat || r.Stream || r.Feature != "brief" || r.Processing != "partner_ok" || r.Unit != landfall.UTF16 || r.App.Market != "XA" {
				t.Errorf("%+v", r)
			}
		}},
		"parts": {`"model":"brief","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]`, `{"text":"a\nb"}`, "", nil},
		"the app's own words": {`"model":"brief","messages":[{"role":"system","content":"S"},` + hi + `,{"role":"developer","content":[{"type":"text","text":"D"}]}]`,
			`{"text":"Hi."}`, "", func(t *testing.T, r landfall.Request) {
				if r.Instructions != "S\n\nD" {
					t.Errorf("instructions %q", r.Instructions)
				}
			}},
		"the last text of the user": {`"model":"brief","messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},` + hi + `,{"role":"assistant","content":null,"refusal":null}]`,
			`{"text":"Hi."}`, "earlier_turns_ignored", nil},
		"a conversation": {`"model":"chat","messages":[{"role":"system","content":"S"},` + hi + `,{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":\"\\u0062\"}"}}]},{"role":"tool","tool_call_id":"c1","content":"ok"},{"role":"assistant","content":"Well."},` + hi + `]`,
			`{"messages":[{"role":"user","content":"Hi."},{"role":"assistant","content":"","tool_calls":[{"id":"c1","name":"f","arguments":{"a":"b"}}]},{"role":"tool","content":"ok","tool_call_id":"c1"},{"role":"assistant","content":"Well."},{"role":"user","content":"Hi."}]}`, "", nil},
		"tools": {`"model":"chat","messages":[` + hi + `],"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true}}],"tool_choice":{"type":"function","function":{"name":"f"}}`,
			`{"messages":[{"role":"user","content":"Hi."}],"tools":[{"name":"f","description":"d","parameters":{"type":"object"}}],"tool_choice":"f"}`, "", nil},
		"other inputs": {`"model":"brief","messages":[` + hi + `],"x_landfall":{"input":{"focus":"x"},"options":{"o":1},"locale":"en","processing":"device_only","consent":{"partner":"granted"},"deadline_ms":5,"idempotency_key":"k","offset_unit":"byte","guard_mode":"generate","output_language":"zh"}`,
			`{"focus":"x","text":"Hi."}`, "", func(t *testing.T, r landfall.Request) {
				if r.Locale != "en" || r.Processing != "device_only" || r.Consent != "granted" || r.Deadline == 0 || r.IdempotencyKey != "k" || r.Unit != landfall.Byte || r.OutputLanguage != "zh" || len(r.Options) != 1 {
					t.Errorf("%+v", r)
				}
			}},
		"a field of the chat's own": {`"model":"quote","messages":[` + hi + `],"x_landfall":{"input":{"passages":[{"text":"p"}]}}`,
			`{"passages":[{"text":"p"}],"question":"Hi."}`, "", nil},
		"limits": {`"model":"brief","messages":[` + hi + `],"max_tokens":7,"max_completion_tokens":7,"stop":["a","b"],"seed":3,"n":1,"user":"u-1","stream":true,"stream_options":{"include_usage":true}`,
			`{"text":"Hi."}`, "", func(t *testing.T, r landfall.Request) {
				if r.MaxTokens != 7 || len(r.Stop) != 2 || *r.Seed != 3 || r.User != "u-1" || !r.Stream {
					t.Errorf("%+v", r)
				}
			}},
		"one stop": {`"model":"brief","messages":[` + hi + `],"stop":"."`, `{"text":"Hi."}`, "", nil},
		"candidates": {`"model":"recast","messages":[` + hi + `],"n":3`, `{"text":"Hi.","n":3}`, "", func(t *testing.T, r landfall.Request) {
			if n, _ := r.Input.Get("n"); n != json.Number("3") { // as a feature reads it from a body
				t.Errorf("n is a %T", n)
			}
		}},
		"a schema": {`"model":"pick","messages":[` + hi + `],"response_format":{"type":"json_schema","json_schema":{"name":"r","description":"d","strict":true,"schema":{"type":"object"}}}`,
			`{"text":"Hi.","json_schema":{"type":"object"}}`, "", nil},
		"null is not set": {`"model":"brief","messages":[` + hi + `],"temperature":null,"stop":null,"n":null,"max_tokens":null,"tools":null,"response_format":null,"stream":null,"x_landfall":null`,
			`{"text":"Hi."}`, "", nil},
		"text is the form anyway": {`"model":"brief","messages":[` + hi + `],"response_format":{"type":"text"}`, `{"text":"Hi."}`, "", nil},
		"what the release decides": {`"model":"brief","messages":[` + hi + `],"temperature":0.5,"top_p":1,"presence_penalty":-2,"frequency_penalty":2,"store":false,"metadata":{"a":"b"},"service_tier":"auto","parallel_tool_calls":true,"prompt_cache_key":"k","safety_identifier":"s"`,
			`{"text":"Hi."}`, strings.TrimSpace(strings.Repeat("parameter_ignored ", 10)), nil},
		"a feature that is not there": {`"model":"nothing","messages":[` + hi + `]`, `{}`, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			l := &line{answer: fail}
			chat(handler(l, withModels(t)), "{"+c.body+"}")
			if l.got.Err != nil {
				t.Fatal(l.got.Err)
			}
			if diff := cmp.Diff(c.input, string(landfall.AppendJSON(nil, l.got.Input))); diff != "" {
				t.Error(diff)
			}
			var codes []string
			for _, w := range l.got.Warnings {
				codes = append(codes, w.Code)
			}
			if got := strings.Join(codes, " "); got != c.warnings {
				t.Errorf("warnings %q, want %q", got, c.warnings)
			}
			if c.check != nil {
				c.check(t, l.got)
			}
		})
	}
}

// Nothing that changes an answer is dropped in silence: what is not honoured and not
// ignored with a warning is refused, by its name and place.
func TestChatRefuses(t *testing.T) {
	const base = `"model":"brief","messages":[{"role":"user","content":"Hi."}]`
	msg := func(s string) string { return `"model":"brief","messages":[` + s + `]` }
	for body, param := range map[string]string{
		``:                                       "/model",
		`"model":"brief"`:                        "/messages",
		`"model":1,"messages":1`:                 "/model",
		`"model":"brief","messages":{}`:          "/messages",
		msg(``):                                  "/messages",
		msg(`1`):                                 "/messages/0",
		msg(`{"content":"x"}`):                   "/messages/0/role",
		msg(`{"role":"user"}`):                   "/messages/0/content",
		msg(`{"role":"function","content":"x"}`): "/messages/0/role",
		msg(`{"role":"user","content":1}`):       "/messages/0/content",
		msg(`{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:,"}}]}`):                             "/messages/0/content/0/type",
		msg(`{"role":"user","content":[{"type":"text"}]}`):                                                               "/messages/0/content/0/text",
		msg(`{"role":"user","content":"x","audio":{"id":"a"}}`):                                                          "/messages/0/audio",
		msg(`{"role":"user","content":"x"},{"role":"user","content":"x","tool_call_id":"c"}`):                            "/messages/1/tool_call_id",
		msg(`{"role":"tool","content":"x"}`):                                                                             "/messages/0/tool_call_id",
		msg(`{"role":"user","content":"x","tool_calls":[]}`):                                                             "/messages/0/tool_calls",
		msg(`{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"[1"}}]}`): "/messages/0/tool_calls/0/function/arguments",
		msg(`{"role":"assistant","content":"x"}`):                                                                        "/messages",
		base + `,"logit_bias":{}`:                                                                                        "/logit_bias",
		base + `,"logprobs":false`:                                                                                       "/logprobs",
		base + `,"audio":{}`:                                                                                             "/audio",
		base + `,"modalities":["text"]`:                                                                                  "/modalities",
		base + `,"functions":[]`:                                                                                         "/functions",
		base + `,"market":"XB"`:                                                                                          "/market",
		base + `,"temperature":2.1`:                                                                                      "/temperature",
		base + `,"temperature":"hot"`:                                                                                    "/temperature",
		base + `,"top_p":-1`:                                                                                             "/top_p",
		base + `,"store":1`:                                                                                              "/store",
		base + `,"service_tier":"gold"`:                                                                                  "/service_tier",
		base + `,"metadata":{"a":1}`:                                                                                     "/metadata/a",
		base + `,"max_tokens":0`:                                                                                         "/max_tokens",
		base + `,"max_tokens":1.5`:                                                                                       "/max_tokens",
		base + `,"max_tokens":2,"max_completion_tokens":3`:                                                               "/max_completion_tokens",
		base + `,"stop":["a","b","c","d","e"]`:                                                                           "/stop",
		base + `,"stop":[""]`:                                                                                            "/stop",
		base + `,"n":0`:                                                                                                  "/n",
		base + `,"n":4`:                                                                                                  "/n",
		base + `,"n":2`:                                                                                                  "/n",
		base + `,"tools":[]`:                                                                                             "/tools",
		base + `,"tool_choice":"auto"`:                                                                                   "/tool_choice",
		base + `,"tool_choice":"always"`:                                                                                 "/tool_choice",
		base + `,"stream":"yes"`:                                                                                         "/stream",
		base + `,"stream_options":{"include_usage":true}`:                                                                "/stream_options",
		base + `,"stream":true,"stream_options":{"x":1}`:                                                                 "/stream_options/x",
		base + `,"response_format":{"type":"json_object"}`:                                                               "/response_format/type",
		base + `,"response_format":{"type":"json_schema"}`:                                                               "/response_format/json_schema",
		base + `,"response_format":{"type":"json_schema","json_schema":{"schema":{}}}`:                                   "/response_format/json_schema/schema",
		base + `,"user":"` + strings.Repeat("x", 129) + `"`:                                                              "/user",
		base + `,"x_landfall":1`:                                                                                         "/x_landfall",
		base + `,"x_landfall":{"market":"XB"}`:                                                                           "/x_landfall/market",
		base + `,"x_landfall":{"seed":1}`:                                                                                "/x_landfall/seed",
		base + `,"x_landfall":{"input":{"text":"x"}}`:                                                                    "/x_landfall/input/text",
		base + `,"x_landfall":{"locale":1}`:                                                                              "/x_landfall/locale",
		`"model":"recast","messages":[{"role":"user","content":"x"}],"n":2,"x_landfall":{"input":{"n":3}}`:                         "/x_landfall/input/n",
		`"model":"chat","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","more":1}}]`: "/tools/0/function/more",
		`"model":"chat","messages":[{"role":"user","content":"x"}],"tools":[{"type":"web"}]`:                                       "/tools/0/type",
		`"model":"chat","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function"}]`:                                  "/tools/0/function",
	} {
		l := &line{answer: fail}
		w := chat(handler(l, withModels(t)), "{"+body+"}")
		e := member(object(t, w.Body.String()), "error")
		if w.Code != 400 || e.Text("param") != param || e.Text("code") != "input_invalid" || !strings.Contains(e.Text("message"), param) || l.calls != 1 {
			t.Errorf("%s\n%d %s\nwant param %s", body, w.Code, w.Body, param)
		}
	}
	for body, code := range map[string]string{
		`{` + base + `,"model":"brief"}`: "input_invalid",
		`{`:                              "input_invalid",
		`[]`:                             "input_invalid",
		`{"model":"digest","messages":[{"role":"user","content":"x"}]}`: "model_not_found",
	} {
		w := chat(handler(&line{answer: fail}, withModels(t)), body)
		if got := member(object(t, w.Body.String()), "error").Text("code"); got != code {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}

// The feature's own places are told as the caller wrote them.
func TestChatPlaces(t *testing.T) {
	for field, want := range map[string]string{
		"/input/messages/1/content": "/messages/2/content", "/input/messages": "/messages", "/input/tools/0/name": "/tools/0/function/name",
		"/input/web": "/x_landfall/input/web", "/options/web": "/x_landfall/options/web", "/locale": "/x_landfall/locale", "/seed": "/seed",
	} {
		l := &line{chunks: done(landfall.StatusError, landfall.Errorf(landfall.CodeInputInvalid, "%s: is wrong", field).With("field", field))}
		w := chat(handler(l, withModels(t)), `{"model":"chat","messages":[{"role":"user","content":"a"},{"role":"system","content":"s"},{"role":"user","content":"b"}],
			"tools":[{"type":"function","function":{"name":"f"}}],"x_landfall":{"locale":"en"}}`)
		e := member(object(t, w.Body.String()), "error")
		if e.Text("param") != want || e.Text("message") != want+": is wrong" {
			t.Errorf("%s: %s", field, w.Body)
		}
	}
}

// What of the input was withheld is told with its place in the messages: in the part
// that holds it, and without a span where it stands across several.
func TestChatPlacesOfNotices(t *testing.T) {
	const app, more = `{"role":"system","content":"ab"}`, `{"role":"developer","content":[{"type":"text","text":"😀c"},{"type":"text","text":"d"}]}`
	const asked = `{"role":"user","content":[{"type":"text","text":"x"},{"type":"text","text":"yz"}]}`
	for name, tt := range map[string]struct {
		model, messages, path string
		span                  *[2]int
		wantPath, wantSpan    string
	}{
		"the app's words":      {"brief", app + "," + asked, "/instructions", &[2]int{1, 2}, "/messages/0/content", "[1,2]"},
		"a later message":      {"brief", app + "," + asked + "," + more, "/instructions", &[2]int{6, 7}, "/messages/2/content/0/text", "[2,3]"},
		"its second part":      {"brief", app + "," + more + "," + asked, "/instructions", &[2]int{8, 9}, "/messages/1/content/1/text", "[0,1]"},
		"across two messages":  {"brief", app + "," + more + "," + asked, "/instructions", &[2]int{1, 7}, "/messages", "null"},
		"a part":               {"brief", asked, "/input/text", &[2]int{2, 4}, "/messages/0/content/1/text", "[0,2]"},
		"across two parts":     {"brief", asked, "/input/text", &[2]int{0, 3}, "/messages/0/content", "null"},
		"a part of a turn":     {"chat", app + "," + asked, "/input/messages/0/content", &[2]int{3, 4}, "/messages/1/content/1/text", "[1,2]"},
		"a text":               {"brief", `{"role":"user","content":"xyz"}`, "/input/text", &[2]int{2, 3}, "/messages/0/content", "[2,3]"},
		"no text of a message": {"brief", asked, "/locale", &[2]int{0, 1}, "/locale", "[0,1]"},
	} {
		notice := &landfall.Withheld{Path: tt.path, Span: tt.span, Stage: "input"}
		l := &line{chunks: []safety.Chunk{{Meta: &landfall.Meta{}}, {Withheld: notice}, {Done: &landfall.Done{Status: landfall.StatusHeld}}}}
		w := chat(handler(l, withModels(t)), `{"model":"`+tt.model+`","messages":[`+tt.messages+`]}`)
		list, _ := member(object(t, w.Body.String()), "x_landfall").Get("withheld")
		entries, _ := list.([]any)
		if len(entries) != 1 {
			t.Fatalf("%s: %s", name, w.Body)
		}
		entry := entries[0].(landfall.Object)
		span, _ := entry.Get("span")
		if got := string(landfall.AppendJSON(nil, span)); entry.Text("path") != tt.wantPath || got != tt.wantSpan {
			t.Errorf("%s: %s %s, want %s %s", name, entry.Text("path"), got, tt.wantPath, tt.wantSpan)
		}
	}
}

// Whatever comes: what is refused is told in OpenAI's error body, and a body that was
// taken has a feature and an input.
func FuzzDecodeChat(f *testing.F) {
	for _, s := range []string{
		`{"model":"chat","messages":[{"role":"user","content":[{"type":"text","text":"x"}]}],"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"none"}`,
		`{"model":"chat","messages":[{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":""}]}`,
		`{"model":"recast","messages":[{"role":"user","content":"x"}],"n":3,"stop":["a"],"max_tokens":1,"temperature":0,"x_landfall":{"input":{},"seed":1}}`,
		`{"model":"pick","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema","json_schema":{"schema":{}}}}`,
		`{"model":"brief","messages":[null]}`, "\xff", `null`, ``, `{"n":1e400}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		l := &line{answer: fail}
		w := chat(handler(l, withModels(t)), string(body))
		e := member(object(t, w.Body.String()), "error")
		switch {
		case l.got.Err != nil && (e.Text("code") == "" || e.Text("message") == ""):
			t.Fatalf("no error body: %s", w.Body)
		case l.got.Err == nil && (l.got.Input == nil || l.got.Feature == ""):
			t.Error("taken without an input or a feature")
		case l.got.Err != nil && l.got.Err.Code != landfall.CodeInputInvalid && l.got.Err.Code != landfall.CodeNotFound:
			t.Error(l.got.Err)
		}
	})
}
