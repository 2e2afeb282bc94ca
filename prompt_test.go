package landfall_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall"
)

func variants(word string) []landfall.Variant {
	return []landfall.Variant{
		{Language: "xa", Name: "plain", Messages: []landfall.Message{{Role: "system", Content: word}, {Role: "user", Content: "<{{text}}|{{tone}}|{{text}}>"}}},
		{Language: "xb", Name: "plain", Messages: []landfall.Message{{Role: "user", Content: "{{text}}"}}},
		{Language: "xa", Name: "map", Messages: []landfall.Message{{Role: "user", Content: "no slot { } }} $"}}},
		{Language: "xa", Name: "open", Messages: []landfall.Message{{Role: "user", Content: "a {{text"}}},
	}
}

func template(t *testing.T, word string) *landfall.Template {
	t.Helper()
	tpl, err := landfall.NewTemplate(variants(word))
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

// What a user wrote is data: braces of every kind come out as they went in.
func TestFillIsOnePass(t *testing.T) {
	tpl := template(t, "Summarize.")
	for _, text := range []string{
		"模板里写 {{name}}、{% raw %}、{# 注释、{{π}ab }，还有 {{.User}} 和 ${HOME}。这里有个错別字。",
		"{{text}}", "{{tone}}", "{{", "}}", "{{{{text}}}}", "{{text", "", "\x00\xff",
	} {
		p, err := tpl.Fill("xa", "plain", map[string]string{"text": text, "tone": "{{text}}"})
		if err != nil {
			t.Fatal(err)
		}
		want := []landfall.Message{{Role: "system", Content: "Summarize."}, {Role: "user", Content: "<" + text + "|{{text}}|" + text + ">"}}
		if d := cmp.Diff(want, p.Messages()); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
		if p.Template() != tpl.Digest() {
			t.Error("the prompt does not say where it comes from")
		}
	}
}

func TestFillRefuses(t *testing.T) {
	tpl := template(t, "Summarize.")
	for name, c := range map[string]struct {
		language, name, want string
		slots                map[string]string
	}{
		"no such language": {"xc", "plain", `no variant "plain" in "xc"`, nil},
		"no such variant":  {"xa", "other", `no variant "other" in "xa"`, nil},
		"no value":         {"xa", "plain", "{{tone}}", map[string]string{"text": ""}},
		"an open slot":     {"xa", "open", "{{text}}", map[string]string{"text": ""}},
	} {
		p, err := tpl.Fill(c.language, c.name, c.slots)
		if err == nil || !strings.Contains(err.Error(), c.want) || p.Template() != "" || p.Messages() != nil {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := tpl.Fill("xa", "map", nil); err != nil {
		t.Errorf("a text without a slot: %v", err)
	}
}

// The digest is pinned, and one word of any variant changes it.
func TestTemplateDigest(t *testing.T) {
	base := template(t, "Summarize.").Digest()
	if want := landfall.Digest("sha256:a8a04b07409a28caa8124864bb2ac87780f15dde7bb6e99e649568780d40518e"); base != want {
		t.Errorf("the digest is now %s, want %s", base, want)
	}
	if template(t, "Summarise.").Digest() == base {
		t.Error("another word, the same digest")
	}
	fewer, err := landfall.NewTemplate(variants("Summarize.")[:3])
	if err != nil || fewer.Digest() == base {
		t.Errorf("another variant, the same digest; %v", err)
	}
	if _, err := landfall.NewTemplate(variants("\xff")); err == nil {
		t.Error("words that are not UTF-8 have no digest")
	}
}

// Nobody can put words under a template's digest: not through what made it, nor
// through what it gave out.
func TestTemplateCannotBeChanged(t *testing.T) {
	made := variants("Summarize.")
	tpl, err := landfall.NewTemplate(made)
	if err != nil {
		t.Fatal(err)
	}
	slots := map[string]string{"text": "a", "tone": "b"}
	before, err := tpl.Fill("xa", "plain", slots)
	if err != nil {
		t.Fatal(err)
	}
	made[0].Messages[0].Content = "changed"
	v, _ := tpl.Variant("xa", "plain")
	v.Messages[0].Content = "changed"
	before.Messages()[0].Content = "changed"
	after, err := tpl.Fill("xa", "plain", slots)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []landfall.Prompt{before, after} {
		if got := p.Messages()[0].Content; got != "Summarize." {
			t.Errorf("the prompt says %q under %s", got, p.Template().Short())
		}
	}
}

func TestPromptOfNoTemplate(t *testing.T) {
	var p landfall.Prompt
	if p.Template() != "" || len(p.Messages()) != 0 {
		t.Error("a prompt that nobody composed has a template")
	}
}

func TestTemplateLanguages(t *testing.T) {
	tpl := template(t, "x")
	for name, want := range map[string][]string{"plain": {"xa", "xb"}, "map": {"xa"}, "other": nil} {
		if d := cmp.Diff(want, tpl.Languages(name)); d != "" {
			t.Errorf("%s (-want +got)\n%s", name, d)
		}
	}
}

func TestTurnsStandInTheirPlace(t *testing.T) {
	tpl, err := landfall.NewTemplate([]landfall.Variant{
		{Language: "en", Name: "talk", Messages: []landfall.Message{{Role: "system", Content: "Be {{tone}}."}, {Role: landfall.RoleTurns}}},
		{Language: "en", Name: "deaf", Messages: []landfall.Message{{Role: "user", Content: "Be {{tone}}."}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	slots := map[string]string{"tone": "kind"}
	p, err := tpl.Fill("en", "talk", slots, landfall.Message{Role: "user", Content: "Say {{tone}}."}, landfall.Message{Role: "assistant", Content: "Tone."})
	if err != nil {
		t.Fatal(err)
	}
	have := ""
	for _, m := range p.Messages() {
		have += m.Role + ": " + m.Content + "\n"
	}
	if want := "system: Be kind.\nuser: Say {{tone}}.\nassistant: Tone.\n"; have != want {
		t.Errorf("have %q, want %q", have, want)
	}
	if _, err := tpl.Fill("en", "deaf", slots, landfall.Message{Role: "user", Content: "hello"}); err == nil {
		t.Error("turns without a place were dropped in silence")
	}
	for _, role := range []string{"system", "developer", landfall.RoleTurns, ""} {
		if _, err := tpl.Fill("en", "talk", slots, landfall.Message{Role: role, Content: "hello"}); err == nil {
			t.Errorf("a turn of the role %q was taken", role)
		}
	}
}
