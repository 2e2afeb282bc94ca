// Package snapshot is what the control plane tells the data plane. Its wire form
// is a Source, sealed in a DSSE envelope; the data plane verifies it with pinned
// keys, compiles it once, and swaps an atomic pointer. A compiled route holds
// everything one release pins, resolved together, so that a permit for one
// release cannot meet the prompt, policy or label of another.
package snapshot

import (
	"encoding/json"
	"fmt"

	"landfall"
	"landfall/internal/feature"
	"landfall/internal/label"
	"landfall/internal/pack"
	"landfall/internal/safety"
)

// Source is the wire form of a snapshot. It holds no secret.
type Source struct {
	Sequence  int64    `json:"sequence"`
	Issued    int64    `json:"issued"`  // Unix seconds
	Expires   int64    `json:"expires"` // Unix seconds; from then on nothing is admitted
	Rehearsal bool     `json:"rehearsal,omitempty"`
	Markets   []Market `json:"markets"`
}

// Market is one market's part of a source.
type Market struct {
	Pack    pack.Market              `json:"pack"`
	Label   label.Words              `json:"label"`
	Notices map[string]safety.Notice `json:"notices"`
	Policy  safety.Contract          `json:"policy"`
	// Floor is what the policy contract pins; Words are the operator's list of
	// today, which must hold the floor.
	Floor    []string  `json:"floor,omitempty"`
	Words    []string  `json:"words,omitempty"`
	Features []Offered `json:"features"`
	// NotOffered are the features of the pack that the model cannot do.
	NotOffered []NotOffered `json:"not_offered,omitempty"`
}

// NotOffered is a feature that a model cannot do in any language of the market, and
// a model that can, or "".
type NotOffered struct {
	Feature string `json:"feature"`
	Model   string `json:"model"`
	Use     string `json:"use,omitempty"`
}

// Offered is one feature of a market: the release that would answer, the parts
// its digests name, and what authorities said about it.
type Offered struct {
	Release     landfall.Release    `json:"release"`
	Definition  feature.Definition  `json:"definition"`
	DisplayName map[string]string   `json:"display_name"`
	Approvals   []landfall.Envelope `json:"approvals,omitempty"`
}

// Seal signs a source with the snapshot key.
func (s Source) Seal(seal func(payloadType string, payload []byte) landfall.Envelope) ([]byte, error) {
	payload, err := landfall.Canonical(s)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	return json.MarshalIndent(seal(landfall.SourcePayload, payload), "", "  ")
}

// Open verifies a sealed source with the gate's pinned key and reads it strictly.
func Open(gate *landfall.Gate, sealed []byte) (Source, error) {
	var s Source
	envelope, err := landfall.ParseEnvelope(sealed)
	if err != nil {
		return s, fmt.Errorf("snapshot: %w", err)
	}
	payload, err := gate.OpenSource(envelope)
	if err != nil {
		return s, fmt.Errorf("snapshot: %w", err)
	}
	if err := landfall.DecodeStrict(payload, &s); err != nil {
		return s, fmt.Errorf("snapshot: %w", err)
	}
	if s.Sequence <= 0 || s.Expires <= s.Issued {
		return s, fmt.Errorf("snapshot: sequence and expiry are not set")
	}
	return s, nil
}

// NoticesDigest is what a release pins of a market's notices.
func NoticesDigest(n map[string]safety.Notice) (landfall.Digest, error) {
	return landfall.DigestOf("notices/v1", n)
}
