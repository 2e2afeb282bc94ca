package feature_test

import (
	"runtime"
	"strings"
	"testing"

	"landfall"
	"landfall/internal/feature"
)

const (
	asked     = `{"role":"user","content":"Why is the kettle white inside?"}`
	answered  = `{"role":"assistant","content":"It is lime."}`
	clockTool = `{"name":"clock","description":"tells the time","parameters":{"type":"object","properties":{"place":{"type":"string"}},"required":["place"],"additionalProperties":false}}`
	callMade  = `{"role":"assistant","tool_calls":[{"id":"call_1","name":"clock","arguments":{"place":"here"}}]}`
	toolSaid  = `{"role":"tool","tool_call_id":"call_1","content":"noon"}`
)

// talk asks the shipped feature ask; tools says whether the release has them.
func talk(t testing.TB, input string, tools bool, m *says) told {
	t.Helper()
	f, err := feature.Compile(shipped(t, "ask"))
	if err != nil {
		t.Fatal(err)
	}
	rel := &landfall.Release{Feature: "ask", Model: landfall.Model{ID: "qwen2.5-coder-1.5b"}, Languages: []string{"zh", "en"}}
	if tools {
		rel.Parameters = []landfall.Parameter{{Name: "tools", Value: "functions"}}
	}
	return requestOf(t, f, input, landfall.Request{Instructions: "Be brief."}, rel, m)
}

func TestConversationsAreReadWithTheirPlaces(t *testing.T) {
	for _, tt := range []struct {
		name, input, field string
		tools              bool
	}{
		{"one question", `{"messages":[` + asked + `]}`, "", false},
		{"earlier turns", `{"messages":[` + asked + `,` + answered + `,{"role":"user","content":[{"type":"text","text":"And how"},{"type":"text","text":"do I clean it?"}]}]}`, "", false},
		{"a tool's result", `{"messages":[` + asked + `,` + callMade + `,` + toolSaid + `],"tools":[` + clockTool + `]}`, "", true},
		{"nobody said anything", `{"messages":[]}`, "/input/messages", false},
		{"one wrong type", `{"messages":[` + strings.Repeat(asked+`,`, 150) + `{"role":"user","content":7}]}`, "/input/messages/150/content", false},
		{"an image", `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]}`, "/input/messages/0/content/0/type", false},
		{"search", `{"messages":[` + asked + `],"web":"on"}`, "/input/web", false},
		{"thought", `{"messages":[` + asked + `],"depth":"deep"}`, "/input/depth", false},
		{"memory", `{"messages":[` + asked + `],"memory_refs":["m1"]}`, "/input/memory_refs", false},
		{"tools the release does not have", `{"messages":[` + asked + `],"tools":[` + clockTool + `]}`, "/input/tools", false},
		{"another role", `{"messages":[{"role":"system","content":"Obey."}]}`, "/input/messages/0/role", false},
		{"nothing to answer", `{"messages":[` + asked + `,` + answered + `]}`, "/input/messages/1/role", false},
		{"no text", `{"messages":[{"role":"user","content":" "}]}`, "/input/messages/0/content", false},
		{"a result for no call", `{"messages":[` + asked + `,` + toolSaid + `]}`, "/input/messages/1/tool_call_id", false},
		{"a result given twice", `{"messages":[` + asked + `,` + callMade + `,` + toolSaid + `,` + toolSaid + `]}`, "/input/messages/3/tool_call_id", false},
		{"a call without a result", `{"messages":[` + asked + `,` + callMade + `,` + asked + `]}`, "/input/messages/2", false},
		{"a user's call", `{"messages":[{"role":"user","content":"x y","tool_calls":[{"id":"c","name":"clock","arguments":{}}]}]}`, "/input/messages/0/tool_calls", false},
		{"a user's answer to a call", `{"messages":[{"role":"user","content":"x y","tool_call_id":"c"}]}`, "/input/messages/0/tool_call_id", false},
		{"a tool twice", `{"messages":[` + asked + `],"tools":[` + clockTool + `,` + clockTool + `]}`, "/input/tools/1/name", true},
		{"a tool's schema", `{"messages":[` + asked + `],"tools":[{"name":"x","parameters":{"type":"object","properties":{"a":{"$ref":"https://elsewhere"}}}}]}`, "/input/tools/0/parameters/properties/a/$ref", true},
		{"a choice that is none", `{"messages":[` + asked + `],"tools":[` + clockTool + `],"tool_choice":"hammer"}`, "/input/tool_choice", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := talk(t, tt.input, tt.tools, &says{answers: []string{"Vinegar helps."}})
			field, _ := param(a.err, "field")
			if tt.field == "" && a.err == nil {
				return
			}
			if field != tt.field {
				t.Errorf("field %v, want %s: %v", field, tt.field, a.err)
			}
		})
	}
}

func TestTurnsReachTheModelAsTheyWere(t *testing.T) {
	m := &says{answers: []string{"Warm vinegar removes it."}, n: 3}
	a := talk(t, `{"messages":[`+asked+`,`+answered+`,{"role":"user","content":[{"type":"text","text":"How do I clean it?"}]}]}`, false, m)
	if a.err != nil || a.lanes["/answer"] != "Warm vinegar removes it." {
		t.Fatalf("%+v", a)
	}
	have := m.prompts[0].Messages()
	if len(have) != 4 || have[0].Role != "system" || have[1].Content != "Why is the kettle white inside?" || have[2].Role != "assistant" || have[3].Content != "How do I clean it?" {
		t.Errorf("%+v", have)
	}
	if !strings.HasSuffix(have[0].Content, "A remark of the app, for reference: Be brief.") {
		t.Errorf("the app's words have no place: %q", have[0].Content)
	}
	if field(a.output, "citations") != "[]" || field(a.output, "follow_ups") != "[]" || field(a.output, "tool_calls") != "[]" || field(a.output, "abstained") != "false" {
		t.Errorf("%s", landfall.AppendJSON(nil, a.output))
	}
}

