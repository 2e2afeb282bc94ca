package gateway_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"landfall"
	"landfall/internal/audit"
	"landfall/internal/gateway"
	"landfall/internal/pack"
	"landfall/internal/partner"
	"landfall/internal/safety"
	"landfall/internal/snapshot"
	"landfall/internal/storetest"
	"landfall/packs"
)

// rig is a line over a scripted partner, with real packs, a real gate and a
// record in memory.
type rig struct {
	line   *gateway.Line
	holder *snapshot.Holder
	gate   *landfall.Gate
	store  *storetest.Memory
	writer *audit.Writer
	source snapshot.Source
	key    ed25519.PrivateKey
	model  landfall.Model
	tier   string
	over   string // a folder laid over the packs, or ""
	log    bytes.Buffer

	mu     sync.Mutex
	script partner.Script
	asked  int
	now    func() time.Time
}

const market = "CN"

// newRig approves every feature of a market for an hour.
func newRig(t testing.TB, words ...string) *rig { return newRigWith(t, gateway.Config{}, words...) }

// newRigOver lays a folder over the packs.
func newRigOver(t testing.TB, over string) *rig {
	return (&rig{over: over}).start(t, gateway.Config{}, nil)
}

// newRigWith takes what a test needs of the line's settings from c.
func newRigWith(t testing.TB, c gateway.Config, words ...string) *rig {
	t.Helper()
	return (&rig{}).start(t, c, words)
}

func (r *rig) start(t testing.TB, c gateway.Config, words []string) *rig {
	t.Helper()
	r.now, r.store, r.tier = time.Now, &storetest.Memory{}, "local"
	r.key = ed25519.NewKeyFromSeed([]byte(strings.Repeat("k", ed25519.SeedSize)))
	trust := landfall.Trust{
		Authorities: []landfall.Authority{{Name: "cn-authority", Key: r.key.Public().(ed25519.PublicKey), Markets: []string{market}}},
		Snapshot:    r.key.Public().(ed25519.PublicKey), Rehearsal: true,
	}
	clock := func() time.Time { return r.now() }
	r.gate = landfall.NewGate(trust, clock)
	r.holder = snapshot.NewHolder(r.gate, clock)
	r.model = landfall.Model{ID: "scripted-model", Identity: "scripted-model"}
	r.compose(t, words)
	r.approve(t, r.now(), time.Hour)
	r.load(t)

	partners, err := partner.New(partner.Config{Gate: r.gate, Beat: 20 * time.Millisecond, Now: clock, Script: func(landfall.Redeemed, landfall.Prompt) partner.Script {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.asked++
		return r.script
	}})
	if err != nil {
		t.Fatal(err)
	}
	r.writer = audit.NewWriter(r.store, audit.WriterConfig{})
	t.Cleanup(func() { _ = r.writer.Close(context.Background()) })
	c.Snapshots, c.Partners, c.Recorder, c.Rehearsal, c.Now = r.holder, partners, r.writer, true, clock
	c.Patience, c.Log = 50*time.Millisecond, slog.New(slog.NewTextHandler(&r.log, nil))
	r.line = gateway.New(c)
	return r
}

