package feature_test

import (
	"strings"
	"testing"

	"landfall"
	"landfall/internal/feature"
)

// told is what a reader of an answer got.
type told struct {
	lanes    map[string]string
	output   landfall.Object
	outputs  []landfall.Object
	warnings []string
	holds    []landfall.Hold
	finish   landfall.Finish
	err      *landfall.Error
}

// request asks a shipped feature with a whole request.
func request(t testing.TB, id, input string, r landfall.Request, m *says) told {
	t.Helper()
	f, err := feature.Compile(shipped(t, id))
	if err != nil {
		t.Fatal(err)
	}
	return requestOf(t, f, input, r, &landfall.Release{Feature: id, Model: landfall.Model{ID: "qwen2.5-coder-1.5b"}, Languages: []string{"zh", "en"}}, m)
}

func requestOf(t testing.TB, f *feature.Feature, input string, r landfall.Request, rel *landfall.Release, m *says) told {
	t.Helper()
	v, err := landfall.ParseJSON([]byte(input))
	if err != nil {
		t.Fatal(err)
	}
	r.Input, r.Unit = v.(landfall.Object), landfall.UTF16
	c, bad := f.Admit(r, rel, "zh")
	if bad != nil {
		return told{err: bad}
	}
	a := told{lanes: map[string]string{}}
	for d, err := range f.Shape(c, m.ask) {
		switch {
		case err != nil:
			a.err = landfall.AsError(err)
			return a
		case d.Warning != nil:
			a.warnings = append(a.warnings, d.Warning.Code)
		case d.Hold != nil:
			a.holds = append(a.holds, *d.Hold)
		case d.Output != nil:
			a.output, a.finish = d.Output, d.Finish
			a.outputs = append(a.outputs, d.Output)
		case d.Text != "":
			a.lanes[d.Lane.Path] += d.Text
		}
	}
	return a
}

const pool = `{"text":"The pool on Mill Street closes for repairs from Monday. The work on the roof takes six weeks. Season tickets are extended by the same time. Members may use the pool in Weston without paying extra.","type":"paragraph"}`

const poolSummary = "Repairs close the Mill Street pool for six weeks. Members can swim in Weston meanwhile. Tickets stay valid longer."

func TestStopCutsAtTheFirstOccurrence(t *testing.T) {
	for _, tt := range []struct {
		name   string
		stop   []string
		text   string
		cut    bool
		finish landfall.Finish
	}{
		{"none", nil, poolSummary, false, landfall.FinishStop},
		{"not in the text", []string{"Nothing"}, poolSummary, false, landfall.FinishStop},
		{"inside a part", []string{"swim"}, "Repairs close the Mill Street pool for six weeks. Members can ", true, landfall.FinishStop},
		{"across two parts", []string{"weeks. Members"}, "Repairs close the Mill Street pool for six ", true, landfall.FinishStop},
		{"the first of several", []string{"Tickets", "Members", "six"}, "Repairs close the Mill Street pool for ", true, landfall.FinishStop},
		{"one that begins and does not come", []string{"weeks. Nobody"}, poolSummary, false, landfall.FinishStop},
		{"its beginning at the end of the text", []string{"longer. And"}, poolSummary, false, landfall.FinishStop},
		{"at the very start", []string{"Repairs"}, "", true, landfall.FinishStop},
	} {
		for _, n := range []int{0, 1, 7} {
			a := request(t, "summarize", pool, landfall.Request{Stop: tt.stop}, &says{answers: []string{poolSummary}, n: n})
			if a.err != nil {
				t.Fatal(tt.name, a.err)
			}
			if a.lanes["/text"] != tt.text || a.finish != tt.finish {
				t.Errorf("%s, pieces of %d: %q, finish %s; want %q, finish %s", tt.name, n, a.lanes["/text"], a.finish, tt.text, tt.finish)
			}
			if have := strings.Contains(strings.Join(a.warnings, " "), "cut_by_caller"); have != tt.cut {
				t.Errorf("%s: warnings %q", tt.name, a.warnings)
			}
		}
	}
}

