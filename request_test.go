package landfall_test

import (
	"testing"
	"unicode/utf16"

	"landfall"
)

func TestUnitLen(t *testing.T) {
	for s, want := range map[string]struct{ utf16, codepoint, byte int }{
		"":         {0, 0, 0},
		"abc":      {3, 3, 3},
		"é":        {1, 1, 2},
		"e\u0301":  {2, 2, 3},
		"你好":       {2, 2, 6},
		"😀":        {2, 1, 4},
		"a😀\uffff": {4, 3, 8},
		"👩‍🚀":      {5, 3, 11},
		"a\xffb":   {3, 3, 3},
		"\xf0\x9f": {2, 2, 2},
	} {
		for unit, n := range map[landfall.Unit]int{landfall.UTF16: want.utf16, landfall.CodePoint: want.codepoint, landfall.Byte: want.byte} {
			if got := unit.Len(s); got != n {
				t.Errorf("%q in %s: %d, want %d", s, unit, got, n)
			}
		}
		if got := landfall.UTF16.Len(s); got != len(utf16.Encode([]rune(s))) {
			t.Errorf("%q: %d is not what unicode/utf16 says", s, got)
		}
	}
}

func TestUnitOffset(t *testing.T) {
	const s = "a😀b"
	for unit, want := range map[landfall.Unit]int{landfall.UTF16: 3, landfall.CodePoint: 2, landfall.Byte: 5} {
		if got := unit.Offset(s, len("a😀")); got != want {
			t.Errorf("%s: %d, want %d", unit, got, want)
		}
	}
}
