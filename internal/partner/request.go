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
		messages = append(messages, landfall.Object{{Key: "role", Value: m.Role}, {Key: "content", Value: encode(m.Content)}})
	}
	body := landfall.Object{
		{Key: "model", Value: r.Model.ID},
		{Key: "messages", Value: messages},
		{Key: "stream", Value: true},
		{Key: "stream_options", Value: landfall.Object{{Key: "include_usage", Value: true}}},
	}
	for _, name := range numbers {
		value := r.Parameter(name)
		if warmer := r.Parameter("repair_temperature"); name == "temperature" && p.Repair > 0 && warmer != "" {
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
	return addCall(body, r, p)
}

// addCall adds what the call decides within the release: seed, length, form.
func addCall(body landfall.Object, r *landfall.Release, p landfall.Prompt) (landfall.Object, error) {
	seed, err := integer(r, "seed", p.Seed)
	if err != nil {
		return nil, err
	}
	if seed != nil { // a repair samples anew
		body = body.Set("seed", *seed+int64(p.Repair))
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
	if p.Schema != nil && r.Parameter("structured") == "json_schema" {
		body = body.Set("response_format", landfall.Object{
			{Key: "type", Value: "json_schema"},
			{Key: "json_schema", Value: landfall.Object{
				{Key: "name", Value: "answer"},
				{Key: "strict", Value: true},
				{Key: "schema", Value: p.Schema},
			}},
		})
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
