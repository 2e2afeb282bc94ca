package snapshot_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"landfall"
	"landfall/internal/pack"
	"landfall/internal/safety"
	"landfall/internal/snapshot"
	"landfall/packs"
)

func TestCompileAdmitsWhatIsApproved(t *testing.T) {
	p := newPlane(t)
	s, err := snapshot.Compile(p.gate, p.source)
	if err != nil {
		t.Fatal(err)
	}
	m, ok := s.Market(market)
	if !ok || len(s.Routes(market)) != len(m.Features) {
		t.Fatalf("%d routes of %q", len(s.Routes(market)), m.Features)
	}
	for i, r := range s.Routes(market) {
		digest, _ := r.Release().Digest()
		if r.Release().Feature != m.Features[i] || r.Digest() != digest || r.Check(landfall.Serve) != nil || r.Approval().Authority != "eu-authority" {
			t.Errorf("%s: %s, %v", r.Release().Feature, r.Digest(), r.Check(landfall.Serve))
		}
		if r.Feature == nil || r.Policy == nil || r.Label == nil {
			t.Errorf("%s lacks a part", r.Release().Feature)
		}
		if _, err := r.Mint(landfall.Serve, "request"); err != nil {
			t.Error(err)
		}
		if !errors.Is(r.Check(landfall.Assess), landfall.ErrPurpose) {
			t.Errorf("for another purpose: %v", r.Check(landfall.Assess))
		}
	}
}

// Every part a release pins is derived anew from the part itself: one that was
// changed makes the source bad as a whole.
func TestCompileRefusesAPartOtherThanPinned(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*snapshot.Market)
		want  string
	}{
		"prompt":             {func(m *snapshot.Market) { m.Features[0].Definition.Prompts[0].Messages[0].Content += " " }, "feature summarize: prompt is"},
		"definition":         {func(m *snapshot.Market) { m.Features[0].Definition.Repairs++ }, "feature summarize: definition is"},
		"label":              {func(m *snapshot.Market) { m.Label.Text["en"] = "x" }, "label is"},
		"notices":            {func(m *snapshot.Market) { m.Notices["en"] = safety.Notice{Message: "x", Appeal: "y"} }, "notices is"},
		"policy":             {func(m *snapshot.Market) { m.Policy.Version = "2" }, "policy is"},
		"consent":            {func(m *snapshot.Market) { m.Pack.Consent = nil }, "audience is"},
		"ages":               {func(m *snapshot.Market) { m.Pack.Ages = []pack.AgeRule{{Bands: []string{"child"}}} }, "audience is"},
		"the market":         {func(m *snapshot.Market) { m.Features[0].Release.Market = "XA" }, "the release is of summarize in XA"},
		"the feature":        {func(m *snapshot.Market) { m.Features[0].Release.Feature = "extract" }, "the release is of extract in EU"},
		"another definition": {func(m *snapshot.Market) { m.Features[0].Definition = m.Features[1].Definition }, "the release is of summarize"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlane(t)
			s := p.copied(t)
			c.spoil(&s.Markets[0])
			if _, err := snapshot.Compile(p.gate, s); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	p := newPlane(t)
	s := p.copied(t)
	s.Markets = append(s.Markets, s.Markets[0])
	if _, err := snapshot.Compile(p.gate, s); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("a market twice: %v", err)
	}
}

// A release that nobody approved does not spoil the rest: its route knows why, and
// mints nothing.
func TestRouteSaysWhyItAdmitsNothing(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, p *plane, o *snapshot.Offered)
		want   error
	}{
		"no approval": {func(_ *testing.T, _ *plane, o *snapshot.Offered) { o.Approvals = nil }, landfall.ErrNotApproved},
		"another release": {func(t *testing.T, p *plane, o *snapshot.Offered) {
			r := o.Release
			r.FeatureVersion = "0"
			o.Approvals = []landfall.Envelope{p.approve(t, r, time.Hour)}
		}, landfall.ErrDigestMismatch},
		"another release tells more than a foreign key": {func(t *testing.T, p *plane, o *snapshot.Offered) {
			r := o.Release
			r.FeatureVersion = "0"
			foreign := *p
			foreign.key = seedKey(9)
			o.Approvals = []landfall.Envelope{p.approve(t, r, time.Hour), foreign.approve(t, o.Release, time.Hour)}
		}, landfall.ErrDigestMismatch},
		"a foreign key": {func(t *testing.T, p *plane, o *snapshot.Offered) {
			foreign := *p
			foreign.key = seedKey(9)
			o.Approvals = []landfall.Envelope{foreign.approve(t, o.Release, time.Hour)}
		}, landfall.ErrNotApproved},
		"at its end": {func(_ *testing.T, p *plane, _ *snapshot.Offered) { p.now = p.now.Add(time.Hour) }, landfall.ErrExpired},
		"before":     {func(_ *testing.T, p *plane, _ *snapshot.Offered) { p.now = p.now.Add(-time.Second) }, landfall.ErrNotYet},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlane(t)
			c.change(t, p, &p.source.Markets[0].Features[0])
			s, err := snapshot.Compile(p.gate, p.source)
			if err != nil {
				t.Fatal(err)
			}
			r, _ := s.Route(market, "summarize")
			if err := r.Check(landfall.Serve); !errors.Is(err, c.want) {
				t.Errorf("check: %v, want %v", err, c.want)
			}
			if _, err := r.Mint(landfall.Serve, "request"); !errors.Is(err, c.want) {
				t.Errorf("mint: %v, want %v", err, c.want)
			}
			if other, _ := s.Route(market, "extract"); (other.Check(landfall.Serve) == nil) != p.now.Equal(time.Unix(1_800_000_000, 0)) {
				t.Errorf("extract: %v", other.Check(landfall.Serve))
			}
		})
	}
}

