package safety_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall"
	"landfall/internal/safety"
)

var notices = map[string]safety.Notice{
	"en":      {Message: "A market rule withheld this.", Appeal: "Appeal with the number."},
	"zh-Hans": {Message: "按市场规则未予显示。", Appeal: "可凭编号申诉。"},
}

// config is a valid one with a floor and a list.
func config(t testing.TB, floor []string, words ...string) safety.Config {
	t.Helper()
	d, err := safety.FloorDigest(floor)
	if err != nil {
		t.Fatal(err)
	}
	return safety.Config{
		Contract: safety.Contract{Version: "1", Market: "XX", Classes: []safety.Class{{ID: "market_rule", Action: "withhold"}}, Floor: d},
		Floor:    floor, Words: words, Notices: notices, Version: "2026-01",
	}
}

func policy(t testing.TB, words ...string) *safety.Policy {
	t.Helper()
	p, err := safety.Compile(config(t, nil, words...))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestContractDigestIsPinned(t *testing.T) {
	c := config(t, []string{"vrelk", "龙桥糕"}).Contract
	d, err := c.Digest()
	if err != nil {
		t.Fatal(err)
	}
	// Computed apart, by sha256sum over the type line and the canonical form written by hand:
	// 'landfall/floor/v1\n["vrelk","龙桥糕"]' and
	// 'landfall/policy/v1\n{"classes":[{"action":"withhold","id":"market_rule"}],"floor":"sha256:…","market":"XX","version":"1"}'.
	const floor = "sha256:cdea2a6173688db197b93d7d4682fdbd73da494a3739714e4171ebbcdc0961b6"
	const want = "sha256:d7693a80123835577061f272edc283009e98b79458d2abca6e6d54efe22175f4"
	if c.Floor != floor || d != want {
		t.Errorf("floor %s, contract %s", c.Floor, d)
	}
}

func TestFloorDigest(t *testing.T) {
	same := [][]string{{"vrelk", "龙桥糕"}, {"龙桥糕", "VRELK"}, {"ｖｒｅｌｋ", "龙\u200B桥糕", "Vrelk"}}
	want, _ := safety.FloorDigest(same[0])
	for _, words := range same {
		if got, err := safety.FloorDigest(words); err != nil || got != want {
			t.Errorf("%q: %s, %v, want %s", words, got, err, want)
		}
	}
	if got, _ := safety.FloorDigest([]string{"vrelk"}); got == want {
		t.Error("a floor with a word less has the same digest")
	}
	if _, err := safety.FloorDigest([]string{"\u200B"}); err == nil {
		t.Error("a floor with an empty word has a digest")
	}
}

// More words need no approval, fewer do.
func TestFloor(t *testing.T) {
	floor := []string{"vrelk", "龙桥糕"}
	for _, c := range []struct {
		words []string
		lost  []string
	}{
		{floor, nil},
		{[]string{"龙桥糕", "ＶＲＥＬＫ", "more"}, nil},
		{[]string{"vrelk", "龙桥"}, []string{"龙桥糕"}},
		{nil, floor},
	} {
		if diff := cmp.Diff(c.lost, safety.Lost(floor, c.words)); diff != "" {
			t.Errorf("%q: %s", c.words, diff)
		}
		_, err := safety.Compile(config(t, floor, c.words...))
		if (err != nil) != (c.lost != nil) {
			t.Errorf("%q: error %v", c.words, err)
		}
		if err != nil && strings.ContainsAny(err.Error(), "龙桥糕") {
			t.Errorf("the error tells a word: %v", err)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	for _, c := range []struct {
		want   string
		change func(*safety.Config)
	}{
		{"version and market", func(c *safety.Config) { c.Contract.Version = "" }},
		{"version and market", func(c *safety.Config) { c.Contract.Market = "" }},
		{"classes is empty", func(c *safety.Config) { c.Contract.Classes = nil }},
		{`class "privacy" with action "withhold"`, func(c *safety.Config) { c.Contract.Classes = []safety.Class{{ID: "privacy", Action: "withhold"}} }},
		{`action "observe"`, func(c *safety.Config) { c.Contract.Classes = []safety.Class{{ID: "market_rule", Action: "observe"}} }},
		{"not the one that the contract names", func(c *safety.Config) { c.Floor = nil }},
		{"lacks 1 of the 2 words", func(c *safety.Config) { c.Words = c.Words[1:] }},
		{"word 2: nothing but", func(c *safety.Config) { c.Words = append(c.Words, "\u200B") }},
		{"notices is empty", func(c *safety.Config) { c.Notices = nil }},
		{`notice "en"`, func(c *safety.Config) { c.Notices = map[string]safety.Notice{"en": {Message: "m"}} }},
	} {
		cfg := config(t, []string{"vrelk", "龙桥糕"}, "vrelk", "龙桥糕")
		c.change(&cfg)
		if p, err := safety.Compile(cfg); p != nil || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("policy %v, error %v, want one with %q", p, err, c.want)
		}
	}
}

func TestNoPolicyRefuses(t *testing.T) {
	for name, p := range map[string]*safety.Policy{"nil": nil, "zero": {}} {
		w, err := p.In(safety.Check{Values: input("vrelk")})
		refused(t, name+" in", err)
		if w != nil {
			t.Errorf("%s: withheld %v", name, w)
		}
		chunks, err := release(p, text("hello"))
		refused(t, name+" out", err)
		if len(chunks) > 0 || p.Version() != "" {
			t.Errorf("%s: %d chunks", name, len(chunks))
		}
	}
}

func refused(t *testing.T, name string, err error) {
	t.Helper()
	var e *landfall.Error
	if !errors.As(err, &e) || e.Code != landfall.CodeUnavailable || len(e.Reasons) != 1 || e.Reasons[0].Code != landfall.ReasonPolicyMissing {
		t.Errorf("%s: %v, want unavailable because policy_bundle_missing", name, err)
	}
}

func TestNoticeAndRuleID(t *testing.T) {
	cfg := config(t, nil, "vrelk", "龙桥糕")
	plain, _ := safety.Compile(cfg)
	for language, want := range map[string]string{
		"en": "A market rule withheld this. Appeal with the number.", "EN-gb": "A market rule withheld this. Appeal with the number.",
		"zh-hans-CN": "按市场规则未予显示。 可凭编号申诉。", "zh": "A market rule withheld this. Appeal with the number.", "": "A market rule withheld this. Appeal with the number.",
	} {
		w, err := plain.In(safety.Check{Record: "r1", Language: language, Values: input("VRELK")})
		if err != nil || w.Message != want {
			t.Errorf("%q: %v, %v, want %q", language, w, err, want)
		}
	}
	cfg.Notices = map[string]safety.Notice{"zh": notices["zh-Hans"], "ko": {Message: "m", Appeal: "a"}}
	cfg.RuleKey = []byte("key")
	cfg.AppealToken = func(record, rule string) string { return "T-" + record }
	keyed, _ := safety.Compile(cfg)
	a, _ := plain.In(safety.Check{Record: "r1", Values: input("Vrelk")})
	b, _ := keyed.In(safety.Check{Record: "r1", Language: "fr", Values: input("Vrelk")})
	if a.RuleID == b.RuleID || !strings.HasPrefix(a.RuleID, "XX.list.") || len(a.RuleID) != len("XX.list.")+8 || strings.Contains(a.RuleID, "vrelk") {
		t.Errorf("rule ids %q and, with a key, %q", a.RuleID, b.RuleID)
	}
	if a.AppealToken != "r1:"+a.RuleID || b.AppealToken != "T-r1" || b.Message != "m a" || plain.Version() != "2026-01" {
		t.Errorf("%+v, %+v", a, b)
	}
	wide, _ := policy(t, "ＶＲＥＬＫ").In(safety.Check{Values: input("vrelk")})
	if wide.RuleID != a.RuleID {
		t.Errorf("another writing of the word has the rule id %q, want %q", wide.RuleID, a.RuleID)
	}
}