func TestMaxTokensLowersTheRoom(t *testing.T) {
	long := &says{answers: []string{"Repairs close the Mill Street pool for six"}, finish: landfall.FinishLength}
	a := request(t, "summarize", pool, landfall.Request{MaxTokens: 9}, long)
	if a.err != nil || a.finish != landfall.FinishLength || a.lanes["/text"] != "Repairs close the Mill Street pool for six" {
		t.Fatalf("%+v", a)
	}
	if long.asked != 1 || long.prompts[0].MaxTokens != 9 {
		t.Errorf("asked %d times with room %d, want once with 9", long.asked, long.prompts[0].MaxTokens)
	}
	if strings.Join(a.warnings, " ") != "cut_by_caller" {
		t.Errorf("warnings %q", a.warnings)
	}
	wide := &says{answers: []string{poolSummary}}
	request(t, "summarize", pool, landfall.Request{MaxTokens: 100000}, wide)
	if have := wide.prompts[0].MaxTokens; have != 240 {
		t.Errorf("a caller's bound above the release's gives %d, want 240", have)
	}
}

func TestAnAppsInstructionsAreDataOfThePrompt(t *testing.T) {
	m := &says{answers: []string{poolSummary}}
	a := request(t, "summarize", pool, landfall.Request{Instructions: "Mention {{text}} politely."}, m)
	if a.err != nil || len(a.warnings) != 0 {
		t.Fatalf("%+v", a)
	}
	messages := m.prompts[0].Messages()
	last := messages[len(messages)-1].Content
	if !strings.Contains(last, "A remark of the app, for reference: Mention {{text}} politely.") {
		t.Errorf("the instructions are not in their place, or were read as a template:\n%s", last)
	}
	if messages[0].Role != "system" || strings.Contains(messages[0].Content, "politely") {
		t.Errorf("the release's own task changed: %q", messages[0])
	}
}

func TestWhatAFeatureCannotHonourIsSaid(t *testing.T) {
	m := &says{answers: []string{"All is well."}}
	a := request(t, "proofread", `{"text":"All is well."}`, landfall.Request{Instructions: "Be kind.", MaxTokens: 5, Stop: []string{"is"}}, m)
	if want := "instructions_ignored max_tokens_ignored stop_ignored"; a.err != nil || strings.Join(a.warnings, " ") != want {
		t.Fatalf("%v %q, want %q", a.err, a.warnings, want)
	}
	if a.output.Text("corrected") != "All is well." {
		t.Errorf("corrected is %q", a.output.Text("corrected"))
	}
}

func TestBadLimitsAreRefusedByName(t *testing.T) {
	for _, tt := range []struct {
		name, field string
		r           landfall.Request
	}{
		{"five stops", "/stop", landfall.Request{Stop: []string{"a", "b", "c", "d", "e"}}},
		{"an empty stop", "/stop", landfall.Request{Stop: []string{""}}},
		{"negative", "/max_tokens", landfall.Request{MaxTokens: -1}},
		{"long instructions", "/instructions", landfall.Request{Instructions: strings.Repeat("词", 4001)}},
	} {
		a := request(t, "summarize", pool, tt.r, &says{answers: []string{poolSummary}})
		if field, _ := param(a.err, "field"); a.err == nil || a.err.Code != landfall.CodeInputInvalid || field != tt.field {
			t.Errorf("%s: %v", tt.name, a.err)
		}
	}
}

func param(e *landfall.Error, key string) (any, bool) {
	if e == nil {
		return nil, false
	}
	return e.Params.Get(key)
}

func TestValuesWithoutMeansAreRefusedAtTheirPlace(t *testing.T) {
	d := shipped(t, "summarize")
	d.Unmet = []feature.Unmet{{Field: "kind", Values: []string{"web"}, Needs: "a reader of pages"}}
	f, err := feature.Compile(d)
	if err != nil {
		t.Fatal(err)
	}
	rel := &landfall.Release{Model: landfall.Model{ID: "m"}, Languages: []string{"en"}}
	for kind, refused := range map[string]bool{"web": true, "article": false} {
		a := requestOf(t, f, `{"text":"The mill stands still and the river runs on.","kind":"`+kind+`"}`, landfall.Request{}, rel, &says{answers: []string{"A mill stopped."}})
		if field, _ := param(a.err, "field"); refused != (field == "/input/kind") {
			t.Errorf("%s: %v", kind, a.err)
		}
	}
}

func compiled(t testing.TB, id string) *feature.Feature {
	t.Helper()
	f, err := feature.Compile(shipped(t, id))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func admitted(t testing.TB, f *feature.Feature, input string) feature.Call {
	t.Helper()
	v, err := landfall.ParseJSON([]byte(input))
	if err != nil {
		t.Fatal(err)
	}
	rel := &landfall.Release{Model: landfall.Model{ID: "qwen2.5-coder-1.5b"}, Languages: []string{"zh", "en"}}
	c, bad := f.Admit(landfall.Request{Input: v.(landfall.Object), Unit: landfall.UTF16}, rel, "zh")
	if bad != nil {
		t.Fatal(bad)
	}
	return c
}
