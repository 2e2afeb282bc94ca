package feature_test

import (
	"strings"
	"testing"

	"landfall"
)

// said is all text that was shown.
func said(a told) (text string) {
	for _, t := range a.lanes {
		text += t
	}
	return text
}

// A link is one word, whatever signs stand in it.
func TestALinkIsNotCut(t *testing.T) {
	const link = "https://maps.example/x?id=12&q=a!b"
	for id, c := range map[string]struct{ input, answer string }{
		"rewrite":   {`{"text":"Please look at ` + link + ` before you come on Sunday."}`, "Before Sunday, have a look at " + link + " please."},
		"summarize": {`{"text":"The map of the walk is at ` + link + ` for all who come. We start at the old mill and return by bus in the evening. Bring shoes and water."}`, "Walkers find the map at " + link + " before they start."},
	} {
		a := request(t, id, c.input, landfall.Request{}, &says{answers: []string{c.answer}})
		if a.err != nil || !strings.Contains(said(a), link) {
			t.Errorf("%s: %q, %v", id, said(a), a.err)
		}
	}
}

// A decimal at the beginning of a line is no list mark.
func TestADecimalIsNoListMark(t *testing.T) {
	have := answerOf(t, "structure", `{"target":"bullets","text":"2.5升水，1.5公斤面粉，5升油。"}`, `{"items":["2.5升水","1.5公斤面粉","1. 5升油"]}`)
	for _, want := range []string{`"2.5升水"`, `"1.5公斤面粉"`, `"5升油"`} {
		if !strings.Contains(have, want) {
			t.Errorf("%s is not in %s", want, have)
		}
	}
}

// A number that begins a part of a line is no list mark either: it has to be grounded.
func TestANumberAtTheBeginningOfAPartIsRead(t *testing.T) {
	for _, answer := range []string{"The market stays open for days. How long? 15. That is known.", "市集开好几天。一共几天？15。大家都知道。"} {
		input := `{"text":"The market on the green stays open for some days, people say. Stalls are set up by the river."}`
		if answer[0] > 0x7f {
			input = `{"text":"草地上的市集要开好几天，大家都这么说。摊位沿着河边摆开。"}`
		}
		a := request(t, "rewrite", input, landfall.Request{}, &says{answers: []string{answer}})
		if strings.Contains(said(a), "15") {
			t.Errorf("shown: %q, %v", said(a), a.err)
		}
	}
}

// A correction that would change a number word is dropped, and the others stay.
func TestACorrectionOfANumberCostsNoOther(t *testing.T) {
	a := request(t, "proofread", `{"text":"We meet at the tow gates, and she want tea."}`, landfall.Request{},
		&says{answers: []string{"We meet at the two gates, and she wants tea."}})
	if a.err != nil || a.output.Text("corrected") != "We meet at the tow gates, and she wants tea." {
		t.Errorf("%s, %v", landfall.AppendJSON(nil, a.output), a.err)
	}
}

// 2.0 is an integer for JSON Schema, and so for us.
func TestTwoPointZeroIsTwo(t *testing.T) {
	have := answerOf(t, "smart_reply", `{"me":"Ann","n":2.0,"thread":[{"from":"Ben","text":"Shall we meet at the pond after lunch?"}]}`,
		`{"accept":"Yes, I will be there.","decline":"Sorry, not today.","ask":"Which side of it?"}`)
	if n := strings.Count(have, `"intent"`); n != 2 {
		t.Errorf("%d replies: %s", n, have)
	}
}
