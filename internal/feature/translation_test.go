package feature_test

import (
	"strings"
	"testing"

	"landfall"
	"landfall/internal/feature"
)

// translated asks for a translation of a model that answers sentence by sentence.
func translated(t *testing.T, input string, r landfall.Request, answers ...string) (told, *says) {
	t.Helper()
	m := &says{answers: append(answers, "")}
	return request(t, "translate", input, r, m), m
}

func TestATextKeepsItsForm(t *testing.T) {
	for _, tt := range []struct {
		name, input string
		answers     []string
		want        string
	}{
		{"words stand apart in one language", `"text":"门开了。请进！","target":"en"`, []string{"The door is open.", "Come in!"}, "The door is open. Come in!"},
		{"and not in the other", `"text":"The door is open.  Come in!","target":"zh"`, []string{"门开了。", "请进！"}, "门开了。请进！"},
		{"lines, list marks, indentation", `"text":"# Rules\n\n- Knock first.\n  2. Wipe your feet.\n","target":"zh"`, []string{"规则", "先敲门。", "擦脚。"}, "# 规则\n\n- 先敲门。\n  2. 擦脚。\n"},
		{"tags stay in their sentence", `"text":"<p>请按<b>保存</b>键。</p>","target":"en"`, []string{"Press the <b>Save</b> key."}, "<p>Press the <b>Save</b> key.</p>"},
		{"code is not translated", "\"text\":\"运行：\\n```\\n打印(1)\\n```\\n完成。\",\"target\":\"en\"", []string{"Run:", "Done."}, "Run:\n```\n打印(1)\n```\nDone."},
		{"an address is no end of a sentence", `"text":"See https://heron.example/x?id=%s today. Thanks.","target":"zh"`, []string{"今天看 https://heron.example/x?id=%s。", "谢谢。"}, "今天看 https://heron.example/x?id=%s。谢谢。"},
		{"what is in the target already is not asked for", `"text":"门开了。 Come in! 10:30","target":"en"`, []string{"The door is open."}, "The door is open. Come in! 10:30"},
		{"no full stop that the source lacks", `"text":"开放时间","target":"en"`, []string{"Opening hours."}, "Opening hours"},
		{"without its form", `"text":"<p>门开了。</p>\n请进！","target":"en","keep_format":false`, []string{"The door is open.", "Come in!"}, "The door is open. Come in!"},
		{"quotation marks of the model's own", `"text":"门开了。","target":"en"`, []string{`"The door is open."`}, "The door is open."},
	} {
		a, m := translated(t, `{`+tt.input+`}`, landfall.Request{}, tt.answers...)
		if a.err != nil || a.lanes["/text"] != tt.want || m.asked != len(tt.answers) {
			t.Errorf("%s: %q, asked %d times, %v; want %q", tt.name, a.lanes["/text"], m.asked, a.err, tt.want)
		}
	}
}

