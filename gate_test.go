package landfall_test

import (
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"landfall"
)

// trust pins key 1 for the market XA and key 2 for XB.
func trust() landfall.Trust {
	return landfall.Trust{
		Authorities: []landfall.Authority{
			{Name: "xb-authority", Key: public(2), Markets: []string{"XB"}},
			{Name: "xa-authority", Key: public(1), Markets: []string{"XA"}},
		},
		Snapshot: public(3),
	}
}

// clock is a time that a test moves.
type clock struct{ unix int64 }

func (c *clock) now() time.Time { return time.Unix(c.unix, 0) }

// grant returns a gate, a grant of it and the clock of both, within the approval.
func grant(t testing.TB, a landfall.Approval) (*landfall.Gate, *landfall.Grant, *clock) {
	t.Helper()
	c := &clock{a.NotBefore + 60}
	gate := landfall.NewGate(trust(), c.now)
	r := release()
	e, err := landfall.SignApproval(a, digestOf(t, r), key(1))
	if err != nil {
		t.Fatal(err)
	}
	g, err := gate.Verify(r, e)
	if err != nil {
		t.Fatal(err)
	}
	return gate, g, c
}

func mint(t testing.TB, g *landfall.Grant) landfall.Permit {
	t.Helper()
	p, err := g.Mint(landfall.Serve, "request-1")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPermit(t *testing.T) {
	gate, g, c := grant(t, approval())
	got, err := gate.Redeem(mint(t, g))
	if err != nil {
		t.Fatal(err)
	}
	if got.Digest != digestOf(t, release()) || got.Purpose != landfall.Serve || got.Request != "request-1" || got.Release.Market != "XA" {
		t.Errorf("%+v", got)
	}
	if want := c.now().Add(landfall.PermitLife); !got.Ends.Equal(want) {
		t.Errorf("ends %s, want %s", got.Ends, want)
	}
}

func TestVerifyRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		release  func(*landfall.Release)
		approval func(*landfall.Approval)
		trust    func(*landfall.Trust)
		by       byte
		want     error
		words    string
	}{
		"another key":               {by: 9, want: landfall.ErrNotApproved, words: "signature"},
		"the key of another market": {by: 2, want: landfall.ErrNotApproved, words: "signature"},
		"nobody is pinned":          {trust: func(t *landfall.Trust) { *t = landfall.Trust{} }, want: landfall.ErrNotApproved},
		"a key of no length":        {trust: func(t *landfall.Trust) { t.Authorities[1].Key = nil }, want: landfall.ErrNotApproved},
		"the key pinned elsewhere":  {trust: func(t *landfall.Trust) { t.Authorities[1].Markets = []string{"XC"} }, want: landfall.ErrNotApproved},
		"another authority's name":  {approval: func(a *landfall.Approval) { a.Authority = "xb-authority" }, want: landfall.ErrNotApproved, words: "in the name of xb-authority"},
		"another market":            {approval: func(a *landfall.Approval) { a.Market = "XB" }, want: landfall.ErrNotApproved, words: "XB"},
		"another feature":           {approval: func(a *landfall.Approval) { a.Feature = "proofread" }, want: landfall.ErrNotApproved, words: "proofread"},
		"a market not approved":     {release: func(r *landfall.Release) { r.Market = "XB" }, want: landfall.ErrNotApproved},
		"one word of the release":   {release: func(r *landfall.Release) { r.Model.Identity = "made-up-2" }, want: landfall.ErrDigestMismatch},
		"a rehearsed approval":      {approval: func(a *landfall.Approval) { a.Rehearsal = true }, want: landfall.ErrNotApproved, words: "do not mix"},
		"keys of a rehearsal":       {trust: func(t *landfall.Trust) { t.Rehearsal = true }, want: landfall.ErrNotApproved, words: "do not mix"},
	} {
		t.Run(name, func(t *testing.T) {
			r, a, tr := release(), approval(), trust()
			approved := digestOf(t, r)
			if c.release != nil {
				c.release(r)
			}
			if c.approval != nil {
				c.approval(&a)
			}
			if c.trust != nil {
				c.trust(&tr)
			}
			g, err := landfall.NewGate(tr, nil).Verify(r, sign(t, a, approved, key(max(c.by, 1))))
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.words) || g != nil {
				t.Errorf("got %v, want %v with %q", err, c.want, c.words)
			}
		})
	}
}

