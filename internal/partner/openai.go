package partner

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"time"

	"landfall"
)

// OpenAI's chat completions as its imitators speak it: one codec for all dialects
// that do. A dialect's file holds what is different.

const (
	maxReply = 16 << 20 // bytes of a whole answer in one JSON object
	maxError = 64 << 10 // bytes read of an error's body
)

// chat is one call.
type chat struct {
	client   *http.Client
	now      func() time.Time
	endpoint Endpoint
	answer   answer
	twin     twin
}

// ask sends the body and reads the answer, streamed or in one piece.
func (c *chat) ask(ctx context.Context, body landfall.Object) error {
	pulse := c.answer.out.pulse
	pulse.enter(stageConnect)
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { pulse.enter(stageFirst) },
	})
	resp, err := c.do(ctx, http.MethodPost, "/chat/completions", landfall.AppendJSON(nil, body))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	content, err := plain(resp)
	if err != nil {
		return err
	}
	if err := c.read(ctx, content); err != nil {
		return err
	}
	drain(resp.Body)
	return nil
}

// drain reads what follows the end mark, the last bytes of the framing, so that
// the connection can serve the next call; a server that keeps it open is not
// waited for.
func drain(body io.ReadCloser) {
	limit := time.AfterFunc(100*time.Millisecond, func() { _ = body.Close() })
	defer limit.Stop()
	_, _ = io.CopyN(io.Discard, body, 4<<10) // whatever fails only costs the connection
}

// do sends a request. A status other than 200 comes back as its fault.
func (c *chat) do(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.endpoint.BaseURL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	// What the caller accepts is not asked of the partner: the body is read here.
	req.Header.Set("Accept-Encoding", "identity")
	req.Header.Set("Accept", "text/event-stream, application/json")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "landfall")
	if c.endpoint.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.endpoint.Token)
	}
	// A server may close an idle connection just when it is used again. To ask a model
	// twice changes nothing, so the transport may then use a new one; the empty value
	// says so to it and is not sent.
	req.Header["Idempotency-Key"] = nil
	resp, err := c.client.Do(req)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, partnerError(true, "the partner cannot be reached").Because(err)
	case resp.StatusCode == http.StatusOK:
		return resp, nil
	}
	defer resp.Body.Close()
	var text []byte
	if content, err := plain(resp); err == nil {
		text, _ = io.ReadAll(io.LimitReader(content, maxError)) // what came is enough
	}
	return nil, fault(resp.StatusCode, resp.Header, text, c.endpoint.Token, c.now())
}

// plain returns the body without its content coding (RFC 9110 section 8.4): none was
// asked for, but gzip is understood.
func plain(resp *http.Response) (io.Reader, error) {
	switch coding := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding"))); coding {
	case "", "identity":
		return resp.Body, nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(resp.Body)
		if err != nil {
			return nil, truncated(err)
		}
		return z, nil
	default:
		return nil, partnerError(true, "the partner's answer cannot be read").Because(fmt.Errorf("content coding %.40q", coding))
	}
}

// read tells a JSON answer from a stream by its first sign; media types are often
// wrong. A page of a proxy holds no event and so no finish: it ends as truncated.
func (c *chat) read(ctx context.Context, content io.Reader) error {
	r := bufio.NewReader(content)
	first, err := firstSign(r)
	if err == nil && first == '{' {
		return c.readWhole(ctx, r)
	}
	if err != nil {
		return c.cut(ctx, err)
	}
	c.answer.out.gathers = true
	return c.readStream(ctx, newSSEReader(r, c.answer.out.settle))
}

// firstSign skips white space: some partners send empty lines until they begin.
func firstSign(r *bufio.Reader) (byte, error) {
	for {
		b, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		if b != ' ' && b != '\t' && b != '\r' && b != '\n' {
			return b, r.UnreadByte()
		}
	}
}

func (c *chat) readWhole(ctx context.Context, r io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(r, maxReply+1))
	if err != nil {
		return c.cut(ctx, err)
	}
	if len(text) > maxReply {
		return partnerError(false, "the partner's answer has no end")
	}
	if err := c.frame(event{Data: text}, true); err != nil {
		return err
	}
	return c.answer.end(false)
}

func (c *chat) readStream(ctx context.Context, events *sseReader) error {
	for {
		ev, err := events.next()
		if err != nil {
			return c.cut(ctx, err)
		}
		switch data := bytes.TrimSpace(ev.Data); {
		case len(data) == 0:
		case string(data) == "[DONE]":
			return c.answer.end(true)
		default:
			if err := c.frame(ev, false); err != nil {
				if gone := c.answer.out.settle(); gone != nil { // what came before it was said
					return gone
				}
				return err
			}
		}
	}
}

// frame takes one JSON object: an event's, or the whole answer. An event may be
// called an error by its name alone.
func (c *chat) frame(ev event, whole bool) error {
	if known, ok := c.twin.read(ev.Data); ok && ev.Name != "error" {
		return c.answer.take(known, whole)
	}
	var f frame
	err := json.Unmarshal(ev.Data, &f)
	if ev.Name == "error" || err == nil && f.failed() {
		return fault(http.StatusOK, nil, ev.Data, c.endpoint.Token, c.now())
	}
	if err != nil {
		return partnerError(true, "the partner's answer cannot be read").Because(err)
	}
	if !whole {
		c.twin.learn(ev.Data, &f)
	}
	return c.answer.take(&f, whole)
}

// cut ends an answer whose bytes ended. After a finish nothing is missing but
// perhaps the usage.
func (c *chat) cut(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errLongLine):
		return partnerError(false, "the partner's answer cannot be read").Because(err)
	case c.answer.finish != "":
		return c.answer.end(false)
	case errors.Is(err, io.EOF):
		return truncated(nil)
	}
	return truncated(err)
}