// The approval that ends last counts, wherever it stands among them.
func TestTheLongestApprovalCounts(t *testing.T) {
	for order := range 3 {
		p := newPlane(t)
		o := &p.source.Markets[0].Features[0]
		o.Approvals = nil
		for i := range 3 {
			o.Approvals = append(o.Approvals, p.approve(t, o.Release, time.Duration(1+(i+order)%3)*time.Minute))
		}
		s, err := snapshot.Compile(p.gate, p.source)
		if err != nil {
			t.Fatal(err)
		}
		r, _ := s.Route(market, "summarize")
		p.now = p.now.Add(3*time.Minute - time.Second)
		if err := r.Check(landfall.Serve); err != nil {
			t.Errorf("order %d: %v", order, err)
		}
	}
}

// More words need no approval; fewer are refused until there is one.
func TestWordsAndFloor(t *testing.T) {
	for name, c := range map[string]struct {
		words []string
		ok    bool
	}{
		"as approved":    {[]string{"碎月令", "霜豆"}, true},
		"more":           {[]string{"碎月令", "霜豆", "third"}, true},
		"in other order": {[]string{"霜豆", "碎月令"}, true},
		"one less":       {[]string{"霜豆"}, false},
		"one exchanged":  {[]string{"霜豆", "third"}, false},
		"none":           {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlane(t, "碎月令", "霜豆")
			p.source.Markets[0].Words = c.words
			s, err := snapshot.Compile(p.gate, p.source)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range s.Routes(market) {
				err := r.Check(landfall.Serve)
				if c.ok != (err == nil) || !c.ok && !errors.Is(err, landfall.ErrDigestMismatch) {
					t.Errorf("%s: %v", r.Release().Feature, err)
				}
			}
		})
	}
}

func TestRouteUnknown(t *testing.T) {
	p := newPlane(t)
	p.source.Markets[0].Features = p.source.Markets[0].Features[:1] // the model offers one only
	s, err := snapshot.Compile(p.gate, p.source)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		market, feature string
		code            landfall.Code
		reason          string
	}{
		{"XA", "summarize", landfall.CodeUnavailable, landfall.ReasonNotApproved},
		{market, "extract", landfall.CodeUnavailable, landfall.ReasonNotOffered},
		{market, "divine", landfall.CodeNotFound, ""},
	} {
		_, e := s.Route(c.market, c.feature)
		if e == nil || e.Code != c.code || c.reason != "" && e.Reasons[0].Code != c.reason {
			t.Errorf("%s in %s: %v", c.feature, c.market, e)
		}
	}
	if s.Routes("XA") != nil {
		t.Error("routes of a market that is not there")
	}
}

func TestComposeKeepsDataInItsRegions(t *testing.T) {
	embedded, err := pack.Open(packs.Files, "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = snapshot.Compose(embedded, market, snapshot.Parts{
		Model: landfall.Model{ID: "m", Identity: "m"}, Partner: &pack.Partner{ID: "far", DataRegion: "far-away"},
	})
	if err == nil || !strings.Contains(err.Error(), `partner far processes data in "far-away"`) {
		t.Errorf("got %v", err)
	}
}

func TestChanges(t *testing.T) {
	model := landfall.Model{ID: "model-a", Identity: "model-a"}
	base := compose(t, snapshot.Parts{Model: model, Words: []string{"碎月令"}})
	for name, c := range map[string]struct {
		parts  snapshot.Parts
		change func(*snapshot.Market)
		want   []string
	}{
		"nothing":    {snapshot.Parts{Words: []string{"碎月令"}}, nil, nil},
		"model":      {snapshot.Parts{Model: landfall.Model{ID: "model-b", Identity: "model-b"}, Words: []string{"碎月令"}}, nil, []string{"model: "}},
		"words":      {snapshot.Parts{Words: []string{"霜豆", "third"}}, nil, []string{"word list: 1 words removed", "word list: 2 words added to the floor"}},
		"label":      {snapshot.Parts{Words: []string{"碎月令"}}, func(m *snapshot.Market) { m.Label.Position = "end" }, []string{"label: "}},
		"notices":    {snapshot.Parts{Words: []string{"碎月令"}}, func(m *snapshot.Market) { m.Notices = nil }, []string{"notices: "}},
		"parameters": {snapshot.Parts{Words: []string{"碎月令"}}, func(m *snapshot.Market) { m.Features[0].Release.Parameters = nil }, []string{"parameters: "}},
		"prompt":     {snapshot.Parts{Words: []string{"碎月令"}}, func(m *snapshot.Market) { m.Features[0].Definition.Prompts = m.Features[0].Definition.Prompts[1:] }, []string{"prompt summarize/"}},
	} {
		t.Run(name, func(t *testing.T) {
			is := compose(t, c.parts)
			if c.change != nil {
				c.change(&is)
			}
			have := snapshot.Changes(base, is, "summarize")
			ok := len(have) == len(c.want)
			for i := range min(len(have), len(c.want)) {
				ok = ok && strings.HasPrefix(have[i], c.want[i])
			}
			if !ok {
				t.Errorf("got %q, want %q", have, c.want)
			}
			if strings.Contains(fmt.Sprint(have), "碎月令") {
				t.Error("a word of the list is told")
			}
		})
	}
}
