package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"landfall"
)

// Client calls a gateway. Its zero HTTP client is http.DefaultClient.
type Client struct {
	URL  string // http://127.0.0.1:8460
	Key  string
	HTTP *http.Client
}

// Event is one server-sent event of an answer.
type Event struct {
	Name string
	Data json.RawMessage
}

// ErrTruncated says that a stream ended without done.
var ErrTruncated = errors.New("the stream ended without done")

func (c Client) do(ctx context.Context, method, path, accept string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(c.URL, "/")+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.Key)
	req.Header.Set("Accept", accept)
	req.Header.Set("Content-Type", "application/json")
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	return client.Do(req)
}

// Ready asks whether a release is admitted and its model answers.
func (c Client) Ready(ctx context.Context) error {
	resp, err := c.do(ctx, http.MethodGet, "/readyz", "text/plain", nil)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	why, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("the gateway at %s is not ready: %s", c.URL, bytes.TrimSpace(why))
	}
	return err
}

// Features asks what the app may use now.
func (c Client) Features(ctx context.Context, locale string) (a Availability, err error) {
	err = c.get(ctx, http.MethodGet, "/v1/features?locale="+url.QueryEscape(locale), nil, &a)
	return a, err
}

// Call asks a feature and returns the whole answer. An answer that is an error is
// an Envelope like any other: see [Envelope.Err].
func (c Client) Call(ctx context.Context, feature string, body []byte) (Envelope, error) {
	resp, err := c.do(ctx, http.MethodPost, "/v1/features/"+feature, "application/json", body)
	if err != nil {
		return Envelope{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	return readEnvelope(resp.Body)
}

// Stream asks a feature and yields the events of the answer; the last one is done.
// An answer that failed before it began comes as done alone.
func (c Client) Stream(ctx context.Context, feature string, body []byte) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		resp, err := c.do(ctx, http.MethodPost, "/v1/features/"+feature, "text/event-stream", body)
		if err != nil {
			yield(Event{}, err)
			return
		}
		defer func() { _ = resp.Body.Close() }()
		if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
			b, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
			yield(Event{"done", b}, err)
			return
		}
		events(resp.Body, yield)
	}
}

// events reads the gateway's own stream: one data line an event, LF line ends.
func events(r io.Reader, yield func(Event, error) bool) {
	br := bufio.NewReaderSize(r, 64<<10)
	var e Event
	for {
		line, err := br.ReadBytes('\n')
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = ErrTruncated
			}
			yield(Event{}, err)
			return
		}
		line = bytes.TrimRight(line, "\n")
		switch {
		case bytes.HasPrefix(line, []byte("event: ")):
			e.Name = string(line[len("event: "):])
		case bytes.HasPrefix(line, []byte("data: ")):
			e.Data = bytes.Clone(line[len("data: "):])
		case len(line) == 0 && e.Name != "":
			if !yield(e, nil) || e.Name == "done" {
				return
			}
			e = Event{}
		}
	}
}

func readEnvelope(r io.Reader) (Envelope, error) {
	var e Envelope
	err := json.NewDecoder(io.LimitReader(r, 16<<20)).Decode(&e)
	return e, err
}

// Err returns the answer's error with its code and reasons, or nil.
func (e Envelope) Err() error {
	if len(e.Error) == 0 || string(e.Error) == "null" {
		return nil
	}
	var w Error
	if err := json.Unmarshal(e.Error, &w); err != nil {
		return err
	}
	return &landfall.Error{Code: w.Code, Message: w.Message, Reasons: w.Reasons}
}
