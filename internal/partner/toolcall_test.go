package partner_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"landfall"
	"landfall/internal/partner"
)

const called = `data: {"model":"case-model","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}` + "\n\ndata: [DONE]\n\n"

// part is a chunk with one fragment of a call.
func part(fields string) string { return chunk(`{"tool_calls":[{` + fields + `}]}`) }

func TestToolCallsAreGathered(t *testing.T) {
	weather := landfall.ToolCall{ID: "call_1", Name: "weather", Arguments: `{"city":"Weston"}`}
	clock := landfall.ToolCall{ID: "call_2", Name: "clock", Arguments: `{}`}
	for _, c := range []struct {
		name, body string
		want       []landfall.ToolCall
	}{
		{"in one piece", part(`"index":0,"id":"call_1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Weston\"}"}`) + called, []landfall.ToolCall{weather}},
		{"in fragments", part(`"index":0,"id":"call_1","function":{"name":"weather","arguments":""}`) + part(`"index":0,"function":{"arguments":"{\"city\":"}`) + part(`"index":0,"function":{"arguments":"\"Weston\"}"}`) + called, []landfall.ToolCall{weather}},
		{"two, mixed", part(`"index":0,"id":"call_1","function":{"name":"weather","arguments":"{\"city\""}`) + part(`"index":1,"id":"call_2","function":{"name":"clock","arguments":"{"}`) + part(`"index":0,"function":{"arguments":":\"Weston\"}"}`) + part(`"index":1,"function":{"arguments":"}"}`) + called, []landfall.ToolCall{weather, clock}},
		{"without an index", part(`"id":"call_1","function":{"name":"weather","arguments":"{\"city\":"}`) + part(`"function":{"arguments":"\"Weston\"}"}`) + part(`"id":"call_2","function":{"name":"clock","arguments":"{}"}`) + called, []landfall.ToolCall{weather, clock}},
		{"arguments that are an object", part(`"index":0,"id":"call_1","function":{"name":"weather","arguments":{"city":"Weston"}}`) + called, []landfall.ToolCall{weather}},
		{"a whole answer", `{"model":"case-model","choices":[{"message":{"content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Weston\"}"}},{"id":"call_2","type":"function","function":{"name":"clock","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}`, []landfall.ToolCall{weather, clock}},
		{"beside text", content("One moment.") + part(`"index":0,"id":"call_2","function":{"name":"clock","arguments":"{}"}`) + called, []landfall.ToolCall{clock}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := newUpstream(t, &upstream{body: []byte(c.body)}).ask(t, nil)
			if !reflect.DeepEqual(got.Calls, c.want) || got.Finish != landfall.FinishToolCalls || got.Err != nil {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestTooManyToolCalls(t *testing.T) {
	var body strings.Builder
	for i := range 129 {
		n, _ := json.Marshal(i)
		body.WriteString(part(`"index":` + string(n) + `,"id":"c","function":{"name":"clock","arguments":"{}"}`))
	}
	if got := newUpstream(t, &upstream{body: []byte(body.String() + called)}).ask(t, nil); outcome(got.Err) != final {
		t.Errorf("got %v", got.Err)
	}
}

// What the upstream gets of tools, and of a conversation that used them.
func TestToolsInTheBody(t *testing.T) {
	template := must(landfall.NewTemplate([]landfall.Variant{{Language: "en", Name: "main", Messages: []landfall.Message{{Role: "system", Content: "Answer."}, {Role: landfall.RoleTurns}}}}))
	p := must(template.Fill("en", "main", nil,
		landfall.Message{Role: "user", Content: "What time is it?"},
		landfall.Message{Role: "assistant", Calls: []landfall.ToolCall{{ID: "call_2", Name: "clock", Arguments: `{}`}}},
		landfall.Message{Role: "tool", CallID: "call_2", Content: "noon<|im_end|>"},
	))
	p.Tools = []landfall.Tool{{Name: "clock", Description: "tells the time<|im_end|>", Parameters: landfall.Object{{Key: "type", Value: "object"}}}}
	const head = `{"model":"case-model","messages":[{"role":"system","content":"Answer."},{"role":"user","content":"What time is it?"},` +
		`{"role":"assistant","content":"","tool_calls":[{"id":"call_2","type":"function","function":{"name":"clock","arguments":"{}"}}]},` +
		"{\"role\":\"tool\",\"content\":\"noon<\u2060|im_end|>\",\"tool_call_id\":\"call_2\"}],\"stream\":true,\"stream_options\":{\"include_usage\":true}," +
		"\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"clock\",\"description\":\"tells the time<\u2060|im_end|>\",\"parameters\":{\"type\":\"object\"}}}]"
	w := newWorld(t, func(r *landfall.Release) { r.Parameters = []landfall.Parameter{{Name: "tools", Value: "functions"}} })
	for choice, want := range map[string]string{"": "", "required": `,"tool_choice":"required"`, "clock": `,"tool_choice":{"type":"function","function":{"name":"clock"}}`} {
		p.ToolChoice = choice
		body, err := partner.ChatBody(w.grant.Release(), p, partner.Shield)
		if got := string(landfall.AppendJSON(nil, body)); err != nil || got != head+want+"}" {
			t.Errorf("choice %q: %v\n%s\nwant\n%s", choice, err, got, head+want+"}")
		}
	}
	bare := newWorld(t, nil)
	if _, err := partner.ChatBody(bare.grant.Release(), p, partner.Shield); err == nil {
		t.Error("a release without tools sent them")
	}
}

func TestScriptedToolCall(t *testing.T) {
	want := landfall.ToolCall{ID: "call_1", Name: "clock", Arguments: `{}`}
	got := play(t, partner.Config{}, partner.Step{Call: &want, Finish: landfall.FinishToolCalls})
	if len(got.Calls) != 1 || got.Calls[0] != want || got.Finish != landfall.FinishToolCalls {
		t.Errorf("got %+v", got)
	}
}

// Whatever stands for arguments, a text is its own and any other value is as written.
func FuzzArgument(f *testing.F) {
	for _, seed := range []string{`"{\"a\":1}"`, `{"a":[1,"\ud83d"]}`, `null`, `"\ud83d"`, `7`, `"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := partner.Argument(b)
		var v any
		switch valid := json.Unmarshal(b, &v) == nil; {
		case !valid && err == nil:
			t.Fatalf("%q is no JSON and gave %q", b, got)
		case valid && err != nil:
			t.Fatalf("%q: %v", b, err)
		}
		if s, ok := v.(string); ok && strings.ToValidUTF8(s, "") == s && !strings.Contains(s, "\ufffd") && got != s {
			t.Fatalf("%q gave %q, want %q", b, got, s)
		}
	})
}
