package feature_test

import (
	"slices"
	"strings"
	"testing"

	"landfall"
	"landfall/internal/feature"
)

// A further language of a translation is data: a prompt into it and one out of it.
func TestALanguageMoreIsAPromptMore(t *testing.T) {
	d := shipped(t, "translate")
	d.Languages = append(slices.Clone(d.Languages), "ko")
	d.Limits["ko"] = 100
	d.Examples["ko"] = d.Examples["en"]
	for _, name := range []string{"terms", "comma"} {
		d.Words[name]["ko"] = d.Words[name]["en"]
	}
	if _, err := feature.Compile(d); err == nil || !strings.Contains(err.Error(), "no prompt into ko") {
		t.Errorf("without a prompt: %v", err)
	}
	into := landfall.Variant{Language: "ko", Name: "zh", Messages: []landfall.Message{{Role: "user", Content: "{{terms}}{{text}}"}}}
	out := landfall.Variant{Language: "en", Name: "ko", Messages: into.Messages}
	d.Prompts = append(slices.Clone(d.Prompts), into, out)
	f, err := feature.Compile(d)
	if err != nil {
		t.Fatal(err)
	}
	rel := &landfall.Release{Model: landfall.Model{ID: "m"}, Languages: []string{"zh", "en", "ko"}}
	for _, tt := range []struct{ input, said, want string }{
		{`{"text":"门开了。","target":"ko"}`, "문이 열렸습니다.", "문이 열렸습니다."},
		{`{"text":"문이 열렸습니다.","target":"en"}`, "The door is open.", "The door is open."},
	} {
		a := requestOf(t, f, tt.input, landfall.Request{}, rel, &says{answers: []string{tt.said}})
		if a.err != nil || a.lanes["/text"] != tt.want {
			t.Errorf("%s: %q %v", tt.input, a.lanes["/text"], a.err)
		}
	}
	// The other way round there is no prompt, and a release may lack a language.
	a := requestOf(t, f, `{"text":"문이 열렸습니다.","target":"zh"}`, landfall.Request{}, rel, &says{answers: []string{"x"}})
	if a.err == nil || a.err.Code != landfall.CodeUnsupportedLanguage {
		t.Errorf("ko to zh: %v", a.err)
	}
	a = requestOf(t, f, `{"text":"门开了。","target":"ko"}`, landfall.Request{}, &landfall.Release{Model: landfall.Model{ID: "m"}, Languages: []string{"zh", "en"}}, &says{answers: []string{"x"}})
	if a.err == nil || a.err.Code != landfall.CodeUnsupportedLanguage {
		t.Errorf("a release without ko: %v", a.err)
	}
}
