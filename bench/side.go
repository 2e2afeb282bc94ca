package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// side is one of the two that are compared, asked for one scenario's answer.
type side struct {
	name   string
	url    string
	header map[string]string
	body   []byte
	units  int // that a request's processor time is divided by
	// whole reports what an answer with status 200 lacks of what it has to be.
	whole func(body []byte) error
}

// baseline is the bare proxy: the client itself asks for the partner's stream.
func baseline(url string, s scenario) side {
	_, units := s.unit()
	var want []byte
	for _, f := range frames(s) {
		want = append(want, f...)
	}
	body, err := json.Marshal(map[string]any{
		"model": model, "stream": true, "stream_options": map[string]any{"include_usage": true},
		"messages": []any{map[string]any{"role": "user", "content": s.text}},
	})
	if err != nil {
		panic(err) // strings always have a JSON form
	}
	return side{
		name: "proxy", url: url + "/v1/chat/completions", body: body, units: units,
		header: map[string]string{"Accept": "text/event-stream"},
		whole: func(got []byte) error {
			if !bytes.Equal(got, want) {
				return fmt.Errorf("%d bytes, want the partner's %d, byte for byte", len(got), len(want))
			}
			return nil
		},
	}
}

// measured is Landfall: the client asks the feature, and Landfall asks the partner.
func measured(url, key string, s scenario) side {
	text, err := json.Marshal(s.text)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	_, units := s.unit()
	if s.chat {
		return side{
			name: "landfall", units: units, url: url + "/v1/chat/completions",
			body:   fmt.Appendf(nil, `{"model":"summarize","stream":true,"messages":[{"role":"user","content":%s}],"x_landfall":{"locale":"en","input":{%s}}}`, text, s.form),
			header: map[string]string{"Authorization": "Bearer " + key},
			whole:  func(got []byte) error { return wholeChat(got, s.answer()) },
		}
	}
	check := wholeEnvelope
	if s.accept == "text/event-stream" {
		check = wholeEvents
	}
	return side{
		name: "landfall", units: units, url: url + "/v1/features/summarize",
		body:   fmt.Appendf(nil, `{"locale":"en","input":{"text":%s,%s}}`, text, s.form),
		header: map[string]string{"Accept": s.accept, "Authorization": "Bearer " + key},
		whole:  func(got []byte) error { return check(got, s.answer()) },
	}
}

// request makes one of the equal requests; it has no deadline of its own.
func (s side) request() (*http.Request, error) {
	req, err := http.NewRequest(http.MethodPost, s.url, bytes.NewReader(s.body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	for k, v := range s.header {
		req.Header.Set(k, v)
	}
	return req, nil
}

// wholeEnvelope: status complete, and the very text. Warnings do not count against
// an answer: they are part of the contract.
func wholeEnvelope(body []byte, want string) error {
	var e struct {
		Status string
		Output struct{ Text string }
		Error  json.RawMessage
	}
	switch err := json.Unmarshal(body, &e); {
	case err != nil:
		return err
	case e.Status != "complete":
		return fmt.Errorf("status %q, error %s", e.Status, e.Error)
	case e.Output.Text != want:
		return fmt.Errorf("the text is %q", e.Output.Text)
	}
	return nil
}

// wholeChat: the contents join to the words of the label and the very text, and the
// mark of the end comes last.
func wholeChat(body []byte, want string) error {
	lines, marked := bytes.CutSuffix(body, []byte("data: [DONE]\n\n"))
	if !marked {
		return errors.New("the stream ends without its mark")
	}
	var text []byte
	for line := range bytes.SplitSeq(lines, []byte("\n\n")) {
		if len(line) == 0 {
			continue
		}
		var chunk struct {
			Choices []struct{ Delta struct{ Content string } }
		}
		if err := json.Unmarshal(bytes.TrimPrefix(line, []byte("data: ")), &chunk); err != nil {
			return err
		}
		for _, c := range chunk.Choices {
			text = append(text, c.Delta.Content...)
		}
	}
	if words, ok := bytes.CutSuffix(text, []byte("\n\n"+want)); !ok || len(words) == 0 {
		return fmt.Errorf("the contents join to %q", text)
	}
	return nil
}

// wholeEvents: the deltas join to the very text, and done says the same, last. How
// the text is cut into deltas is Landfall's to choose.
func wholeEvents(body []byte, want string) error {
	var text []byte
	for len(body) > 0 {
		block, rest, ended := bytes.Cut(body, []byte("\n\n"))
		if !ended {
			return errors.New("the stream breaks off within an event")
		}
		body = rest
		head, data, _ := bytes.Cut(block, []byte("\ndata: "))
		switch string(head) {
		case "event: delta":
			var d struct{ Text string }
			if err := json.Unmarshal(data, &d); err != nil {
				return err
			}
			text = append(text, d.Text...)
		case "event: done":
			if string(text) != want {
				return fmt.Errorf("the deltas join to %q", text)
			}
			if len(body) > 0 {
				return errors.New("something follows done")
			}
			return wholeEnvelope(data, want)
		}
	}
	return errors.New("the stream ends without done")
}
