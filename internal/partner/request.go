package partner

import (
	"encoding/json"
	"strconv"

	"landfall"
)

// numbers are the sampling parameters a release may send on, under their own
// names. The body is built from this list and never passed through: a server
// rejects what it does not know, and what was approved is what is sent.
var numbers = []string{
	"temperature", "top_p", "top_k", "min_p",
	"presence_penalty", "frequency_penalty", "repeat_penalty",
}

// chatBody is the body of a chat-completions request. Its bytes depend on the
// release and the prompt alone. The error names a parameter that is no number.
func chatBody(r *landfall.Release, p landfall.Prompt, encode func(string) string) (landfall.Object, error) {
	messages := make([]any, 0, len(p.Messages()))
	for _, m := range p.Messages() {
		messages = append(messages, turn(m, encode))
	}
	body := landfall.Object{
		{Key: "model", Value: r.Model.ID},
		{Key: "messages", Value: messages},
		{Key: "stream", Value: true},
		{Key: "stream_options", Value: landfall.Object{{Key: "include_usage", Value: true}}},
	}
	for _, name := range numbers {
		value := r.Parameter(name)
		if warmer := r.Parameter("repair_temperature"); name == "temperature" && p.Repair+p.Variation > 0 && warmer != "" {
			value = warmer
		}
		if value == "" {
			continue
		}
		n, err := number(name, value)
		if err != nil {
			return nil, err
		}
		body = body.Set(name, n)
	}
	return addCall(body, r, p, encode)
}

// turn is one message of the body. A text's control tokens are broken up wherever
// it stands, also in what a tool was asked and what it said.
func turn(m landfall.Message, encode func(string) string) landfall.Object {
	o := landfall.Object{{Key: "role", Value: m.Role}, {Key: "content", Value: encode(m.Content)}}
	if m.CallID != "" {
		o = o.Set("tool_call_id", encode(m.CallID))
	}
	var calls []any
	for _, c := range m.Calls {
		calls = append(calls, landfall.Object{
			{Key: "id", Value: encode(c.ID)}, {Key: "type", Value: "function"},
			{Key: "function", Value: landfall.Object{{Key: "name", Value: encode(c.Name)}, {Key: "arguments", Value: encode(c.Arguments)}}},
		})
	}
	if calls != nil {
		o = o.Set("tool_calls", calls)
	}
	return o
}

// tools are a call's functions, for a release whose model takes them.
func tools(body landfall.Object, p landfall.Prompt, encode func(string) string) landfall.Object {
	var list []any
	for _, t := range p.Tools {
		f := landfall.Object{{Key: "name", Value: encode(t.Name)}}
		if t.Description != "" {
			f = f.Set("description", encode(t.Description))
		}
		if t.Parameters != nil {
			f = f.Set("parameters", encodeAll(t.Parameters, encode))
		}
		list = append(list, landfall.Object{{Key: "type", Value: "function"}, {Key: "function", Value: f}})
	}
	body = body.Set("tools", list)
	switch p.ToolChoice {
	case "":
		return body
	case "auto", "none", "required":
		return body.Set("tool_choice", p.ToolChoice)
	}
	return body.Set("tool_choice", landfall.Object{
		{Key: "type", Value: "function"}, {Key: "function", Value: landfall.Object{{Key: "name", Value: p.ToolChoice}}},
	})
}

// encodeAll encodes every string and name of a value.
func encodeAll(v any, encode func(string) string) any {
	switch v := v.(type) {
	case string:
		return encode(v)
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = encodeAll(e, encode)
		}
		return out
	case landfall.Object:
		out := make(landfall.Object, len(v))
		for i, m := range v {
			out[i] = landfall.Member{Key: encode(m.Key), Value: encodeAll(m.Value, encode)}
		}
		return out
	}
	return v
}

// addCall adds what the call decides within the release: seed, length, form.
func addCall(body landfall.Object, r *landfall.Release, p landfall.Prompt, encode func(string) string) (landfall.Object, error) {
	seed, err := integer(r, "seed", p.Seed)
	if err != nil {
		return nil, err
	}
	if seed != nil { // a repair samples anew
		body = body.Set("seed", *seed+int64(p.Repair+p.Variation))
	}
	var room *int64
	if n := int64(p.MaxTokens); n > 0 {
		room = &n
	}
	if room, err = integer(r, "max_tokens", room); err != nil {
		return nil, err
	}
	if room != nil {
		body = body.Set("max_tokens", *room)
	}
	switch {
	case p.Grammar != "" && r.Parameter("grammar") == "gbnf":
		body = body.Set("grammar", p.Grammar)
	case p.Schema != nil && r.Parameter("structured") == "json_schema":
		body = body.Set("response_format", landfall.Object{
			{Key: "type", Value: "json_schema"},
			{Key: "json_schema", Value: landfall.Object{
				{Key: "name", Value: "answer"},
				{Key: "strict", Value: true},
				{Key: "schema", Value: p.Schema},
			}},
		})
	}
	if len(p.Tools) > 0 {
		if r.Parameter("tools") == "" {
			return nil, landfall.Errorf(landfall.CodeInternal, "the release has no parameter tools, the prompt has tools")
		}
		body = tools(body, p, encode)
	}
	return body, nil
}

// integer returns the call's value, or the release's parameter, or nil.
func integer(r *landfall.Release, name string, call *int64) (*int64, error) {
	text := r.Parameter(name)
	if call != nil || text == "" {
		return call, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, badParameter(name, text)
	}
	return &n, nil
}

func number(name, text string) (json.Number, error) {
	v, err := landfall.ParseJSON([]byte(text))
	n, ok := v.(json.Number)
	if err != nil || !ok {
		return "", badParameter(name, text)
	}
	return n, nil
}

func badParameter(name, text string) error {
	return landfall.Errorf(landfall.CodeInternal, "the release's parameter %s is no number: %.40q", name, text)
}