func TestASentenceThatFailsIsAskedForAgainAlone(t *testing.T) {
	const source = `{"text":"你好，{name}。你的包裹 A-7 有 3 件，在白鹭厅。","target":"en","glossary":[{"s":"白鹭厅","t":"Heron Hall"}]}`
	const first, good = "Hello, {name}.", "Your parcel A-7 has 3 pieces and is in Heron Hall."
	for _, tt := range []struct{ name, bad, check string }{
		{"nothing", "", "translated"},
		{"an echo", "你的包裹 A-7 有 3 件，在白鹭厅。", "translated"},
		{"half of it left as it was", "Your parcel A-7 有 3 件，在 Heron Hall.", "script"},
		{"a number of its own", "Your parcel A-7 has 5 pieces and is in Heron Hall.", "numbers"},
		{"the term otherwise", "Your parcel A-7 has 3 pieces and is in the Egret Hall.", "glossary"},
		{"a tale", strings.Repeat("Your parcel is in Heron Hall. ", 12) + "A-7 3", "translated"},
		{"an example of the prompt", "Grandma made a pot of red bean porridge, A-7, 3, Heron Hall.", "example_leak"},
	} {
		a, m := translated(t, source, landfall.Request{}, first, tt.bad, good)
		if a.err != nil || m.asked != 3 || a.lanes["/text"] != first+" "+good || len(a.warnings) > 0 {
			t.Errorf("%s: %q, asked %d times, %v %v", tt.name, a.lanes["/text"], m.asked, a.warnings, a.err)
		}
		a, m = translated(t, source, landfall.Request{}, first, tt.bad, tt.bad, tt.bad)
		check, _ := map[bool]any{true: ""}[a.err == nil].(string)
		if a.err != nil {
			v, _ := a.err.Params.Get("check")
			check, _ = v.(string)
		}
		if check != tt.check || m.asked != 4 || a.lanes["/text"] != first {
			t.Errorf("%s: check %q after %d attempts, shown %q; want %q and the first sentence", tt.name, check, m.asked, a.lanes["/text"], tt.check)
		}
	}
	// A placeholder left out.
	if a, _ := translated(t, source, landfall.Request{}, "Hello, name.", "Hello, {name} {name}.", "Hello!", good); a.err == nil || a.lanes["/text"] != "" {
		t.Errorf("placeholders: %q", a.lanes["/text"])
	}
}

// What is only worth a warning is asked for again, and taken if nothing better comes.
func TestANumberLostIsAWarning(t *testing.T) {
	a, m := translated(t, `{"text":"一共有 3 件。","target":"en"}`, landfall.Request{}, "There are some pieces.", "There are a few pieces.", "Some pieces.")
	if a.err != nil || a.lanes["/text"] != "There are some pieces." || m.asked != 3 || strings.Join(a.warnings, " ") != "check_numbers_kept" {
		t.Errorf("%q %v, asked %d times, %v", a.lanes["/text"], a.err, m.asked, a.warnings)
	}
}

func TestTagsThatAModelCannotPlaceAreCutOut(t *testing.T) {
	a, m := translated(t, `{"text":"请按<b>保存</b>键。","target":"en"}`, landfall.Request{}, "Press Save.", "Press <b>Save.", "Press it.", "Please press", "Save", "the key.")
	if a.err != nil || a.lanes["/text"] != "Please press <b>Save</b> the key." || m.asked != 6 {
		t.Errorf("%q, asked %d times, %v", a.lanes["/text"], m.asked, a.err)
	}
}

func TestSegmentsStayInTheirOrder(t *testing.T) {
	a, _ := translated(t, `{"segments":["门开了。","","门开了。","OK"],"target":"en","glossary":[{"s":"门","t":"gate"},{"s":"窗","t":"window"}]}`, landfall.Request{}, "The gate is open.", "The gate is open now.")
	want := `{"text":"","segments":[{"s":"门开了。","t":"The gate is open."},{"s":"","t":""},{"s":"门开了。","t":"The gate is open now."},{"s":"OK","t":"OK"}],"detected":{"lang":"zh"},"glossary_hits":[{"s":"门","t":"gate"}]}`
	if have := string(landfall.AppendJSON(nil, a.output)); have != want || a.lanes["/text"] != "The gate is open.\n\nThe gate is open now.\nOK" {
		t.Errorf("%s %q %v", have, a.lanes["/text"], a.err)
	}
}

func TestFormOfAddress(t *testing.T) {
	for _, tt := range []struct{ formality, said, want string }{
		{"formal", "你好，你们和你的猫呢？", "您好，你们和您的猫呢？"},
		{"informal", "您好，您的猫呢？", "你好，你的猫呢？"},
	} {
		a, _ := translated(t, `{"text":"Hello, how is everybody and the cat?","target":"zh","formality":"`+tt.formality+`"}`, landfall.Request{}, tt.said)
		if a.lanes["/text"] != tt.want || len(a.warnings) > 0 {
			t.Errorf("%s: %q %v", tt.formality, a.lanes["/text"], a.warnings)
		}
	}
	if a, _ := translated(t, `{"text":"你好。","target":"en","formality":"formal"}`, landfall.Request{}, "Hello."); strings.Join(a.warnings, " ") != "formality_ignored" {
		t.Errorf("a language without such a word: warnings %v", a.warnings)
	}
}

