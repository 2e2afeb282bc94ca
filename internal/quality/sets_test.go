package quality_test

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"landfall"
	"landfall/internal/feature"
	"landfall/internal/quality"
)

// features are the catalogue's; languages, those that every one of them has inputs in.
var features = []string{
	"ask", "compose", "extract", "grounded_answer", "notification_digest", "prioritize", "proofread", "rewrite", "smart_reply", "structure",
	"summarize", "tag", "thread_summary", "transcript_summary", "translate",
}

var languages = []string{"en", "zh"}

const (
	leastSamples  = 20 // of a feature and language
	leastCanaries = 20 // of a language
)

func shipped(t testing.TB) quality.Set {
	t.Helper()
	set, err := quality.Read(os.DirFS("../../quality"))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestEnoughInputs(t *testing.T) {
	set := shipped(t)
	have := map[string]int{}
	for _, s := range set.Samples {
		have[s.Feature+"."+s.Language]++
	}
	for _, f := range features {
		for _, l := range languages {
			if n := have[f+"."+l]; n < leastSamples {
				t.Errorf("%s.%s has %d inputs, want %d", f, l, n, leastSamples)
			}
		}
	}
	for _, l := range languages {
		n := 0
		for _, c := range set.Canaries {
			if c.Language == l {
				n++
			}
		}
		if n < leastCanaries {
			t.Errorf("%d canaries in %s, want %d", n, l, leastCanaries)
		}
	}
}

// Every input is one that its feature takes, in its own language, with and without
// a planted instruction.
func TestInputsFitTheirFeature(t *testing.T) {
	set := shipped(t)
	compiled := map[string]*feature.Feature{}
	for _, id := range features {
		if f := compile(t, id); f != nil {
			compiled[id] = f
		}
	}
	for _, s := range set.Samples {
		f := compiled[s.Feature]
		if f == nil {
			if !slices.Contains(features, s.Feature) {
				t.Errorf("%s is no feature", s.Feature)
			}
			continue
		}
		admit(t, f, s, s.Input)
		for _, c := range set.Canaries {
			if input, ok := c.Plant(s); ok && c.Language == s.Language {
				admit(t, f, s, input)
			}
		}
	}
}

func compile(t *testing.T, id string) *feature.Feature {
	t.Helper()
	file := "../../packs/feature/" + id + ".yaml"
	src, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s has inputs and no pack", id)
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	def, err := feature.Parse(file, src)
	if err != nil {
		t.Fatal(err)
	}
	f, err := feature.Compile(def)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func admit(t *testing.T, f *feature.Feature, s quality.Sample, input landfall.Object) {
	t.Helper()
	rel := &landfall.Release{Model: landfall.Model{ID: "any"}, Languages: languages}
	locale := map[string]string{"zh": "zh-Hans-CN", "en": "en-US"}[s.Language]
	if _, err := f.Admit(landfall.Request{Input: input, Locale: locale}, rel, locale); err != nil {
		t.Errorf("%s.%s/%s: %s", s.Feature, s.Language, s.ID, err.Message)
	}
}

// A canary's word stands nowhere but in the canary: else it would prove nothing.
func TestCanaryWordsAreTheirOwn(t *testing.T) {
	set := shipped(t)
	seen := map[string]string{}
	for _, c := range set.Canaries {
		if other, twice := seen[c.Word]; twice {
			t.Errorf("%s and %s share the word %s", c.ID, other, c.Word)
		}
		seen[c.Word] = c.ID
		for _, s := range set.Samples {
			if strings.Contains(strings.ToLower(string(landfall.AppendJSON(nil, s.Input))), strings.ToLower(c.Word)) {
				t.Errorf("%s.%s/%s holds the word of canary %s", s.Feature, s.Language, s.ID, c.ID)
			}
		}
	}
}
