package snapshot

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"landfall"
	"landfall/internal/feature"
	"landfall/internal/label"
	"landfall/internal/pack"
	"landfall/internal/safety"
)

// Snapshot is compiled and immutable.
type Snapshot struct {
	Sequence int64
	Expires  time.Time
	markets  map[string]*compiled
}

type compiled struct {
	pack   pack.Market
	routes map[string]*Route
	order  []string
	// not are the features that the model cannot do.
	not []NotOffered
}

// Route is everything that shapes the answers of one feature in one market,
// resolved together when the snapshot was compiled. It exists for a feature that
// is not approved as well: then it only knows why.
type Route struct {
	release *landfall.Release
	grants  []*landfall.Grant // those that end last come first
	refused error             // why there is none

	Feature     *feature.Feature
	Policy      *safety.Policy
	Label       *label.Scheme
	DisplayName map[string]string
	Market      pack.Market
	// Words is the digest of the word list in force, which may hold more than the
	// floor that the release pins.
	Words landfall.Digest
}

// Release returns what would answer.
func (r *Route) Release() *landfall.Release { return r.release }

// Digest returns the digest that the approvals sign, "" without one.
func (r *Route) Digest() landfall.Digest {
	if len(r.grants) == 0 {
		return ""
	}
	return r.grants[0].Digest()
}

// Approval returns the words of the approval that holds for serving now, else of
// the one that ends last, or the zero value.
func (r *Route) Approval() landfall.Approval {
	if g, err := r.grant(landfall.Serve); err == nil {
		return g.Approval()
	}
	if len(r.grants) > 0 {
		return r.grants[0].Approval()
	}
	return landfall.Approval{}
}

// grant returns the approval that holds for a purpose now. Several may be on file:
// a renewal that has not begun takes over when its time comes.
func (r *Route) grant(p landfall.Purpose) (*landfall.Grant, error) {
	err := r.refused
	for _, g := range r.grants {
		refused := g.Check(p)
		if refused == nil {
			return g, nil
		}
		if err == nil {
			err = refused
		}
	}
	return nil, err
}

// Check returns why the route admits nothing for this purpose now, or nil.
func (r *Route) Check(p landfall.Purpose) error {
	_, err := r.grant(p)
	return err
}

// Mint returns a permit for one attempt.
func (r *Route) Mint(p landfall.Purpose, request string) (landfall.Permit, error) {
	g, err := r.grant(p)
	if err != nil {
		return landfall.Permit{}, err
	}
	return g.Mint(p, request)
}

// Compile turns a verified source into what the data plane runs on. A part whose
// digest is not the one its release pins makes the source bad as a whole; a
// release that nobody approved does not: its route says why.
func Compile(gate *landfall.Gate, s Source) (*Snapshot, error) {
	out := &Snapshot{Sequence: s.Sequence, Expires: landfall.Unix(s.Expires), markets: map[string]*compiled{}}
	once := features{}
	for i := range s.Markets {
		m := &s.Markets[i]
		c, err := m.compile(gate, once)
		if err != nil {
			return nil, fmt.Errorf("snapshot %d: market %s: %w", s.Sequence, m.Pack.ID, err)
		}
		if out.markets[m.Pack.ID] != nil {
			return nil, fmt.Errorf("snapshot %d: market %s twice", s.Sequence, m.Pack.ID)
		}
		out.markets[m.Pack.ID] = c
	}
	return out, nil
}

// features are compiled once for all markets that pin the same file and prompts.
type features map[[2]landfall.Digest]*feature.Feature

// compile takes a definition whose digests were held against the release's.
func (f features) compile(o *Offered) (*feature.Feature, error) {
	key := [2]landfall.Digest{o.Release.Definition, o.Release.Prompt}
	if have := f[key]; have != nil {
		return have, nil
	}
	made, err := feature.Compile(o.Definition)
	f[key] = made
	return made, err
}

func (m *Market) compile(gate *landfall.Gate, once features) (*compiled, error) {
	scheme, err := label.New(m.Label, gate.Rehearsal())
	if err != nil {
		return nil, err
	}
	// A list that lost words refuses the market's releases, not the source: the
	// routes say so, and other markets go on.
	policy, policyErr := safety.Compile(safety.Config{Contract: m.Policy, Floor: m.Floor, Words: m.Words, Notices: m.Notices})
	words, err := safety.FloorDigest(m.Words)
	if err != nil {
		return nil, err
	}
	c := &compiled{pack: m.Pack, routes: map[string]*Route{}, not: m.NotOffered}
	for i := range m.Features {
		o := &m.Features[i]
		if err := m.checkPins(o); err != nil {
			return nil, fmt.Errorf("feature %s: %w", o.Release.Feature, err)
		}
		f, err := once.compile(o)
		if err != nil {
			return nil, fmt.Errorf("feature %s: %w", o.Release.Feature, err)
		}
		r := &Route{release: &o.Release, Feature: f, Policy: policy, Label: scheme, DisplayName: o.DisplayName, Market: m.Pack, Words: words}
		if policyErr != nil {
			r.refused = fmt.Errorf("%w: %w", landfall.ErrDigestMismatch, policyErr)
		} else {
			r.grants, r.refused = grants(gate, o)
		}
		c.routes[o.Release.Feature] = r
		c.order = append(c.order, o.Release.Feature)
	}
	return c, nil
}

