package feature_test

import (
	"strings"
	"testing"

	"landfall"
)

// answerOf is the output of a shipped feature as JSON text, or the error's check.
func answerOf(t *testing.T, id, input string, answers ...string) string {
	t.Helper()
	a := request(t, id, input, landfall.Request{}, &says{answers: answers})
	if a.err != nil {
		check, _ := a.err.Params.Get("check")
		field, _ := a.err.Params.Get("field")
		return strings.TrimSpace(string(a.err.Code) + " " + str(check) + str(field))
	}
	return string(landfall.AppendJSON(nil, a.output)) + strings.Join(append([]string{""}, a.warnings...), " ")
}

func str(v any) string { s, _ := v.(string); return s }

const balcony = `"text":"薄荷每天浇水，仙人掌两周浇一次。肥料放在蓝色柜子里。"`

func TestEntriesOfAText(t *testing.T) {
	for _, tt := range []struct{ name, input, answer, want string }{
		{"bullets, and what is in none of them", `{"target":"bullets",` + balcony + `}`,
			`{"items":["- 薄荷每天浇水"," 仙人掌两周浇一次 ",""]}`,
			`{"items":[{"text":"薄荷每天浇水","level":1},{"text":"仙人掌两周浇一次","level":1}],"leftover":"肥料放在蓝色柜子里。"}`},
		{"an outline has two levels", `{"target":"outline",` + balcony + `}`,
			`{"sections":[{"title":"浇水","points":["薄荷每天浇水","仙人掌两周一次"]},{"title":"肥料放在柜子里","points":[]}]}`,
			`{"items":[{"text":"浇水","level":1},{"text":"薄荷每天浇水","level":2},{"text":"仙人掌两周一次","level":2},{"text":"肥料放在柜子里","level":1}]}`},
		{"a timeline", `{"target":"timeline","text":"The kiln is lit at nine. At noon we glaze the bowls."}`,
			`{"events":[{"when":"nine","what":"the kiln is lit"},{"when":"noon","what":"glaze the bowls"}]}`,
			`{"items":[{"text":"nine: the kiln is lit","level":1},{"text":"noon: glaze the bowls","level":1}]}`},
		{"a checklist knows what is done", `{"target":"checklist","text":"Wipe the tables. The chairs have been set up. Call the baker."}`,
			`{"items":["wipe the tables","set up the chairs","call the baker"]}`,
			`{"items":[{"text":"wipe the tables","level":1,"checked":false},{"text":"set up the chairs","level":1,"checked":true},{"text":"call the baker","level":1,"checked":false}]}`},
	} {
		if have := answerOf(t, "structure", tt.input, tt.answer); have != tt.want {
			t.Errorf("%s: %s", tt.name, have)
		}
	}
}

func TestAnEntryThatTheTextLacksIsAskedForAgain(t *testing.T) {
	for _, tt := range []struct{ name, answer, check string }{
		{"no entry", `{"items":[]}`, "items"},
		{"twice the same", `{"items":["薄荷每天浇水","薄荷每天浇水。"]}`, "items"},
		{"the whole text", `{"items":["薄荷每天浇水，仙人掌两周浇一次。肥料放在蓝色柜子里。"]}`, "items"},
		{"made up", `{"items":["薄荷每天浇水","玫瑰需要修剪枝条"]}`, "items_grounded"},
		{"a number made up", `{"items":["薄荷每天浇水","仙人掌16周浇一次"]}`, "numbers"},
		{"an example of the prompt", `{"items":["小陈借了两辆推车浇水仙人掌柜子"]}`, "items_grounded"},
		{"talk", `I cannot do that.`, "schema"},
	} {
		good := `{"items":["薄荷每天浇水","仙人掌两周浇一次"]}`
		m := &says{answers: []string{tt.answer, good}}
		a := request(t, "structure", `{"target":"bullets",`+balcony+`}`, landfall.Request{}, m)
		if a.err != nil || m.asked != 2 || m.prompts[1].Repair != 1 || len(a.holds) != 1 || len(a.outputs) != 1 {
			t.Errorf("%s: asked %d times, %v", tt.name, m.asked, a.err)
		}
		if have := answerOf(t, "structure", `{"target":"bullets",`+balcony+`}`, tt.answer); have != "output_contract_failed "+tt.check {
			t.Errorf("%s: %s, want the check %s", tt.name, have, tt.check)
		}
	}
}

const team = `"text":"小高打后卫，穿 7 号；阿良打前锋，穿十一号；大船守门。"`

