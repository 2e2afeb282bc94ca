package partner_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"landfall"
	"landfall/internal/partner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a gate, a release it approved, and the prompt of that release.
type world struct {
	t      *testing.T
	gate   *landfall.Gate
	key    ed25519.PrivateKey
	grant  *landfall.Grant
	prompt landfall.Prompt
}

func newWorld(t *testing.T, change func(*landfall.Release)) *world {
	t.Helper()
	return newWorldAt(t, time.Now, change)
}

func newWorldAt(t *testing.T, now func() time.Time, change func(*landfall.Release)) *world {
	t.Helper()
	key := ed25519.NewKeyFromSeed([]byte(strings.Repeat("s", ed25519.SeedSize)))
	w := &world{t: t, key: key, gate: landfall.NewGate(trust(key), now)}
	template := must(landfall.NewTemplate([]landfall.Variant{{Language: "en", Name: "plain", Messages: []landfall.Message{
		{Role: "system", Content: "Answer."}, {Role: "user", Content: "{{text}}"},
	}}}))
	w.prompt = must(template.Fill("en", "plain", map[string]string{"text": "a question"}))
	r := testRelease(template.Digest())
	if change != nil {
		change(r)
	}
	w.grant = w.approve(w.gate, r, now().Unix()+int64((24*time.Hour).Seconds()))
	return w
}

func trust(key ed25519.PrivateKey) landfall.Trust {
	return landfall.Trust{Authorities: []landfall.Authority{{Name: "test", Key: key.Public().(ed25519.PublicKey), Markets: []string{"XX"}}}}
}

func (w *world) approve(g *landfall.Gate, r *landfall.Release, expires int64) *landfall.Grant {
	w.t.Helper()
	envelope := must(landfall.SignApproval(landfall.Approval{
		Authority: "test", Market: "XX", Feature: "ask", Purposes: []landfall.Purpose{landfall.Serve}, NotBefore: 1, Expires: expires,
	}, must(r.Digest()), w.key))
	return must(g.Verify(r, envelope))
}

func (w *world) permit() landfall.Permit {
	w.t.Helper()
	return must(w.grant.Mint(landfall.Serve, "request-1"))
}

// testRelease is approved for the model name that the recorded streams report.
func testRelease(prompt landfall.Digest) *landfall.Release {
	d := must(landfall.DigestOf("test", "x"))
	return &landfall.Release{
		Market: "XX", Feature: "ask", FeatureVersion: "1",
		Partner:   landfall.Partner{ID: "selfhosted", Tier: "private", Endpoint: "here", DataRegion: "xx"},
		Model:     landfall.Model{ID: "case-model", Identity: "case-model"},
		Languages: []string{"en"}, Definition: d, Prompt: prompt, Policy: d, Label: d, Notices: d,
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// at is a locator that knows one address.
type at partner.Endpoint

func (a at) Locate(context.Context) (partner.Endpoint, error) { return partner.Endpoint(a), nil }

// locate is a locator from a function.
type locate func(context.Context) (partner.Endpoint, error)

func (l locate) Locate(ctx context.Context) (partner.Endpoint, error) { return l(ctx) }

func (w *world) partners(cfg partner.Config) *partner.Partners {
	w.t.Helper()
	cfg.Gate = w.gate
	p := must(partner.New(cfg))
	w.t.Cleanup(p.Close)
	return p
}

// told is a whole sequence, in short.
type told struct {
	Calls                    []landfall.ToolCall
	Text, Reasoning, Refusal string
	Finish                   landfall.Finish
	Usage                    landfall.Usage
	Drafts                   []string // every draft but beats; text of one lane is one, however much came at once
	last                     landfall.Draft
	Texts                    int // drafts that bear text
	Beats                    []time.Duration
	Model                    *landfall.Identity
	Err                      *landfall.Error
}

func listen(t *testing.T, seq iter.Seq2[landfall.Draft, error]) (out told) {
	t.Helper()
	for d, err := range seq {
		if err != nil {
			if out.Err != nil || !errors.As(err, &out.Err) {
				t.Fatalf("a second error, or none of ours: %v", err)
			}
			continue
		}
		if out.Err != nil {
			t.Fatalf("a draft after the error: %+v", d)
		}
		if d.Beat > 0 {
			out.Beats = append(out.Beats, d.Beat)
			continue
		}
		out.take(t, d)
	}
	return out
}

func (o *told) take(t *testing.T, d landfall.Draft) {
	t.Helper()
	if o.Finish != "" {
		t.Fatalf("a draft after the finish: %+v", d)
	}
	if o.Model == nil && (d.Text != "" || d.Finish != "") {
		t.Fatalf("before the identity: %+v", d)
	}
	switch d.Lane.Channel {
	case landfall.Text:
		o.Text += d.Text
	case landfall.Reasoning:
		o.Reasoning += d.Text
	case landfall.Refusal:
		o.Refusal += d.Text
	}
	if d.Call != nil {
		o.Calls = append(o.Calls, *d.Call)
	}
	if d.Model != nil {
		o.Model = d.Model
	}
	if d.Usage != nil {
		o.Usage = *d.Usage
	}
	o.Finish = d.Finish
	if d.Text != "" {
		o.Texts++
	}
	if n := len(o.Drafts); n > 0 && d.Text != "" && o.last.Text != "" && d.Lane == o.last.Lane {
		d.Text = o.last.Text + d.Text
		o.Drafts = o.Drafts[:n-1]
	}
	o.last = d
	o.Drafts = append(o.Drafts, fmt.Sprintf("%v %q %v %v %v", d.Lane, d.Text, d.Model, d.Usage, d.Finish))
}

// outcome is the code of an error and its parameters as JSON, or "".
func outcome(e *landfall.Error) string {
	if e == nil {
		return ""
	}
	s := string(e.Code)
	if len(e.Params) > 0 {
		s += " " + string(landfall.AppendJSON(nil, e.Params))
	}
	for _, r := range e.Reasons {
		s += " " + r.Code
	}
	return s
}