// checkPins re-derives every digest a release pins from the part itself.
func (m *Market) checkPins(o *Offered) error {
	if o.Release.Market != m.Pack.ID || o.Release.Feature != o.Definition.ID {
		return fmt.Errorf("the release is of %s in %s", o.Release.Feature, o.Release.Market)
	}
	derived := Offered{Release: o.Release, Definition: o.Definition}
	if err := m.pin(&derived); err != nil {
		return err
	}
	audience, err := m.Pack.Audience()
	if err != nil {
		return err
	}
	for _, p := range []struct {
		part       string
		have, pins landfall.Digest
	}{
		{"definition", derived.Release.Definition, o.Release.Definition},
		{"prompt", derived.Release.Prompt, o.Release.Prompt},
		{"policy", derived.Release.Policy, o.Release.Policy},
		{"label", derived.Release.Label, o.Release.Label},
		{"notices", derived.Release.Notices, o.Release.Notices},
		{"audience", audience, m.Policy.Audience},
	} {
		if p.have != p.pins {
			return fmt.Errorf("%s is %s, the release pins %s", p.part, p.have.Short(), p.pins.Short())
		}
	}
	return o.Release.Validate()
}

// grants returns every approval of the release that a pinned key signed, else the
// most telling refusal: an approval of another release before none at all. The
// clock is looked at for each permit.
func grants(gate *landfall.Gate, o *Offered) ([]*landfall.Grant, error) {
	var all []*landfall.Grant
	refused := fmt.Errorf("%w: %s in %s", landfall.ErrNotApproved, o.Release.Feature, o.Release.Market)
	for _, envelope := range o.Approvals {
		g, err := gate.Verify(&o.Release, envelope)
		switch {
		case err == nil:
			all = append(all, g)
		case errors.Is(err, landfall.ErrDigestMismatch) || !errors.Is(refused, landfall.ErrDigestMismatch):
			refused = err
		}
	}
	if len(all) > 0 {
		slices.SortStableFunc(all, func(a, b *landfall.Grant) int { return cmp.Compare(b.Approval().Expires, a.Approval().Expires) })
		return all, nil
	}
	return nil, refused
}

// Markets lists the markets, sorted.
func (s *Snapshot) Markets() []string { return slices.Sorted(maps.Keys(s.markets)) }

// Market returns a market's pack.
func (s *Snapshot) Market(id string) (pack.Market, bool) {
	c, ok := s.markets[id]
	if !ok {
		return pack.Market{}, false
	}
	return c.pack, true
}

// Routes returns a market's routes in the order of its pack.
func (s *Snapshot) Routes(market string) []*Route {
	c := s.markets[market]
	if c == nil {
		return nil
	}
	out := make([]*Route, 0, len(c.order))
	for _, id := range c.order {
		out = append(out, c.routes[id])
	}
	return out
}

// Route returns the route of a feature in a market, or the reason why there is none.
func (s *Snapshot) Route(market, id string) (*Route, *landfall.Error) {
	c := s.markets[market]
	if c == nil {
		return nil, unavailable(landfall.NewReason(landfall.ReasonNotApproved, "the market %s is not served here", market))
	}
	if r := c.routes[id]; r != nil {
		return r, nil
	}
	for _, n := range c.not {
		if n.Feature == id {
			return nil, unavailable(landfall.NewReason(landfall.ReasonNotOffered, "%s", n.message(market)))
		}
	}
	if slices.Contains(c.pack.Features, id) {
		return nil, unavailable(landfall.NewReason(landfall.ReasonNotOffered, "%s is not offered in %s with this model", id, market))
	}
	return nil, landfall.Errorf(landfall.CodeNotFound, "no feature %q in this market; it has %q", id, c.pack.Features).With("field", "/feature")
}

func (n NotOffered) message(market string) string {
	s := fmt.Sprintf("%s is not offered in %s with the model %s, which cannot do it", n.Feature, market, n.Model)
	if n.Use != "" {
		s += "; with " + n.Use + " it is"
	}
	return s
}

func unavailable(reasons ...landfall.Reason) *landfall.Error {
	return &landfall.Error{Code: landfall.CodeUnavailable, Message: reasons[0].Message, Reasons: reasons}
}
