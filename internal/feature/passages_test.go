package feature_test

import (
	"strings"
	"testing"

	"landfall"
)

const umbrellas = `{"question":"By when must an umbrella be back?","passages":[` +
	`{"id":"p1","text":"The desk keeps twenty umbrellas."},` +
	`{"id":"p2","text":"Ask for a card 🙂. Return the umbrella within three days to the desk. Later borrowing is suspended."}]STRICT}`

func answer(t *testing.T, strict string, answers ...string) (told, *says) {
	t.Helper()
	m := &says{answers: answers, n: 6}
	return request(t, "grounded_answer", strings.Replace(umbrellas, "STRICT", strict, 1), landfall.Request{}, m), m
}

func TestAnAnswerCitesItsPassage(t *testing.T) {
	a, _ := answer(t, "", "The umbrella must be back within three days.")
	if a.err != nil || a.lanes["/answer"] != "The umbrella must be back within three days." {
		t.Fatalf("%+v", a)
	}
	// The emoji counts as two in UTF-16.
	if have := field(a.output, "citations"); have != `[{"passage_id":"p2","start":19,"end":69}]` {
		t.Error(have)
	}
	if field(a.output, "sufficient") != "true" || field(a.output, "unsupported_claims") != "[]" {
		t.Errorf("%s", landfall.AppendJSON(nil, a.output))
	}
}

func TestWhatNoPassageSaysIsRefused(t *testing.T) {
	const sorry = "The given passages do not answer this question."
	for _, tt := range []struct {
		name    string
		answers []string
		asked   int
	}{
		{"none", []string{"None."}, 1},
		{"none in other words", []string{"The passages do not say when."}, 1},
		{"a number of its own", []string{"The umbrella must be back within nine days."}, 2},
		{"other matter", []string{"Bananas ripen faster beside apples in a warm kitchen."}, 2},
		{"nothing that could be found", []string{"Yes."}, 2},
		{"an example of the prompt", []string{"The watering can is on the shelf behind the door."}, 2},
	} {
		a, m := answer(t, "", tt.answers...)
		if a.err != nil || a.lanes["/answer"] != sorry || field(a.output, "sufficient") != "false" || field(a.output, "citations") != "[]" || m.asked != tt.asked {
			t.Errorf("%s: asked %d, %v %q %s", tt.name, m.asked, a.err, a.lanes, landfall.AppendJSON(nil, a.output))
		}
	}
}

func TestALaterClaimWithoutGroundIsLeftOutAndSaid(t *testing.T) {
	said := "The umbrella must be back within three days. Bananas ripen faster beside apples."
	a, _ := answer(t, "", said)
	if a.lanes["/answer"] != "The umbrella must be back within three days." || strings.Join(a.warnings, " ") != "unsupported_left_out" {
		t.Errorf("%v %+v", a.err, a)
	}
	b, _ := answer(t, `,"strict":false`, said)
	if b.lanes["/answer"] != said || field(b.output, "unsupported_claims") != `["Bananas ripen faster beside apples."]` || field(b.output, "sufficient") != "true" {
		t.Errorf("%+v", b)
	}
}

func TestTheInsufficientSentenceIsTheQuestionsLanguage(t *testing.T) {
	a := request(t, "grounded_answer", `{"question":"雨伞是什么颜色？","passages":[{"id":"p","text":"The desk keeps twenty umbrellas."}]}`, landfall.Request{}, &says{answers: []string{"无"}})
	if a.err != nil || a.lanes["/answer"] != "给出的资料里没有这个问题的答案。" {
		t.Errorf("%v %+v", a.err, a)
	}
}

// The question's numbers ground no claim, and a number that nobody gave is never shown.
func TestNumbersOfAClaimAreThePassages(t *testing.T) {
	const (
		sorry  = "The given passages do not answer this question."
		garden = `"passages":[{"id":"p","text":"The garden opens at nine. Garden tickets are sold at the gate."}]`
		opens  = "The garden opens at nine."
		priced = "Garden tickets cost 80 dollars."
	)
	for _, tt := range []struct{ question, strict, said, want, claims, warned string }{
		{"Do garden tickets cost 80 dollars?", "true", priced, sorry, `[]`, ""},
		{"Do garden tickets cost 80 dollars?", "false", priced, priced, `["` + priced + `"]`, ""},
		{"When does the garden open?", "false", opens + " " + priced, opens, `[]`, "unsupported_left_out"},
		{"When does the garden open?", "false", priced, sorry, `[]`, ""},
	} {
		in := `{"question":"` + tt.question + `","strict":` + tt.strict + `,` + garden + `}`
		a := request(t, "grounded_answer", in, landfall.Request{}, &says{answers: []string{tt.said}})
		if a.err != nil || a.lanes["/answer"] != tt.want || field(a.output, "unsupported_claims") != tt.claims || strings.Join(a.warnings, " ") != tt.warned {
			t.Errorf("%s strict %s: %v %q %v %s", tt.question, tt.strict, a.err, a.lanes, a.warnings, field(a.output, "unsupported_claims"))
		}
	}
}
