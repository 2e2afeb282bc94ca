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

// entries makes an input of entries "from|text", written on Monday 2 March 2026 at
// eight in the zone of now; ids are p1, p2 …
func entries(now, profile string, all ...string) string {
	var list []any
	for i, e := range all {
		from, text, _ := strings.Cut(e, "|")
		list = append(list, landfall.Object{
			{Key: "id", Value: fmt.Sprintf("p%d", i+1)}, {Key: "from", Value: from}, {Key: "text", Value: text},
			{Key: "kind", Value: "message"}, {Key: "time", Value: "2026-03-02T08:00:00+08:00"},
		})
	}
	return `{"now":"` + now + `","profile":` + profile + `,"items":` + string(landfall.AppendJSON(nil, list)) + `}`
}

const monday = "2026-03-02T09:30:00+08:00"

func TestRankByRule(t *testing.T) {
	for _, tt := range []struct{ now, profile, entry, level, reason string }{
		{monday, `{}`, "物业|三号楼有燃气味，像是燃气泄漏", "urgent", "提到危险：燃气泄漏"},
		{monday, `{}`, "desk|There is smoke in the hall", "urgent", "speaks of danger: smoke"},
		{monday, `{}`, "物业|周五下午消防演练，会有冒烟效果", "", ""},
		{monday, `{}`, "小店|会员日满减，今天最后一天", "low", "广告或促销：会员日"},
		{monday, `{}`, "shop|Last day today: 30% off everything", "low", "advertising: % off"},
		{monday, `{"vip":["小店"]}`, "小店|会员日满减", "high", "来自重要联系人：小店"},
		{monday, `{"vip":["小店"]}`, "小店|优惠券今天之内要交给我", "urgent", "今天到期：今天之内"},
		{monday, `{}`, "老周|报名表请在今天下午五点前交给我", "urgent", "今天到期：今天下午五点前"},
		{monday, `{}`, "老周|报名表请在9点前交给我", "high", "期限已过：9点前"},
		{monday, `{}`, "老周|请在明天中午前答复", "high", "时间临近：明天中午前"},
		{monday, `{}`, "老周|请在下周三之前答复", "normal", "时间还早：下周三之前"},
		{monday, `{}`, "老周|请两小时内答复", "urgent", "今天到期：两小时内"},
		{monday, `{}`, "老周|请3月3日前寄出", "high", "时间临近：3月3日前"},
		{"2026-03-03T09:30:00+08:00", `{}`, "老周|请明天中午前答复", "urgent", "今天到期：明天中午前"}, // written on Monday
		{"2026-03-02T17:30:00Z", `{}`, "老周|请今天之内答复", "urgent", "今天到期：今天之内"},        // one instant, two zones
		{"2026-03-03T01:30:00+08:00", `{}`, "老周|请今天之内答复", "high", "期限已过：今天之内"},
		{monday, `{}`, "Odile|Please hand it in by five pm today", "urgent", "due today: by five pm today"},
		{monday, `{}`, "Odile|Please answer before Friday", "normal", "there is time: before Friday"},
		{monday, `{}`, "Odile|Please answer by tomorrow", "high", "soon: by tomorrow"},
		{monday, `{}`, "班长|明天上午九点考试，地点换到二号楼", "high", "时间临近：明天上午九点"},
		{monday, `{}`, "班长|下周三上午九点考试，地点换到二号楼", "normal", "时间还早：下周三上午九点"},
		{monday, `{}`, "老周|请马上回电话", "urgent", "对方着急：马上"},
		{monday, `{}`, "Odile|Not urgent, but call me", "", ""},
		{monday, `{"vip":["妈妈"]}`, "妈妈|吃饭了没", "high", "来自重要联系人：妈妈"},
		{monday, `{"vip":["mum"]}`, "Mum|dinner on the table", "high", "from somebody who matters: Mum"},
		{"2026-03-02T20:00:00+08:00", `{"work_hours":"09:00-18:00"}`, "小叶|项目的资料放在共享文件夹了", "low", "现在不是工作时间"},
		{monday, `{"work_hours":"09:00-18:00"}`, "小叶|项目的资料放在共享文件夹了", "", ""},
		{monday, `{"work_hours":"09:00-18:00","days_off":["2026-03-02"]}`, "小叶|项目的资料放在共享文件夹了", "low", "现在不是工作时间"},
		{"2026-02-28T10:00:00+08:00", `{"work_hours":"09:00-18:00"}`, "小叶|项目的资料放在共享文件夹了", "low", "现在不是工作时间"},
		{"2026-02-28T10:00:00+08:00", `{"work_hours":"09:00-18:00","work_days":["2026-02-28"]}`, "小叶|项目的资料放在共享文件夹了", "", ""},
		{monday, `{}`, "系统|备份完成", "low", "不用处理：备份完成"},
		{monday, `{}`, "阿岚|你上次说的那本书能借我吗？", "high", "对方在等你回复"},
		{monday, `{}`, "Remy|I am downstairs, could you open the door", "high", "somebody waits for your answer"},
		{monday, `{}`, "群|🎉🎉", "low", "没有文字"},
	} {
		m := &says{answers: []string{`{"level":"normal"}`}}
		out, err := call(t, "prioritize", entries(tt.now, tt.profile, tt.entry), m)
		if err != nil {
			t.Fatalf("%s: %v %v", tt.entry, err, err.Err)
		}
		v, _ := out.Get("ranked")
		o := v.([]any)[0].(landfall.Object)
		if tt.level == "" {
			if m.asked != 1 || o.Text("level") != "normal" {
				t.Errorf("%s: asked %d, %s", tt.entry, m.asked, field(out, "ranked"))
			}
		} else if m.asked != 0 || o.Text("level") != tt.level || o.Text("reason") != tt.reason {
			t.Errorf("%s: asked %d\n have %s %s\n want %s %s", tt.entry, m.asked, o.Text("level"), o.Text("reason"), tt.level, tt.reason)
		}
	}
}

