package feature_test

import (
	"strings"
	"testing"

	"landfall"
)

const market = `"me":"小禾","thread":[{"from":"阿岩","text":"去河边烧烤，要不要一起？","time":"x"}]`

func TestRepliesOneForEachStance(t *testing.T) {
	said := `{"accept":"好，我带 20 元来","decline":"去不了","ask":"在哪里集合？","defer":"晚点告诉你"}`
	for _, tt := range []struct{ name, input, want string }{
		{"three by default", `{` + market + `}`,
			`{"replies":[{"text":"好，我带 20 元来","intent":"accept","needs_fact":true},{"text":"去不了","intent":"decline","needs_fact":false},{"text":"在哪里集合？","intent":"ask","needs_fact":false}],"questions":[]}`},
		{"two, and the questions that are open", `{"n":2,"questions":true,` + market + `}`,
			`{"replies":[{"text":"好，我带 20 元来","intent":"accept","needs_fact":true},{"text":"去不了","intent":"decline","needs_fact":false}],"questions":[{"id":"q1","text":"去河边烧烤，要不要一起？","options":["可以","不行"]}]}`},
	} {
		if have := answerOf(t, "smart_reply", tt.input, said); have != tt.want {
			t.Errorf("%s: %s", tt.name, have)
		}
	}
	m := &says{answers: []string{said}}
	request(t, "smart_reply", `{"n":4,`+market+`}`, landfall.Request{}, m)
	if s := string(landfall.AppendJSON(nil, m.prompts[0].Schema)); !strings.Contains(s, `"required":["accept","decline","ask","defer"]`) {
		t.Errorf("schema %s", s)
	}
}

func TestRepliesAreDifferentAndNoMessageAgain(t *testing.T) {
	for _, tt := range []struct{ name, answer, check string }{
		{"twice the same", `{"accept":"好的","decline":"好的。","ask":"几点？"}`, "replies"},
		{"a copy", `{"accept":"去河边烧烤,要不要一起","decline":"不去","ask":"几点？"}`, "replies"},
		{"one is missing", `{"accept":"好的","decline":"不去","ask":""}`, "replies"},
		{"too long", `{"accept":"` + strings.Repeat("好", 121) + `","decline":"不去","ask":"几点？"}`, "replies"},
		{"an example of the prompt", `{"accept":"下午缺一个守门员吗","decline":"不去","ask":"在哪？"}`, "example_leak"},
		{"the wrong language", `{"accept":"Sounds great to me","decline":"No thank you","ask":"When is it going to be?"}`, "language"},
	} {
		if have := answerOf(t, "smart_reply", `{`+market+`}`, tt.answer); have != "output_contract_failed "+tt.check {
			t.Errorf("%s: %s", tt.name, have)
		}
	}
}

// A reply promises where it states what the thread does not: a number, a time, a
// place, money.
func TestRepliesThatNeedAFact(t *testing.T) {
	thread := `"me":"Mira","thread":[{"from":"Oda","text":"Can you bring the ladder tomorrow at 8?"}]`
	for reply, want := range map[string]string{
		"Yes, tomorrow at 8 is fine":      "false",
		"Yes, at 9 then":                  "true",
		"I will pay for it":               "true",
		"I paid a visit":                  "false",
		"Let us meet at the office":       "true",
		"See example.test/ladder":         "true",
		"Sure, I can bring it":            "false",
		"Next week would suit me better!": "true",
	} {
		have := answerOf(t, "smart_reply", `{`+thread+`}`, `{"accept":"`+reply+`","decline":"Sorry, I can't","ask":"Which ladder?"}`)
		if !strings.Contains(have, `"intent":"accept","needs_fact":`+want) {
			t.Errorf("%s: %s", reply, have)
		}
	}
}

func TestNoRepliesWhereNobodyShouldAnswerWithAButton(t *testing.T) {
	for _, tt := range []struct{ name, thread, want string }{
		{"grief", `[{"from":"a","text":"奶奶昨晚去世了。"},{"from":"a","text":"周末的饭局我不来了。"}]`, `{"replies":[],"questions":[],"none_reason":"sensitive"}`},
		{"in the other language", `[{"from":"a","text":"My uncle PASSED AWAY，周末不来了，你们去吧。"}]`, `{"replies":[],"questions":[],"none_reason":"sensitive"}`},
		{"the user spoke last", `[{"from":"a","text":"你来吗？"},{"from":"小禾","text":"来。"}]`, `{"replies":[],"questions":[],"none_reason":"own_message_last"}`},
	} {
		m := &says{answers: []string{`{"accept":"好的","decline":"不去","ask":"几点？"}`}}
		a := request(t, "smart_reply", `{"questions":true,"me":"小禾","thread":`+tt.thread+`}`, landfall.Request{}, m)
		if have := string(landfall.AppendJSON(nil, a.output)); have != tt.want || m.asked != 0 || a.err != nil {
			t.Errorf("%s: %s, asked %d times, %v", tt.name, have, m.asked, a.err)
		}
	}
}

func TestOpenQuestionsAndTheirChoices(t *testing.T) {
	said := `{"accept":"Sure","decline":"No, sorry","ask":"Why?"}`
	for _, tt := range []struct{ text, want string }{
		{"Tea or coffee?", `[{"id":"q1","text":"Tea or coffee?","options":["Tea","coffee"]}]`},
		{"Hello! Will you come? What should we bring?", `[{"id":"q1","text":"Will you come?","options":["Yes","No"]},{"id":"q2","text":"What should we bring?","options":[]}]`},
		{"We are on the beach.", `[]`},
	} {
		have := answerOf(t, "smart_reply", `{"questions":true,"me":"Mira","thread":[{"from":"Oda","text":"Are you awake?"},{"from":"Mira","text":"Yes"},{"from":"Oda","text":"`+tt.text+`"}]}`, said)
		if !strings.HasSuffix(have, `"questions":`+tt.want+`}`) {
			t.Errorf("%s: %s", tt.text, have)
		}
	}
}

func TestThreadsThatAreRefused(t *testing.T) {
	for _, tt := range []struct{ input, field string }{
		{`{"me":"a","thread":[]}`, "/input/thread"},
		{`{"me":"a","thread":[{"from":"b","text":"x"},{"from":"b","text":7}]}`, "/input/thread/1/text"},
		{`{"me":"a","thread":[{"from":"b","text":"  "}]}`, "/input/thread/0/text"},
		{`{"me":"a","n":5,"thread":[{"from":"b","text":"x"}]}`, "/input/n"},
		{`{"me":"a","n":2.5,"thread":[{"from":"b","text":"x"}]}`, "/input/n"},
		{`{"thread":[{"from":"b","text":"x"}]}`, "/input/me"},
	} {
		if have := answerOf(t, "smart_reply", tt.input, ""); have != "input_invalid "+tt.field {
			t.Errorf("%s: %s", tt.input, have)
		}
	}
}

// What an attempt got right stays; a repair replaces the rest.
func TestARepairReplacesOnlyWhatFailed(t *testing.T) {
	have := answerOf(t, "smart_reply", `{`+market+`}`, `{"accept":"好的","decline":"好的","ask":"几点？"}`, `{"accept":"我来","decline":"去不了","ask":""}`)
	for _, want := range []string{`"text":"好的","intent":"accept"`, `"text":"去不了","intent":"decline"`, `"text":"几点？","intent":"ask"`} {
		if !strings.Contains(have, want) {
			t.Errorf("%s lacks %s", have, want)
		}
	}
}
