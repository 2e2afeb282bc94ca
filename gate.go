package landfall

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// Authority is a key that may approve releases of the markets named.
type Authority struct {
	Name    string            `json:"name"`
	Key     ed25519.PublicKey `json:"key"`
	Markets []string          `json:"markets"`
}

// Trust is what a process believes without being told: the authorities' keys
// and the key that signs snapshots.
type Trust struct {
	Authorities []Authority       `json:"authorities"`
	Snapshot    ed25519.PublicKey `json:"snapshot"`
	// Rehearsal says that the keys were generated locally; every answer says so.
	Rehearsal bool `json:"rehearsal,omitempty"`
}

// PermitLife is how long a permit lasts at most: the time an attempt may take.
const PermitLife = 15 * time.Minute

// Gate holds the authorities' pinned keys. A process has one, made by cmd. It
// turns approvals into grants, mints permits from its own grants and redeems
// only its own permits: one minted by another gate, with keys somebody made up,
// redeems to an error. Safe for concurrent use.
type Gate struct {
	trust Trust
	now   func() time.Time
}

// NewGate returns a gate over pinned keys. now defaults to [time.Now].
func NewGate(t Trust, now func() time.Time) *Gate {
	if now == nil {
		now = time.Now
	}
	return &Gate{trust: t, now: now}
}

// Rehearsal reports whether the gate's keys are those of a rehearsal.
func (g *Gate) Rehearsal() bool { return g.trust.Rehearsal }

// OpenSource verifies a snapshot source with the pinned key.
func (g *Gate) OpenSource(e Envelope) ([]byte, error) { return e.Open(SourcePayload, g.trust.Snapshot) }

// Grant is a verified approval of one release. Only a gate makes one; it may be
// kept as long as the snapshot it was made for.
type Grant struct {
	gate     *Gate
	release  *Release
	digest   Digest
	approval Approval
}

// Release returns what was approved. The caller must not change it.
func (g *Grant) Release() *Release { return g.release }

// Digest returns the release's digest.
func (g *Grant) Digest() Digest { return g.digest }

// Approval returns the authority's words.
func (g *Grant) Approval() Approval { return g.approval }

// Reasons why there is no grant or no permit. [ReasonOf] names them for a caller.
var (
	ErrNotApproved    = errors.New("no approval of this market and feature")
	ErrDigestMismatch = errors.New("the approval is of another release")
	ErrExpired        = errors.New("the approval has ended")
	ErrNotYet         = errors.New("the approval has not begun")
	ErrPurpose        = errors.New("the approval is for another purpose")
	ErrForeignPermit  = errors.New("the permit is not of this gate")
	ErrPermitUsed     = errors.New("the permit was used before")
	ErrPermitEnded    = errors.New("the permit has ended")
)

// Verify checks that an approval is of this release and signed by an authority
// whose key is pinned for its market. It does not look at the clock: that is
// done for every permit.
func (g *Gate) Verify(r *Release, e Envelope) (*Grant, error) {
	digest, err := r.Digest()
	if err != nil {
		return nil, err
	}
	err = ErrNotApproved
	for _, a := range g.trust.Authorities {
		if !slices.Contains(a.Markets, r.Market) {
			continue
		}
		payload, openErr := e.Open(StatementPayload, a.Key)
		if openErr != nil {
			err = fmt.Errorf("%w: %w", ErrNotApproved, openErr)
			continue
		}
		approval, subject, parseErr := parseStatement(payload)
		switch {
		case parseErr != nil:
			return nil, parseErr
		case approval.Authority != a.Name:
			return nil, fmt.Errorf("%w: signed by %s in the name of %s", ErrNotApproved, a.Name, approval.Authority)
		case approval.Market != r.Market || approval.Feature != r.Feature:
			return nil, fmt.Errorf("%w: it is of %s in %s", ErrNotApproved, approval.Feature, approval.Market)
		case subject != digest:
			return nil, fmt.Errorf("%w: approved %s, have %s", ErrDigestMismatch, subject.Short(), digest.Short())
		case approval.Rehearsal != r.Rehearsal || r.Rehearsal != g.trust.Rehearsal:
			return nil, fmt.Errorf("%w: rehearsal and real approvals do not mix", ErrNotApproved)
		}
		kept := *r
		return &Grant{gate: g, release: &kept, digest: digest, approval: approval}, nil
	}
	return nil, err
}

// Check returns why a permit for the purpose could not be minted now, or nil.
func (g *Grant) Check(p Purpose) error {
	if g == nil || g.gate == nil {
		return ErrNotApproved
	}
	return g.check(p, g.gate.now())
}

func (g *Grant) check(p Purpose, now time.Time) error {
	switch s := now.Unix(); {
	case s >= g.approval.Expires:
		return ErrExpired
	case s < g.approval.NotBefore:
		return ErrNotYet
	case !slices.Contains(g.approval.Purposes, p):
		return ErrPurpose
	}
	return nil
}

// Mint returns a permit for one attempt of one request. It ends at the earlier
// of [PermitLife] and the approval's end.
func (g *Grant) Mint(p Purpose, request string) (Permit, error) {
	if g == nil || g.gate == nil {
		return Permit{}, ErrNotApproved
	}
	now := g.gate.now()
	if err := g.check(p, now); err != nil {
		return Permit{}, err
	}
	ends := now.Add(PermitLife)
	if end := Unix(g.approval.Expires); end.Before(ends) {
		ends = end
	}
	return Permit{&permit{grant: g, purpose: p, request: request, ends: ends}}, nil
}

// Permit is proof that a release was approved when an attempt was admitted. It
// cannot be made outside this package, serves one attempt, and its zero value
// redeems to an error.
type Permit struct{ p *permit }

type permit struct {
	grant   *Grant
	purpose Purpose
	request string
	ends    time.Time
	used    atomic.Bool
}

// Redeemed is what a permit was good for.
type Redeemed struct {
	Release *Release
	Digest  Digest
	Purpose Purpose
	Request string
	Ends    time.Time
}

// Redeem takes a permit in, once, if this gate minted it and its time has not come.
func (g *Gate) Redeem(p Permit) (Redeemed, error) {
	switch {
	case p.p == nil || p.p.grant == nil || p.p.grant.gate != g:
		return Redeemed{}, ErrForeignPermit
	case !g.now().Before(p.p.ends):
		return Redeemed{}, ErrPermitEnded
	case !p.p.used.CompareAndSwap(false, true):
		return Redeemed{}, ErrPermitUsed
	}
	return Redeemed{p.p.grant.release, p.p.grant.digest, p.p.purpose, p.p.request, p.p.ends}, nil
}

// CheckSignature reports whether an approval is signed by the authority it names,
// for a market of that authority; it says nothing of the release approved.
func (g *Gate) CheckSignature(e Envelope) error {
	approval, _, err := ReadApproval(e)
	if err != nil {
		return err
	}
	for _, a := range g.trust.Authorities {
		if a.Name == approval.Authority && slices.Contains(a.Markets, approval.Market) {
			_, err := e.Open(StatementPayload, a.Key)
			return err
		}
	}
	return fmt.Errorf("%w: %s is not pinned for %s", ErrNotApproved, approval.Authority, approval.Market)
}
