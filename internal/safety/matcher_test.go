package safety_test

import (
	"bufio"
	"cmp"
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"landfall/internal/safety"
)

// all feeds pieces and returns every hit, by start, longer first.
func all(m *safety.Matcher, pieces ...string) []safety.Hit {
	var hits []safety.Hit
	s := m.Stream()
	for _, p := range pieces {
		for p != "" {
			p = p[s.Feed(p):]
			if s.Settled() {
				hits = append(hits, s.Take()...)
			}
		}
	}
	s.Close()
	return byStart(append(hits, s.Take()...))
}

func byStart(hits []safety.Hit) []safety.Hit {
	slices.SortFunc(hits, func(a, b safety.Hit) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End), cmp.Compare(a.Word, b.Word))
	})
	return hits
}

func matcher(t testing.TB, words ...string) *safety.Matcher {
	t.Helper()
	m, err := safety.NewMatcher(words)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMatcher(t *testing.T) {
	words := []string{"vrelk", "龙桥糕", "T恤", "c++", "foo bar", "42", "drō"}
	m := matcher(t, words...)
	for _, c := range []struct {
		text string
		want []string // what the hits cover
	}{
		{"", nil},
		{"vrelk", []string{"vrelk"}},
		{"vrelks overvrelk vrelk7 7vrelk", nil},
		{"(VRELK), ｖｒｅｌｋ!", []string{"VRELK", "ｖｒｅｌｋ"}},
		{"他说vrelk了", []string{"vrelk"}},
		{"vrelk_x vrelk's", []string{"vrelk", "vrelk"}},
		{"a\u200Bvrelk", nil}, // the letter before counts, the space between does not
		{"v\u00ADrelk\u200B", []string{"v\u00ADrelk"}},
		{"买龙桥糕龙桥糕", []string{"龙桥糕", "龙桥糕"}},
		{"龙\u200B桥糕", []string{"龙\u200B桥糕"}},
		{"短T恤衫 xt恤", []string{"T恤", "t恤"}},
		{"C++ c++11 abc++", []string{"C++", "c++"}},
		{"foo bar, foo bars, foo  bar", []string{"foo bar"}},
		{"42 142 4 2", []string{"42"}},
		{"DRŌ drōn", []string{"DRŌ"}},
	} {
		var got []string
		for _, h := range all(m, c.text) {
			got = append(got, c.text[h.Start:h.End])
		}
		if diff := gocmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q: %s", c.text, diff)
		}
	}
}

func TestMatcherRefuses(t *testing.T) {
	for _, word := range []string{"", "\u200B", "a\xFFb", "a\tb", strings.Repeat("龙", safety.MaxWord+1)} {
		if _, err := safety.NewMatcher([]string{"ok", word}); err == nil || !strings.HasPrefix(err.Error(), "word 1: ") {
			t.Errorf("%q: error %v, want one that names word 1", word, err)
		}
	}
	if got := all(matcher(t), "anything 龙"); got != nil {
		t.Errorf("the empty list hits %v", got)
	}
}

// Words inside words: anknown/ahocorasick#9 reported one that shared only an ending.
func TestNestedWords(t *testing.T) {
	words := []string{"龙桥糕", "星龙桥糕", "北岸星龙桥糕", "东岭湖畔星龙桥糕"}
	ids := map[string]string{"O05": words[0], "O06": words[1], "O07": words[2], "O08": words[3]}
	for range 2 {
		m := matcher(t, words...)
		for _, row := range rows(t, "testdata/sa-05.jsonl") {
			type found struct {
				word       string
				start, end int
			}
			want, got := map[found]bool{}, map[found]bool{}
			for _, h := range row.Hits {
				want[found{ids[h.ID], h.Span.Byte[0], h.Span.Byte[1]}] = true
			}
			for _, h := range all(m, strings.Split(row.Text, "")...) {
				got[found{words[h.Word], h.Start, h.End}] = true
			}
			if diff := gocmp.Diff(want, got, gocmp.AllowUnexported(found{})); diff != "" {
				t.Errorf("%s: %s", row.Text, diff)
			}
		}
		slices.Reverse(words)
	}
}

type row struct {
	Text string
	Hit  bool
	Hits []struct {
		ID   string
		Span struct{ Byte [2]int }
	}
}

func rows(t *testing.T, name string) (out []row) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var r row
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// The alphabet has characters of one to four bytes, both cases, both widths, one
// that does not count, and some that end a word.
var alphabet = []string{"a", "B", "b", "ｂ", "é", "1", " ", "龙", "桥", "🙂", "\u200B"}

func drawText(t *rapid.T, label string, most int) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(alphabet), 0, most).Draw(t, label), "")
}

func drawWords(t *rapid.T) []string {
	var words []string
	for _, w := range rapid.SliceOfN(rapid.SliceOfN(rapid.SampledFrom(alphabet), 1, 5), 1, 8).Draw(t, "words") {
		if word := strings.Join(w, ""); safety.Fold(word) != "" {
			words = append(words, word)
		}
	}
	return words
}

