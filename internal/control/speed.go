package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"landfall"
	"landfall/internal/pack"
)

// Measurement is a model's speed as it was measured on this machine. One that is in
// use is what the approved limits come from; a newer one waits for the next rehearsal,
// since other limits are other releases.
type Measurement struct {
	Model   string          `json:"model"`
	Weights landfall.Digest `json:"weights,omitempty"`
	pack.Speed
	InUse bool `json:"in_use"`
}

// of reports whether a measurement is of a model.
func (m Measurement) of(model landfall.Model) bool {
	return m.Model == model.ID && m.Weights == model.Weights
}

// Measurements reads measured.json; no file is none.
func (d Dir) Measurements() ([]Measurement, error) {
	var all []Measurement
	b, err := os.ReadFile(d.measured())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, fmt.Errorf("%s: %w; remove it to go by the shipped figures", d.measured(), err)
	}
	return all, nil
}

// KeepMeasurement puts a new measurement on file, in place of one that was never used.
func (d Dir) KeepMeasurement(model landfall.Model, s pack.Speed) error {
	all, err := d.Measurements()
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(m Measurement) bool { return m.of(model) && !m.InUse })
	return WriteJSON(d.measured(), append(all, Measurement{Model: model.ID, Weights: model.Weights, Speed: s}), 0o600)
}

// speed is what limits are reckoned from: the measurement in use, or with latest the
// last one, else the shipped figures.
func (c *Control) speed(latest bool) (pack.Speed, error) {
	all, err := c.Dir.Measurements()
	if err != nil {
		return pack.Speed{}, err
	}
	s := c.Shipped
	for _, m := range all { // the one in use stands before a newer one
		if m.of(c.Model) && (m.InUse || latest) {
			s = m.Speed
		}
	}
	return s, nil
}

// useMeasurement marks the model's last measurement as the one in use.
func (c *Control) useMeasurement() error {
	all, err := c.Dir.Measurements()
	if err != nil {
		return err
	}
	last := -1
	for i, m := range all {
		if m.of(c.Model) {
			last = i
		}
	}
	if last < 0 || all[last].InUse {
		return nil
	}
	all[last].InUse = true
	newest := all[last]
	all = slices.DeleteFunc(all, func(m Measurement) bool { return m.of(c.Model) && m != newest })
	return WriteJSON(c.Dir.measured(), all, 0o600)
}