func TestATableHasTheCallersColumnsAndTheTextsWords(t *testing.T) {
	m := &says{answers: []string{`{"rows":[{"队员":"小高","号 码":"7号"},{"队员":"阿良","号 码":"11"},{"队员":"大船","号 码":null},{"队员":null,"号 码":"null"}]}`}}
	a := request(t, "structure", `{"target":"table","columns":["队员","号 码"],`+team+`}`, landfall.Request{}, m)
	want := `{"table":{"columns":["队员","号 码"],"rows":[["小高","7 号"],["阿良","十一"],["大船",""]]}}`
	if a.err != nil || string(landfall.AppendJSON(nil, a.output)) != want {
		t.Errorf("%s %v", landfall.AppendJSON(nil, a.output), a.err)
	}
	if p := m.prompts[0].Messages(); !strings.Contains(p[len(p)-1].Content, `["队员","号 码"]`) || !strings.Contains(string(landfall.AppendJSON(nil, m.prompts[0].Schema)), `"号 码"`) {
		t.Errorf("the model was not given the columns: %v", m.prompts[0].Schema)
	}
}

func TestTablesThatDoNotHold(t *testing.T) {
	columns := `"columns":["队员","位置"],`
	for _, tt := range []struct {
		name, input string
		answers     []string
		want        string
	}{
		{"a cell that the text lacks", columns, []string{`{"rows":[{"队员":"小高","位置":"中场"}]}`}, "output_contract_failed cells"},
		{"code in a cell", columns, []string{`{"rows":[{"队员":"print(x)","位置":"后卫"}]}`}, "output_contract_failed cells"},
		{"nothing", columns, []string{`{"rows":[{"队员":"","位置":null}]}`}, "output_contract_failed table"},
		{"more rows than asked for", columns + `"max_rows":1,`, []string{`{"rows":[{"队员":"小高","位置":"后卫"},{"队员":"阿良","位置":"前锋"}]}`},
			`{"table":{"columns":["队员","位置"],"rows":[["小高","后卫"]]}} more_rows`},
		{"columns of the model", ``, []string{`{"columns":["队员","位置"]}`, `{"rows":[{"队员":"小高","位置":"后卫"}]}`},
			`{"table":{"columns":["队员","位置"],"rows":[["小高","后卫"]]}}`},
		{"a column of the model without a cell", ``, []string{`{"columns":["队员","教练"]}`, `{"rows":[{"队员":"小高","教练":"无"},{"队员":"阿良","教练":null}]}`},
			`{"table":{"columns":["队员"],"rows":[["小高"],["阿良"]]}}`},
		{"columns twice the same", ``, []string{`{"columns":["队员","队员"]}`, `{"columns":["队员","位置"]}`, `{"rows":[{"队员":"大船","位置":"守门"}]}`},
			`{"table":{"columns":["队员","位置"],"rows":[["大船","守门"]]}}`},
		{"one column", ``, []string{`{"columns":["队员"]}`}, "output_contract_failed columns"},
	} {
		if have := answerOf(t, "structure", `{"target":"table",`+tt.input+team+`}`, tt.answers...); have != tt.want {
			t.Errorf("%s: %s", tt.name, have)
		}
	}
}

func TestOptionsOfAListThatExcludeEachOther(t *testing.T) {
	for _, tt := range []struct{ input, field string }{
		{`{"target":"bullets","columns":["a"],"text":"x"}`, "/input/columns"},
		{`{"target":"outline","max_rows":3,"text":"x"}`, "/input/max_rows"},
		{`{"target":"table","columns":["a","b","a"],"text":"x"}`, "/input/columns/2"},
		{`{"target":"table","columns":["a"," "],"text":"x"}`, "/input/columns/1"},
		{`{"target":"table","columns":["a\nb"],"text":"x"}`, "/input/columns/0"},
		{`{"target":"table","max_rows":0,"text":"x"}`, "/input/max_rows"},
		{`{"target":"chart","text":"x"}`, "/input/target"},
	} {
		if have := answerOf(t, "structure", tt.input, ""); have != "input_invalid "+tt.field {
			t.Errorf("%s: %s", tt.input, have)
		}
	}
}

// A text of more clauses is not held to one entry alone.
func TestTheModelIsHeldToSeveralEntries(t *testing.T) {
	for text, want := range map[string]string{"薄荷每天浇水": `"minItems":1`, "薄荷每天浇水，仙人掌两周浇一次，茉莉隔天浇": `"minItems":2`} {
		m := &says{answers: []string{`{"items":["薄荷每天浇水"]}`}}
		request(t, "structure", `{"target":"bullets","text":"`+text+`"}`, landfall.Request{}, m)
		if s := string(landfall.AppendJSON(nil, m.prompts[0].Schema)); !strings.Contains(s, want) {
			t.Errorf("%s: %s", text, s)
		}
	}
}
