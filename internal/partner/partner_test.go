package partner_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"landfall"
	"landfall/internal/partner"
)

// What has no leave to reach a model does not: the upstream sees no request.
func TestNoCallWithoutLeave(t *testing.T) {
	now := time.Now()
	clock := func() time.Time { return now }
	for _, c := range []struct {
		name   string
		change func(*landfall.Release)
		permit func(w *world) landfall.Permit
		err    string
		cause  error
	}{
		{name: "no permit", permit: func(*world) landfall.Permit { return landfall.Permit{} }, err: "unavailable market_not_approved", cause: landfall.ErrForeignPermit},
		{name: "a foreign gate", permit: func(w *world) landfall.Permit {
			other := landfall.NewGate(trust(w.key), clock)
			return must(w.approve(other, w.grant.Release(), now.Unix()+60).Mint(landfall.Serve, "request-1"))
		}, err: "unavailable market_not_approved", cause: landfall.ErrForeignPermit},
		{name: "a used permit", permit: func(w *world) landfall.Permit {
			p := w.permit()
			must(w.gate.Redeem(p))
			return p
		}, err: "unavailable market_not_approved", cause: landfall.ErrPermitUsed},
		{name: "an expired permit", permit: func(w *world) landfall.Permit {
			p := w.permit()
			now = now.Add(landfall.PermitLife)
			return p
		}, err: "unavailable approval_expired", cause: landfall.ErrPermitEnded},
		{name: "another prompt", change: func(r *landfall.Release) { r.Prompt = r.Policy }, err: "unavailable approval_digest_mismatch", cause: landfall.ErrDigestMismatch},
		{name: "an unknown partner", change: func(r *landfall.Release) { r.Partner.ID = "nobody" }, err: "unavailable feature_not_offered"},
		{name: "an unknown endpoint", change: func(r *landfall.Release) { r.Partner.Endpoint = "nowhere" }, err: "unavailable partner_down"},
		{name: "a parameter that is no number", change: func(r *landfall.Release) { r.Parameters = []landfall.Parameter{{Name: "top_p", Value: "wide"}} }, err: "internal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := newUpstream(t, &upstream{body: []byte(content("a") + ending)})
			w := newWorldAt(t, clock, c.change)
			p := w.partners(partner.Config{Now: clock, Locators: map[string]partner.Locator{"here": at{BaseURL: u.URL}}})
			if c.permit == nil {
				c.permit = (*world).permit
			}
			permit := c.permit(w)
			got := listen(t, p.Ask(t.Context(), permit, w.prompt))
			if len(got.Drafts) > 0 || outcome(got.Err) != c.err || c.cause != nil && !errors.Is(got.Err, c.cause) {
				t.Errorf("got %+v", got)
			}
			if seen, _ := u.requests(); len(seen) > 0 {
				t.Errorf("the upstream saw %d requests", len(seen))
			}
		})
	}
}

func TestSequenceIsSingleUse(t *testing.T) {
	u := newUpstream(t, &upstream{body: []byte(content("a") + ending)})
	w := newWorld(t, nil)
	p := w.partners(partner.Config{Locators: map[string]partner.Locator{"here": at{BaseURL: u.URL}}})
	seq := p.Ask(t.Context(), w.permit(), w.prompt)
	if got := listen(t, seq); got.Text != "a" || got.Err != nil {
		t.Fatalf("first range: %+v", got)
	}
	if got := listen(t, seq); !errors.Is(got.Err, landfall.ErrPermitUsed) {
		t.Errorf("second range: %+v", got)
	}
	if seen, _ := u.requests(); len(seen) != 1 {
		t.Errorf("the upstream saw %d requests", len(seen))
	}
}

