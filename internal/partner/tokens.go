package partner

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"landfall"
)

// Tokens counts the tokens of a text with the release's own tokenizer; ok is false
// where its endpoint has none that is known. No model is asked, but the text leaves
// for the endpoint, so it takes a permit like every text that does.
func (p *Partners) Tokens(ctx context.Context, permit landfall.Permit, text string) (n int, ok bool, err error) {
	r, err := p.cfg.Gate.Redeem(permit)
	if err != nil {
		return 0, false, unavailable(landfall.ReasonOf(err), err)
	}
	d, ok := p.dialects[r.Release.Partner.ID].(tokenizer)
	if !ok {
		return 0, false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, p.cfg.Connect)
	defer cancel()
	return d.tokens(ctx, r.Release, text)
}

// tokenizer is a dialect whose endpoints may count.
type tokenizer interface {
	tokens(ctx context.Context, r *landfall.Release, text string) (n int, ok bool, err error)
}

// tokens asks a llama.cpp server, whose tokenizer stands beside the address of chat:
// POST /tokenize {content} gives {tokens}. Other servers do not know it: no count is
// no fault.
func (d selfhosted) tokens(ctx context.Context, r *landfall.Release, text string) (int, bool, error) {
	c, err := d.chat(ctx, r)
	if err != nil {
		return 0, false, err
	}
	c.endpoint.BaseURL = strings.TrimSuffix(c.endpoint.BaseURL, "/v1")
	resp, err := c.do(ctx, http.MethodPost, "/tokenize", landfall.AppendJSON(nil, landfall.Object{
		{Key: "content", Value: shield(text)}, {Key: "add_special", Value: false},
	}))
	if err != nil {
		return 0, false, nil // a server without a tokenizer: the caller estimates
	}
	defer resp.Body.Close()
	var counted struct {
		Tokens []json.RawMessage `json:"tokens"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxReply)).Decode(&counted); err != nil || counted.Tokens == nil {
		return 0, false, nil // not the answer of a tokenizer
	}
	return len(counted.Tokens), true, nil
}
