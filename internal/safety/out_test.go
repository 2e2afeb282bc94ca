package safety_test

import (
	"errors"
	"iter"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"landfall"
	"landfall/internal/safety"
)

var textLane = landfall.Lane{Path: "/text"}

func text(pieces ...string) []landfall.Draft { return textOf(textLane, pieces...) }

func textOf(l landfall.Lane, pieces ...string) (out []landfall.Draft) {
	for _, p := range pieces {
		out = append(out, landfall.Draft{Lane: l, Text: p})
	}
	return out
}

// source yields drafts and then, where it is set, an error. It counts what was taken.
type source struct {
	drafts []landfall.Draft
	err    error
	taken  int
}

func (s *source) seq() iter.Seq2[landfall.Draft, error] {
	return func(yield func(landfall.Draft, error) bool) {
		for _, d := range s.drafts {
			s.taken++
			if !yield(d, nil) {
				return
			}
		}
		if s.err != nil {
			yield(landfall.Draft{}, s.err)
		}
	}
}

func release(p *safety.Policy, drafts []landfall.Draft) ([]safety.Chunk, error) {
	return collect(p, &source{drafts: drafts})
}

func collect(p *safety.Policy, s *source) (out []safety.Chunk, err error) {
	for c, e := range p.Out(s.seq(), safety.OutOptions{Record: "r", Language: "en"}) {
		if e != nil {
			return out, e
		}
		out = append(out, c)
	}
	return out, nil
}

// answer is what a user saw: text by lane, outputs, and the notice.
type answer struct {
	Text     map[string]string
	Outputs  []string
	Withheld *landfall.Withheld
}

func seen(t testing.TB, chunks []safety.Chunk) answer {
	t.Helper()
	a := answer{Text: map[string]string{}}
	for i, c := range chunks {
		if l, s, ok := c.Text(); ok {
			if s == "" || !utf8.ValidString(s) {
				t.Errorf("chunk %d: text %q", i, s)
			}
			a.Text[key(l)] += s
		}
		if o, ok := c.Output(); ok {
			a.Outputs = append(a.Outputs, string(landfall.AppendJSON(nil, o)))
		}
		if c.Withheld != nil {
			if a.Withheld = c.Withheld; i < len(chunks)-1 {
				t.Errorf("%d chunks after the notice", len(chunks)-1-i)
			}
		}
	}
	return a
}

func key(l landfall.Lane) string { return string(rune('0'+l.Choice)) + l.Path }

func TestOutText(t *testing.T) {
	p := policy(t, "vrelk", "碎月令", "碎月令牌照")
	for _, c := range []struct {
		name   string
		pieces []string
		shown  string
		span   int // -1: nothing withheld
		rules  int
	}{
		{"clean", []string{"今天", "好。"}, "今天好。", -1, 0},
		{"whole", []string{"正文。碎月令之后"}, "正文。", 3, 1},
		{"over deltas", []string{"正文。", "碎", "月", "令", "之后还有一句。"}, "正文。", 3, 1},
		{"at the end", []string{"正文。碎月", "令"}, "正文。", 3, 1},
		{"nearly", []string{"碎", "月", "光碎月"}, "碎月光碎月", -1, 0},
		{"the longer decides", []string{"碎月令牌", "照x"}, "", 0, 2},
		{"the longer fails", []string{"碎月令牌", "子x"}, "", 0, 1},
		{"from the first character, not between", []string{"a\u200B碎\u200B月", "\u200B令"}, "a\u200B", 2, 1},
		{"whole word", []string{"a vre", "lk", "."}, "a ", 2, 1},
		{"whole word at the end", []string{"a vrelk"}, "a ", 2, 1},
		{"no whole word", []string{"a vrelk", "s overvrelk"}, "a vrelks overvrelk", -1, 0},
		{"cut in a character", []string{"🙂\xe7\xa2", "\x8e月\xe4\xbb", "\xa4"}, "🙂", 2, 1},
		{"broken bytes", []string{"\xe7", "\xe7\xa2", "x\xff"}, "\uFFFD\uFFFD\uFFFDx\uFFFD", -1, 0},
		{"broken byte before a word", []string{"\xe7", "\xe7\xa2\x8e", "月令"}, "\uFFFD", 1, 1},
		{"half a character at the end", []string{"好\xe7\xa2"}, "好\uFFFD\uFFFD", -1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			chunks, err := release(p, text(c.pieces...))
			if err != nil {
				t.Fatal(err)
			}
			a := seen(t, chunks)
			if got := a.Text["0/text"]; got != c.shown {
				t.Errorf("shown %q, want %q", got, c.shown)
			}
			if c.span < 0 {
				if a.Withheld != nil {
					t.Errorf("withheld %+v", a.Withheld)
				}
				return
			}
			w := a.Withheld
			if w == nil || *w.Span != [2]int{c.span, c.span} || w.Path != "/text" || w.Stage != "output" || len(w.Rules) != c.rules || w.RuleID != w.Rules[0] {
				t.Errorf("withheld %+v, want at %d by %d rules", w, c.span, c.rules)
			}
		})
	}
}

