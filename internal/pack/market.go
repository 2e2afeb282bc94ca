package pack

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"landfall"
)

// Market is what one market asks for, as data. A rule that the product carries out
// stands in a field of its own; Sources say where each comes from.
type Market struct {
	ID   string            `json:"id"`
	Name map[string]string `json:"name"`
	// Languages offered, in order; the first is the default locale's.
	Languages []string `json:"languages"`
	// NoticeLanguage is that of labels and notices where a caller names no locale;
	// empty: the answer's.
	NoticeLanguage string `json:"notice_language,omitempty"`
	// DataRegions are where a partner may process data of this market.
	DataRegions []string `json:"data_regions"`
	// Features offered; a file without the key offers every feature of the packs.
	Features []string `json:"features"`
	Partner  string   `json:"partner"`
	Clocks   Clocks   `json:"clocks"`
	Classes  []Class  `json:"classes"`
	// Consent says when a user must agree before a partner sees the text; Ages, which
	// features are closed to whom. Both are pinned by the policy contract.
	Consent   []ConsentRule `json:"consent,omitempty"`
	Ages      []AgeRule     `json:"ages,omitempty"`
	Retention Retention     `json:"retention,omitzero"`
	// Authorities that may approve here; in a rehearsal their keys are generated.
	Authorities []string `json:"authorities"`
	Sources     []Source `json:"sources"`
}

// Class is a class of rule and what it does.
type Class struct {
	ID     string `json:"id"`
	Action string `json:"action"`
}

// Clocks say how often something must be renewed.
type Clocks struct {
	KeywordsDays int `json:"keywords_days"`
	BanksDays    int `json:"banks_days"`
}

// ConsentRule asks for the user's consent before a partner of these tiers is called.
// Without features it holds for all.
type ConsentRule struct {
	Tiers    []string `json:"tiers"`
	Features []string `json:"features,omitempty"`
}

// AgeRule closes features to age bands: child, teen, adult, unknown. Without
// features it closes all.
type AgeRule struct {
	Bands    []string `json:"bands"`
	Features []string `json:"features,omitempty"`
}

// Retention bounds how long records are kept; 0 is no bound.
type Retention struct {
	AtLeastDays int `json:"at_least_days,omitempty"`
	AtMostDays  int `json:"at_most_days,omitempty"`
}

// Source is where a rule comes from, and since when it holds.
type Source struct {
	Rule string `json:"rule"`
	// About names the keys it stands behind: clocks, consent, or a file's, label.text.
	About []string `json:"about,omitempty"`
	// EffectiveFrom and EffectiveTo are dates, 2006-01-02; EffectiveTo is the first
	// day that it no longer holds.
	EffectiveFrom string `json:"effective_from"`
	EffectiveTo   string `json:"effective_to,omitempty"`
	// Source is the instrument and Clause the place in it.
	Source string `json:"source"`
	Clause string `json:"clause,omitempty"`
	// Doubt says that text or reading is not settled, and Why in what.
	Doubt bool   `json:"doubt"`
	Why   string `json:"why,omitempty"`
}

// Market reads a market's file.
func (p *Packs) Market(id string) (Market, error) {
	var m Market
	name := path.Join("market", id, "market.yaml")
	err := p.Decode(name, &m)
	if err == nil && m.ID != id {
		err = fmt.Errorf("packs: market/%s/market.yaml: id is %q, want the folder's name %q", id, m.ID, id)
	}
	if err == nil && m.Features == nil {
		m.Features, err = p.List("feature")
	}
	if err == nil {
		err = m.validate()
	}
	return m, err
}

