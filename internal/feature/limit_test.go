package feature_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"landfall"
	"landfall/internal/feature"
	"landfall/internal/pack"
)

// A limit is what a model of a known speed finishes in time: 60 s, and 240 s where the
// input is split; never above the feature's own, and never below its own example.
func TestFinishes(t *testing.T) {
	text := strings.Repeat("字", 100) // 75 tokens: 0.75 a code point
	def := feature.Definition{Main: "text", Limits: map[string]int{"zh": 100_000},
		Work:     feature.Work{Writes: 60, WritesPerHundred: 50},
		Examples: map[string]feature.Example{"zh": {Input: landfall.Object{{Key: "text", Value: text}}}},
		Prompts:  []landfall.Variant{{Language: "zh", Name: "main", Messages: []landfall.Message{{Content: text}, {Content: text}}}},
	}
	speed := pack.Speed{Read: 60 * 75, Write: 60 * 30}
	// 150 tokens of prompt take 2 s and 60 written ones as long; a code point 1/100 s
	// to read and 0.375/30 s to write for.
	for name, c := range map[string]struct {
		change func(*feature.Definition, *pack.Speed)
		want   int
	}{
		"in one piece":    {nil, 2400},
		"split":           {func(d *feature.Definition, _ *pack.Speed) { d.Work.Split = true }, 10_000},
		"nothing written": {func(d *feature.Definition, _ *pack.Speed) { d.Work = feature.Work{Writes: 60} }, 5600},
		"little is read":  {func(d *feature.Definition, _ *pack.Speed) { d.Work.Reads = 1000 }, 0},
		"much is read":    {func(d *feature.Definition, _ *pack.Speed) { d.Work.Reads = 20_000 }, 2400},
		"half of the bound": {func(d *feature.Definition, _ *pack.Speed) {
			d.Work = feature.Work{}
			d.Tokens = feature.Tokens{Base: 120, PerHundred: 100}
		}, 2400},
		"a size's bound": {func(d *feature.Definition, _ *pack.Speed) {
			d.Work = feature.Work{}
			d.Sizes.Of = map[string]feature.Size{"a": {Tokens: 120}}
		}, 5600},
		"half as fast":      {func(_ *feature.Definition, s *pack.Speed) { s.Read, s.Write = s.Read/2, s.Write/2 }, 1100},
		"the feature's own": {func(d *feature.Definition, _ *pack.Speed) { d.Limits["zh"] = 2000 }, 0},
		"a crawl":           {func(_ *feature.Definition, s *pack.Speed) { s.Read, s.Write = 60, 60 }, 200},
		"its own example": {func(d *feature.Definition, s *pack.Speed) {
			*s = pack.Speed{Read: 60, Write: 60}
			d.Examples["zh"] = feature.Example{Input: landfall.Object{{Key: "text", Value: strings.Repeat(text, 3)}}}
		}, 300},
		"an unknown speed": {func(_ *feature.Definition, s *pack.Speed) { s.Write = 0 }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			d, s := def, speed
			d.Limits = map[string]int{"zh": 100_000}
			d.Examples = map[string]feature.Example{"zh": def.Examples["zh"]}
			if c.change != nil {
				c.change(&d, &s)
			}
			if got := d.Finishes("zh", s); got != c.want {
				t.Errorf("have %d, want %d", got, c.want)
			}
		})
	}
}

// Every feature that ships can take its own example on a slow machine, and on a fast
// one as much as its file says.
func TestShippedFeaturesFinishTheirExamples(t *testing.T) {
	files, _ := filepath.Glob("../../packs/feature/*.yaml")
	for _, file := range files {
		if _, err := os.Stat(file); err != nil {
			t.Fatal(err)
		}
		d := shipped(t, strings.TrimSuffix(filepath.Base(file), ".yaml"))
		for _, lang := range d.Languages {
			n := utf8.RuneCountInString(d.Examples[lang].Input.Text(d.Main))
			if limit := d.Finishes(lang, pack.Speed{Read: 60, Write: 60}); limit > 0 && limit < n {
				t.Errorf("%s in %s: %d, the example has %d", d.ID, lang, limit, n)
			}
			if limit := d.Finishes(lang, pack.Speed{Read: 1e9, Write: 1e9}); limit != 0 {
				t.Errorf("%s in %s: %d on a fast machine", d.ID, lang, limit)
			}
		}
	}
}