// cuts splits a text at random places, inside characters too.
func cuts(t *rapid.T, text string) []string {
	var out []string
	for text != "" {
		n := min(rapid.IntRange(1, 7).Draw(t, "cut"), len(text))
		out = append(out, text[:n])
		text = text[n:]
	}
	return out
}

type char struct {
	r          rune
	begin, end int
}

// plain folds a text of the alphabet by hand.
func plain(text string) (out []char) {
	at := 0
	for _, c := range strings.Split(text, "") {
		r := []rune(c)[0]
		at += len(c)
		switch r {
		case 0x200B:
			continue
		case 'B', 'ｂ':
			r = 'b'
		}
		out = append(out, char{r, at - len(c), at})
	}
	return out
}

// naive finds words by trying each at each place, and says from where on a text
// that goes on could still complete one.
func naive(words []string, text string) (hits []safety.Hit, held int) {
	part := func(c char) bool { return strings.ContainsRune("abé1", c.r) }
	chars, held := plain(text), len(text)
	seen := map[string]bool{}
	for i, w := range words {
		word := plain(w)
		if seen[safety.Fold(w)] {
			continue
		}
		seen[safety.Fold(w)] = true
		whole := !strings.ContainsAny(w, "龙桥")
		for k := range chars {
			if whole && part(word[0]) && k > 0 && part(chars[k-1]) {
				continue
			}
			n := 0
			for n < len(word) && k+n < len(chars) && chars[k+n].r == word[n].r {
				n++
			}
			ends := k+n == len(chars)
			edge := whole && part(word[len(word)-1])
			if ends && (n < len(word) || edge) {
				held = min(held, chars[k].begin)
			}
			if n == len(word) && (!edge || ends || !part(chars[k+n])) {
				hits = append(hits, safety.Hit{Word: i, Start: chars[k].begin, End: chars[k+n-1].end})
			}
		}
	}
	return byStart(hits), held
}

func TestMatcherAgainstBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := drawWords(t)
		m, err := safety.NewMatcher(words)
		if err != nil {
			t.Fatal(err)
		}
		text := drawText(t, "text", 40)
		want, _ := naive(words, text)
		chars := strings.Split(text, "")
		for name, pieces := range map[string][]string{"whole": {text}, "by character": chars} {
			if diff := gocmp.Diff(want, all(m, pieces...)); diff != "" {
				t.Fatalf("%s: %s", name, diff)
			}
		}
		s := m.Stream()
		read := ""
		for _, c := range chars {
			s.Feed(c)
			read += c
			s.Take()
			if _, held := naive(words, read); s.Frontier() != held {
				t.Fatalf("after %q the frontier is %d, want %d", read, s.Frontier(), held)
			}
		}
	})
}

// synthetic draws words and a text without meaning: three of four words are of
// 2 to 6 common Chinese characters, the others of letters.
func synthetic(n, size int) (words []string, text string) {
	rng := rand.New(rand.NewPCG(1, 2))
	han := func(b *strings.Builder, n int) {
		for range n {
			b.WriteRune(0x4E00 + rune(rng.IntN(1+rng.IntN(2900))))
		}
	}
	latin := func(b *strings.Builder, n int) {
		for range n {
			b.WriteByte("bcdfgklmnprstvz"[rng.IntN(15)])
			b.WriteByte("aeiou"[rng.IntN(5)])
		}
	}
	for len(words) < n {
		var b strings.Builder
		if len(words)%4 > 0 {
			han(&b, 2+rng.IntN(5))
		} else {
			latin(&b, 2+rng.IntN(3))
		}
		words = append(words, b.String())
	}
	var b strings.Builder
	for b.Len() < size {
		if rng.IntN(3) > 0 {
			han(&b, 20)
			b.WriteString("，")
		} else {
			for range 8 {
				latin(&b, 1+rng.IntN(4))
				b.WriteByte(' ')
			}
		}
	}
	return words, b.String()
}

func TestFeedAllocatesNothing(t *testing.T) {
	words, text := synthetic(1000, 4<<10)
	for i := range words {
		words[i] += "龘" // many begin in the text and none ends
	}
	s := matcher(t, words...).Stream()
	if n := testing.AllocsPerRun(10, func() { s.Feed(text) }); n != 0 {
		t.Errorf("%v allocations to feed %d bytes", n, len(text))
	}
}

func BenchmarkCompile(b *testing.B) {
	words, _ := synthetic(10_000, 0)
	for b.Loop() {
		matcher(b, words...)
	}
}

func BenchmarkFeed(b *testing.B) {
	words, text := synthetic(10_000, 4<<20)
	m := matcher(b, words...)
	b.Run("whole", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			all(m, text)
		}
	})
	b.Run("tokens", func(b *testing.B) {
		var tokens []string
		for rest := []rune(text); len(rest) > 4; {
			n := 2
			if rest[0] < 0x80 {
				n = 4
			}
			tokens, rest = append(tokens, string(rest[:n])), rest[n:]
		}
		s, i := m.Stream(), 0
		b.ReportAllocs()
		for b.Loop() {
			s.Feed(tokens[i])
			s.Frontier()
			if s.Settled() {
				s.Take()
			}
			i = (i + 1) % len(tokens)
		}
	})
}