// validate tells everything that is wrong.
func (m Market) validate() error {
	var errs []error
	add := func(err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("packs: market %s: %w", m.ID, err))
		}
	}
	if len(m.Languages) == 0 {
		add(errors.New("languages is empty: name at least one"))
	}
	if len(m.Features) == 0 {
		add(errors.New("features is empty: name some, or leave the key out to offer every feature"))
	}
	if len(m.Authorities) == 0 {
		add(errors.New("authorities is empty: nobody could approve"))
	}
	if n := m.NoticeLanguage; n != "" && !slices.Contains(m.Languages, n) {
		add(fmt.Errorf("notice_language %q is none of languages %q", n, m.Languages))
	}
	if r := m.Retention; r.AtMostDays > 0 && r.AtLeastDays > r.AtMostDays {
		add(fmt.Errorf("retention: at_least_days %d is over at_most_days %d", r.AtLeastDays, r.AtMostDays))
	}
	// What runs on the device or with the operator never needs consent.
	for i, c := range m.Consent {
		add(oneOrMore(fmt.Sprintf("consent[%d].tiers", i), c.Tiers, "partner"))
	}
	for i, a := range m.Ages {
		add(oneOrMore(fmt.Sprintf("ages[%d].bands", i), a.Bands, "child", "teen", "adult", "unknown"))
	}
	for i, s := range m.Sources {
		if err := s.validate(); err != nil {
			add(fmt.Errorf("sources[%d].%w", i, err))
		}
	}
	return errors.Join(errs...)
}

func oneOrMore(key string, values []string, known ...string) error {
	if len(values) == 0 {
		return fmt.Errorf("%s is empty: want one or more of %s", key, strings.Join(known, ", "))
	}
	for _, v := range values {
		if !slices.Contains(known, v) {
			return fmt.Errorf("%s: %q is none of %s", key, v, strings.Join(known, ", "))
		}
	}
	return nil
}

func (s Source) validate() error {
	for _, d := range []struct{ key, date string }{{"effective_from", s.EffectiveFrom}, {"effective_to", s.EffectiveTo}} {
		if d.date == "" && d.key == "effective_to" {
			continue
		}
		if _, err := time.Parse(time.DateOnly, d.date); err != nil {
			return fmt.Errorf("%s: %q is no date such as 2025-09-01", d.key, d.date)
		}
	}
	if s.Rule == "" || s.Source == "" {
		return errors.New("rule: rule and source are both needed")
	}
	return nil
}

// NeedsConsent reports whether the user must agree before a partner of this tier
// gets the text of this feature. A market that says nothing asks for a partner's.
func (m Market) NeedsConsent(feature, tier string) bool {
	if len(m.Consent) == 0 {
		return tier == "partner"
	}
	return slices.ContainsFunc(m.Consent, func(c ConsentRule) bool {
		return slices.Contains(c.Tiers, tier) && covers(c.Features, feature)
	})
}

// ClosedTo reports whether a feature is closed to an age band; "" is unknown.
func (m Market) ClosedTo(feature, band string) bool {
	if band == "" {
		band = "unknown"
	}
	return slices.ContainsFunc(m.Ages, func(a AgeRule) bool {
		return slices.Contains(a.Bands, band) && covers(a.Features, feature)
	})
}

// Audience is the digest of the rules of consent and age, "" without any: what a
// policy contract pins of them.
func (m Market) Audience() (landfall.Digest, error) {
	if len(m.Consent)+len(m.Ages) == 0 {
		return "", nil
	}
	return landfall.DigestOf("audience/v1", struct {
		Consent []ConsentRule `json:"consent,omitempty"`
		Ages    []AgeRule     `json:"ages,omitempty"`
	}{m.Consent, m.Ages})
}

func covers(features []string, feature string) bool {
	return len(features) == 0 || slices.Contains(features, feature)
}

// WordsLanguage is the language of labels and notices: the locale's, else the
// market's own choice, else the answer's, where the market speaks it; else the
// market's first.
func (m Market) WordsLanguage(locale, answer string) string {
	primary, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(locale, "_", "-")), "-")
	for _, l := range []string{primary, m.NoticeLanguage, answer} {
		if slices.Contains(m.Languages, l) {
			return l
		}
	}
	return m.Languages[0]
}
