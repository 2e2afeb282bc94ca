package feature_test

import (
	"strings"
	"testing"

	"landfall"
)

const parcel = "We could not deliver your parcel today because nobody was at home. It waits at the shop in Mill Lane 14 until 18:30."

func rewriting(options string) string {
	return `{"text":"` + parcel + `"` + options + `}`
}

func TestOneCandidateShowsAsItClears(t *testing.T) {
	said := "Nobody was home today, so your parcel stayed with us. Fetch it in Mill Lane 14 before 18:30."
	for _, n := range []int{0, 1, 5} {
		a := request(t, "rewrite", rewriting(""), landfall.Request{}, &says{answers: []string{said}, n: n})
		if a.err != nil || a.lanes["/candidates/0/text"] != said || len(a.warnings) > 0 {
			t.Fatalf("%+v", a)
		}
		if have := string(landfall.AppendJSON(nil, a.output)); have != `{"candidates":[{"text":""}],"changed":true,"preserved":{"numbers":true,"entities":true,"urls":true}}` {
			t.Error(have)
		}
	}
}

func TestRewriteChecks(t *testing.T) {
	for _, tt := range []struct {
		name, options string
		answers       []string
		text, warning string
		check         string
		asked         int
	}{
		{"the text again, then another", "", []string{parcel, "Your parcel waits in Mill Lane 14 until 18:30, as nobody was home."}, "Your parcel waits in Mill Lane 14 until 18:30, as nobody was home.", "", "", 2},
		{"nearly the text again, then another", "", []string{strings.Replace(parcel, "at home", "home", 1), "Your parcel waits in Mill Lane 14 until 18:30."}, "Your parcel waits in Mill Lane 14 until 18:30.", "", "", 2},
		{"never another", "", []string{parcel}, parcel, "check_changed", "", 3},
		{"a number from nowhere", "", []string{"Your parcel waits until 19:45."}, "", "", "numbers", 3},
		{"a number of the instruction", `,"instruction":"say that the counter closes at 19:45"`, []string{"Your parcel waits; the counter closes at 19:45."}, "Your parcel waits; the counter closes at 19:45.", "", "", 1},
		{"not shorter, then shorter", `,"length":"shorter"`, []string{parcel + " And so on.", "Your parcel is in Mill Lane 14 until 18:30."}, "Your parcel is in Mill Lane 14 until 18:30.", "", "", 2},
		{"never longer", `,"length":"longer"`, []string{"Parcel: Mill Lane 14."}, "Parcel: Mill Lane 14.", "check_longer_shorter", "", 3},
		{"an example of the prompt", "", []string{"Pat, the porter has the shed key now, so you can collect it this afternoon."}, "", "", "example_leak", 3},
	} {
		m := &says{answers: tt.answers}
		a := request(t, "rewrite", rewriting(tt.options), landfall.Request{}, m)
		check, _ := param(a.err, "check")
		if check == nil {
			check = ""
		}
		if a.lanes["/candidates/0/text"] != tt.text || strings.Join(a.warnings, " ") != tt.warning || check != tt.check || m.asked != tt.asked {
			t.Errorf("%s: asked %d, check %v, %q %q", tt.name, m.asked, check, a.lanes, a.warnings)
		}
	}
}

func TestDirectionIsTold(t *testing.T) {
	m := &says{answers: []string{"Parcel: Mill Lane 14."}}
	var told string
	f := compiled(t, "rewrite")
	for d := range f.Shape(admitted(t, f, rewriting(`,"length":"longer"`)), m.ask) {
		if d.Warning != nil {
			told = d.Warning.Message
		}
	}
	if want := "wanted longer: the answer has 21 characters, the text 116"; !strings.Contains(told, want) {
		t.Errorf("%q, want %q in it", told, want)
	}
}

