package safety_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall/internal/safety"
)

// Quirks of a list file: a byte order mark, CRLF, blank lines, an ideographic
// space, a line of U+200B alone, a full-width word, a repeat, no last line end.
func TestListFileQuirks(t *testing.T) {
	b, err := os.ReadFile("testdata/sa-07.lexicon.txt")
	if err != nil {
		t.Fatal(err)
	}
	list, err := safety.ParseList("words.txt", b)
	if err != nil {
		t.Fatal(err)
	}
	want := safety.List{
		Words: []string{"碎月令", "嘟嘟糖", "Ｖｒｅｌｋ", "龙桥糕"},
		Skipped: []string{
			"words.txt:7: the same word as in line 1",
			"words.txt:8: nothing but characters that do not count",
		},
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Fatal(diff)
	}
	m := matcher(t, list.Words...)
	for _, row := range rows(t, "testdata/sa-07.jsonl") {
		if got := all(m, row.Text); (len(got) > 0) != row.Hit {
			t.Errorf("%q: hits %v, want one: %v", row.Text, got, row.Hit)
		}
	}
}

func TestParseList(t *testing.T) {
	for _, c := range []struct {
		name, file, err string
		words           []string
	}{
		{name: "empty"},
		{name: "only a mark", file: "\uFEFF"},
		{name: "comments", file: "#one\n  # two\nc# \nvrelk # three\nfoo\t#four\nfoo　#five", words: []string{"c#", "vrelk", "foo"}},
		{name: "line ends", file: "a\rb\r\nc\nd", words: []string{"a", "b", "c", "d"}},
		{name: "white space", file: "\u3000龙桥糕 \u00A0\n\u0085\n foo bar ", words: []string{"龙桥糕", "foo bar"}},
		{name: "repeats", file: "Vrelk\nvrelk\nｖＲＥＬＫ\nv\u00ADrelk", words: []string{"Vrelk"}},
		{name: "broken bytes", file: "ok\nb\xFFd", err: "list:2: invalid UTF-8"},
		{name: "broken comment", file: "# b\xFFd", err: "list:1: invalid UTF-8"},
		{name: "columns", file: "ok\n\nO01\tword", err: "list:3: a control character in a word"},
		{name: "UTF-16", file: "a\x00b\x00", err: "list:1: a control character in a word"},
		{name: "too long", file: strings.Repeat("x", safety.MaxWord+1), err: "list:1: a word of 129 characters, at most 128 are allowed"},
		{name: "too large", file: strings.Repeat(" ", safety.MaxList+1), err: "list: 16777217 bytes, at most 16777216 are allowed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			list, err := safety.ParseList("list", []byte(c.file))
			if got := errText(err); got != c.err {
				t.Fatalf("error %q, want %q", got, c.err)
			}
			if diff := cmp.Diff(c.words, list.Words); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Whatever the bytes, a list that is accepted compiles and finds its own words.
func FuzzParseList(f *testing.F) {
	f.Add([]byte("\uFEFF碎月令\r\n# c\nvrelk\n\u200B\n"))
	f.Add([]byte("a\xFF"))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := safety.ParseList("list", b)
		if err != nil {
			return
		}
		m, err := safety.NewMatcher(list.Words)
		if err != nil {
			t.Fatalf("an accepted list does not compile: %v", err)
		}
		for i, w := range list.Words {
			found := false
			for _, h := range all(m, w) {
				found = found || h.Word == i
			}
			if !found {
				t.Fatalf("word %d, %q, is not found in itself", i, w)
			}
		}
	})
}
