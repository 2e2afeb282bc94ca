package snapshot

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"landfall"
	"landfall/internal/feature"
	"landfall/internal/pack"
	"landfall/internal/safety"
)

// Parts are what a market's releases are made of besides the packs.
type Parts struct {
	Model landfall.Model
	// ModelLanguages are those that the model can do; none is not known.
	ModelLanguages []string
	Partner        *pack.Partner // nil: the one the market's pack names
	Words          []string      // the operator's list of today
	Floor          []string      // the words an approval pinned; nil: Words
	// Definitions spares reading the features' files again for each market; nil reads them.
	Definitions Definitions
	Rehearsal   bool
	// Speed of the model on this machine; zero sets no limits beside the features' own.
	Speed pack.Speed
}

// Definitions are the features' files as they were read, by id. One map goes with one
// look at the packs.
type Definitions map[string]feature.Definition

// read returns a feature's definition; d may be nil.
func (d Definitions) read(packs *pack.Packs, id string) (feature.Definition, error) {
	if def, ok := d[id]; ok {
		return def, nil
	}
	src, file, err := packs.Read("feature/" + id + ".yaml")
	if errors.Is(err, fs.ErrNotExist) {
		return feature.Definition{}, fmt.Errorf("feature %q has no file feature/%s.yaml", id, id)
	} else if err != nil {
		return feature.Definition{}, err
	}
	def, err := feature.Parse(file, src)
	if err == nil && d != nil {
		d[id] = def
	}
	return def, err
}

// Compose makes the releases of a market as packs, model and list stand now. It
// approves nothing.
func Compose(packs *pack.Packs, market string, p Parts) (Market, error) {
	var m Market
	var err error
	if m.Pack, err = packs.Market(market); err != nil {
		return m, err
	}
	folder := "market/" + market + "/"
	if err := errors.Join(packs.Decode(folder+"label.yaml", &m.Label), packs.Decode(folder+"notices.yaml", &m.Notices)); err != nil {
		return m, err
	}
	partner := p.Partner
	if partner == nil {
		read, err := packs.Partner(m.Pack.Partner)
		if err != nil {
			return m, err
		}
		partner = &read
	}
	if !slices.Contains(m.Pack.DataRegions, partner.DataRegion) {
		return m, fmt.Errorf("market %s: partner %s processes data in %q, allowed are %q", market, partner.ID, partner.DataRegion, m.Pack.DataRegions)
	}
	m.Words, m.Floor = p.Words, p.Floor
	if m.Floor == nil {
		m.Floor = p.Words
	}
	if err := m.setPolicy(); err != nil {
		return m, err
	}
	for _, id := range m.Pack.Features {
		offered, err := m.offer(packs, id, partner, p)
		if err != nil {
			return m, fmt.Errorf("market %s: %w", market, err)
		}
		if len(offered.Release.Languages) > 0 {
			m.Features = append(m.Features, offered)
		} else {
			m.NotOffered = append(m.NotOffered, NotOffered{id, p.Model.ID, m.instead(offered.Definition, p.Model.ID)})
		}
	}
	return m, nil
}

// instead names a model that can do the feature in a language of the market.
func (m *Market) instead(d feature.Definition, model string) string {
	for _, lang := range m.Pack.Languages {
		if use := d.Instead(model, lang); use != "" {
			return use
		}
	}
	return ""
}

func (m *Market) setPolicy() error {
	floor, err := safety.FloorDigest(m.Floor)
	if err != nil {
		return err
	}
	m.Policy = safety.Contract{Version: "1", Market: m.Pack.ID, Floor: floor}
	if m.Policy.Audience, err = m.Pack.Audience(); err != nil {
		return err
	}
	for _, c := range m.Pack.Classes {
		m.Policy.Classes = append(m.Policy.Classes, safety.Class{ID: c.ID, Action: c.Action})
	}
	return nil
}

func (m *Market) offer(packs *pack.Packs, id string, partner *pack.Partner, p Parts) (Offered, error) {
	o := Offered{DisplayName: partner.DisplayName}
	var err error
	if o.Definition, err = p.Definitions.read(packs, id); err != nil {
		return o, err
	}
	o.Release = landfall.Release{
		Market: m.Pack.ID, Feature: id, FeatureVersion: o.Definition.Version,
		Partner:    landfall.Partner{ID: partner.ID, Tier: partner.Tier, Endpoint: partner.Endpoint, DataRegion: partner.DataRegion},
		Model:      p.Model,
		Parameters: partner.Parameters,
		Caller:     partner.Caller,
		Rehearsal:  p.Rehearsal,
	}
	for _, lang := range m.Pack.Languages {
		if o.Definition.OffersOn(p.Model.ID, lang) && (len(p.ModelLanguages) == 0 || slices.Contains(p.ModelLanguages, lang)) {
			o.Release.Languages = append(o.Release.Languages, lang)
			if n := o.Definition.Finishes(lang, p.Speed); n > 0 {
				o.Release.Limits = append(o.Release.Limits, landfall.Limit{Language: lang, Input: n})
			}
		}
	}
	return o, m.pin(&o)
}

// pin writes the digests of the parts into the release.
func (m *Market) pin(o *Offered) error {
	template, err := o.Definition.Template()
	if err != nil {
		return err
	}
	var errs [4]error
	r := &o.Release
	r.Prompt = template.Digest()
	r.Definition, errs[0] = o.Definition.Digest()
	r.Policy, errs[1] = m.Policy.Digest()
	r.Label, errs[2] = m.Label.Digest()
	r.Notices, errs[3] = NoticesDigest(m.Notices)
	return errors.Join(errs[:]...)
}
