package snapshot_test

import (
	"errors"
	"testing"
	"time"

	"landfall"
	"landfall/internal/snapshot"
)

// Several approvals of one release may be on file. One that has not begun, and one
// that is for another purpose, never displaces one that holds, in whatever order
// they came; and it takes over when its time comes.
func TestARenewalNeverDisplacesAValidApproval(t *testing.T) {
	sign := func(p *plane, r landfall.Release, from, until time.Time, seq int64, purposes ...landfall.Purpose) landfall.Envelope {
		digest, err := r.Digest()
		if err != nil {
			t.Fatal(err)
		}
		e, err := landfall.SignApproval(landfall.Approval{
			Authority: "eu-authority", Market: r.Market, Feature: r.Feature, Purposes: purposes,
			NotBefore: from.Unix(), Expires: until.Unix(), Sequence: seq, Rehearsal: true,
		}, digest, p.key)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	for name, order := range map[string][]int{"as they came": {0, 1, 2}, "the other way": {2, 1, 0}, "mixed": {1, 2, 0}} {
		p := newPlane(t)
		o := &p.source.Markets[0].Features[0]
		begun := p.now
		all := []landfall.Envelope{
			sign(p, o.Release, begun, begun.Add(time.Hour), 1, landfall.Serve),
			sign(p, o.Release, begun.Add(50*time.Minute), begun.Add(48*time.Hour), 2, landfall.Serve),
			sign(p, o.Release, begun, begun.Add(96*time.Hour), 3, landfall.Assess),
		}
		o.Approvals = nil
		for _, i := range order {
			o.Approvals = append(o.Approvals, all[i])
		}
		s, err := snapshot.Compile(p.gate, p.source)
		if err != nil {
			t.Fatal(err)
		}
		r := s.Routes(market)[0]
		for _, at := range []struct {
			after    time.Duration
			sequence int64
			refused  error
		}{{0, 1, nil}, {49 * time.Minute, 1, nil}, {time.Hour, 2, nil}, {47 * time.Hour, 2, nil}, {49 * time.Hour, 0, landfall.ErrPurpose}} {
			p.now = begun.Add(at.after)
			_, err := r.Mint(landfall.Serve, "request")
			if !errors.Is(err, at.refused) || err == nil && r.Approval().Sequence != at.sequence {
				t.Errorf("%s, after %s: approval %d, %v", name, at.after, r.Approval().Sequence, err)
			}
			if err := r.Check(landfall.Assess); at.after < 96*time.Hour && err != nil {
				t.Errorf("%s, after %s: assess: %v", name, at.after, err)
			}
		}
	}
}
