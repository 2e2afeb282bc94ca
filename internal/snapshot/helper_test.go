package snapshot_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"testing"
	"time"

	"landfall"
	"landfall/internal/pack"
	"landfall/internal/snapshot"
	"landfall/packs"
)

const market = "EU"

// plane is a control plane in small: it composes, approves and seals, and holds
// the gate that believes it.
type plane struct {
	gate   *landfall.Gate
	key    ed25519.PrivateKey
	now    time.Time
	source snapshot.Source
}

func seedKey(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

// newPlane has one market, everything in it approved for an hour.
func newPlane(t testing.TB, words ...string) *plane {
	t.Helper()
	p := &plane{key: seedKey(1), now: time.Unix(1_800_000_000, 0)}
	pub := p.key.Public().(ed25519.PublicKey)
	p.gate = landfall.NewGate(landfall.Trust{
		Authorities: []landfall.Authority{{Name: "eu-authority", Key: pub, Markets: []string{market}}},
		Snapshot:    pub, Rehearsal: true,
	}, p.clock)
	p.source = snapshot.Source{Sequence: 1, Issued: p.now.Unix(), Expires: p.now.Add(2 * time.Hour).Unix(), Rehearsal: true,
		Markets: []snapshot.Market{compose(t, snapshot.Parts{Words: words})}}
	for i := range p.source.Markets[0].Features {
		o := &p.source.Markets[0].Features[i]
		o.Approvals = []landfall.Envelope{p.approve(t, o.Release, time.Hour)}
	}
	return p
}

func (p *plane) clock() time.Time { return p.now }

func compose(t testing.TB, parts snapshot.Parts) snapshot.Market {
	t.Helper()
	embedded, err := pack.Open(packs.Files, "")
	if err != nil {
		t.Fatal(err)
	}
	if parts.Model.ID == "" {
		parts.Model = landfall.Model{ID: "model-a", Identity: "model-a"}
	}
	parts.Rehearsal = true
	m, err := snapshot.Compose(embedded, market, parts)
	if err != nil {
		t.Fatal(err)
	}
	return summarizeFirst(m)
}

// summarizeFirst puts the feature that the tests speak of where they find it.
func summarizeFirst(m snapshot.Market) snapshot.Market {
	for i := range m.Features {
		if m.Features[i].Release.Feature == "summarize" {
			m.Features[0], m.Features[i] = m.Features[i], m.Features[0]
		}
	}
	m.Pack.Features = nil
	for _, o := range m.Features {
		m.Pack.Features = append(m.Pack.Features, o.Release.Feature)
	}
	return m
}

func (p *plane) approve(t testing.TB, r landfall.Release, life time.Duration) landfall.Envelope {
	t.Helper()
	digest, err := r.Digest()
	if err != nil {
		t.Fatal(err)
	}
	e, err := landfall.SignApproval(landfall.Approval{
		Authority: "eu-authority", Market: r.Market, Feature: r.Feature, Purposes: []landfall.Purpose{landfall.Serve},
		NotBefore: p.now.Unix(), Expires: p.now.Add(life).Unix(), Sequence: 1, Rehearsal: true,
	}, digest, p.key)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (p *plane) seal(t testing.TB, s snapshot.Source) []byte {
	t.Helper()
	return sealWith(t, s, p.key)
}

func sealWith(t testing.TB, s snapshot.Source, key ed25519.PrivateKey) []byte {
	t.Helper()
	b, err := s.Seal(func(typ string, payload []byte) landfall.Envelope { return landfall.Seal(typ, payload, key) })
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// copied is a source that may be spoiled without harm to the first.
func (p *plane) copied(t testing.TB) snapshot.Source {
	t.Helper()
	b, err := json.Marshal(p.source)
	if err != nil {
		t.Fatal(err)
	}
	var s snapshot.Source
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	s.Sequence++
	return s
}
