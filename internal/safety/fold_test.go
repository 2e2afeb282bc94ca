package safety_test

import (
	"testing"
	"unicode"

	"landfall/internal/safety"
)

func TestFold(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Vrelk", "vrelk"},
		{"Ｖｒｅｌｋ７！", "vrelk7!"},
		{"v\u200Br\u00ADe\uFE0Fl\U000E0101k\u2060", "vrelk"},
		{"龙\u200D桥\uFEFF糕", "龙桥糕"},
		{"Ζας ΖΑΣ", "ζασ ζασ"},
		{"İ K Å", "i k å"}, // dotted I, Kelvin and Ångström signs: one character each
		{"\u3164\u115F\u034F", ""},
		{"ﬁ ㎏", "ﬁ ㎏"}, // what would become several characters stays
		{"\U00010400", "\U00010428"},
	} {
		if got := safety.Fold(c.in); got != c.want {
			t.Errorf("fold %q: %q, want %q", c.in, got, c.want)
		}
	}
}

func TestFoldIsStable(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if f := safety.FoldRune(r); f != safety.Ignored && safety.FoldRune(f) != f {
			t.Errorf("%U folds to %U and that to %U", r, f, safety.FoldRune(f))
		}
	}
}

// The class table must say of every code point what the fold says.
func TestClassesFollowTheFold(t *testing.T) {
	m, err := safety.NewMatcher([]string{"Vrelk", "龙桥糕", "ὀδός", "\U00010400ab"})
	if err != nil {
		t.Fatal(err)
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		class, unseen, latin := m.Class(r)
		f := safety.FoldRune(r)
		if unseen != (f == safety.Ignored) {
			t.Fatalf("%U: does not count: %v", r, unseen)
		}
		if unseen {
			continue
		}
		if same, _, _ := m.Class(f); same != class {
			t.Fatalf("%U: class %d, that of its fold %U is %d", r, class, f, same)
		}
		if want := unicode.Is(unicode.Latin, f) || f >= '0' && f <= '9'; latin != want {
			t.Fatalf("%U: part of a Latin word: %v", r, latin)
		}
	}
}
