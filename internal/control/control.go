package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"landfall"
	"landfall/internal/pack"
	"landfall/internal/snapshot"
)

// snapshotLife is how long a published snapshot serves; renewAfter is when a
// running control plane signs it anew.
const (
	snapshotLife = 7 * 24 * time.Hour
	renewAfter   = 12 * time.Hour
)

// DefaultApproval is how long a rehearsed approval lasts.
const DefaultApproval = 90 * 24 * time.Hour

// Control makes, approves and publishes. One at a time works on a data directory.
type Control struct {
	Dir   Dir
	Packs *pack.Packs
	Model landfall.Model
	// ModelLanguages are those that the model can do; none is not known.
	ModelLanguages []string
	// Partner replaces the endpoint and region of a market's partner, where the
	// model is another server than the pack's.
	Partner func(pack.Partner) pack.Partner
	// Shipped is the speed of the model where it was not measured here.
	Shipped pack.Speed
	Now     func() time.Time

	mu    sync.Mutex
	seen  string    // the approvals as they stood at the last refresh
	renew time.Time // when the snapshot is due again
	look  look      // of the last refresh at the approvals
	check look      // of the last check of their signatures, and what it found
	fault error
}

func (c *Control) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// markets returns the authorities of every market in the packs.
func (c *Control) markets() (map[string][]string, []string, error) {
	ids, err := c.Packs.List("market")
	if err != nil {
		return nil, nil, err
	}
	out := map[string][]string{}
	for _, id := range ids {
		m, err := c.Packs.Market(id)
		if err != nil {
			return nil, nil, err
		}
		out[id] = m.Authorities
	}
	return out, ids, nil
}

// Markets lists the ids of the markets in the packs.
func (c *Control) Markets() ([]string, error) {
	_, ids, err := c.markets()
	return ids, err
}

// compose makes a market's releases as things stand now. keepFloor holds the list
// against the floor that was approved; without it the list becomes the floor.
func (c *Control) compose(market string, defs snapshot.Definitions, keepFloor bool) (snapshot.Market, error) {
	words, err := c.words(market)
	if err != nil {
		return snapshot.Market{}, err
	}
	speed, err := c.speed(!keepFloor)
	if err != nil {
		return snapshot.Market{}, err
	}
	parts := snapshot.Parts{Model: c.Model, ModelLanguages: c.ModelLanguages, Words: words, Definitions: defs, Rehearsal: true, Speed: speed}
	if keepFloor {
		if last, ok, err := c.lastApproved(market); err != nil {
			return snapshot.Market{}, err
		} else if ok {
			parts.Floor = append([]string{}, last.Floor...)
		}
	}
	if c.Partner != nil {
		m, err := c.Packs.Market(market)
		if err != nil {
			return snapshot.Market{}, err
		}
		p, err := c.Packs.Partner(m.Partner)
		if err != nil {
			return snapshot.Market{}, err
		}
		p = c.Partner(p)
		parts.Partner = &p
	}
	return snapshot.Compose(c.Packs, market, parts)
}

const listHead = `# Words that no answer in this market may hold, one a line; # begins a comment.
# Read at start and by ` + "`landfall rehearse`" + `. More words need no approval, fewer do.
`

// words reads the operator's list of a market, and makes an empty one for a person to fill.
func (c *Control) words(market string) ([]string, error) {
	file := c.Dir.List(market)
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, write(file, []byte(listHead), 0o600)
	} else if err != nil {
		return nil, err
	}
	return snapshot.Words(file, b)
}

func (c *Control) lastApproved(market string) (snapshot.Market, bool, error) {
	var m snapshot.Market
	b, err := os.ReadFile(c.Dir.approved(market))
	if errors.Is(err, fs.ErrNotExist) {
		return m, false, nil
	} else if err != nil {
		return m, false, err
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, false, fmt.Errorf("%s: %w", c.Dir.approved(market), err)
	}
	return m, true, nil
}

