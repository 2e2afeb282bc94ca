package main

import (
	"strings"
	"testing"
	"unicode"
)

// The texts keep what a summary's contract asks, or the bench measures refusals.
func TestTexts(t *testing.T) {
	for _, s := range scenarios() {
		answer := s.answer()
		if len(answer) >= len(s.text) || strings.HasPrefix(s.text, answer) {
			t.Errorf("%s: the answer is no shorter text of its own", s.name)
		}
		for _, r := range s.text + answer {
			if r > 0x7e || unicode.IsDigit(r) {
				t.Errorf("%s: the sign %q: want plain letters, no number", s.name, r)
			}
		}
		known := scenarios()
		if i := recognise(known, []byte(s.text)); i < 0 || known[i].name != s.name {
			t.Errorf("%s: the partner takes it for another", s.name)
		}
		for _, c := range s.chunks {
			if c == "" {
				t.Errorf("%s: an empty chunk", s.name)
			}
		}
	}
	if n := len(measured("", "", scenarios()[0]).body); n < 1000 || n > 1300 {
		t.Errorf("the request of 1 KB has %d bytes", n)
	}
	if n := len(stream(t).chunks); n != 200 {
		t.Errorf("%d chunks, want 200", n)
	}
}

func TestWords(t *testing.T) {
	list := words(listed)
	if len(list) != listed {
		t.Fatalf("%d words, want %d", len(list), listed)
	}
	var all strings.Builder
	for _, s := range scenarios() {
		all.WriteString(strings.ToLower(s.text+s.answer()) + "\n")
	}
	for i, w := range words(listed) {
		if w != list[i] {
			t.Fatalf("word %d differs from run to run", i)
		}
		if strings.Contains(all.String(), w) {
			t.Errorf("%q is in the texts", w)
		}
	}
}