func (r *rig) compose(t testing.TB, words []string) {
	t.Helper()
	p, err := pack.Open(packs.Files, r.over)
	if err != nil {
		t.Fatal(err)
	}
	m, err := snapshot.Compose(p, market, snapshot.Parts{
		Model: r.model, Words: words, Rehearsal: true,
		Partner: &pack.Partner{ID: "scripted", Tier: r.tier, Endpoint: "scripted", DataRegion: "local",
			Caller: []landfall.Range{{Name: "seed", Min: 0, Max: 1 << 31}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	// The tests speak of the first feature as summarize.
	i := slices.IndexFunc(m.Features, func(o snapshot.Offered) bool { return o.Release.Feature == "summarize" })
	m.Features[0], m.Features[i] = m.Features[i], m.Features[0]
	r.source.Markets = []snapshot.Market{m}
}

func (r *rig) approve(t testing.TB, from time.Time, life time.Duration) {
	t.Helper()
	for i := range r.source.Markets[0].Features {
		o := &r.source.Markets[0].Features[i]
		digest, err := o.Release.Digest()
		if err != nil {
			t.Fatal(err)
		}
		e, err := landfall.SignApproval(landfall.Approval{
			Authority: "cn-authority", Market: market, Feature: o.Release.Feature, Purposes: []landfall.Purpose{landfall.Serve},
			NotBefore: from.Unix(), Expires: from.Add(life).Unix(), Sequence: 1, Rehearsal: true,
		}, digest, r.key)
		if err != nil {
			t.Fatal(err)
		}
		o.Approvals = []landfall.Envelope{e}
	}
}

func (r *rig) sealed(t testing.TB) []byte {
	t.Helper()
	r.source.Sequence++
	r.source.Issued, r.source.Expires, r.source.Rehearsal = r.now().Unix(), r.now().Add(24*time.Hour).Unix(), true
	b, err := r.source.Seal(func(typ string, p []byte) landfall.Envelope { return landfall.Seal(typ, p, r.key) })
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (r *rig) load(t testing.TB) {
	t.Helper()
	if err := r.holder.Load(r.sealed(t)); err != nil {
		t.Fatal(err)
	}
}

// says scripts the partner's answer, cut into pieces of n bytes; 0 leaves it whole.
func (r *rig) says(text string, n int) {
	r.script = nil
	for text != "" {
		cut := len(text)
		if n > 0 {
			cut = min(n, len(text))
		}
		r.script = append(r.script, partner.Step{Text: text[:cut]})
		text = text[cut:]
	}
	r.script = append(r.script, partner.Step{Usage: &landfall.Usage{Input: 12, Output: 34}})
}

// answer is what a reader saw.
type answer struct {
	chunks   []safety.Chunk
	meta     *landfall.Meta
	text     string
	output   landfall.Object
	withheld []landfall.Withheld
	done     *landfall.Done
}

const article = "社区图书馆从下周一起延长开放时间。周一到周五开到晚上九点，周末开到下午六点。馆里新添了座位和两间自习室，读者可以用借书证预约。图书馆还会在每周六上午办一次儿童故事会，由志愿者轮流主持，参加不收费。"

func request(feature, text string) landfall.Request {
	body := landfall.AppendJSON(nil, landfall.Object{{Key: "input", Value: landfall.Object{{Key: "text", Value: text}}}})
	return landfall.Request{
		ID: "lf_test_" + feature, App: landfall.App{ID: "app_1", Market: market}, Feature: feature,
		Input: landfall.Object{{Key: "text", Value: text}}, Unit: landfall.UTF16, Processing: "partner_ok", Body: body,
	}
}

func (r *rig) ask(ctx context.Context, req landfall.Request) answer {
	var a answer
	for c := range r.line.Serve(ctx, req) {
		a.add(c)
	}
	return a
}

func (a *answer) add(c safety.Chunk) {
	a.chunks = append(a.chunks, c)
	if c.Meta != nil {
		a.meta = c.Meta
	}
	if _, text, ok := c.Text(); ok {
		a.text += text
	}
	if o, ok := c.Output(); ok {
		a.output = o
	}
	if c.Withheld != nil {
		a.withheld = append(a.withheld, *c.Withheld)
	}
	if c.Done != nil {
		a.done = c.Done
	}
}

// record returns the one record there is.
func (r *rig) record(t *testing.T) audit.Record {
	t.Helper()
	records, err := r.store.List(context.Background(), audit.Page{})
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != 1 || records[0].Closed == nil {
		t.Fatalf("want one closed record, have %+v", records)
	}
	return records[0]
}

func (r *rig) codes(err *landfall.Error) []string {
	var out []string
	for _, reason := range err.Reasons {
		out = append(out, reason.Code)
	}
	slices.Sort(out)
	return out
}

func foreignKey() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte(strings.Repeat("f", ed25519.SeedSize)))
}
