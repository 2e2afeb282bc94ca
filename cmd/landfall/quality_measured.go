package main

import (
	"landfall"
	"landfall/internal/pack"
	"landfall/internal/quality"
)

// measured is what answers: packs and model as they stand.
type measured struct {
	packs      *pack.Packs
	model      landfall.Model
	parameters []landfall.Parameter
	known      map[string]landfall.Digest
}

func newMeasured(cfg *Config, market string) (*measured, error) {
	packs, err := cfg.packs()
	if err != nil {
		return nil, err
	}
	engine, err := cfg.engine(packs, nil, nil)
	if err != nil {
		return nil, err
	}
	m, err := packs.Market(market)
	if err != nil {
		return nil, err
	}
	p, err := packs.Partner(m.Partner)
	if err != nil {
		return nil, err
	}
	return &measured{packs, engine.Identity(), p.Parameters, map[string]landfall.Digest{}}, nil
}

// digest is of one feature's definition, prompts, parameters and model.
func (m *measured) digest(feature string) (landfall.Digest, error) {
	if d, ok := m.known[feature]; ok {
		return d, nil
	}
	def, err := readDefinition(m.packs, feature)
	if err != nil {
		return "", err
	}
	template, err := def.Template()
	if err != nil {
		return "", err
	}
	definition, err := def.Digest()
	if err != nil {
		return "", err
	}
	m.known[feature], err = landfall.DigestOf("quality/measured/v1", struct {
		Definition landfall.Digest      `json:"definition"`
		Prompt     landfall.Digest      `json:"prompt"`
		Model      landfall.Model       `json:"model"`
		Parameters []landfall.Parameter `json:"parameters"`
	}{definition, template.Digest(), m.model, m.parameters})
	return m.known[feature], err
}

// all is the digest of everything that was measured, the inputs included.
func (m *measured) all(set quality.Set) (landfall.Digest, error) {
	inputs, err := set.Digest()
	if err != nil {
		return "", err
	}
	return landfall.DigestOf("quality/run/v1", struct {
		Inputs   landfall.Digest            `json:"inputs"`
		Features map[string]landfall.Digest `json:"features"`
	}{inputs, m.known})
}
