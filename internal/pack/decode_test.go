package pack_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall/internal/pack"
)

// file is a pack file with a field of every kind the packs use.
type file struct {
	Market  string            `json:"market"`
	Markets []string          `json:"markets"`
	Data    map[string]string `json:"data"`
	Count   int               `json:"count"`
	Doubt   bool              `json:"doubt"`
	Rule    *rule             `json:"rule"`
	Rules   []rule            `json:"rules"`
}

type rule struct {
	Name      string `json:"name"`
	Threshold int    `json:"threshold"`
}

func TestDecodeReads(t *testing.T) {
	for name, c := range map[string]struct {
		src  string
		want file
	}{
		"the country code NO is a text":  {"market: NO\nmarkets: [CN, NO, EU]\n", file{Market: "NO", Markets: []string{"CN", "NO", "EU"}}},
		"so is on, off, yes and no":      {"data: {on: off, yes: no, y: n}\n", file{Data: map[string]string{"on": "off", "yes": "no", "y": "n"}}},
		"a key may be NO":                {"data:\n  NO: x\n", file{Data: map[string]string{"NO": "x"}}},
		"a key may look like a number":   {"data: {2026: x, 1.0: y, 010: z}\n", file{Data: map[string]string{"2026": "x", "1.0": "y", "010": "z"}}},
		"a key may be true":              {"data: {true: x}\n", file{Data: map[string]string{"true": "x"}}},
		"a date is a text":               {"market: 2026-03-31\n", file{Market: "2026-03-31"}},
		"a quoted number is a text":      {"market: \"1\"\n", file{Market: "1"}},
		"only true and false are truths": {"doubt: true\ncount: 7\n", file{Doubt: true, Count: 7}},
		"a block keeps its lines":        {"market: |\n  a\n  b\n", file{Market: "a\nb\n"}},
		"nesting":                        {"rule: {name: a, threshold: 1}\nrules:\n  - name: b\n  - {name: c, threshold: 2}\n", file{Rule: &rule{"a", 1}, Rules: []rule{{Name: "b"}, {"c", 2}}}},
		"nothing written, nothing set":   {"rule: ~\nmarket:\n", file{}},
		"a sign above U+FFFF":            {"market: \"\\U0001F600😀\"\n", file{Market: "😀😀"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got file
			if err := pack.Decode("f.yaml", []byte(c.src), &got); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, c := range map[string]struct{ src, want string }{
		"an unknown key, with the one meant": {"market: a\nmarkts: [b]\n", "f.yaml:2:1: markts: unknown key (did you mean \"markets\"?)\n    1 | market: a\n    2 | markts: [b]\n      | ^"},
		"neighbours swapped":                 {"dobut: true\n", `dobut: unknown key (did you mean "doubt"?)`},
		"another case":                       {"Market: a\n", `Market: unknown key (did you mean "market"?)`},
		"a key like no other":                {"rule: {elephant: 1}\n", "f.yaml:1:8: rule.elephant: unknown key (known here: name, threshold)"},
		"an unknown key in a list":           {"rules:\n  - name: a\n    treshold: 1\n", `f.yaml:3:5: rules[0].treshold: unknown key (did you mean "threshold"?)`},
		"the caret stands under the key":     {"rule:\n    xame: a\n", "    2 |     xame: a\n      |     ^"},
		"lines that end in CR LF":            {"market: a\r\nx: b\r\n", "    1 | market: a\n    2 | x: b\n      | ^"},

		"a key twice at the top, both lines":         {"count: 1\nmarket: a\ncount: 9\n", `f.yaml:3:1: mapping key "count" already defined at [1:1]`},
		"a key twice deep, both lines":               {"rule:\n  threshold: 1\n  threshold: 9\n", `f.yaml:3:3: mapping key "threshold" already defined at [2:3]`},
		"a key twice in a list of mappings":          {"rules:\n  - name: a\n    name: b\n", `already defined at [2:5]`},
		"a key twice, quoted differently":            {"data: {\"a\": x, 'a': y}\n", `"a" already defined at [1:8]`},
		"a key twice, once a number and once a text": {"data:\n  1: x\n  \"1\": y\n", `f.yaml:3:3: mapping key "1" already defined at [2:3]`},

		"a number for a text":       {"market: 1\n", "f.yaml:1:9: market: want a text, have integer (put it in quotes)"},
		"a truth for a text":        {"data: {a: true}\n", "data.a: want a text, have bool (put it in quotes)"},
		"a text for a number":       {"count: many\n", "f.yaml:1:8: count: want a whole number, have string"},
		"a fraction":                {"count: 1.5\n", "count: want a whole number, have float"},
		"a number beyond 64 bits":   {"count: 99999999999999999999\n", "count: want a whole number"},
		"yes for a truth":           {"doubt: yes\n", "doubt: want true or false, have string"},
		"a text for a list":         {"markets: a\n", "markets: want a list, have string"},
		"a list for a mapping":      {"rule: [a]\n", "rule: want a mapping, have sequence"},
		"a wrong kind in a list":    {"markets: [a, 1]\n", "f.yaml:1:14: markets[1]: want a text, have integer"},
		"a list for the whole file": {"- a\n", "f.yaml:1:1: want a mapping, have sequence"},

		"an anchor":               {"market: &a x\n", "market: Anchor is not used here"},
		"an alias":                {"market: *a\n", "market: Alias is not used here"},
		"a merge":                 {"data:\n  <<: {a: b}\n", "f.yaml:2:3: data.<<: MergeKey is not used here (write a plain key)"},
		"a tag":                   {"market: !!str x\n", "market: Tag is not used here"},
		"an anchor on a key":      {"data:\n  &k a: x\n", "f.yaml:2:3: data.&: Anchor is not used here"},
		"an alias for a key":      {"data:\n  *k : x\n", "Alias is not used here"},
		"a tag on a key":          {"data:\n  !!str a: x\n", "Tag is not used here"},
		"a key after a question":  {"data:\n  ? a\n  : x\n", "MappingKey is not used here"},
		"a list for a key":        {"data:\n  [a, b]: x\n", "invalid key"},
		"not a number, infinity":  {"data: {a: .inf}\n", "data.a: Infinity is not used here"},
		"two documents":           {"market: a\n---\nmarket: b\n", "want one YAML document, have 2"},
		"a directive":             {"%YAML 1.1\n---\nmarket: a\n", "want one YAML document, have 2"},
		"an empty file":           {"", "f.yaml:1:1: the file is empty"},
		"comments only":           {"# later\n", "f.yaml:1:1: the file is empty"},
		"a list that never ends":  {"markets: [\n", "f.yaml:1:10: sequence end token ']' not found"},
		"a tab":                   {"\tmarket: a\n", "f.yaml:1:7: tab character"},
		"invalid UTF-8":           {"count: 1\nmarket: \xff\n", "f.yaml:2:1: the line is not valid UTF-8"},
		"half of a surrogate":     {`market: "\ud800"` + "\n", "surrogate"},
		"the place of wrong text": {"market: \"x\n", "f.yaml:1:9: "},
	} {
		t.Run(name, func(t *testing.T) {
			got := file{Market: "before"}
			err := pack.Decode("f.yaml", []byte(c.src), &got)
			if err == nil {
				t.Fatalf("read as %+v", got)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got\n%v\nwant in it\n%s", err, c.want)
			}
			if got.Market != "before" {
				t.Errorf("refused, and yet it set %q", got.Market)
			}
		})
	}
}

func TestDecodeTellsEveryProblem(t *testing.T) {
	err := pack.Decode("f.yaml", []byte("markt: a\ncount: many\nrule:\n  nam: b\n"), &file{})
	var p pack.Problem
	if !errors.As(err, &p) {
		t.Fatalf("%T holds no Problem", err)
	}
	p.Source = ""
	want := pack.Problem{File: "f.yaml", Line: 1, Column: 1, Key: "markt", Reason: "unknown key", Hint: `did you mean "market"?`}
	if d := cmp.Diff(want, p); d != "" {
		t.Errorf("first problem (-want +got)\n%s", d)
	}
	for _, place := range []string{"f.yaml:1:1: markt", "f.yaml:2:8: count", "f.yaml:4:3: rule.nam"} {
		if !strings.Contains(err.Error(), place) {
			t.Errorf("%s is not told:\n%v", place, err)
		}
	}
}

// FuzzDecode: whatever the bytes, an answer and no panic, a place that is in the
// file, and no text that is not UTF-8.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{"", "market: NO\n", "a: [", "rules:\n  - {name: a, threshold: 1}\n", "a: &b [*b]\n", "? a\n: b\n", "data: {1: a, \"1\": b}\n", "count: 0x_\n", "market: \"\\ud83d\\ude00\"\n", "a: |\n", "---\n---\n", "\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		var v file
		err := pack.Decode("f.yaml", src, &v)
		var p pack.Problem
		if err != nil && (!errors.As(err, &p) || p.Line < 1 || p.Line > strings.Count(string(src), "\n")+strings.Count(string(src), "\r")+1) {
			t.Fatalf("no place in the file: %v", err)
		}
		if err != nil {
			return
		}
		texts := append(slices.Collect(maps.Keys(v.Data)), v.Market)
		for _, s := range append(texts, v.Markets...) {
			if s != strings.ToValidUTF8(s, "") {
				t.Fatalf("%q is not valid UTF-8", s)
			}
		}
	})
}
