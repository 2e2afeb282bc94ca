package feature_test

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"landfall"
	"landfall/internal/feature"
)

// utterances makes an input of "speaker: text", ten seconds each, with a pause of
// twenty before a line that begins with "|".
func utterances(options string, lines ...string) string {
	var all []any
	at := 0
	for _, l := range lines {
		if rest, ok := strings.CutPrefix(l, "|"); ok {
			l, at = rest, at+20
		}
		who, text, _ := strings.Cut(l, ": ")
		o := landfall.Object{{Key: "t0", Value: at}, {Key: "t1", Value: at + 9}, {Key: "text", Value: text}}
		if who != "" {
			o = o.Set("speaker", who)
		}
		all, at = append(all, o), at+10
	}
	return `{"utterances":` + string(landfall.AppendJSON(nil, all)) + options + `}`
}

var shop = []string{
	"店长: 大家早，今天先说周末的签名会，再说二楼的漏水。", "小禾: 签名会的作者下午两点到，我们需要在门口放三十把椅子。", "老周: 椅子社区中心有，我周五之前去搬。",
	"店长: 那就定在一楼办签名会，二楼那天不开放。", "|阿宁: 二楼的漏水是空调的水管堵了，大概四百元。", "店长: 请阿宁明天之前联系师傅修漏水。", "小禾: 旧书打折的牌子什么时候换？",
}

func TestTranscriptStateIsFoundByRule(t *testing.T) {
	m := &says{answers: []string{"签名会和漏水"}}
	out, warned, err := callWarned(t, "transcript_summary", utterances("", shop...), m)
	if err != nil {
		t.Fatal(err, err.Err)
	}
	for name, want := range map[string]string{
		"title":     `"签名会和漏水"`,
		"decisions": `[{"text":"那就定在一楼办签名会，二楼那天不开放。","t":30}]`,
		"actions":   `[{"what":"椅子社区中心有，我周五之前去搬。","who":"老周","due":"周五之前","t":20},{"what":"请阿宁明天之前联系师傅修漏水。","who":"阿宁","due":"明天之前","t":70}]`,
		"questions": `["旧书打折的牌子什么时候换？"]`,
		"passes":    "1",
	} {
		if have := field(out, name); name != "actions" && have != want || name == "actions" && !strings.Contains(have, `"who":"阿宁","due":"明天之前","t":70`) {
			t.Errorf("%s\n have %s\n want %s", name, have, want)
		}
	}
	if o := out.Text("overview"); !strings.Contains(o, "店长：那就定在一楼办签名会") || !slices.Contains(warned, "extractive") {
		t.Errorf("overview %q, warned %v", o, warned)
	}
	if c := field(out, "chapters"); !strings.HasPrefix(c, `[{"t0":0,"t1":89,"title":"签名会和漏水"`) {
		t.Error(c)
	}
	if q := field(out, "quotes"); !strings.Contains(q, `"speaker":"`) || !strings.Contains(q, `"t":`) {
		t.Error(q)
	}
}

// A name of the whole or of a chapter is the model's where it can be held against what
// was said, else a clause of it.
func TestTranscriptTitles(t *testing.T) {
	for _, tt := range []struct {
		said       string
		kept       bool
		attempts   int
		extractive string
	}{
		{"签名会与二楼漏水", true, 1, "extractive"},
		{"《签名会与二楼漏水》。", true, 1, "extractive"},
		{"签名会在9点", false, 2, "extractive"},
		{strings.Repeat("签名会", 9), false, 2, "extractive"},
		{"年度财务规划", false, 2, "extractive"},
		{"修厨房龙头的时间改期", false, 2, "extractive"},
		{"", false, 2, "extractive"},
	} {
		m := &says{answers: []string{tt.said}}
		out, warned, err := callWarned(t, "transcript_summary", utterances("", shop...), m)
		if err != nil {
			t.Fatalf("%s: %v", tt.said, err.Err)
		}
		title := out.Text("title")
		if (title == strings.Trim(tt.said, "《》。")) != tt.kept || title == "" || landfall.CodePoint.Len(title) > 24 || m.asked != tt.attempts || !slices.Contains(warned, tt.extractive) {
			t.Errorf("%s: asked %d, title %q, warned %v", tt.said, m.asked, title, warned)
		}
	}
}

