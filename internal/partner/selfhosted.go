package partner

import (
	"context"
	"net/http"

	"landfall"
)

// selfhosted speaks to servers of open weights that one runs oneself, or has on the
// same machine: llama.cpp, vLLM, SGLang, Ollama. Differences to the shared form:
//
//   - llama.cpp reads control tokens out of message text, so they are broken up on
//     the way out and mended on the way back;
//   - thinking is switched by a template argument, and a server without a parser for
//     it leaves the tags in the text (release parameter "thinking": on, off or inline).
type selfhosted struct{ p *Partners }

func newSelfhosted(p *Partners) dialect { return selfhosted{p} }

func (d selfhosted) generate(ctx context.Context, r landfall.Redeemed, p landfall.Prompt, out *sink) error {
	body, err := chatBody(r.Release, p, shield)
	if err != nil {
		return err
	}
	thinking := r.Release.Parameter("thinking")
	if thinking != "" {
		body = body.Set("chat_template_kwargs", landfall.Object{{Key: "enable_thinking", Value: thinking != "off"}})
	}
	c, err := d.chat(ctx, r.Release)
	if err != nil {
		return err
	}
	c.answer = answer{out: out, shielded: true, split: thinkSplitter{inline: thinking == "inline"}}
	return c.ask(ctx, body)
}

func (d selfhosted) ready(ctx context.Context, r *landfall.Release) error {
	c, err := d.chat(ctx, r)
	if err != nil {
		return err
	}
	resp, err := c.do(ctx, http.MethodGet, "/models", nil)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func (d selfhosted) chat(ctx context.Context, r *landfall.Release) (*chat, error) {
	endpoint, err := d.p.locate(ctx, r)
	if err != nil {
		return nil, err
	}
	return &chat{client: d.p.client, now: d.p.cfg.Now, endpoint: endpoint}, nil
}