// Publish composes every market from what is on disk now, attaches the approvals
// on file, and writes the sealed source.
func (c *Control) Publish() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	unlock, err := lock(c.Dir.path("control.lock"))
	if err != nil {
		return err
	}
	defer unlock()
	var markets []snapshot.Market
	_, ids, err := c.markets()
	if err != nil {
		return err
	}
	defs := snapshot.Definitions{}
	for _, id := range ids {
		m, err := c.compose(id, defs, true)
		if err != nil {
			return err
		}
		markets = append(markets, m)
	}
	return c.publish(markets)
}

// publish attaches approvals, seals and writes.
func (c *Control) publish(markets []snapshot.Market) error {
	approvals, seen, err := c.readApprovals()
	if err != nil {
		return err
	}
	attach(markets, approvals)
	key, err := c.Dir.readKey(snapshotKey)
	if err != nil {
		return err
	}
	now := c.now()
	src := snapshot.Source{Sequence: c.nextSequence(now), Issued: now.Unix(), Expires: now.Add(snapshotLife).Unix(), Rehearsal: true, Markets: markets}
	sealed, err := src.Seal(func(payloadType string, payload []byte) landfall.Envelope {
		return landfall.Seal(payloadType, payload, key)
	})
	if err != nil {
		return err
	}
	c.seen, c.renew = seen, now.Add(renewAfter)
	return write(c.Dir.Snapshot(), sealed, 0o600)
}

// nextSequence is after the sequence on file and grows with the clock.
func (c *Control) nextSequence(now time.Time) int64 {
	n := now.UnixMilli()
	if last, err := c.source(); err == nil && last.Sequence >= n {
		n = last.Sequence + 1
	}
	return n
}

// source reads the published source with our own key.
func (c *Control) source() (snapshot.Source, error) {
	b, err := os.ReadFile(c.Dir.Snapshot())
	if err != nil {
		return snapshot.Source{}, err
	}
	trust, err := c.Dir.Trust()
	if err != nil {
		return snapshot.Source{}, err
	}
	return snapshot.Open(landfall.NewGate(trust, c.Now), b)
}

// Refresh publishes anew when approvals were put in or taken away, or when the
// snapshot is due for renewal. The releases stay those of the source on file.
func (c *Control) Refresh() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	due := !c.now().Before(c.renew)
	now, err := c.lookAtApprovals()
	if err != nil || now.asBefore(c.look) && !due {
		return err
	}
	approvals, seen, err := c.readApprovals()
	if err != nil {
		return err
	}
	c.look = now
	if seen == c.seen && !due {
		return nil
	}
	unlock, err := lock(c.Dir.path("control.lock"))
	if err != nil {
		return err
	}
	defer unlock()
	src, err := c.source()
	if err != nil {
		return err
	}
	before, err := landfall.Canonical(src.Markets)
	if err != nil {
		return err
	}
	attach(src.Markets, approvals)
	after, err := landfall.Canonical(src.Markets)
	if err != nil {
		return err
	}
	if string(before) == string(after) && !due {
		c.seen = seen
		return nil
	}
	return c.publish(src.Markets)
}

// attach gives each release the approvals of its digest, and the newest one of
// its market and feature besides, so that a refusal can say what was approved
// instead. Whether one holds is the gate's to say.
func attach(markets []snapshot.Market, approvals []onFile) {
	for i := range markets {
		for j := range markets[i].Features {
			o := &markets[i].Features[j]
			o.Approvals = nil
			digest, err := o.Release.Digest()
			var other *onFile
			for k := range approvals {
				a := &approvals[k]
				switch {
				case a.approval.Market != o.Release.Market || a.approval.Feature != o.Release.Feature:
				case err == nil && a.release == digest:
					o.Approvals = append(o.Approvals, a.envelope)
				case other == nil || a.approval.Sequence > other.approval.Sequence:
					other = a
				}
			}
			if other != nil {
				o.Approvals = append(o.Approvals, other.envelope)
			}
		}
	}
}

// Check composes a market's releases as things stand now and keeps nothing.
func (c *Control) Check(market string) error {
	_, err := c.compose(market, nil, true)
	return err
}