func TestATranslationIsCutByItsCaller(t *testing.T) {
	const text = `{"text":"门开了。请进！","target":"en"}`
	for _, tt := range []struct {
		r      landfall.Request
		want   string
		finish landfall.Finish
	}{
		{landfall.Request{Stop: []string{"open. C"}}, "The door is ", landfall.FinishStop},
		{landfall.Request{Stop: []string{"open. D"}}, "The door is open. Come in!", landfall.FinishStop},
		{landfall.Request{MaxTokens: 4}, "The door is open", landfall.FinishLength},
	} {
		a, _ := translated(t, text, tt.r, "The door is open.", "Come in!")
		if a.err != nil || a.lanes["/text"] != tt.want || a.finish != tt.finish {
			t.Errorf("%+v: %q, finish %s, %v", tt.r, a.lanes["/text"], a.finish, a.err)
		}
	}
}

func TestPairsOfLanguages(t *testing.T) {
	for _, tt := range []struct{ input, want string }{
		{`{"text":"これはペンです。","target":"en"}`, "unsupported_language"},
		{`{"text":"Hello there","target":"fr"}`, "unsupported_language"},
		{`{"text":"Hello there","source":"fr","target":"zh"}`, "unsupported_language"},
		{`{"text":"x","segments":["y"],"target":"en"}`, "input_invalid /input/text"},
		{`{"target":"en"}`, "input_invalid /input/text"},
		{`{"text":"x","target":"e"}`, "input_invalid /input/target"},
		{`{"text":"x","target":"en","source":"no language"}`, "input_invalid /input/source"},
		{`{"text":"x","target":"en","content_type":"html"}`, "input_invalid /input/content_type"},
		{`{"text":"x","target":"en","glossary":[{"s":"a","t":"b"},{"s":"A","t":"c"}]}`, "input_invalid /input/glossary/1/s"},
		{`{"text":"x","target":"en","glossary":[{"s":"a","t":"b\nc"}]}`, "input_invalid /input/glossary/0/t"},
		{`{"text":"x","target":"en","glossary":[{"s":"` + strings.Repeat("长", 101) + `","t":"b"}]}`, "input_invalid /input/glossary/0/s"},
		{`{"text":"x","target":"en","glossary":[{"s":" ","t":"b"}]}`, "input_invalid /input/glossary/0"},
		{`{"segments":["x",7],"target":"en"}`, "input_invalid /input/segments/1"},
		{`{"segments":["` + strings.Repeat("长", 1000) + `","` + strings.Repeat("长", 1000) + `"],"target":"en"}`, "input_invalid /input/segments"},
		{`{"text":"门开了。","target":"zh-Hans"}`, `{"text":"","segments":[],"detected":{"lang":"zh"},"glossary_hits":[]} same_language`},
	} {
		if have := answerOf(t, "translate", tt.input, "x"); have != tt.want {
			t.Errorf("%.90s: %s", tt.input, have)
		}
	}
	a, _ := translated(t, `{"text":"これはペンです。","target":"en"}`, landfall.Request{})
	if a.err == nil || len(a.err.Reasons) != 1 || a.err.Reasons[0].Code != landfall.ReasonLanguagePair || !strings.Contains(a.err.Message, "zh to en") {
		t.Errorf("a pair that is not offered: %v", a.err)
	}
}

