package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"landfall"
)

// Record asks for one of the app's own records.
func (c Client) Record(ctx context.Context, id string) (r Record, err error) {
	err = c.get(ctx, http.MethodGet, "/v1/requests/"+url.PathEscape(id), nil, &r)
	return r, err
}

// Appeal sends a user's appeal. The same token again gives the same case.
func (c Client) Appeal(ctx context.Context, a Appeal) (k Case, err error) {
	body, err := json.Marshal(a)
	if err != nil {
		return k, err
	}
	err = c.get(ctx, http.MethodPost, "/v1/appeals", body, &k)
	return k, err
}

// Count measures an input; body is an envelope with feature in it.
func (c Client) Count(ctx context.Context, body []byte) (n Count, err error) {
	err = c.get(ctx, http.MethodPost, "/v1/count", body, &n)
	return n, err
}

// Watch yields what the app may use now, and each change of it, until ctx ends or the
// server does; then the error says so. query holds locale, device and options.
func (c Client) Watch(ctx context.Context, query url.Values) iter.Seq2[Availability, error] {
	return func(yield func(Availability, error) bool) {
		resp, err := c.do(ctx, http.MethodGet, "/v1/features/watch?"+query.Encode(), "text/event-stream", nil)
		if err != nil {
			yield(Availability{}, err)
			return
		}
		defer func() { _ = resp.Body.Close() }()
		if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
			yield(Availability{}, refusal(resp))
			return
		}
		events(resp.Body, func(e Event, err error) bool {
			var a Availability
			if err == nil {
				err = json.Unmarshal(e.Data, &a)
			}
			return yield(a, err)
		})
	}
}

// get sends a request and reads the answer into v; another status is its error.
func (c Client) get(ctx context.Context, method, path string, body []byte, v any) error {
	resp, err := c.do(ctx, method, path, "application/json", body)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return refusal(resp)
	}
	return json.NewDecoder(io.LimitReader(resp.Body, 16<<20)).Decode(v)
}

// refusal is the error of an answer that is none.
func refusal(resp *http.Response) error {
	e, err := readEnvelope(resp.Body)
	if err == nil {
		err = e.Err()
	}
	if err == nil {
		err = landfall.Errorf(landfall.CodeInternal, "the answer has no error")
	}
	return fmt.Errorf("%s: %w", resp.Status, err)
}
