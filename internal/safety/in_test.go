package safety_test

import (
	"encoding/json"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall"
	"landfall/internal/safety"
)

func input(s string) []safety.Value {
	return []safety.Value{{Path: "/input", Value: landfall.Object{{Key: "text", Value: s}}}}
}

func parse(t testing.TB, s string) landfall.Object {
	t.Helper()
	v, err := landfall.ParseJSON([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return v.(landfall.Object)
}

// The place of a hit is that in the text as sent, in each unit, also after
// characters whose folding others make longer.
func TestSpanInTheTextAsSent(t *testing.T) {
	var request struct{ Input landfall.Object }
	var right struct{ Span map[landfall.Unit][2]int }
	for name, into := range map[string]any{"testdata/sa-11.request.json": &request, "testdata/sa-11.right.json": &right} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, into); err != nil {
			t.Fatal(err)
		}
	}
	p := policy(t, "碎月令")
	for _, unit := range []landfall.Unit{landfall.UTF16, landfall.CodePoint, landfall.Byte} {
		w, err := p.In(safety.Check{Unit: unit, Values: []safety.Value{{Path: "/input", Value: request.Input}}})
		if err != nil || w == nil || *w.Span != right.Span[unit] || w.Path != "/input/brief" {
			t.Errorf("%s: %+v, %v, want %v", unit, w, err, right.Span[unit])
		}
	}
}

func TestIn(t *testing.T) {
	p := policy(t, "vrelk", "龙桥糕", "星龙桥糕", "4711")
	id := func(s string) string {
		w, _ := p.In(safety.Check{Values: input(s)})
		return w.RuleID
	}
	vrelk, cake, star, number := id("vrelk"), id("龙桥糕"), id("星龙桥糕"), id("4711")
	for _, c := range []struct {
		name, input, options string
		path                 string
		span                 *[2]int
		rules                []string
	}{
		{name: "nothing", input: `{"text":"overvrelk","list":[null,true,1,{}]}`},
		{name: "in a list", input: `{"a":["x",{"b":"🙂 vrelk"}]}`, path: "/input/a/1/b", span: &[2]int{3, 8}, rules: []string{vrelk}},
		{name: "escaped", input: `{"a":"v\u0072el\u006b"}`, path: "/input/a", span: &[2]int{0, 5}, rules: []string{vrelk}},
		{name: "first of several", input: `{"a":"买龙桥糕","b":"vrelk 龙桥糕"}`, path: "/input/a", span: &[2]int{1, 4}, rules: []string{cake, vrelk}},
		{name: "one in another", input: `{"a":"买星龙桥糕和龙桥糕"}`, path: "/input/a", span: &[2]int{1, 5}, rules: []string{star, cake}},
		{name: "a name", input: `{"x":{"a/b vrelk":"龙桥糕"}}`, path: "/input/x", rules: []string{vrelk, cake}},
		{name: "escaped pointer", input: `{"a/~":"vrelk"}`, path: "/input/a~1~0", span: &[2]int{0, 5}, rules: []string{vrelk}},
		{name: "a number", input: `{"n":[4711]}`, path: "/input/n/0", span: &[2]int{0, 4}, rules: []string{number}},
		{name: "second value", input: `{"a":"x"}`, options: `{"tone":"vrelk"}`, path: "/options/tone", span: &[2]int{0, 5}, rules: []string{vrelk}},
		{name: "strings do not join", input: `{"a":"龙桥","b":"糕","c":["龙","桥糕"]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			values := []safety.Value{{Path: "/input", Value: parse(t, c.input)}}
			if c.options != "" {
				values = append(values, safety.Value{Path: "/options", Value: parse(t, c.options)})
			}
			w, err := p.In(safety.Check{Record: "r", Language: "en", Values: values})
			if err != nil {
				t.Fatal(err)
			}
			if c.rules == nil {
				if w != nil {
					t.Fatalf("withheld %+v", w)
				}
				return
			}
			want := &landfall.Withheld{
				Span: c.span, Path: c.path, Stage: "input", Class: "market_rule", RuleID: c.rules[0], Rules: c.rules,
				Message: "A market rule withheld this. Appeal with the number.", AppealToken: "r:" + c.rules[0],
			}
			if diff := cmp.Diff(want, w); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A value of a Go type that is no JSON value is taken as it would be written.
func TestInOfOtherTypes(t *testing.T) {
	p := policy(t, "vrelk")
	o := landfall.Object{{Key: "a", Value: []string{"x", "vrelk"}}, {Key: "b", Value: struct{ N int }{4}}}
	w, err := p.In(safety.Check{Values: []safety.Value{{Value: o}}})
	if err != nil || w == nil || w.Path != "/a/1" {
		t.Errorf("%+v, %v", w, err)
	}
}

func TestPanicInTellsNothing(t *testing.T) {
	w, err := policy(t, "vrelk").Break().In(safety.Check{Values: input("secret vrelk")})
	if w != nil || landfall.AsError(err).Code != landfall.CodeInternal || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v, %v", w, err)
	}
}

// A text full of hits must not take time by the square of their number.
func TestManyHits(t *testing.T) {
	p := policy(t, "龙", "龙龙", "龙龙龙")
	w, err := p.In(safety.Check{Values: input(strings.Repeat("龙", 300_000))})
	if err != nil || len(w.Rules) != 3 || *w.Span != [2]int{0, 3} {
		t.Errorf("%+v, %v", w, err)
	}
}

// A long key above many values costs what the input is long, not the square of it.
func TestInCostsWhatAnInputIsLong(t *testing.T) {
	const n = 8000
	p := policy(t, "vrelk")
	deep := parse(t, `{"`+strings.Repeat("k", n)+`":[`+strings.Repeat("null,1,", n)+`"vrelk"]}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	w, err := p.In(safety.Check{Values: []safety.Value{{Path: "/input", Value: deep}}})
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > n*n/4 {
		t.Errorf("%d bytes for an input of %d", used, 8*n)
	}
	if err != nil || w == nil || w.Path != "/input/"+strings.Repeat("k", n)+"/16000" {
		t.Errorf("%v, %v", w, err)
	}
}