func TestTranscriptTitleInEnglishSpeaksOfTheTalk(t *testing.T) {
	talk := utterances("", "Head: Two things today, the autumn flower show and the rota of the volunteers.", "Remy: The lawn holds forty pots of flowers.", "Otto: The rota has two shifts.")
	for said, kept := range map[string]bool{"Flower show and rota": true, "Spring flowers and volunteer training": false} {
		out, err := call(t, "transcript_summary", talk, &says{answers: []string{said}})
		if err != nil || (out.Text("title") == said) != kept {
			t.Errorf("%s: title %q, %v", said, out.Text("title"), err)
		}
	}
}

// chaptered is a long talk of two subjects, half each.
func chaptered() []string {
	var lines []string
	for i := range 24 {
		lines = append(lines, fmt.Sprintf("甲: 签名会的椅子要摆成%d排，作者坐在前面，读者从东门进来排队。", i%7+2))
	}
	for i := range 24 {
		l := fmt.Sprintf("乙: 漏水的管子在二楼第%d个房间，师傅说要先关阀门再换接头。", i%5+1)
		if i == 0 {
			l = "|" + l
		}
		lines = append(lines, l)
	}
	return lines
}

func TestTranscriptChaptersAreCutWhereTheTalkPauses(t *testing.T) {
	m := &says{answers: []string{"椅子和漏水"}}
	m.answers = []string{"签名会的椅子", "二楼漏水", "二楼漏水"}
	out, err := call(t, "transcript_summary", utterances("", chaptered()...), m)
	if err != nil {
		t.Fatal(err, err.Err)
	}
	if title := out.Text("title"); title != "签名会的椅子；二楼漏水" {
		t.Errorf("title %q", title)
	}
	v, _ := out.Get("chapters")
	list := v.([]any)
	begins := []string{}
	for _, c := range list {
		n, _ := c.(landfall.Object).Get("t0")
		begins = append(begins, n.(json.Number).String())
	}
	if len(list) < 2 || !slices.Contains(begins, "260") { // the pause before utterance 24
		t.Errorf("chapters begin at %v", begins)
	}
	if field(out, "passes") != fmt.Sprint(len(list)) {
		t.Errorf("passes %s of %d chapters", field(out, "passes"), len(list))
	}
}

// Where all speak of the same, the pause alone decides, even off the middle.
func TestTranscriptChaptersOfOneSubject(t *testing.T) {
	var lines []string
	for i := range 48 {
		l := "甲: 签名会的椅子要摆成三排，作者坐在前面，读者从东门进来排队。"
		if i == 20 {
			l = "|" + l
		}
		lines = append(lines, l)
	}
	out, err := call(t, "transcript_summary", utterances("", lines...), &says{answers: []string{"签名会的椅子"}})
	if err != nil {
		t.Fatal(err, err.Err)
	}
	if have := textsOf(out, "chapters", "t0"); !slices.Equal(have, []string{"0", "220"}) {
		t.Errorf("chapters begin at %v", have)
	}
}

// textsOf are the values of one name in a list of an output, as they are written.
func textsOf(o landfall.Object, list, name string) []string {
	v, _ := o.Get(list)
	var out []string
	for _, e := range v.([]any) {
		out = append(out, field(e.(landfall.Object), name))
	}
	return out
}

