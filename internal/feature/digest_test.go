package feature_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"landfall"
)

// notices makes an input of notifications "app|category|title|body"; ids are n1, n2 …
func notices(options string, entries ...string) string {
	var all []any
	for i, e := range entries {
		p := strings.SplitN(e, "|", 4)
		all = append(all, landfall.Object{
			{Key: "id", Value: fmt.Sprintf("n%d", i+1)}, {Key: "app", Value: p[0]}, {Key: "category", Value: p[1]},
			{Key: "title", Value: p[2]}, {Key: "body", Value: p[3]}, {Key: "time", Value: "2026-03-02T09:00:00Z"},
		})
	}
	return `{"items":` + string(landfall.AppendJSON(nil, all)) + options + `}`
}

const (
	gate = "邻里群|message|老周|小区东门今天下午两点到五点检修，车辆请走北门，行人可以照常通过。"
	cat  = "邻里群|message|小禾|谁家的橘猫在三号楼楼下？看着像走丢了，我先放了点水和猫粮。"
)

func TestDigestLines(t *testing.T) {
	for _, tt := range []struct {
		name, input   string
		answers       []string
		groups, skips string
		asked         int
		warned        string
	}{
		{"verbatim where it fits", notices("", "快递|delivery|包裹到站|请于晚上八点前领取。"), nil,
			`[{"app":"快递","line":"包裹到站：请于晚上八点前领取。","item_ids":["n1"],"count":1}]`, `[]`, 0, ""},
		{"two that fit", notices("", "群|message|小禾|到了", "群|message|阿宁|马上到"), nil,
			`[{"app":"群","line":"小禾：到了；阿宁：马上到","item_ids":["n1","n2"],"count":2}]`, `[]`, 0, ""},
		{"the model's line", notices("", gate, cat), []string{"东门下午检修请走北门；三号楼下有橘猫走丢"},
			`[{"app":"邻里群","line":"东门下午检修请走北门；三号楼下有橘猫走丢","item_ids":["n1","n2"],"count":2}]`, `[]`, 1, ""},
		{"the product's own count", notices("", gate, cat), []string{"2条：东门检修，橘猫走丢"},
			`[{"app":"邻里群","line":"2条：东门检修，橘猫走丢","item_ids":["n1","n2"],"count":2}]`, `[]`, 1, ""},
		{"a number nobody said, then cut", notices("", gate, cat), []string{"东门检修到9点", "橘猫在7号楼"},
			`[{"app":"邻里群","line":"小禾：谁家的橘猫在三号楼楼下？看着像走丢了，我先放了点水和猫粮。（共2条）","item_ids":["n1","n2"],"count":2}]`, `[]`, 2, "extractive"},
		{"too long, then cut", notices("", gate), []string{strings.Repeat("东门检修", 12)},
			`[{"app":"邻里群","line":"老周：小区东门今天下午两点到五点检修，车辆请走北门，行人可以照常通过","item_ids":["n1"],"count":1}]`, `[]`, 0, ""},
		{"off topic, then cut", notices(`,"max_chars":20`, gate), []string{"祝大家新年快乐万事如意", "好的"},
			`[{"app":"邻里群","line":"老周：小区东门今天下午两点到五点检修…","item_ids":["n1"],"count":1}]`, `[]`, 2, "extractive"},
		{"cut at a word", notices(`,"max_chars":40`, "Gate|message|Odile|The east gate is closed for maintenance from two to five."), []string{"A poem about the sea and the stars", ""},
			`[{"app":"Gate","line":"Odile: The east gate is closed for…","item_ids":["n1"],"count":1}]`, `[]`, 2, "extractive"},
		{"never summed up", notices("", "城市报|news|通车|轻轨通车", "气象|预警|大风|今晚有大风", "小银行|Banking|入账|收到三百元", "登录|message|验证码|您的验证码是 482913", "空|message| | "), nil,
			`[]`, `[{"id":"n1","reason":"category_news"},{"id":"n2","reason":"category_emergency"},{"id":"n3","reason":"category_banking"},{"id":"n4","reason":"secret"},{"id":"n5","reason":"empty"}]`, 0, ""},
		{"a code alone behind its announcement, by app", notices("", "短信|message|登录|您的登录验证码：", "群|message||482913", "短信|message||482913", "短信|message||482914"), nil,
			`[{"app":"短信","line":"登录：您的登录验证码：","item_ids":["n1"],"count":1},{"app":"群","line":"482913","item_ids":["n2"],"count":1}]`, `[{"id":"n3","reason":"secret"},{"id":"n4","reason":"secret"}]`, 0, ""},
		{"signs only", notices("", "群|message||🎉🎉", "群|message||👍"), nil,
			`[{"app":"群","line":"🎉🎉；👍","item_ids":["n1","n2"],"count":2}]`, `[]`, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := &says{answers: append(tt.answers, "")}
			out, warned, err := callWarned(t, "notification_digest", tt.input, m)
			if err != nil {
				t.Fatal(err, err.Err)
			}
			if have := strings.ReplaceAll(field(out, "groups"), "。\"", "\""); have != strings.ReplaceAll(tt.groups, "。\"", "\"") {
				t.Errorf("groups\n have %s\n want %s", have, tt.groups)
			}
			if have := field(out, "skipped"); have != tt.skips {
				t.Errorf("skipped\n have %s\n want %s", have, tt.skips)
			}
			if m.asked != tt.asked || strings.Join(warned, " ") != tt.warned {
				t.Errorf("asked %d times, warned %v", m.asked, warned)
			}
		})
	}
}