func TestLanguageIsTheLastQuestions(t *testing.T) {
	m := &says{answers: []string{"水垢用白醋泡一会儿就掉了。"}}
	a := talk(t, `{"messages":[`+asked+`,`+answered+`,{"role":"user","content":"怎么洗？"}]}`, false, m)
	if a.err != nil || !strings.Contains(m.prompts[0].Messages()[0].Content, "用中文回答") {
		t.Errorf("%v %+v", a.err, m.prompts)
	}
}

func TestAbstaining(t *testing.T) {
	for answer, want := range map[string]string{
		"I don't know.":                       "true",
		"I'm not sure about that one. Maybe.": "true",
		"It is lime. I do not know why.":      "false",
	} {
		if a := talk(t, `{"messages":[`+asked+`]}`, false, &says{answers: []string{answer}}); field(a.output, "abstained") != want {
			t.Errorf("%q: %v, want %s", answer, field(a.output, "abstained"), want)
		}
	}
}

func TestToolCallsAreDecodedAndChecked(t *testing.T) {
	input := `{"messages":[` + asked + `],"tools":[` + clockTool + `],"tool_choice":"CHOICE"}`
	for _, tt := range []struct {
		name, choice, want string
		calls              []landfall.ToolCall
		asked              int
	}{
		{"fits", "auto", `[{"id":"call_9","name":"clock","arguments":{"place":"héré"}}]`, []landfall.ToolCall{{ID: "call_9", Name: "clock", Arguments: `{"place":"h\u00e9r\u00e9"}`}}, 1},
		{"without an id", "clock", `[{"id":"call_1","name":"clock","arguments":{"place":"x"}}]`, []landfall.ToolCall{{Name: "clock", Arguments: `{"place":"x"}`}}, 1},
		{"an unknown tool", "auto", "", []landfall.ToolCall{{Name: "hammer", Arguments: `{}`}}, 2},
		{"no JSON", "auto", "", []landfall.ToolCall{{Name: "clock", Arguments: `{"place":`}}, 2},
		{"not the schema", "auto", "", []landfall.ToolCall{{Name: "clock", Arguments: `{"place":1}`}}, 2},
		{"a list", "auto", "", []landfall.ToolCall{{Name: "clock", Arguments: `[]`}}, 2},
		{"although none were wanted", "none", "", []landfall.ToolCall{{Name: "clock", Arguments: `{"place":"x"}`}}, 2},
		{"none although one was required", "required", "", nil, 2},
	} {
		m := &says{answers: []string{""}, calls: tt.calls, finish: landfall.FinishToolCalls}
		a := talk(t, strings.Replace(input, "CHOICE", tt.choice, 1), true, m)
		if m.asked != tt.asked {
			t.Errorf("%s: asked %d times, want %d", tt.name, m.asked, tt.asked)
		}
		if check, _ := param(a.err, "check"); tt.want == "" {
			if check != "tool_calls" {
				t.Errorf("%s: %v", tt.name, a.err)
			}
			continue
		}
		if a.err != nil || field(a.output, "tool_calls") != tt.want || a.finish != landfall.FinishToolCalls || len(m.prompts[0].Tools) != 1 || m.prompts[0].ToolChoice != tt.choice {
			t.Errorf("%s: %v %s %s", tt.name, a.err, field(a.output, "tool_calls"), a.finish)
		}
	}
}

// A long key above many values costs what the request is long, not the square of it.
func TestReadingCostsWhatARequestIsLong(t *testing.T) {
	const n = 8000
	arguments := `{"` + strings.Repeat("k", n) + `":[` + strings.Repeat("1,", n) + `1]}`
	input, _ := landfall.ParseJSON([]byte(`{"messages":[` + asked + `,{"role":"assistant","tool_calls":[{"id":"c","name":"f","arguments":` + arguments + `}]}]}`))
	f, err := feature.Compile(shipped(t, "ask"))
	if err != nil {
		t.Fatal(err)
	}
	rel := &landfall.Release{Feature: "ask", Model: landfall.Model{ID: "qwen2.5-coder-1.5b"}, Languages: []string{"zh", "en"}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _ = f.Admit(landfall.Request{Input: input.(landfall.Object)}, rel, "zh")
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > n*n/4 {
		t.Errorf("%d bytes for a request of %d", used, len(arguments))
	}
}

// What a model reads of a conversation counts, whoever wrote it.
func TestArgumentsCountAgainstTheLimit(t *testing.T) {
	long := `{"role":"assistant","tool_calls":[{"id":"call_1","name":"clock","arguments":{"place":"` + strings.Repeat("x", 12000) + `"}}]}`
	a := talk(t, `{"messages":[`+asked+`,`+long+`,`+toolSaid+`]}`, true, &says{answers: []string{"Noon."}})
	if limit, _ := param(a.err, "limit"); limit != 12000 {
		t.Errorf("limit %v: %v", limit, a.err)
	}
}

func TestAMessageListsTheFirstProblems(t *testing.T) {
	a := talk(t, `{"messages":[`+strings.TrimSuffix(strings.Repeat(`{"role":"nobody"},`, 200), ",")+`]}`, false, &says{})
	if a.err == nil || !strings.HasSuffix(a.err.Message, "; and 190 more") || strings.Count(a.err.Message, "/input/messages/") != 10 {
		t.Errorf("%v", a.err)
	}
}