func TestLocatorErrors(t *testing.T) {
	loading := landfall.Errorf(landfall.CodeUnavailable, "loading")
	loading.Reasons = []landfall.Reason{landfall.NewReason(landfall.ReasonNotReady, "the model is loading")}
	for _, c := range []struct {
		name     string
		endpoint partner.Endpoint
		err      error
		want     string
	}{
		{"its own error", partner.Endpoint{}, loading, "unavailable not_ready"},
		{"any error", partner.Endpoint{}, errors.New("no such file sk-secret"), "unavailable partner_down"},
		{"an address that is none", partner.Endpoint{BaseURL: "127.0.0.1:80"}, nil, "unavailable partner_down"},
		{"a token with a line break", partner.Endpoint{BaseURL: "http://127.0.0.1:1", Token: "sk-\nsecret"}, nil, "unavailable partner_down"},
		{"nobody listens", partner.Endpoint{BaseURL: "http://127.0.0.1:1"}, nil, retriable},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, nil)
			find := locate(func(context.Context) (partner.Endpoint, error) { return c.endpoint, c.err })
			p := w.partners(partner.Config{Locators: map[string]partner.Locator{"here": find}})
			got := listen(t, p.Ask(t.Context(), w.permit(), w.prompt))
			if outcome(got.Err) != c.want {
				t.Errorf("got %v, want %s", got.Err, c.want)
			}
			shown := got.Err.Message
			for _, r := range got.Err.Reasons {
				shown += r.Message
			}
			if strings.Contains(shown, "secret") || strings.Contains(got.Err.Error(), "sk-\n") {
				t.Errorf("the error shows too much: %v", got.Err)
			}
			if err := landfall.AsError(p.Ready(t.Context(), w.grant.Release())); outcome(err) != c.want {
				t.Errorf("Ready: got %v, want %s", err, c.want)
			}
		})
	}
}

// A hang-up ends the call to a model that is silent, and one to a model that talks.
func TestHangUp(t *testing.T) {
	for _, c := range []struct {
		name, body, sign string
		leave            bool // by break instead of by ctx
	}{
		{name: "silent from the start"},
		{name: "silent after some text", body: content("a")},
		{name: "only signs of life", body: content("a"), sign: ": keep-alive\n\n"},
		{name: "break while it talks", body: content("a"), sign: content("b"), leave: true},
		{name: "ctx while it talks", body: content("a"), sign: content("b")},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := newUpstream(t, &upstream{body: []byte(c.body), sign: c.sign, hang: make(chan struct{})})
			w := newWorld(t, nil)
			p := w.partners(partner.Config{Beat: time.Millisecond, Locators: map[string]partner.Locator{"here": at{BaseURL: u.URL}}})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var last error
			for d, err := range p.Ask(ctx, w.permit(), w.prompt) {
				last = err
				if seen, _ := u.requests(); len(seen) == 0 || c.body != "" && d.Text == "" {
					continue
				}
				if c.leave {
					break
				}
				cancel()
			}
			if e := landfall.AsError(last); !c.leave && outcome(e) != "cancelled" || c.leave && e != nil {
				t.Errorf("got %v", last)
			}
			select {
			case <-u.hang:
			case <-time.After(time.Second):
				t.Error("the upstream call goes on a second later")
			}
		})
	}
}

func TestReady(t *testing.T) {
	for _, c := range []struct {
		name, body string
		status     int
		want       string
	}{
		{"ready", `{"data":[]}`, 200, ""},
		{"loading", `{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}`, 503, "unavailable not_ready"},
		{"key refused", `{}`, 401, final},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := newUpstream(t, &upstream{body: []byte(c.body), wire: wire{status: c.status}})
			w := newWorld(t, nil)
			p := w.partners(partner.Config{Locators: map[string]partner.Locator{"here": at{BaseURL: u.URL + "/v1", Token: "sk-test"}}})
			if got := landfall.AsError(p.Ready(t.Context(), w.grant.Release())); outcome(got) != c.want {
				t.Errorf("got %v, want %s", got, c.want)
			}
			seen, _ := u.requests()
			if len(seen) != 1 || seen[0].Method != http.MethodGet || seen[0].URL.Path != "/v1/models" || seen[0].Header.Get("Authorization") != "Bearer sk-test" {
				t.Errorf("the upstream saw %+v", seen)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	gate := landfall.NewGate(landfall.Trust{}, nil)
	for _, c := range []struct {
		name string
		cfg  partner.Config
		want string
	}{
		{"no gate", partner.Config{}, "Gate"},
		{"a negative time", partner.Config{Gate: gate, Idle: -1}, "Idle"},
		{"no locator", partner.Config{Gate: gate, Locators: map[string]partner.Locator{"a": nil}}, `Locators["a"]`},
	} {
		if _, err := partner.New(c.cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}