// A rehearsal is one from end to end: keys, approval and release.
func TestRehearsalAndRealDoNotMix(t *testing.T) {
	for i := range 8 {
		keys, signed, made := i&1 > 0, i&2 > 0, i&4 > 0
		r, a, tr := release(), approval(), trust()
		r.Rehearsal, a.Rehearsal, tr.Rehearsal = made, signed, keys
		gate := landfall.NewGate(tr, nil)
		_, err := gate.Verify(r, sign(t, a, digestOf(t, r), key(1)))
		if same := keys == signed && signed == made; (err == nil) != same {
			t.Errorf("keys %t, approval %t, release %t: %v", keys, signed, made, err)
		}
		if gate.Rehearsal() != keys {
			t.Error("the gate forgot")
		}
	}
}

func TestVerifyWantsAnApproval(t *testing.T) {
	gate, r := landfall.NewGate(trust(), nil), release()
	other := landfall.Seal(landfall.SourcePayload, []byte("{}"), key(1))
	if _, err := gate.Verify(r, other); !errors.Is(err, landfall.ErrNotApproved) {
		t.Errorf("another payload type: %v", err)
	}
	if _, err := gate.Verify(r, landfall.Seal(landfall.StatementPayload, []byte("{}"), key(1))); err == nil {
		t.Error("an empty statement")
	}
	r.Market = "\xff"
	if _, err := gate.Verify(r, other); err == nil || !strings.Contains(err.Error(), "UTF-8") {
		t.Errorf("a release without a digest: %v", err)
	}
}

// What was verified is kept: a release changed afterwards is not what answers.
func TestVerifyKeepsTheRelease(t *testing.T) {
	gate := landfall.NewGate(trust(), nil)
	r := release()
	g, err := gate.Verify(r, sign(t, approval(), digestOf(t, r), key(1)))
	if err != nil {
		t.Fatal(err)
	}
	r.Model.Identity = "another"
	if g.Release().Model.Identity != "made-up" || g.Digest() != digestOf(t, g.Release()) || g.Approval().Filing.Number != "XA-1" {
		t.Errorf("%+v", g.Release())
	}
}

// To the second, by an injected clock: not before begins with its second, expires
// is the first second that is too late.
func TestCheckByTheClock(t *testing.T) {
	a := approval()
	_, g, c := grant(t, a)
	for _, at := range []struct {
		unix int64
		want error
	}{
		{a.NotBefore - 1, landfall.ErrNotYet}, {a.NotBefore, nil},
		{a.Expires - 1, nil}, {a.Expires, landfall.ErrExpired}, {a.Expires + 1, landfall.ErrExpired},
	} {
		c.unix = at.unix
		_, mintErr := g.Mint(landfall.Serve, "r")
		if err := g.Check(landfall.Serve); !errors.Is(err, at.want) || !errors.Is(mintErr, at.want) {
			t.Errorf("%d: %v and %v, want %v", at.unix, err, mintErr, at.want)
		}
	}
}

// Leave for one purpose is not leave for another.
func TestCheckPurpose(t *testing.T) {
	_, g, _ := grant(t, approval())
	for p, want := range map[landfall.Purpose]error{
		landfall.Serve: nil, landfall.Probe: nil, landfall.Shadow: landfall.ErrPurpose, landfall.Assess: landfall.ErrPurpose, "": landfall.ErrPurpose,
	} {
		_, mintErr := g.Mint(p, "r")
		if err := g.Check(p); !errors.Is(err, want) || !errors.Is(mintErr, want) {
			t.Errorf("%q: %v and %v, want %v", p, err, mintErr, want)
		}
	}
}

func TestNoGrantNoPermit(t *testing.T) {
	for name, g := range map[string]*landfall.Grant{"nil": nil, "zero": {}} {
		_, mintErr := g.Mint(landfall.Serve, "r")
		if err := g.Check(landfall.Serve); !errors.Is(err, landfall.ErrNotApproved) || !errors.Is(mintErr, landfall.ErrNotApproved) {
			t.Errorf("%s: %v, %v", name, err, mintErr)
		}
	}
}

// A gate redeems only its own permits: not one of a gate with other keys, nor one
// of its twin.
func TestRedeemRefusesForeign(t *testing.T) {
	gate, _, _ := grant(t, approval())
	twin, g, _ := grant(t, approval())
	for name, p := range map[string]landfall.Permit{"the twin's": mint(t, g), "none": {}} {
		if r, err := gate.Redeem(p); !errors.Is(err, landfall.ErrForeignPermit) || r.Release != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := mint(t, g)
	_, _ = gate.Redeem(p)
	if _, err := twin.Redeem(p); err != nil {
		t.Errorf("a refusal elsewhere used it up: %v", err)
	}
}

func TestRedeemOnce(t *testing.T) {
	gate, g, _ := grant(t, approval())
	p := mint(t, g)
	copied := p
	if _, err := gate.Redeem(p); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := gate.Redeem(copied); !errors.Is(err, landfall.ErrPermitUsed) {
			t.Errorf("used again: %v", err)
		}
	}
}