func TestSeveralCandidatesDiffer(t *testing.T) {
	a1, a2, a3 := "Your parcel is in Mill Lane 14 until 18:30.", "Fetch your parcel in Mill Lane 14 by 18:30.", "Mill Lane 14 keeps your parcel until 18:30."
	m := &says{answers: []string{a1, a1, a2, a2, a1, a3}}
	a := request(t, "rewrite", rewriting(`,"n":3`), landfall.Request{}, m)
	if a.err != nil || m.asked != 6 || len(a.outputs) != 3 || len(a.lanes) != 0 {
		t.Fatalf("asked %d, %d snapshots, %v %q", m.asked, len(a.outputs), a.err, a.lanes)
	}
	for i, want := range []string{`[{"text":"` + a1 + `"}]`, `[{"text":"` + a1 + `"},{"text":"` + a2 + `"}]`, `[{"text":"` + a1 + `"},{"text":"` + a2 + `"},{"text":"` + a3 + `"}]`} {
		if have := field(a.outputs[i], "candidates"); have != want {
			t.Errorf("snapshot %d: %s, want %s", i, have, want)
		}
	}
	seeds := map[int64]bool{}
	for _, p := range m.prompts[1:] {
		seeds[*p.Seed] = true
	}
	if len(seeds) != 5 {
		t.Errorf("%d different seeds for 5 samples", len(seeds))
	}
	never := &says{answers: []string{a1}}
	if b := request(t, "rewrite", rewriting(`,"n":2`), landfall.Request{}, never); b.err == nil || never.asked != 4 {
		t.Errorf("asked %d, %v", never.asked, b.err)
	} else if check, _ := param(b.err, "check"); check != "distinct" {
		t.Error(b.err)
	}
}

// What the end of any candidate leaves out is said, each thing once; 2.0 asks for two.
func TestTheEndOfEveryCandidateIsTold(t *testing.T) {
	whole, cut := "Your parcel is in Mill Lane 14 until 18:30.", "Mill Lane 14 keeps your parcel until 18:30, so come."
	for _, answers := range [][]string{{whole, cut}, {cut, whole}, {cut, "At Mill Lane 14 your parcel waits until 18:30, so come."}} {
		a := request(t, "rewrite", rewriting(`,"n":2.0`), landfall.Request{Stop: []string{", so"}}, &says{answers: answers})
		if a.err != nil || len(a.outputs) != 2 || strings.Join(a.warnings, " ") != "cut_by_caller" {
			t.Errorf("%q: %v, %d snapshots, warned %v", answers, a.err, len(a.outputs), a.warnings)
		}
	}
	m := &says{answers: []string{"Nobody was home. " + whole, "Fetch your parcel soon. It is in Mill Lane 14 until 18:30."}, finish: landfall.FinishLength}
	if a := request(t, "rewrite", rewriting(`,"n":2`), landfall.Request{}, m); a.err != nil || strings.Join(a.warnings, " ") != "truncated_answer" {
		t.Errorf("%v, warned %v", a.err, a.warnings)
	}
}

func TestWhatIsPreserved(t *testing.T) {
	input := `{"text":"请《晨报》的小禾 3月5日 前写信到 a@b.example，带上“蓝色箱子”。","instruction":"随便"}`
	a := request(t, "rewrite", input, landfall.Request{}, &says{answers: []string{"请小禾尽快写信，把蓝色箱子带来。"}})
	if have := field(a.output, "preserved"); have != `{"numbers":false,"entities":false,"urls":false}` {
		t.Error(have)
	}
	b := request(t, "rewrite", input, landfall.Request{}, &says{answers: []string{"小禾，《晨报》那边：三月五日之前来信 a@b.example，蓝色箱子也带来。"}})
	if have := field(b.output, "preserved"); have != `{"numbers":true,"entities":true,"urls":true}` {
		t.Error(b.err, have)
	}
}

func TestOptionsThatExcludeEachOther(t *testing.T) {
	a := request(t, "rewrite", rewriting(`,"length":"shorter","style":"elaborate"`), landfall.Request{}, &says{answers: []string{""}})
	if field, _ := param(a.err, "field"); a.err == nil || field != "/input/style" || !strings.Contains(a.err.Message, `/input/length "shorter" and /input/style "elaborate" exclude each other`) {
		t.Error(a.err)
	}
}