// A hit ends the answer: nothing more is asked of the model.
func TestOutStopsTheSource(t *testing.T) {
	s := &source{drafts: text("好", "碎月令", "more", "and more")}
	if _, err := collect(policy(t, "碎月令"), s); err != nil || s.taken != 2 {
		t.Errorf("%d drafts taken, want 2; %v", s.taken, err)
	}
	s = &source{drafts: text("好", "more")}
	for range policy(t, "碎月令").Out(s.seq(), safety.OutOptions{}) {
		break
	}
	if s.taken != 1 {
		t.Errorf("%d drafts taken after the reader left", s.taken)
	}
}

// Text comes as soon as no word can begin in it, and no sooner.
func TestOutHoldsNoMoreThanItMust(t *testing.T) {
	p := policy(t, "碎月令", "vrelk")
	var got []string
	for c := range p.Out((&source{drafts: text("好碎", "月", "光 v", "re", "d over", "vre")}).seq(), safety.OutOptions{}) {
		_, s, _ := c.Text()
		got = append(got, s)
	}
	if diff := cmp.Diff([]string{"好", "碎月光 ", "vred over", "vre"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestLanesNeverJoin(t *testing.T) {
	p := policy(t, "碎月令")
	one, two, field := landfall.Lane{Path: "/text"}, landfall.Lane{Choice: 1, Path: "/text"}, landfall.Lane{Path: "/title"}
	var drafts []landfall.Draft
	for _, d := range [][]landfall.Draft{textOf(one, "甲：碎"), textOf(two, "乙：月"), textOf(field, "令"), textOf(one, "好"), textOf(two, "令")} {
		drafts = append(drafts, d...)
	}
	chunks, err := release(p, drafts)
	a := seen(t, chunks)
	if diff := cmp.Diff(map[string]string{"0/text": "甲：碎好", "1/text": "乙：月令", "0/title": "令"}, a.Text); diff != "" || a.Withheld != nil || err != nil {
		t.Error(diff, a.Withheld, err)
	}
}

// Only text that a feature shaped is shown.
func TestOtherChannelsAreDropped(t *testing.T) {
	var drafts []landfall.Draft
	for _, l := range []landfall.Lane{{}, {Channel: landfall.Reasoning, Path: "/text"}, {Channel: landfall.ToolArguments, Path: "/text"}, {Channel: landfall.Refusal, Path: "/text"}} {
		drafts = append(drafts, textOf(l, "secret")...)
	}
	drafts = append(drafts, landfall.Draft{Finish: landfall.FinishStop}, landfall.Draft{Usage: &landfall.Usage{}}, landfall.Draft{Model: &landfall.Identity{}})
	if chunks, err := release(policy(t, "vrelk"), drafts); len(chunks) != 0 || err != nil {
		t.Errorf("%+v, %v", chunks, err)
	}
}

func TestOutput(t *testing.T) {
	p := policy(t, "vrelk", "碎月令")
	for _, c := range []struct {
		name   string
		before []landfall.Draft
		output string
		want   answer
		span   *[2]int
		path   string
	}{
		{name: "clean", output: `{"text":"好","n":1.5,"l":[]}`, want: answer{Outputs: []string{`{"text":"好","n":1.5,"l":[]}`}}},
		{name: "empty", output: `{}`, want: answer{Outputs: []string{`{}`}}},
		{name: "a string", output: `{"bullets":["好","a vrelk"]}`, path: "/bullets/1"},
		{name: "a name", output: `{"o":{"vrelk":1}}`, path: "/o"},
		{name: "after text", before: text("🙂好"), output: `{"text":"","list":["vrelk"]}`, want: answer{Text: map[string]string{"0/text": "🙂好"}}, span: &[2]int{3, 3}, path: "/list/0"},
		{name: "closes the lanes", before: text("好碎月"), output: `{"text":""}`, want: answer{Text: map[string]string{"0/text": "好碎月"}, Outputs: []string{`{"text":""}`}}},
		{name: "closes them with a hit", before: text("好 vrelk"), output: `{"text":""}`, want: answer{Text: map[string]string{"0/text": "好 "}}, span: &[2]int{2, 2}, path: "/text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			chunks, err := release(p, append(c.before, landfall.Draft{Output: parse(t, c.output)}))
			if err != nil {
				t.Fatal(err)
			}
			a := seen(t, chunks)
			if w := a.Withheld; (w != nil) != (c.path != "") || w != nil && (w.Path != c.path || !cmp.Equal(w.Span, c.span)) {
				t.Errorf("withheld %+v", w)
			}
			if c.want.Text == nil {
				c.want.Text = map[string]string{}
			}
			a.Withheld = nil
			if diff := cmp.Diff(c.want, a); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What was cleared stays what it was, whatever becomes of the draft.
func TestOutputIsACopy(t *testing.T) {
	list := []any{"ok"}
	chunks, err := release(policy(t, "vrelk"), []landfall.Draft{{Output: landfall.Object{{Key: "l", Value: list}}}})
	if err != nil {
		t.Fatal(err)
	}
	list[0] = "vrelk"
	if got := seen(t, chunks).Outputs[0]; got != `{"l":["ok"]}` {
		t.Error(got)
	}
}

func TestTextAfterTheWhole(t *testing.T) {
	chunks, err := release(policy(t, "碎月令"), append(append(text("碎月"), landfall.Draft{Output: landfall.Object{}}), text("令")...))
	if a := seen(t, chunks); err == nil || a.Text["0/text"] != "碎月" {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestSigns(t *testing.T) {
	p := policy(t, "碎月令")
	drafts := []landfall.Draft{
		{Beat: time.Second},
		{Lane: textLane, Text: "碎"},
		{Beat: 2 * time.Second},
		{Lane: textLane, Text: "石\xe7"},
		{Beat: 3 * time.Second},
		{Hold: &landfall.Hold{Why: "pass", Pass: 2}},
		{Warning: &landfall.Warning{Code: "extractive", Message: "as it stands"}},
		{Warning: &landfall.Warning{Code: "extractive", Message: "holds 碎月令"}},
		{Lane: textLane, Text: "x"},
	}
	chunks, err := release(p, drafts)
	if err != nil || len(chunks) != 7 {
		t.Fatalf("%d chunks, %v", len(chunks), err)
	}
	held := &landfall.Hold{Why: "moderation"}
	for i, want := range map[int]safety.Chunk{
		0: {Beat: time.Second}, 1: {Beat: 2 * time.Second, Hold: held}, 3: {Beat: 3 * time.Second, Hold: held},
		4: {Hold: &landfall.Hold{Why: "pass", Pass: 2}}, 5: {Warning: &landfall.Warning{Code: "extractive", Message: "as it stands"}},
	} {
		if diff := cmp.Diff(want, chunks[i], cmp.AllowUnexported(safety.Chunk{})); diff != "" {
			t.Errorf("chunk %d: %s", i, diff)
		}
	}
	if w := seen(t, chunks).Withheld; w == nil || *w.Span != [2]int{2, 2} {
		t.Errorf("a remark with a listed word: %+v", w)
	}
}

// After a fault nothing that is held comes out, and the fault does not tell it.
func TestFaultsShowNothingMore(t *testing.T) {
	fault := errors.New("cut off")
	chunks, err := collect(policy(t, "碎月令"), &source{drafts: text("好碎月"), err: fault})
	if a := seen(t, chunks); !errors.Is(err, fault) || a.Text["0/text"] != "好" || a.Withheld != nil {
		t.Errorf("%+v, %v", a, err)
	}
	broken := policy(t, "碎月令").Break()
	for _, drafts := range [][]landfall.Draft{text("secret"), {{Output: landfall.Object{{Key: "a", Value: "secret"}}}}, text("\xe7")} {
		chunks, err = release(broken, drafts)
		if len(chunks) > 0 || landfall.AsError(err).Code != landfall.CodeInternal || strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v, %v", chunks, err)
		}
	}
}

// Any way to cut the lanes' texts gives the same answer: what precedes the first
// occurrence in a lane, and the notice of the longest word there.
func TestCutsMakeNoDifference(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		words := drawWords(rt)
		p := policy(t, words...)
		lanes := []landfall.Lane{textLane, {Choice: 1, Path: "/text"}}
		var whole, cut []landfall.Draft
		full := map[string]string{}
		for range rapid.IntRange(1, 4).Draw(rt, "turns") {
			l := rapid.SampledFrom(lanes).Draw(rt, "lane")
			s := drawText(rt, "text", 12)
			if rapid.Bool().Draw(rt, "broken") {
				s += rapid.SampledFrom([]string{"\xff", "\xe7", "\xf0\x9f", "\x80"}).Draw(rt, "bytes")
			}
			full[key(l)] += s
			whole = append(whole, textOf(l, s)...)
			cut = append(cut, textOf(l, cuts(rt, s)...)...)
		}
		a, errA := release(p, whole)
		b, errB := release(p, cut)
		if errA != nil || errB != nil {
			rt.Fatal(errA, errB)
		}
		one := seen(t, a)
		if diff := cmp.Diff(one, seen(t, b)); diff != "" {
			rt.Fatal(diff)
		}
		for lane, s := range full {
			clean := string([]rune(s))
			hits, _ := naive(words, clean)
			shown := one.Text[lane]
			switch {
			case !strings.HasPrefix(clean, shown):
				rt.Fatalf("shown %q of %q", shown, clean)
			case len(hits) > 0 && len(shown) > hits[0].Start:
				rt.Fatalf("%q shows some of %q", shown, clean[hits[0].Start:])
			case len(hits) == 0 && one.Withheld == nil && shown != clean:
				rt.Fatalf("shown only %q of %q", shown, clean)
			case len(hits) > 0 && one.Withheld == nil:
				rt.Fatalf("nothing withheld of %q", clean)
			}
		}
	})
}

func FuzzOutCuts(f *testing.F) {
	f.Add("正文。碎月令之后", "碎月令", uint8(2))
	f.Add("a vre\xffl vrelk\xe7", "vrelk", uint8(1))
	f.Fuzz(func(t *testing.T, s, word string, step uint8) {
		cfg := config(t, nil, word)
		p, err := safety.Compile(cfg)
		if err != nil {
			return
		}
		var pieces []string
		for rest := s; rest != ""; {
			n := min(1+int(step)%9, len(rest))
			pieces, rest = append(pieces, rest[:n]), rest[n:]
		}
		a, errA := release(p, text(s))
		b, errB := release(p, text(pieces...))
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		one := seen(t, a)
		if diff := cmp.Diff(one, seen(t, b)); diff != "" {
			t.Fatal(diff)
		}
		if one.Withheld == nil && one.Text["0/text"] != string([]rune(s)) {
			t.Fatalf("shown %q of %q", one.Text["0/text"], s)
		}
	})
}