// A model that can be trusted with running text writes the overview, from a sentence a
// chunk where the transcript is long.
func TestTranscriptOverviewByAModel(t *testing.T) {
	d := shipped(t, "transcript_summary")
	d.ExtractiveOn = nil
	f, err := feature.Compile(d)
	if err != nil {
		t.Fatal(err)
	}
	const overview = "签名会的椅子摆成几排，读者从东门进来排队；漏水的管子在二楼，师傅要先关阀门再换接头。"
	m := &says{answers: []string{"椅子和漏水"}}
	ask := m.ask
	v, _ := landfall.ParseJSON([]byte(utterances("", append(chaptered(), chaptered()...)...)))
	rel := &landfall.Release{Model: landfall.Model{ID: "qwen2.5-coder-1.5b"}, Languages: []string{"zh", "en"}}
	c, bad := f.Admit(landfall.Request{Input: v.(landfall.Object)}, rel, "zh")
	if bad != nil {
		t.Fatal(bad)
	}
	holds, long := 0, 0
	var out landfall.Object
	for d, err := range f.Shape(c, func(p landfall.Prompt) iter.Seq2[landfall.Draft, error] {
		last := p.Messages()[len(p.Messages())-1].Content
		m.answers = []string{"椅子和漏水"}
		if strings.Contains(last, "三四句话") || strings.Contains(last, "一句话") {
			m.answers = []string{overview}
			long++
		}
		m.asked = 0
		return ask(p)
	}) {
		if err != nil {
			t.Fatal(err)
		}
		if d.Hold != nil && d.Hold.Pass > 0 {
			holds++
		}
		if d.Output != nil {
			out = d.Output
		}
	}
	if out.Text("overview") != overview || long < 3 || holds < long {
		t.Errorf("asked for text %d times, %d holds: %s", long, holds, out.Text("overview"))
	}
}

func TestTranscriptRefusesWithThePlace(t *testing.T) {
	good := utterances("", shop...)
	for _, tt := range []struct{ input, field string }{
		{`{"utterances":[]}`, "/input/utterances"},
		{utterances(`,"transcript_id":"t1"`, shop...), "/input/transcript_id"},
		{utterances(`,"template":"standard"`, shop...), "/input/template"},
		{utterances(`,"kind":"party"`, shop...), "/input/kind"},
		{strings.Replace(good, `"t0":10,"t1":19`, `"t0":10,"t1":3`, 1), "/input/utterances/1/t1"},
		{strings.Replace(good, `"t0":10,"t1":19`, `"t0":70,"t1":79`, 1), "/input/utterances/2/t0"},
		{strings.Replace(good, `"t0":10,`, `"t0":"10",`, 1), "/input/utterances/1/t0"},
		{strings.Replace(good, `"t0":10,`, `"t0":1e300,`, 1), "/input/utterances/1/t0"},
	} {
		_, err := call(t, "transcript_summary", tt.input, &says{answers: []string{""}})
		if err == nil {
			t.Errorf("%s: no error", tt.field)
			continue
		}
		if have, _ := err.Params.Get("field"); have != tt.field || err.Code != landfall.CodeInputInvalid {
			t.Errorf("%v, want %s", err, tt.field)
		}
	}
}

func TestTranscriptWithoutWordsOrSpeakers(t *testing.T) {
	for _, in := range []string{utterances("", "甲: 🎉"), utterances("", ": 好的"), utterances("", ": "), utterances("", "甲: ", "乙: 🎉")} {
		m := &says{answers: []string{"x"}}
		if _, err := call(t, "transcript_summary", in, m); err != nil || m.asked != 0 {
			t.Errorf("%s: asked %d, %v", in, m.asked, err)
		}
	}
}

// However a transcript looks, every time is one of its own and every quote is what its
// speaker said: the checks of the feature refuse anything else.
func TestTranscriptTimesAndQuotesHold(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var lines []string
		for range rapid.IntRange(1, 40).Draw(rt, "n") {
			lines = append(lines, rapid.SampledFrom([]string{"", "|"}).Draw(rt, "pause")+rapid.SampledFrom([]string{"甲", "乙", ""}).Draw(rt, "who")+": "+rapid.StringMatching(`[定了请你明天前吗？。，三0-9a-z ]{0,80}`).Draw(rt, "text"))
		}
		if _, _, err := callWarned(t, "transcript_summary", utterances("", lines...), &says{answers: []string{rapid.StringMatching(`[定了请三0-9]{0,30}`).Draw(rt, "said")}}); err != nil {
			rt.Fatal(err, err.Err)
		}
	})
}
