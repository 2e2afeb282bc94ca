package feature_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"landfall"
	"landfall/internal/feature"
)

// thread makes an input of messages "from: text"; ids are m1, m2 …
func thread(options string, messages ...string) string {
	var all []any
	for i, m := range messages {
		from, text, _ := strings.Cut(m, ": ")
		all = append(all, landfall.Object{
			{Key: "id", Value: fmt.Sprintf("m%d", i+1)}, {Key: "from", Value: from}, {Key: "time", Value: "2026-03-02T09:00:00Z"}, {Key: "text", Value: text},
		})
	}
	return `{"messages":` + string(landfall.AppendJSON(nil, all)) + options + `}`
}

func TestThreadStateIsFoundByRule(t *testing.T) {
	for _, tt := range []struct {
		name                             string
		messages                         []string
		decisions, actions, openQuestion string
	}{
		{"zh decided, shared out, asked", []string{"小禾: 春游去白鹭公园还是青松山？", "老周: 那就定在白鹭公园，周六上午九点集合。阿宁负责买水，我来联系租船的师傅。", "小禾: 请大家周四之前把人数告诉我。下雨的话怎么办？", "阿宁: 收到"},
			`["那就定在白鹭公园，周六上午九点集合。"]`,
			`[{"what":"阿宁负责买水","who":"阿宁","message_id":"m2"},{"what":"我来联系租船的师傅。","who":"老周","message_id":"m2"},{"what":"请大家周四之前把人数告诉我。","who":"","due":"周四之前","message_id":"m3"}]`,
			`["下雨的话怎么办？"]`},
		{"en decided, shared out, asked", []string{"Mira: Shall we go to Heron Park or up Pine Hill?", "Odile: Let's go with Heron Park. Tobin will bring the water, and I'll call the man with the boats.", "Mira: Please tell me by Thursday how many you are. What do we do if it rains?", "Tobin: Fine."},
			`["Let's go with Heron Park."]`,
			`[{"what":"Tobin will bring the water","who":"Tobin","message_id":"m2"},{"what":"and I'll call the man with the boats.","who":"Odile","message_id":"m2"},{"what":"Please tell me by Thursday how many you are.","who":"","due":"by Thursday","message_id":"m3"}]`,
			`["What do we do if it rains?"]`},
		{"zh not decided, two people", []string{"客服: 周六的名额还没定，我会在今天下班前给您答复。", "顾女士: 请把时间写清楚。"}, `[]`,
			`[{"what":"周六的名额还没定，我会在今天下班前给您答复。","who":"客服","due":"今天下班前","message_id":"m1"},{"what":"请把时间写清楚。","who":"客服","message_id":"m2"}]`, `[]`},
		{"en not decided, two people", []string{"Desk: Saturday is not confirmed yet.", "Vale: Could you write to me within two days?"}, `[]`,
			`[{"what":"Could you write to me within two days?","who":"Desk","due":"within two days","message_id":"m2"}]`, `[]`},
		{"zh, en: still to be decided", []string{"甲: 地点还没决定", "乙: It is not decided yet"}, `[]`, `[]`, `[]`},
		{"a question is no decision, a late arrival no task", []string{"Kit: Is it decided?", "Juno: No, and I'll be late."}, `[]`, `[]`, `[]`},
		{"asked, and nobody knows", []string{"小禾: 谁带相机？", "阿宁: 我不知道", "老周: 好"}, `[]`, `[]`, `["谁带相机？"]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := call(t, "thread_summary", thread(`,"style":"preview"`, tt.messages...), &says{answers: []string{"never asked"}})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range []struct{ field, want string }{{"decisions", tt.decisions}, {"actions", tt.actions}, {"open_questions", tt.openQuestion}} {
				if have := field(out, f.field); have != f.want {
					t.Errorf("%s\n have %s\n want %s", f.field, have, f.want)
				}
			}
		})
	}
}

func TestDueIsTheTextsOwnWords(t *testing.T) {
	for text, want := range map[string]string{
		"请在3月5日下午四点前交。":                           "3月5日下午四点前",
		"请下周三之前回复。":                               "下周三之前",
		"请三天内处理。":                                 "三天内",
		"请15号之前发我。":                               "15号之前",
		"请把门关上。":                                  "",
		"Please send it by noon on 12 May.":       "by noon on 12 May",
		"Please answer before the end of the day": "before the end of the day",
		"Please come tomorrow morning at 9:30.":   "tomorrow morning at 9:30",
		"Please finish within 3 working days.":    "within 3 working days",
		"Please close the door on your way.":      "",
	} {
		out, err := call(t, "thread_summary", thread(`,"style":"preview"`, "Pax: "+text), &says{answers: []string{""}})
		if err != nil {
			t.Fatal(err)
		}
		v, _ := out.Get("actions")
		have := ""
		for _, a := range v.([]any) {
			have = a.(landfall.Object).Text("due")
		}
		if have != want {
			t.Errorf("%s: due %q, want %q", text, have, want)
		}
	}
}

// What must stay secret reaches neither the model nor any field of the answer, and
// what is no secret stays.
func TestThreadSecretsAreMasked(t *testing.T) {
	for _, tt := range []struct{ message, secret, kept string }{
		{"您的验证码是 482913，请勿告诉他人", "482913", "验证码"},
		{"验证码：４８２９１３", "４８２９１３", "验证码"},
		{"Your login code is G-482913", "482913", "login code"},
		{"use passcode 7K2QX9 at the door", "7K2QX9", "at the door"},
		{"卡号 4111 1111 1111 1111 还能用吗", "1111 1111", "卡号"},
		{"押金请打到银行卡 6222021234567890123", "6222021234567890123", "押金"},
		{"押金请退到我的卡 6222021234567890123，谢谢", "6222021234567890123", "谢谢"},
		{"my card: 5555-5555-5555-4444", "5555-4444", "my card"},
		{"门口的密码是 7K2q#9，你先上来", "7K2q#9", "你先上来"},
		{"the password for the printer is blue-Owl77.", "blue-Owl77", "printer"},
		{"password: owl", "owl", "password"},
		{"卡的密码123456，大家记住", "123456", "大家记住"},
		{"门禁密码 2580，别忘了", "2580", "别忘了"},
		{"wifi密码12345678", "12345678", "wifi"},
		{"密码１２３４５６", "１２３４５６", "密码"},
		{"password hunter2 for the wifi", "hunter2", "for the wifi"},
		{"密码是abcdefgh", "abcdefgh", "密码是"},
		{"the password is sunshine.", "sunshine", "password is"},
		{"the cvv is 123 for the card", "123", "for the card"},
		{"验证码 4829 13800138000", "4829", "13800138000"},
		{"code 4829 2026-03-02 works", "4829", "2026-03-02"},
		{"my cards 4111 1111 1111 1111 737", "1111 1111", "my cards"},
		{"verification code: x7k2q9", "x7k2q9", "verification code"},
		{"card number 4111.1111.1111.1111", "1111.1111", "card number"},
		{"card 4111 1111 1111 1111.", "1111 1111", "card"},
		{"Code freeze starts on 2026-03-05", "\x00", "2026-03-05"},
		{"验证码的规则在 2026年 改", "\x00", "2026年"},
		{"The password is reset, see the desk", "\x00", "is reset"},
		{"password issues again", "\x00", "password issues again"},
		{"密码错误3次，共100元", "\x00", "共100元"},
		{"订单号 4111 1111 1111 1112 已发货", "\x00", "4111 1111 1111 1112"},
		{"会议室 482913 在三楼", "\x00", "482913"},
		{"The password is wrong, ask the desk.", "\x00", "The password is wrong"},
	} {
		m := &says{answers: []string{"Kit sent " + tt.secret + " and the others read the whole long message about it.", "The whole text: " + tt.secret}}
		out, err := call(t, "thread_summary", thread("", "Kit: "+tt.message, "Juno: 好的，我现在就去楼下看看那台打印机。", "Kit: 谢谢，等你的消息，大家都在三楼等着。"), m)
		if err != nil {
			t.Fatalf("%s: %v", tt.message, err)
		}
		all := string(landfall.AppendJSON(nil, out))
		for _, p := range m.prompts {
			for _, message := range p.Messages() {
				all += message.Content
			}
		}
		if strings.Contains(all, tt.secret) {
			t.Errorf("%s: %q stands in %s", tt.message, tt.secret, all)
		}
		if !strings.Contains(all, tt.kept) {
			t.Errorf("%s: %q is lost in %s", tt.message, tt.kept, all)
		}
	}
}

func TestACodeAloneIsASecretAfterItsAnnouncement(t *testing.T) {
	out, err := call(t, "thread_summary", thread(`,"style":"preview"`, "Bank: 验证码马上发给您", "Bank: 482913"), &says{answers: []string{""}})
	if err != nil || strings.Contains(string(landfall.AppendJSON(nil, out)), "482913") {
		t.Errorf("%v %s", err, landfall.AppendJSON(nil, out))
	}
}

// A secret that one message names is hidden where another has it without a word for it;
// a date beside a code is none.
func TestASecretIsHiddenInEveryMessage(t *testing.T) {
	for _, tt := range []struct {
		messages     []string
		secret, kept string
	}{
		{[]string{"Bot: Your verification code is 482913.", "Odile: We agreed to type 482913 at the door."}, "482913", "at the door"},
		{[]string{"小禾: 决定了，用 abc12345 登录", "Mira: 密码：abc12345"}, "abc12345", "登录"},
		{[]string{"Bot: The code is 100.", "Odile: We agreed to pay 1000 by Friday."}, "100.", "pay 1000"},
		{[]string{"Bot: Code freeze starts on 2026-03-05 for all.", "Mira: We agreed to meet on 2026-03-05 at the lake."}, "\x00", "2026-03-05 at the lake"},
		{[]string{"银行: 验证码 482913，请在2026年3月2日前使用。", "小禾: 决定2026年5月搬家。"}, "482913", "2026年5月"},
	} {
		out, err := call(t, "thread_summary", thread(`,"style":"preview"`, tt.messages...), &says{answers: []string{""}})
		if all := string(landfall.AppendJSON(nil, out)); err != nil || strings.Contains(all, tt.secret) || !strings.Contains(all, tt.kept) {
			t.Errorf("%q: %v %s", tt.messages, err, all)
		}
	}
}

var meeting = []string{"Kit: Are we still on for the book swap this weekend?", "Juno: The café is closed for repairs, but the library lets us use the small room upstairs.", "Pax: Let's go with the library then, Sunday at two. I'll print the question sheets.", "Kit: @Juno please book the room by Friday."}

func TestThreadSummaryIsTheModelsOnlyWhereItCanBeTrusted(t *testing.T) {
	const good = "The book swap moves to the small room in the library, Sunday at two. Pax prints the question sheets."
	for _, tt := range []struct {
		name, first, second string
		asked               int
		extractive          bool
	}{
		{"good", good, "", 1, false},
		{"good at the second attempt", "Meet at 7 pm.", good, 2, false},
		{"a number nobody said", "They swap 40 books in the library on Sunday at two.", "They swap 40 books in the library.", 2, true},
		{"a name nobody has", "After a while Bertram said that the library room was free for all of them.", "Later Bertram agreed to the library room.", 2, true},
		{"a task given to the wrong person", "The book swap moves to the library. Kit will print the question sheets.", "The swap is in the library. Juno asks Kit to book the room by Friday.", 2, true},
		{"a speaker of the example", "They meet in the library on Sunday at two and the landlord prints the question sheets.", "The tenant prints the question sheets.", 2, true},
		{"a copy", "The café is closed for repairs, but the library lets us use the small room upstairs.", "Let's go with the library then, Sunday at two.", 2, true},
		{"another language", "大家决定周日两点在社区图书馆二楼的小房间里交换图书，由派克斯打印题目。", "大家决定周日两点在社区图书馆二楼的小房间里交换图书。", 2, true},
		{"nothing", "", "", 2, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := &says{answers: []string{tt.first, tt.second}, n: 5}
			out, warned, err := callWarned(t, "thread_summary", thread("", meeting...), m)
			if err != nil {
				t.Fatal(err)
			}
			if m.asked != tt.asked || slices.Contains(warned, "extractive") != tt.extractive {
				t.Errorf("asked %d times, warned %v: %s", m.asked, warned, out.Text("summary"))
			}
			if out.Text("summary") == "" || tt.extractive && !strings.Contains(out.Text("summary"), "Pax: Let's go with the library then, Sunday at two.") {
				t.Errorf("summary %q", out.Text("summary"))
			}
		})
	}
}

// kept holds the shipped features, each compiled once.
var kept sync.Map

// callWarned is call that returns the codes of the warnings as well.
func callWarned(t testing.TB, id, input string, m *says) (landfall.Object, []string, *landfall.Error) {
	t.Helper()
	known, ok := kept.Load(id)
	if !ok {
		f, err := feature.Compile(shipped(t, id))
		if err != nil {
			t.Fatal(err)
		}
		known, _ = kept.LoadOrStore(id, f)
	}
	f := known.(*feature.Feature)
	v, err := landfall.ParseJSON([]byte(input))
	if err != nil {
		t.Fatal(err)
	}
	rel := &landfall.Release{Feature: id, Model: landfall.Model{ID: "qwen2.5-coder-1.5b"}, Languages: []string{"zh", "en"}}
	c, bad := f.Admit(landfall.Request{Feature: id, Input: v.(landfall.Object), Unit: landfall.UTF16}, rel, "zh")
	if bad != nil {
		return nil, nil, bad
	}
	var out landfall.Object
	var warned []string
	for d, err := range f.Shape(c, m.ask) {
		if err != nil {
			return nil, warned, landfall.AsError(err)
		}
		if d.Output != nil {
			out = d.Output
		}
		if d.Warning != nil {
			warned = append(warned, d.Warning.Code)
		}
	}
	return out, warned, nil
}

func TestThreadPreview(t *testing.T) {
	long := strings.Repeat("那就定在白鹭公园的东门外面的大树下集合，", 8)
	for _, tt := range []struct{ input, preview, warned string }{
		{thread(`,"style":"preview"`, meeting...), "Pax: Let's go with the library then, Sunday at two.", "extractive"},
		{thread(`,"style":"preview","me":"Juno"`, meeting...), "Kit: @Juno please book the room by Friday.", "extractive"},
		{thread(`,"style":"preview","me":"Nobody"`, meeting...), "Pax: Let's go with the library then, Sunday at two.", "me_unknown extractive"},
		{thread(`,"style":"preview"`, "小禾: "+long), "小禾：" + string([]rune(long)[:56]) + "…", "extractive"},
		{thread(`,"style":"preview"`, "小禾: "+strings.Repeat("天", 54)+"三点半开会"), "小禾：" + strings.Repeat("天", 54) + "…", "extractive"}, // not 三点
		{thread(`,"style":"preview"`, "小禾: 🎉🎉🎉", "阿宁: 👍"), "小禾：🎉🎉🎉", "extractive"},
		{thread(`,"style":"preview"`, "小禾: "), "", ""},
	} {
		m := &says{answers: []string{"x"}}
		out, warned, err := callWarned(t, "thread_summary", tt.input, m)
		if err != nil {
			t.Fatal(err)
		}
		if p := out.Text("preview"); p != tt.preview || utf8.RuneCountInString(p) > 140 || out.Text("summary") != "" || strings.Join(warned, " ") != tt.warned || m.asked != 0 {
			t.Errorf("asked %d, warned %v, summary %q\n have %s\n want %s", m.asked, warned, out.Text("summary"), p, tt.preview)
		}
	}
}

func TestThreadOfSignsOrOneMessageNeedsNoModel(t *testing.T) {
	for _, in := range []string{thread("", "小禾: 🎉🎉🎉", "阿宁: 👍"), thread("", "小禾: 好的"), thread("", "小禾: ")} {
		m := &says{answers: []string{"x"}}
		if _, err := call(t, "thread_summary", in, m); err != nil || m.asked != 0 {
			t.Errorf("%s: asked %d, %v", in, m.asked, err)
		}
	}
}

func TestThreadRefusesWithThePlace(t *testing.T) {
	many := make([]string, 200)
	for i := range many {
		many[i] = "小禾: 好的"
	}
	whole := thread("", many...)
	for _, tt := range []struct{ input, field string }{
		{`{"messages":[]}`, "/input/messages"},
		{strings.Replace(whole, `"id":"m118","from":"小禾","time":"2026-03-02T09:00:00Z","text":"好的"`, `"id":"m118","from":"小禾","time":"2026-03-02T09:00:00Z","text":7`, 1), "/input/messages/117/text"},
		{strings.Replace(whole, `"id":"m118"`, `"id":"m5"`, 1), "/input/messages/117/id"},
		{thread("", append(many, "小禾: 好的")...), "/input/messages"},
		{thread(`,"style":"long"`, "小禾: 好的"), "/input/style"},
		{thread("", "小禾: "+strings.Repeat("天气不错", 3000)), "/input/messages"},
	} {
		_, err := call(t, "thread_summary", tt.input, &says{answers: []string{"x"}})
		if err == nil || err.Code != landfall.CodeInputInvalid {
			t.Errorf("%s: %v", tt.field, err)
			continue
		}
		if have, _ := err.Params.Get("field"); have != tt.field {
			t.Errorf("field %v, want %s: %s", have, tt.field, err.Message)
		}
	}
	m := &says{answers: []string{""}}
	if _, err := call(t, "thread_summary", whole, m); err != nil {
		t.Errorf("200 messages: %v", err)
	}
}

// However a thread and the model's answer look, every id exists and every sentence
// given as the thread's own is.
func FuzzThread(f *testing.F) {
	f.Add("验证码 482913 password: x 请 @a 明天之前 I'll go by Friday?", "Kit will go.")
	f.Add("4111 1111 1111 1111\n\n密码是", "密码是")
	f.Add("G-12345 code\x00\xff", "")
	f.Fuzz(func(t *testing.T, text, answer string) {
		text, answer = strings.ToValidUTF8(text, "?"), strings.ToValidUTF8(answer, "?")
		if utf8.RuneCountInString(text) > 2000 {
			return
		}
		m := &says{answers: []string{answer}}
		_, _, err := callWarned(t, "thread_summary", thread("", "Kit: "+text, "Juno: "+text+" again, and something more of the library."), m)
		if err != nil && err.Code != landfall.CodeUnsupportedLanguage && err.Code != landfall.CodeInputInvalid {
			t.Error(err, err.Err)
		}
	})
}

// A model that mixes up who does what is not asked.
func TestThreadSummaryIsExtractiveOnSmallestModels(t *testing.T) {
	f, err := feature.Compile(shipped(t, "thread_summary"))
	if err != nil {
		t.Fatal(err)
	}
	v, _ := landfall.ParseJSON([]byte(thread("", meeting...)))
	c, bad := f.Admit(landfall.Request{Input: v.(landfall.Object)}, &landfall.Release{Model: landfall.Model{ID: "qwen2.5-coder-0.5b"}, Languages: []string{"zh", "en"}}, "en")
	if bad != nil {
		t.Fatal(bad)
	}
	m := &says{answers: []string{"x"}}
	for d, err := range f.Shape(c, m.ask) {
		if err != nil {
			t.Fatal(err)
		}
		if d.Output != nil && d.Output.Text("summary") == "" {
			t.Error("no summary")
		}
	}
	if m.asked != 0 {
		t.Errorf("asked %d times", m.asked)
	}
}