// Two apps' notifications never meet in a prompt, nor may a line say what only the
// other app's say.
func TestDigestNeverMergesApps(t *testing.T) {
	m := &says{answers: []string{"橘猫走丢了，在包裹站领取", "东门检修和橘猫", "包裹和橘猫都在三号楼"}}
	in := notices("", gate, "驿站|delivery|包裹到站|您的包裹已到青松路驿站，请于晚上八点前凭取件单到柜台领取，逾期退回。", cat, "驿站|delivery|包裹退回|您上周的包裹因为没有人领取已经退回寄件人，如有疑问请到柜台查询单据。")
	out, err := call(t, "notification_digest", in, m)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range m.prompts {
		ms := p.Messages()
		last := ms[len(ms)-1].Content
		if strings.Contains(last, "橘猫") == strings.Contains(last, "包裹") {
			t.Errorf("a prompt of two apps: %s", last)
		}
	}
	if have := field(out, "groups"); strings.Contains(have, "包裹和橘猫") || !strings.Contains(have, `"item_ids":["n1","n3"]`) || !strings.Contains(have, `"item_ids":["n2","n4"]`) {
		t.Error(have)
	}
}

// Whatever came and whatever the model says: every id once, no line over its cap.
func TestDigestKeepsEveryIDOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var entries []string
		for range rapid.IntRange(1, 12).Draw(rt, "n") {
			entries = append(entries, strings.Join([]string{
				rapid.SampledFrom([]string{"甲", "乙", "C"}).Draw(rt, "app"), rapid.SampledFrom([]string{"news", "message", "", "银行"}).Draw(rt, "category"),
				rapid.StringMatching(`[东门橘猫a-z ]{0,9}`).Draw(rt, "title"), rapid.StringMatching(`[东门橘猫三点a-z0-9🎉 ]{0,60}`).Draw(rt, "body"),
			}, "|"))
		}
		limit := rapid.IntRange(20, 60).Draw(rt, "max")
		m := &says{answers: []string{rapid.StringMatching(`[东门橘猫a-z0-9]{0,30}`).Draw(rt, "said"), "橘猫"}}
		out, _, err := callWarned(t, "notification_digest", notices(fmt.Sprintf(`,"max_chars":%d`, limit), entries...), m)
		if err != nil {
			rt.Fatal(err, err.Err)
		}
		var ids []string
		groups, _ := out.Get("groups")
		for _, g := range groups.([]any) {
			o := g.(landfall.Object)
			list, _ := o.Get("item_ids")
			for _, id := range list.([]any) {
				ids = append(ids, id.(string))
			}
			if n := utf8.RuneCountInString(o.Text("line")); n > limit || n == 0 {
				rt.Fatalf("a line of %d", n)
			}
		}
		skipped, _ := out.Get("skipped")
		for _, s := range skipped.([]any) {
			ids = append(ids, s.(landfall.Object).Text("id"))
		}
		slices.Sort(ids)
		if len(ids) != len(entries) || len(slices.Compact(ids)) != len(entries) {
			rt.Fatalf("ids %v of %d", ids, len(entries))
		}
	})
}

func TestDigestRefusesWithThePlace(t *testing.T) {
	for _, tt := range []struct{ input, field string }{
		{`{"items":[]}`, "/input/items"},
		{strings.Replace(notices("", gate, cat), `"n2"`, `"n1"`, 1), "/input/items/1/id"},
		{strings.Replace(notices("", gate, cat), `"category":"message","title":"小禾"`, `"category":"message","title":["小禾"]`, 1), "/input/items/1/title"},
		{notices(`,"max_chars":5`, gate), "/input/max_chars"},
		{notices(`,"max_chars":"40"`, gate), "/input/max_chars"},
	} {
		_, err := call(t, "notification_digest", tt.input, &says{answers: []string{""}})
		if err == nil {
			t.Errorf("%s: no error", tt.field)
			continue
		}
		if have, _ := err.Params.Get("field"); have != tt.field || err.Code != landfall.CodeInputInvalid {
			t.Errorf("%v, want %s", err, tt.field)
		}
	}
}