func TestRankIsSortedAndTheModelNeverSaysUrgent(t *testing.T) {
	m := &says{answers: []string{"urgent", `{"level":"urgent"}`, `{"level":"high"}`, "low, I think"}}
	out, warned, err := callWarned(t, "prioritize", entries(monday, `{}`, "甲|照片整理好了", "乙|这张表放在桌上了", "丙|昨晚的月亮真圆", "丁|楼下着火了", "乙|这张表放在桌上了"), m)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"id":"p4","level":"urgent","reason":"提到危险：着火"},{"id":"p2","level":"high","reason":"模型判断：需要你处理"},{"id":"p5","level":"high","reason":"模型判断：需要你处理"},{"id":"p1","level":"normal","reason":"模型判断：有用，但不着急"},{"id":"p3","level":"low","reason":"模型判断：可以晚些再看"}]`
	if have := field(out, "ranked"); have != want || m.asked != 4 || !slices.Equal(warned, []string{"partly_judged"}) {
		t.Errorf("asked %d, warned %v\n have %s\n want %s", m.asked, warned, have, want)
	}
	for _, p := range m.prompts {
		if s := string(landfall.AppendJSON(nil, p.Schema)); strings.Contains(s, "urgent") || !strings.Contains(s, "low") {
			t.Error(s)
		}
	}
}

func TestRankKeepsEveryIDOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var all []string
		for range rapid.IntRange(1, 10).Draw(rt, "n") {
			all = append(all, rapid.SampledFrom([]string{"甲", "妈妈", ""}).Draw(rt, "from")+"|"+rapid.StringMatching(`[明天下周三点前请马上着火优惠0-9a-z:月日🎉 ]{1,40}`).Draw(rt, "text"))
		}
		out, _, err := callWarned(t, "prioritize", entries(monday, `{"vip":["妈妈"],"work_hours":"22:00-06:00"}`, all...), &says{answers: []string{rapid.SampledFrom([]string{"", "high", "{}", "urgent low"}).Draw(rt, "said")}})
		if err != nil {
			rt.Fatal(err, err.Err)
		}
		v, _ := out.Get("ranked")
		seen := map[string]bool{}
		for _, e := range v.([]any) {
			o := e.(landfall.Object)
			seen[o.Text("id")] = true
			if n := utf8.RuneCountInString(o.Text("reason")); n == 0 || n > 60 {
				rt.Fatalf("a reason of %d", n)
			}
		}
		if len(v.([]any)) != len(all) || len(seen) != len(all) {
			rt.Fatalf("%d of %d", len(seen), len(all))
		}
	})
}

func TestRankRefusesWithThePlace(t *testing.T) {
	good := entries(monday, `{}`, "甲|照片整理好了", "乙|好")
	for _, tt := range []struct{ input, field string }{
		{strings.Replace(good, monday, "2026-03-02 09:30", 1), "/input/now"},
		{strings.Replace(good, `"now":"`+monday+`",`, "", 1), "/input/now"},
		{strings.Replace(good, `"id":"p2"`, `"id":"p1"`, 1), "/input/items/1/id"},
		{strings.Replace(good, `"time":"2026-03-02T08:00:00+08:00"`, `"time":"yesterday"`, 1), "/input/items/0/time"},
		{strings.Replace(good, `"text":"好"`, `"text":["好"]`, 1), "/input/items/1/text"},
		{entries(monday, `{"work_hours":"nine to five"}`, "甲|好"), "/input/profile/work_hours"},
		{entries(monday, `{"work_hours":"25:00-18:00"}`, "甲|好"), "/input/profile/work_hours"},
		{entries(monday, `{"days_off":["2026-02-30"]}`, "甲|好"), "/input/profile/days_off/0"},
		{entries(monday, `{"age":7}`, "甲|好"), "/input/profile/age"},
		{`{"now":"` + monday + `","items":[]}`, "/input/items"},
	} {
		_, err := call(t, "prioritize", tt.input, &says{answers: []string{""}})
		if err == nil {
			t.Errorf("%s: no error", tt.field)
			continue
		}
		if have, _ := err.Params.Get("field"); have != tt.field || err.Code != landfall.CodeInputInvalid {
			t.Errorf("%v, want %s", err, tt.field)
		}
	}
}
