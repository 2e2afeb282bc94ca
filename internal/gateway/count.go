package gateway

import (
	"context"

	"landfall"
	"landfall/internal/feature"
)

// Counter counts tokens with the release's own tokenizer: partner.Partners. ok is
// false where there is none.
type Counter interface {
	Tokens(ctx context.Context, permit landfall.Permit, text string) (n int, ok bool, err error)
}

// Count is how long an input is, and may be.
type Count struct {
	feature.Measure
	Release landfall.Digest
	Tokens  int
	// Counted says that the model's tokenizer counted; else Tokens is an estimate.
	Counted bool
}

// Count measures an input as the feature's release would: under the same admission,
// but nothing is answered, so nothing is recorded and no quota is used.
func (l *Line) Count(ctx context.Context, r landfall.Request) (Count, *landfall.Error) {
	snap, err := l.Snapshots.Current()
	if err != nil {
		return Count{}, err
	}
	route, err := snap.Route(r.App.Market, r.Feature)
	if err != nil {
		return Count{}, err
	}
	if err := admissible(r, route); err != nil {
		return Count{}, err
	}
	m, err := route.Feature.Measure(r, route.Release(), route.Market.Languages[0])
	if err != nil {
		return Count{}, err
	}
	c := Count{Measure: m, Release: route.Digest(), Tokens: feature.EstimateTokens(m.Text)}
	counter, ok := l.Partners.(Counter)
	if !ok {
		return c, nil
	}
	permit, refused := route.Mint(landfall.Serve, r.ID)
	if refused != nil {
		return c, admissible(r, route)
	}
	n, ok, fault := counter.Tokens(ctx, permit, m.Text)
	if ok && fault == nil {
		c.Tokens, c.Counted = n, true
	}
	return c, nil
}
