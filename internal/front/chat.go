package front

import (
	"encoding/json"
	"net/http"
	"time"

	"landfall"
)

// chat answers POST /v1/chat/completions: the same line, in OpenAI's two forms.
func (h *handler) chat(w http.ResponseWriter, r *http.Request, app landfall.App) {
	c := chatCall{req: landfall.Request{ID: h.NewID(), App: app, Unit: landfall.UTF16, Processing: "partner_ok", Chat: true}}
	req := &c.req
	w.Header().Set("Landfall-Request-Id", req.ID)
	w.Header().Set("X-Request-Id", req.ID) // where OpenAI's clients look
	body, err := h.readBody(w, r)
	req.Body = body
	if err != nil {
		req.Err = err
	} else {
		decodeChat(&c, body, func(id string) (model, bool, bool) { return h.lookup(app, id) })
	}
	idempotencyKey(req, r.Header)
	req.Device = pseudonym(req, r.Header, "Landfall-Device")
	if user := pseudonym(req, r.Header, "Landfall-User"); req.User == "" {
		req.User = user
	}
	all := collected{rehearsal: h.Rehearsal, unit: req.Unit}
	chunks := h.Line.Serve(r.Context(), *req)
	if req.Stream {
		to := h.stream(w, r)
		to.all = all
		s := newChatStream(to, &c)
		for chunk := range chunks {
			if !s.chunk(chunk) {
				return
			}
		}
		return
	}
	u := chatReply{call: &c}
	t := telling{chatCall: &c, all: &all, take: u.take}
	for chunk := range chunks {
		all.add(chunk)
		t.chunk(chunk)
	}
	if all.done != nil {
		h.limitWrite(w)
		u.write(w, &all)
	}
}

// chatReply gathers a unary reply.
type chatReply struct {
	call    *chatCall
	choices [maxChoices]*choice
	news    landfall.Object
}

type choice struct {
	text, refusal string
	calls         []toolCall
	finish        landfall.Finish
}

func (u *chatReply) take(p piece) {
	for _, m := range p.news {
		have, _ := u.news.Get(m.Key)
		before, _ := have.([]any)
		if more, ok := m.Value.([]any); ok {
			m.Value = append(before, more...)
		}
		u.news = u.news.Set(m.Key, m.Value)
	}
	if u.choices[p.choice] == nil {
		u.choices[p.choice] = &choice{}
	}
	c := u.choices[p.choice]
	c.text += p.text
	c.refusal += p.refusal
	if p.call != nil {
		c.calls = append(c.calls, *p.call)
	}
	if p.finish != "" {
		c.finish = p.finish
	}
}

func (u *chatReply) write(w http.ResponseWriter, all *collected) {
	if failed(all.done) {
		writeChatError(w, all.done, u.call)
		return
	}
	setQuotas(w.Header(), all.quotas())
	var choices []any
	for i, c := range u.choices {
		if c != nil {
			choices = append(choices, c.object(i))
		}
	}
	writeJSON(w, http.StatusOK, json.RawMessage(landfall.AppendJSON(nil, landfall.Object{
		{Key: "id", Value: all.done.Meta.ID}, {Key: "object", Value: "chat.completion"}, {Key: "created", Value: time.Now().Unix()},
		{Key: "model", Value: u.call.req.Feature}, {Key: "choices", Value: choices}, {Key: "usage", Value: chatUsage(all.done.Usage)},
		{Key: "x_landfall", Value: u.news},
	})))
}

func (c *choice) object(i int) landfall.Object {
	message := landfall.Object{{Key: "role", Value: "assistant"}, {Key: "content", Value: c.text}, {Key: "refusal", Value: nil}}
	if c.refusal != "" {
		message = message.Set("refusal", c.refusal)
	}
	if len(c.calls) > 0 {
		if c.text == "" {
			message = message.Set("content", nil)
		}
		var calls []any
		for _, call := range c.calls {
			calls = append(calls, call.object())
		}
		message = message.Set("tool_calls", calls)
	}
	return landfall.Object{{Key: "index", Value: i}, {Key: "message", Value: message}, {Key: "logprobs", Value: nil}, {Key: "finish_reason", Value: string(c.finish)}}
}

func (t *toolCall) object() landfall.Object {
	return landfall.Object{
		{Key: "id", Value: t.ID}, {Key: "type", Value: "function"},
		{Key: "function", Value: landfall.Object{{Key: "name", Value: t.Name}, {Key: "arguments", Value: t.Arguments}}},
	}
}

func chatUsage(u landfall.Usage) landfall.Object {
	return landfall.Object{
		{Key: "prompt_tokens", Value: u.Input}, {Key: "completion_tokens", Value: u.Output}, {Key: "total_tokens", Value: u.Input + u.Output},
		{Key: "prompt_tokens_details", Value: landfall.Object{{Key: "cached_tokens", Value: u.Cached}}},
	}
}