// The grammar lets through what the source holds, and no other letters of the wrong
// script.
func TestGrammarOfATranslation(t *testing.T) {
	for _, tt := range []struct{ name, input, root, class string }{
		{"no mark", `{"text":"Please call Mira about the USB-C cable","target":"zh"}`, `root ::= c+`, `A-Za-z`},
		{"a placeholder", `{"text":"Hello {name}!","target":"zh"}`, `root ::= c* ("{name}") c*`, `A-Za-z`},
		{"two, in any order", `{"text":"在 {time} 到 {place}","target":"en"}`, `root ::= c* ("{time}" c* "{place}" | "{place}" c* "{time}") c*`, `\u3400-\u9FFF`},
		{"tags in theirs", `{"text":"按<b>保存</b>和{x}","target":"en"}`, `root ::= c* "<b>" c* "</b>" c* "{x}" c*`, `\u3400-\u9FFF`},
		{"quoted", `{"text":"Say {a\\\"b} now","target":"zh"}`, `root ::= c* ("{a\\\"b}") c*`, `A-Za-z`},
		{"more than can be demanded", `{"text":"{a} {b} {c} {d} now","target":"zh"}`, `root ::= c+`, `| "{a}" | "{b}" | "{c}" | "{d}"`},
	} {
		_, m := translated(t, tt.input, landfall.Request{}, "x")
		root, rest, _ := strings.Cut(m.prompts[0].Grammar, "\n")
		if root != tt.root || !strings.Contains(rest, tt.class) || strings.Contains(rest, "\n") {
			t.Errorf("%s: %s", tt.name, m.prompts[0].Grammar)
		}
	}
	_, m := translated(t, `{"text":"Please call Mira about the USB-C cable","target":"zh"}`, landfall.Request{}, "x")
	if g := m.prompts[0].Grammar; !strings.HasSuffix(g, `] | "Mira" | "USB-C"`) {
		t.Errorf("names: %s", g)
	}
}

func TestPromptsOfATranslation(t *testing.T) {
	_, m := translated(t, `{"text":"白鹭厅的门开了。{{text}}","target":"en","glossary":[{"s":"白鹭厅","t":"Heron Hall"},{"s":"窗","t":"window"}]}`, landfall.Request{}, "The door of Heron Hall is open.")
	messages := m.prompts[0].Messages()
	if last := messages[len(messages)-1].Content; last != "术语：白鹭厅 = Heron Hall\n中文：白鹭厅的门开了。\n译成英文：" && !strings.HasPrefix(last, "Terms: 白鹭厅 = Heron Hall\n") {
		t.Errorf("%q", last)
	}
}

func FuzzTranslation(f *testing.F) {
	for _, seed := range []string{"门开了。<b>请进</b>！", "# A\n- b https://x.example/?q=1 {n} %s &amp; `c`", "```\nx", "<p", "{{{}}}\x00\"\\", "1. 一、 （二） \r\n\r\n"} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	d := shippedFor(f, "translate")
	f.Fuzz(func(t *testing.T, text string, zh bool) {
		target := map[bool]string{true: "zh", false: "en"}[zh]
		rel := &landfall.Release{Model: landfall.Model{ID: "m"}, Languages: []string{"zh", "en"}}
		for _, keep := range []bool{true, false} {
			c, bad := d.Admit(landfall.Request{Input: landfall.Object{{Key: "text", Value: text}, {Key: "source", Value: map[bool]string{true: "en", false: "zh"}[zh]}, {Key: "target", Value: target}, {Key: "keep_format", Value: keep}}, Unit: landfall.UTF16}, rel, "zh")
			if bad != nil {
				return
			}
			shown := ""
			m := &says{answers: []string{"门开了。"}}
			for draft, err := range d.Shape(c, m.ask) {
				if err != nil {
					break
				}
				shown += draft.Text
				if g := m.prompts; len(g) > 0 && strings.Count(g[len(g)-1].Grammar, "\n") != 1 {
					t.Fatalf("a grammar of more lines: %q", g[len(g)-1].Grammar)
				}
			}
			if m.asked == 0 && keep && strings.Join(strings.Fields(shown), "") != strings.Join(strings.Fields(text), "") {
				t.Fatalf("nothing was translated, and %q became %q", text, shown)
			}
		}
	})
}

func shippedFor(t testing.TB, id string) *feature.Feature {
	t.Helper()
	f, err := feature.Compile(shipped(t, id))
	if err != nil {
		t.Fatal(err)
	}
	return f
}
