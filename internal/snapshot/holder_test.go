package snapshot_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"landfall"
	"landfall/internal/snapshot"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A bad source never replaces a good one.
func TestLoad(t *testing.T) {
	for name, c := range map[string]struct {
		bad  func(t *testing.T, p *plane) []byte
		want string
	}{
		"nothing":     {func(*testing.T, *plane) []byte { return nil }, "envelope"},
		"no envelope": {func(*testing.T, *plane) []byte { return []byte(`{}`) }, "envelope"},
		"another key": {func(t *testing.T, p *plane) []byte { return sealWith(t, p.copied(t), seedKey(9)) }, "signature does not verify"},
		"changed": {func(t *testing.T, p *plane) []byte {
			return []byte(strings.Replace(string(p.seal(t, p.copied(t))), `"payload": "`, `"payload": "A`, 1))
		}, "snapshot: "},
		"cut off": {func(t *testing.T, p *plane) []byte { b := p.seal(t, p.copied(t)); return b[:len(b)/2] }, "envelope"},
		"an approval in its place": {func(t *testing.T, p *plane) []byte {
			return []byte(`{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[{"keyid":"k","sig":"AA=="}]}`)
		}, "payload type"},
		"the same once more": {func(t *testing.T, p *plane) []byte { return p.seal(t, p.source) }, "sequence 1 is not after 1"},
		"expired": {func(t *testing.T, p *plane) []byte {
			s := p.copied(t)
			s.Issued, s.Expires = p.now.Unix()-2, p.now.Unix()
			return p.seal(t, s)
		}, "expired at"},
		"without sequence":   {func(t *testing.T, p *plane) []byte { s := p.copied(t); s.Sequence = 0; return p.seal(t, s) }, "not set"},
		"without end":        {func(t *testing.T, p *plane) []byte { s := p.copied(t); s.Expires = s.Issued; return p.seal(t, s) }, "not set"},
		"a name more":        {func(_ *testing.T, p *plane) []byte { return sealRaw(p, `{"sequence":2,"extra":1}`) }, "extra"},
		"a name twice":       {func(_ *testing.T, p *plane) []byte { return sealRaw(p, `{"sequence":2,"sequence":3}`) }, "twice"},
		"a name in capitals": {func(_ *testing.T, p *plane) []byte { return sealRaw(p, `{"Sequence":2}`) }, "Sequence"},
		"a part changed under its pin": {func(t *testing.T, p *plane) []byte {
			s := p.copied(t)
			s.Markets[0].Features[0].Definition.Prompts[0].Messages[0].Content += " "
			return p.seal(t, s)
		}, "prompt is"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlane(t)
			h := snapshot.NewHolder(p.gate, p.clock)
			if err := h.Load(p.seal(t, p.source)); err != nil {
				t.Fatal(err)
			}
			if err := h.Load(c.bad(t, p)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			s, unavailable := h.Current()
			if unavailable != nil || s.Sequence != 1 {
				t.Fatalf("the good one serves no more: %v", unavailable)
			}
			if err := h.Load(p.seal(t, p.copied(t))); err != nil {
				t.Errorf("a good one afterwards: %v", err)
			}
		})
	}
}

func sealRaw(p *plane, payload string) []byte {
	b, _ := landfall.Canonical(landfall.Seal(landfall.SourcePayload, []byte(payload), p.key))
	return b
}

// Without a source nothing is admitted, and from its end on nothing any more.
func TestCurrent(t *testing.T) {
	p := newPlane(t)
	h := snapshot.NewHolder(p.gate, p.clock)
	if _, e := h.Current(); e == nil || e.Reasons[0].Code != landfall.ReasonPolicyMissing {
		t.Errorf("before the first: %v", e)
	}
	if err := h.Load(p.seal(t, p.source)); err != nil {
		t.Fatal(err)
	}
	p.now = p.now.Add(2*time.Hour - time.Second)
	if _, e := h.Current(); e != nil {
		t.Errorf("in its last second: %v", e)
	}
	p.now = p.now.Add(time.Second)
	if _, e := h.Current(); e == nil || e.Code != landfall.CodeUnavailable || e.Reasons[0].Code != landfall.ReasonPolicyStale {
		t.Errorf("at its end: %v", e)
	}
}

// Watch tells each content once, and gets over a file that is missing.
func TestWatch(t *testing.T) {
	file := filepath.Join(t.TempDir(), "snapshot.json")
	p := newPlane(t)
	first, second := p.seal(t, p.source), p.seal(t, p.copied(t))
	synctest.Test(t, func(t *testing.T) {
		h := snapshot.NewHolder(p.gate, p.clock)
		if err := h.Load(first); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var told []string
		done := make(chan struct{})
		go func() {
			defer close(done)
			h.Watch(ctx, file, time.Second, func(err error) {
				if err != nil {
					told = append(told, "bad")
					return
				}
				told = append(told, "good")
			})
		}()
		for _, content := range [][]byte{nil, first, []byte("{}"), second, second} {
			if content != nil {
				if err := os.WriteFile(file, content, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(3300 * time.Millisecond) // the bubble's clock, and never at a tick
		}
		cancel()
		<-done
		if got := strings.Join(told, " "); got != "bad good" {
			t.Errorf("told %q", got)
		}
		if s, _ := h.Current(); s.Sequence != 2 {
			t.Errorf("sequence %d serves", s.Sequence)
		}
	})
}

func FuzzOpen(f *testing.F) {
	p := newPlane(f)
	f.Add(p.seal(f, p.source))
	f.Add(sealRaw(p, `{"sequence":2}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		s, err := snapshot.Open(p.gate, sealed)
		if err == nil && (s.Sequence <= 0 || s.Expires <= s.Issued) {
			t.Error("a source without sequence or end")
		}
		// The payload alone, as if the signer had sealed it.
		s, err = snapshot.Open(p.gate, sealRaw(p, string(sealed)))
		if err != nil {
			return
		}
		_, _ = snapshot.Compile(p.gate, s)
	})
}
