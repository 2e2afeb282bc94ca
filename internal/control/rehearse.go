package control

import (
	"fmt"
	"path/filepath"
	"time"

	"landfall"
	"landfall/internal/snapshot"
)

// Made is one release that a rehearsal made and approved, or found approved.
type Made struct {
	Market, Feature string
	Digest          landfall.Digest
	Expires         time.Time
	// Changes since the last approval, in words; none for a first release.
	Changes []string
	// New says that an approval was signed now.
	New bool
}

// Rehearse makes the releases as packs, model and lists stand now, approves with
// the local keys those that are not approved, and publishes. With expires above
// zero it approves all of them anew, for that long.
func (c *Control) Rehearse(expires time.Duration) ([]Made, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	unlock, err := lock(c.Dir.path("control.lock"))
	if err != nil {
		return nil, err
	}
	defer unlock()
	authorities, ids, err := c.markets()
	if err != nil {
		return nil, err
	}
	// Compose everything before anything is signed: a mistake in one pack changes nothing.
	var markets []snapshot.Market
	defs := snapshot.Definitions{}
	for _, id := range ids {
		m, err := c.compose(id, defs, false)
		if err != nil {
			return nil, err
		}
		markets = append(markets, m)
	}
	trust, err := c.Dir.generate(authorities)
	if err != nil {
		return nil, err
	}
	gate := landfall.NewGate(trust, c.Now)
	approvals, _, err := c.readApprovals()
	if err != nil {
		return nil, err
	}
	attach(markets, approvals)
	var all []Made
	for i := range markets {
		made, err := c.approve(gate, &markets[i], expires)
		if err != nil {
			return nil, err
		}
		all = append(all, made...)
	}
	if err := c.useMeasurement(); err != nil {
		return nil, err
	}
	return all, c.publish(markets)
}

func (c *Control) approve(gate *landfall.Gate, m *snapshot.Market, expires time.Duration) ([]Made, error) {
	last, known, err := c.lastApproved(m.Pack.ID)
	if err != nil {
		return nil, err
	}
	var all []Made
	for i := range m.Features {
		o := &m.Features[i]
		made := Made{Market: m.Pack.ID, Feature: o.Release.Feature}
		if made.Digest, err = o.Release.Digest(); err != nil {
			return nil, err
		}
		if known {
			made.Changes = snapshot.Changes(last, *m, o.Release.Feature)
		}
		if g := standing(gate, o); g != nil && expires <= 0 {
			made.Expires = landfall.Unix(g.Approval().Expires)
		} else if made.Expires, err = c.sign(m, o, made.Digest, expires); err != nil {
			return nil, err
		} else {
			made.New = true
		}
		all = append(all, made)
	}
	return all, WriteJSON(c.Dir.approved(m.Pack.ID), m, 0o600)
}

// standing returns the grant of an approval that holds now.
func standing(gate *landfall.Gate, o *snapshot.Offered) *landfall.Grant {
	for _, e := range o.Approvals {
		if g, err := gate.Verify(&o.Release, e); err == nil && g.Check(landfall.Serve) == nil {
			return g
		}
	}
	return nil
}

// sign approves a release with the local key of the market's first authority.
func (c *Control) sign(m *snapshot.Market, o *snapshot.Offered, digest landfall.Digest, life time.Duration) (time.Time, error) {
	if life <= 0 {
		life = DefaultApproval
	}
	now := c.now()
	a := landfall.Approval{
		Authority: m.Pack.Authorities[0], Market: m.Pack.ID, Feature: o.Release.Feature,
		Purposes:  []landfall.Purpose{landfall.Serve, landfall.Shadow, landfall.Assess, landfall.Probe},
		NotBefore: now.Unix(), Expires: now.Add(life).Unix(),
		Filing:   landfall.Filing{Route: "rehearsal", Number: fmt.Sprintf("REHEARSAL-%s-%d", m.Pack.ID, now.Unix())},
		Sequence: now.UnixMilli(), Rehearsal: true,
	}
	key, err := c.Dir.readKey(a.Authority)
	if err != nil {
		return time.Time{}, err
	}
	e, err := landfall.SignApproval(a, digest, key)
	if err != nil {
		return time.Time{}, err
	}
	name := fmt.Sprintf("%s-%s-%s-%d.json", a.Market, a.Feature, digest.Short(), a.Sequence)
	return landfall.Unix(a.Expires), WriteJSON(filepath.Join(c.Dir.Approvals(), name), e, 0o644)
}
