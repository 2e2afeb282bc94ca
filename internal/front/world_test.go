package front_test

import (
	"context"
	"crypto/ed25519"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"landfall"
	"landfall/internal/audit"
	"landfall/internal/feature"
	"landfall/internal/front"
	"landfall/internal/gateway"
	"landfall/internal/pack"
	"landfall/internal/partner"
	"landfall/internal/snapshot"
	"landfall/internal/storetest"
	"landfall/packs"
)

// world is the whole way from a wire to a scripted partner and back: real packs, a
// real gate, the line, and records in memory.
type world struct {
	*httptest.Server
	store  *storetest.Memory
	writer *audit.Writer
	mu     sync.Mutex
	script partner.Script
	asked  int
}

const home = "CN" // a market that demands words on text

func newWorld(t *testing.T, words ...string) *world {
	t.Helper()
	w := &world{store: &storetest.Memory{}}
	key := ed25519.NewKeyFromSeed([]byte(strings.Repeat("k", ed25519.SeedSize)))
	gate := landfall.NewGate(landfall.Trust{
		Authorities: []landfall.Authority{{Name: "authority", Key: key.Public().(ed25519.PublicKey), Markets: []string{home}}},
		Snapshot:    key.Public().(ed25519.PublicKey), Rehearsal: true,
	}, time.Now)
	holder := snapshot.NewHolder(gate, time.Now)
	if err := holder.Load(approved(t, key, words)); err != nil {
		t.Fatal(err)
	}
	partners, err := partner.New(partner.Config{Gate: gate, Beat: 20 * time.Millisecond, Script: w.said})
	if err != nil {
		t.Fatal(err)
	}
	w.writer = audit.NewWriter(w.store, audit.WriterConfig{Linger: 20 * time.Millisecond})
	line := gateway.New(gateway.Config{Snapshots: holder, Partners: partners, Recorder: w.writer, Rehearsal: true, Patience: 50 * time.Millisecond})
	var ids atomic.Int64
	w.Server = httptest.NewServer(front.Config{
		Line:  line,
		NewID: func() string { return "lf_" + strconv.FormatInt(ids.Add(1), 10) },
		App: func(k string) (landfall.App, bool) {
			return landfall.App{ID: "app_1", Market: home}, k == "good"
		},
		Definition: func(app landfall.App, id string) (d feature.Definition, ok bool) {
			snap, unavailable := holder.Current()
			if unavailable != nil {
				return d, false
			}
			r, unavailable := snap.Route(app.Market, id)
			if unavailable != nil {
				return d, false
			}
			return r.Feature.Definition(), true
		},
		Rehearsal: true,
	}.Handler())
	t.Cleanup(func() {
		w.Close()
		partners.Close()
		_ = w.writer.Close(context.Background())
	})
	return w
}

// approved is a signed source of the market's releases, with the scripted partner.
func approved(t *testing.T, key ed25519.PrivateKey, words []string) []byte {
	t.Helper()
	p, err := pack.Open(packs.Files, "")
	if err != nil {
		t.Fatal(err)
	}
	m, err := snapshot.Compose(p, home, snapshot.Parts{
		Model: landfall.Model{ID: "scripted-model", Identity: "scripted-model"}, Words: words, Rehearsal: true,
		Partner: &pack.Partner{ID: "scripted", Tier: "local", Endpoint: "scripted", DataRegion: "local"},
	})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for i := range m.Features {
		o := &m.Features[i]
		digest, err := o.Release.Digest()
		if err != nil {
			t.Fatal(err)
		}
		e, err := landfall.SignApproval(landfall.Approval{
			Authority: "authority", Market: home, Feature: o.Release.Feature, Purposes: []landfall.Purpose{landfall.Serve},
			NotBefore: now.Unix(), Expires: now.Add(time.Hour).Unix(), Sequence: 1, Rehearsal: true,
		}, digest, key)
		if err != nil {
			t.Fatal(err)
		}
		o.Approvals = []landfall.Envelope{e}
	}
	src := snapshot.Source{Sequence: 1, Issued: now.Unix(), Expires: now.Add(time.Hour).Unix(), Rehearsal: true, Markets: []snapshot.Market{m}}
	b, err := src.Seal(func(typ string, payload []byte) landfall.Envelope { return landfall.Seal(typ, payload, key) })
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (w *world) said(landfall.Redeemed, landfall.Prompt) partner.Script {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	return w.script
}

func (w *world) says(s partner.Script) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.script = s
}

// post sends a body; the answer is the caller's to read and to close.
func (w *world) post(ctx context.Context, path, body string, header map[string]string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer good")
	for k, v := range header {
		r.Header.Set(k, v)
	}
	return w.Client().Do(r)
}

// records returns those there are, the newest first, once none is open.
func (w *world) records(t *testing.T) []audit.Record {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; {
		all, err := w.store.List(context.Background(), audit.Page{Limit: 10_000})
		if err != nil {
			t.Fatal(err)
		}
		open := false
		for _, r := range all {
			open = open || r.Closed == nil
		}
		if !open || time.Now().After(deadline) {
			return all
		}
		time.Sleep(time.Millisecond)
	}
}
