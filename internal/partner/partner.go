// Package partner asks models. It takes a permit and a prompt and yields drafts:
// what a model said and nobody has cleared yet.
//
// Four rules hold for every partner, because the core and not a dialect keeps them:
//
//   - No permit of this process's own gate, or another prompt than the release's: no call.
//   - No text before the endpoint named the model that was approved, and none after
//     it named another.
//   - An answer without an end is an error, never a short answer.
//   - One goroutine a request, and it has ended when the range has.
//
// A partner is one file, its dialect, and one line in the table below.
package partner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"time"

	"landfall"
)

// dialects are the partners this build can speak to, by Release.Partner.ID.
var dialects = map[string]func(*Partners) dialect{
	"scripted":   newScripted,
	"selfhosted": newSelfhosted,
}

// dialect is how one partner is spoken to. It returns when ctx ends, and nil only
// after it gave the sink a finish.
type dialect interface {
	generate(ctx context.Context, r landfall.Redeemed, p landfall.Prompt, out *sink) error
	ready(ctx context.Context, r *landfall.Release) error
}

// Endpoint is where a partner answers.
type Endpoint struct {
	BaseURL string // as [CanonicalBase] takes it: "https://host/v1"
	Token   string // sent as a bearer token unless ""
}

// Locator finds an endpoint. It may wait for a model that is loading, until ctx
// ends; an *[landfall.Error] of it reaches the caller as it is. Safe for
// concurrent use.
type Locator interface {
	Locate(ctx context.Context) (Endpoint, error)
}

// Config is what the partners need. Only Gate has no default.
type Config struct {
	// Gate redeems permits: the one of this process.
	Gate *landfall.Gate
	// Locators find endpoints by Release.Partner.Endpoint.
	Locators map[string]Locator
	// Script is what the partner "scripted" says; nil makes it unavailable.
	Script func(landfall.Redeemed, landfall.Prompt) Script

	// Beat is how long a partner is silent before a draft says so. Defaults to 250 ms.
	Beat time.Duration
	// Connect bounds the way to an open connection. Defaults to 10 s.
	Connect time.Duration
	// FirstByte bounds the wait for the first token. Defaults to 120 s.
	FirstByte time.Duration
	// Idle bounds the wait for each further token; comments and empty deltas are
	// signs of life and no progress. Defaults to 90 s.
	Idle time.Duration
	// Total bounds the whole call, as the permit's end does. Defaults to 15 min.
	Total time.Duration
	// Now is the clock of the gate. Defaults to [time.Now].
	Now func() time.Time
}

func (c *Config) validate() error {
	if c.Gate == nil {
		return errors.New("partner: Gate is missing")
	}
	for _, d := range []struct {
		name     string
		value    *time.Duration
		fallback time.Duration
	}{
		{"Beat", &c.Beat, 250 * time.Millisecond},
		{"Connect", &c.Connect, 10 * time.Second},
		{"FirstByte", &c.FirstByte, 120 * time.Second},
		{"Idle", &c.Idle, 90 * time.Second},
		{"Total", &c.Total, 15 * time.Minute},
	} {
		if *d.value < 0 {
			return fmt.Errorf("partner: %s is negative", d.name)
		}
		*d.value = cmp.Or(*d.value, d.fallback)
	}
	for name, l := range c.Locators {
		if l == nil {
			return fmt.Errorf("partner: Locators[%q] is nil", name)
		}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return nil
}

// Partners asks models. Safe for concurrent use.
type Partners struct {
	cfg      Config
	client   *http.Client
	dialects map[string]dialect
}

// New returns partners over a configuration; the error names the field.
func New(cfg Config) (*Partners, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	p := &Partners{cfg: cfg, client: newClient(), dialects: map[string]dialect{}}
	for id, make := range dialects {
		p.dialects[id] = make(p)
	}
	return p, nil
}

// Close closes connections that no call uses.
func (p *Partners) Close() { p.client.CloseIdleConnections() }

// Ask redeems the permit and asks the release's model. The sequence can be ranged
// over once: a permit serves one attempt.
//
// It yields the checked identity before any text; then texts in lanes without a
// path, beats whenever nothing came for a while, and usage as totals that replace
// each other; and the finish last. An error, always an *[landfall.Error], ends it.
// Whichever way the range ends, by break, error or ctx, the call to the model has
// ended with it.
func (p *Partners) Ask(ctx context.Context, permit landfall.Permit, prompt landfall.Prompt) iter.Seq2[landfall.Draft, error] {
	return func(yield func(landfall.Draft, error) bool) {
		r, d, err := p.admit(permit, prompt)
		if err != nil {
			yield(landfall.Draft{}, err)
			return
		}
		c := newCall(p.cfg, r, func(ctx context.Context, out *sink) error {
			return d.generate(ctx, r, prompt, out)
		})
		c.run(ctx, yield)
	}
}

// admit is everything that can refuse before a partner hears of the request.
func (p *Partners) admit(permit landfall.Permit, prompt landfall.Prompt) (landfall.Redeemed, dialect, error) {
	r, err := p.cfg.Gate.Redeem(permit)
	if err != nil {
		return r, nil, unavailable(landfall.ReasonOf(err), err)
	}
	if prompt.Template() != r.Release.Prompt {
		reason := landfall.NewReason(landfall.ReasonMismatch, "the prompt is not the release's")
		return r, nil, unavailable(reason, landfall.ErrDigestMismatch)
	}
	d, ok := p.dialects[r.Release.Partner.ID]
	if !ok {
		return r, nil, unavailable(landfall.NewReason(landfall.ReasonNotOffered, "this version cannot speak to the partner %q", r.Release.Partner.ID), nil)
	}
	return r, d, nil
}

// Ready reports whether the release's endpoint is found and answers, within the
// time to connect. It asks no model, and so needs no permit.
func (p *Partners) Ready(ctx context.Context, r *landfall.Release) error {
	d, ok := p.dialects[r.Partner.ID]
	if !ok {
		return unavailable(landfall.NewReason(landfall.ReasonNotOffered, "this version cannot speak to the partner %q", r.Partner.ID), nil)
	}
	ctx, cancel := context.WithTimeout(ctx, p.cfg.Connect)
	defer cancel()
	return d.ready(ctx, r)
}

// locate finds the release's endpoint and brings its address and token into the
// one form that is used.
func (p *Partners) locate(ctx context.Context, r *landfall.Release) (Endpoint, error) {
	name := r.Partner.Endpoint
	l, ok := p.cfg.Locators[name]
	if !ok {
		return Endpoint{}, unavailable(landfall.NewReason(landfall.ReasonPartnerDown, "no address is configured for the endpoint %q", name), nil)
	}
	e, err := l.Locate(ctx)
	if err == nil {
		e.BaseURL, err = CanonicalBase(e.BaseURL)
	}
	if err == nil {
		e.Token, err = CanonicalToken(e.Token)
	}
	var known *landfall.Error
	if err == nil || errors.As(err, &known) || ctx.Err() != nil {
		return e, err
	}
	return e, unavailable(landfall.NewReason(landfall.ReasonPartnerDown, "the endpoint %q cannot be found", name), err)
}

// newClient returns the one client of all calls. It speaks HTTP/1.1, where a closed
// connection is how a partner learns that nobody listens any more, and it follows
// no redirect: the address was approved, where it points was not.
func newClient() *http.Client {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Client{
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment, // which leaves loopback out
			Protocols:           protocols,
			MaxIdleConnsPerHost: 128,
			IdleConnTimeout:     90 * time.Second,
			DisableCompression:  true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
