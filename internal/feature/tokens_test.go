package feature_test

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"landfall/internal/feature"
)

func TestChunksHoldTheWholeText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("河岸的树很高。，abc def.\n 12，!😀")), 0, 400, -1).Draw(t, "text")
		size := rapid.IntRange(5, 60).Draw(t, "tokens")
		all := ""
		for _, c := range feature.Chunks(text, size) {
			if n := feature.EstimateTokens(c); n > size {
				t.Fatalf("a chunk of %d tokens, want at most %d: %q", n, size, c)
			}
			if c == "" || c != strings.TrimSpace(c) {
				t.Fatalf("a chunk %q", c)
			}
			all += c
		}
		if want := dense(text); dense(all) != want {
			t.Fatalf("chunks hold %q, want %q", dense(all), want)
		}
	})
}

func TestChunksEndWithSentencesAndAreEven(t *testing.T) {
	text := strings.Repeat("木桥在春天修好了，行人不用再绕路。", 40)
	chunks := feature.Chunks(text, 200)
	if len(chunks) != 3 {
		t.Fatalf("%d chunks of %d tokens", len(chunks), feature.EstimateTokens(text))
	}
	for _, c := range chunks {
		if !strings.HasSuffix(c, "。") || feature.EstimateTokens(c) < 140 {
			t.Errorf("%d tokens, ends in %q", feature.EstimateTokens(c), c[len(c)-3:])
		}
	}
}

func dense(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}