func TestRedeemOnceAmongMany(t *testing.T) {
	gate, g, _ := grant(t, approval())
	p := mint(t, g)
	var wg sync.WaitGroup
	got := make(chan error, 16)
	for range cap(got) {
		wg.Go(func() {
			_, err := gate.Redeem(p)
			got <- err
		})
	}
	wg.Wait()
	close(got)
	good := 0
	for err := range got {
		if err == nil {
			good++
		}
	}
	if good != 1 {
		t.Errorf("redeemed %d times", good)
	}
}

// A permit ends at the earlier of its life and the approval's end.
func TestPermitEnds(t *testing.T) {
	life := int64(landfall.PermitLife / time.Second)
	for name, c := range map[string]struct{ before, ends int64 }{
		"its own life":       {life + 60, life},
		"both":               {life, life},
		"the approval's end": {30, 30},
	} {
		t.Run(name, func(t *testing.T) {
			a := approval()
			gate, g, c2 := grant(t, a)
			start := a.Expires - c.before
			c2.unix = start
			late, last := mint(t, g), mint(t, g)
			c2.unix = start + c.ends - 1
			if _, err := gate.Redeem(last); err != nil {
				t.Errorf("in its last second: %v", err)
			}
			c2.unix = start + c.ends
			if _, err := gate.Redeem(late); !errors.Is(err, landfall.ErrPermitEnded) {
				t.Errorf("at its end: %v", err)
			}
		})
	}
}

func TestOpenSource(t *testing.T) {
	gate := landfall.NewGate(trust(), nil)
	if b, err := gate.OpenSource(landfall.Seal(landfall.SourcePayload, []byte("x"), key(3))); err != nil || string(b) != "x" {
		t.Errorf("%q, %v", b, err)
	}
	for name, e := range map[string]landfall.Envelope{
		"an authority's key": landfall.Seal(landfall.SourcePayload, []byte("x"), key(1)),
		"an approval":        landfall.Seal(landfall.StatementPayload, []byte("x"), key(3)),
	} {
		if _, err := gate.OpenSource(e); err == nil {
			t.Errorf("%s opened", name)
		}
	}
}

func TestCheckSignature(t *testing.T) {
	gate := landfall.NewGate(trust(), nil)
	digest := landfall.Digest(zeros)
	for name, c := range map[string]struct {
		by     byte
		market string
		want   error
	}{
		"good":                      {1, "XA", nil},
		"another key":               {2, "XA", landfall.ErrSignature},
		"a market of another's":     {1, "XB", landfall.ErrNotApproved},
		"a market nobody can speak": {1, "XC", landfall.ErrNotApproved},
	} {
		a := approval()
		a.Market = c.market
		if err := gate.CheckSignature(sign(t, a, digest, key(c.by))); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if err := gate.CheckSignature(landfall.Envelope{Payload: "%"}); err == nil {
		t.Error("no approval at all")
	}
}

var sink [sha256.Size]byte

func BenchmarkPermit(b *testing.B) {
	gate, g := timed(b)
	b.ReportAllocs()
	for b.Loop() {
		p, err := g.Mint(landfall.Serve, "request-1")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := gate.Redeem(p); err != nil {
			b.Fatal(err)
		}
	}
}

// timed returns a gate with the clock of the machine and a grant of it.
func timed(b *testing.B) (*landfall.Gate, *landfall.Grant) {
	gate := landfall.NewGate(trust(), nil)
	a, r := approval(), release()
	a.NotBefore, a.Expires = time.Now().Unix()-1, time.Now().Unix()+86400
	e, err := landfall.SignApproval(a, digestOf(b, r), key(1))
	if err != nil {
		b.Fatal(err)
	}
	g, err := gate.Verify(r, e)
	if err != nil {
		b.Fatal(err)
	}
	return gate, g
}

// BenchmarkSHA256of1KB is a yardstick for BenchmarkPermit.
func BenchmarkSHA256of1KB(b *testing.B) {
	in := make([]byte, 1024)
	for b.Loop() {
		sink = sha256.Sum256(in)
	}
}
