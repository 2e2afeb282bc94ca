package feature_test

import (
	"strings"
	"testing"

	"landfall"
)

func TestTagsOneQuestionAType(t *testing.T) {
	m := &says{answers: []string{`{"label":"缺件"}`, `{"label":"缺件"}`, `{"label":"高兴"}`, `{"tags":["白鹭书架","蓝砖店","白鹭 书架"]}`}}
	a := request(t, "tag", `{"text":"白鹭书架少了两颗螺丝，店里当天补寄了。","taxonomy":["缺件","退款"],"want":["topic","intent","emotion","language","entity"]}`, landfall.Request{}, m)
	want := `{"tags":[{"type":"topic","value":"缺件"},{"type":"intent","value":"缺件"},{"type":"emotion","value":"高兴"},{"type":"entity","value":"白鹭书架"}],"language":{"code":"zh"}}`
	if have := string(landfall.AppendJSON(nil, a.output)); have != want || m.asked != 4 || len(a.warnings) > 0 {
		t.Errorf("%s %v, asked %d times, %v", have, a.err, m.asked, a.warnings)
	}
	for i, enum := range []string{`["缺件","退款"]`, `["缺件","退款"]`, `["高兴","感激"`} {
		if s := string(landfall.AppendJSON(nil, m.prompts[i].Schema)); !strings.Contains(s, `"enum":`+enum) {
			t.Errorf("question %d: schema %s", i, s)
		}
		messages := m.prompts[i].Messages()
		if last := messages[len(messages)-1].Content; !strings.Contains(last, "、") || !strings.Contains(last, strings.Trim(strings.Split(enum, ",")[0], `["`)) {
			t.Errorf("question %d does not name the labels: %s", i, last)
		}
	}
}

func TestTagsThatDoNotHold(t *testing.T) {
	for _, tt := range []struct {
		name, input string
		answers     []string
		want        string
	}{
		{"no label of the list", `"want":["intent"],"taxonomy":["缺件","退款"]`, []string{`{"label":"表扬"}`}, "output_contract_failed tags"},
		{"the language alone needs no model", `"want":["language"]`, []string{""}, `{"tags":[],"language":{"code":"zh"}}`},
		{"an open topic", `"want":["topic"]`, []string{`{"tags":["书架","书架","书架少了两颗螺丝"]}`}, `{"tags":[{"type":"topic","value":"书架"}],"language":{"code":"zh"}}`},
		{"no topic at all", `"want":["topic"]`, []string{`{"tags":["书架少了两颗螺丝"]}`}, "output_contract_failed tags"},
		{"no name is no fault", `"want":["entity"]`, []string{`{"tags":["海螺号"]}`}, `{"tags":[],"language":{"code":"zh"}}`},
		{"max", `"want":["topic"],"max":1`, []string{`{"tags":["书架","螺丝"]}`}, `{"tags":[{"type":"topic","value":"书架"}],"language":{"code":"zh"}}`},
		{"a number made up", `"want":["topic"]`, []string{`{"tags":["螺丝 88 颗"]}`}, "output_contract_failed numbers"},
		{"a taxonomy that closes nothing", `"want":["language"],"taxonomy":["缺件"]`, []string{""}, `{"tags":[],"language":{"code":"zh"}} taxonomy_ignored`},
	} {
		if have := answerOf(t, "tag", `{"text":"书架少了两颗螺丝",`+tt.input+`}`, tt.answers...); have != tt.want {
			t.Errorf("%s: %s", tt.name, have)
		}
	}
}

// No label describes a person by politics, health or sexuality: neither the model's
// nor the caller's.
func TestTagsProfileNobody(t *testing.T) {
	input := `{"text":"She told the group about her week.","want":["topic"]`
	if have := answerOf(t, "tag", input+`}`, `{"tags":["week","Sexual Orientation"]}`); have != `{"tags":[{"type":"topic","value":"week"}],"language":{"code":"en"}} profile_dropped` {
		t.Errorf("open: %s", have)
	}
	m := &says{answers: []string{`{"label":"leisure"}`}}
	a := request(t, "tag", input+`,"taxonomy":["leisure","health condition","政治倾向"]}`, landfall.Request{}, m)
	if s := string(landfall.AppendJSON(nil, m.prompts[0].Schema)); !strings.Contains(s, `"enum":["leisure"]`) || strings.Join(a.warnings, " ") != "profile_dropped" {
		t.Errorf("closed: the model was offered %s, warnings %v", s, a.warnings)
	}
	if have := answerOf(t, "tag", input+`,"taxonomy":["bisexual"]}`, `{"label":"bisexual"}`); have != `{"tags":[],"language":{"code":"en"}} profile_dropped` {
		t.Errorf("none left: %s", have)
	}
}

func TestTaxonomiesThatAreRefused(t *testing.T) {
	for _, tt := range []struct{ input, field string }{
		{`"taxonomy":["a","b","a"]`, "/input/taxonomy/2"},
		{`"taxonomy":["a"," "]`, "/input/taxonomy/1"},
		{`"taxonomy":["a\nb"]`, "/input/taxonomy/0"},
		{`"taxonomy":[]`, "/input/taxonomy"},
		{`"want":["score"]`, "/input/want/0"},
		{`"max":0`, "/input/max"},
	} {
		if have := answerOf(t, "tag", `{"text":"x",`+tt.input+`}`, ""); have != "input_invalid "+tt.field {
			t.Errorf("%s: %s", tt.input, have)
		}
	}
}
