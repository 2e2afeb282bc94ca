package partner_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"landfall"
	"landfall/internal/partner"
)

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		after  string
		body   string
		want   string
	}{
		{"key", 401, "", `{"error":{"code":"invalid_api_key"}}`, final},
		{"forbidden", 403, "", `nothing`, final},
		{"billing", 402, "", `{}`, final},
		{"no such path", 404, "", `{"detail":"Not Found"}`, final},
		{"too long", 400, "", `{"error":{"code":400,"message":"m","type":"exceed_context_size_error","n_prompt_tokens":9000,"n_ctx":8192}}`, `context_exceeded {"limit":8192,"count":9000}`},
		{"bad request", 400, "", `{"error":{"message":"m","type":"BadRequestError","param":null,"code":400}}`, final},
		{"slow client", 408, "", ``, retriable},
		{"throttled", 429, "", `{"error":{"code":null}}`, retriable},
		{"throttled, seconds", 429, "7", `{}`, `partner_error {"retriable":true,"retry_after_ms":7000}`},
		{"throttled, rubbish", 429, "soon", `{}`, retriable},
		{"failed", 500, "", `{"error":{"message":"policy engine: content filter unavailable","type":"server_error","code":500}}`, retriable},
		{"a page", 502, "", `<html>10.1.2.3</html>`, retriable},
		{"loading", 503, "", `{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}`, "unavailable not_ready"},
		{"overloaded", 503, "", `{"error":{"message":"busy"}}`, retriable},
		{"blocked, in words", 500, "", `{"error":{"message":"guardrail refused","code":"market_rule"}}`, retriable},
		{"redirect", 307, "", ``, final},
	} {
		t.Run(c.name, func(t *testing.T) {
			head := map[string]string{"Retry-After": c.after, "Location": "http://127.0.0.1:1/elsewhere"}
			u := newUpstream(t, &upstream{body: []byte(c.body), wire: wire{status: c.status, header: head}})
			got := u.ask(t, nil)
			if outcome(got.Err) != c.want || len(got.Drafts) > 0 {
				t.Errorf("got %v", got.Err)
			}
			for _, word := range []string{"10.1.2.3", "guardrail", "policy", "filter", "busy", "<"} {
				if strings.Contains(got.Err.Message, word) {
					t.Errorf("the message shows what the partner wrote: %q", got.Err.Message)
				}
			}
			if seen, _ := u.requests(); len(seen) != 1 {
				t.Errorf("the upstream saw %d requests", len(seen))
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		in   string
		want int64
		ok   bool
	}{
		{"120", 120_000, true},
		{" 0 ", 0, true},
		{"-5", 0, true},
		{"Wed, 25 Nov 2026 12:00:30 GMT", 30_000, true},
		{"Wed, 25 Nov 2026 11:00:00 GMT", 0, true},
		{"", 0, false},
		{"soon", 0, false},
		{"99999999999999999999", 0, false},
	} {
		if got, ok := partner.RetryAfter(c.in, now); got != c.want || ok != c.ok {
			t.Errorf("%q: got %d, %v", c.in, got, ok)
		}
	}
}

// A partner that echoes our token does not bring it into a log.
func TestTokenStaysOut(t *testing.T) {
	for _, body := range []string{
		`{"error":{"message":"bad key sk-9f2c in Bearer sk-9f2c"}}`,
		`{"error":{"message":"m","code":"sk-9f2c","type":"sk-9f2c"}}`,
		`bad key sk-9f2c`,
		`{"error":{"message":"` + strings.Repeat("x", 298) + `sk-9f2c"}}`,
	} {
		err := partner.Fault(401, http.Header{}, []byte(body), "sk-9f2c", time.Time{})
		if strings.Contains(err.Error(), "9f2c") || strings.Contains(err.Error(), "sk-") {
			t.Errorf("%s: %v", body, err)
		}
		if len(err.Error()) > 600 {
			t.Errorf("%d bytes for the log", len(err.Error()))
		}
	}
}

// Any body gives an error of a partner, in any status, and never a safety class.
func FuzzFault(f *testing.F) {
	f.Add(500, []byte(`{"error":{"message":"m","code":1}}`))
	f.Add(200, []byte(`{"Response":{"Error":{"Code":"x"}}}`))
	f.Add(400, []byte(`{"error":{"type":"exceed_context_size_error","n_ctx":"8"}}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		switch err := partner.Fault(status, http.Header{}, body, "", time.Time{}); err.Code {
		case landfall.CodePartnerError, landfall.CodeContextExceeded, landfall.CodeUnavailable:
		default:
			t.Errorf("%d %q: %v", status, body, err)
		}
	})
}

func TestContentCodings(t *testing.T) {
	body := []byte(content("a") + ending)
	for _, c := range []struct {
		name string
		wire wire
		text string
		want string
	}{
		{"identity", wire{header: map[string]string{"Content-Encoding": "identity"}}, "a", ""},
		{"gzip", wire{gzip: true}, "a", ""},
		{"gzip in name only", wire{header: map[string]string{"Content-Encoding": "gzip"}}, "", retriable},
		{"another", wire{header: map[string]string{"Content-Encoding": "br"}}, "", retriable},
		{"gzip around an error", wire{gzip: true, status: 500}, "", retriable},
	} {
		if got := newUpstream(t, &upstream{body: body, wire: c.wire}).ask(t, nil); got.Text != c.text || outcome(got.Err) != c.want {
			t.Errorf("%s: got %+v", c.name, got)
		}
	}
}
