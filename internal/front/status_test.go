package front_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"landfall"
	"landfall/internal/safety"
)

// done ends an answer that showed nothing.
func done(s landfall.Status, e *landfall.Error) []safety.Chunk {
	return []safety.Chunk{{Done: &landfall.Done{Meta: landfall.Meta{ID: "lf_1", Feature: "summarize"}, Status: s, Err: e}}}
}

// fail answers with what decoding found wrong, as the line does.
func fail(r landfall.Request) []safety.Chunk {
	if r.Err == nil {
		return done(landfall.Complete, nil)
	}
	return done(landfall.StatusError, r.Err)
}

// The table of the API's contract, section 1.
var contract = map[landfall.Code]int{
	"model_refusal": 200, "needs_consent": 200,
	"input_invalid": 400, "schema_invalid": 400, "unauthenticated": 401, "not_found": 404,
	"conflict": 409, "body_too_large": 413, "context_exceeded": 413, "unsupported_language": 422,
	"rate_limited": 429, "quota_reached": 429, "partner_error": 502, "output_contract_failed": 502,
	"assets_missing": 503, "overloaded": 503, "timeout": 504, "internal": 500,
	// 403 or 503, see below; 499 nobody reads.
	"unavailable": 403, "cancelled": 499,
}

func TestEveryCodeHasItsStatus(t *testing.T) {
	for _, code := range codes(t) {
		want, ok := contract[code]
		if !ok {
			t.Errorf("the contract has no status for %s", code)
			continue
		}
		e := landfall.Errorf(code, "x")
		status := landfall.StatusError
		switch code {
		case landfall.CodeUnavailable:
			e.Reasons = []landfall.Reason{landfall.NewReason(landfall.ReasonNotApproved, "x")}
		case landfall.CodeModelRefusal:
			status = landfall.Refused
		case landfall.CodeNeedsConsent:
			status = landfall.NeedsConsent
		}
		if w := call(handler(&line{chunks: done(status, e)}), `{"input":{}}`); w.Code != want {
			t.Errorf("%s: %d, want %d", code, w.Code, want)
		}
	}
}

// codes are all that the vocabulary declares, so that a new one cannot be forgotten.
func codes(t *testing.T) (out []landfall.Code) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../../error.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if ok && strings.HasPrefix(spec.Names[0].Name, "Code") {
			s, _ := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			out = append(out, landfall.Code(s))
		}
		return true
	})
	if len(out) != len(contract) {
		t.Errorf("%d codes are declared, the contract has %d", len(out), len(contract))
	}
	return out
}

func TestUnavailable(t *testing.T) {
	for reasons, want := range map[string]int{
		"market_not_approved":                      http.StatusForbidden,
		"approval_expired":                         http.StatusForbidden,
		"model_downloading":                        http.StatusServiceUnavailable,
		"not_ready":                                http.StatusServiceUnavailable,
		"partner_down":                             http.StatusServiceUnavailable,
		"partner_switching background_deferred":    http.StatusServiceUnavailable,
		"not_ready approval_digest_mismatch":       http.StatusForbidden,
		"model_downloading partner_down not_ready": http.StatusServiceUnavailable,
		"a_reason_that_this_version_does_not_know": http.StatusForbidden,
	} {
		e := landfall.Errorf(landfall.CodeUnavailable, "x")
		for _, code := range strings.Fields(reasons) {
			e.Reasons = append(e.Reasons, landfall.NewReason(code, "x"))
		}
		w := call(handler(&line{chunks: done(landfall.StatusError, e)}), `{"input":{}}`)
		if w.Code != want {
			t.Errorf("%s: %d, want %d", reasons, w.Code, want)
		}
		for _, code := range strings.Fields(reasons) {
			if !strings.Contains(w.Body.String(), `"code":"`+code+`"`) {
				t.Errorf("the reason %s is not told", code)
			}
		}
	}
}

// RFC 9110 section 10.2.3: whole seconds, and never 0, which would mean at once.
func TestRetryAfter(t *testing.T) {
	for _, c := range []struct {
		ms   any
		want string
	}{{1, "1"}, {1000, "1"}, {1001, "2"}, {int64(60_000), "60"}, {0, "1"}, {"soon", ""}} {
		e := landfall.Errorf(landfall.CodeOverloaded, "x").With("retry_after_ms", c.ms)
		w := call(handler(&line{chunks: done(landfall.StatusError, e)}), `{"input":{}}`)
		if have := w.Header().Get("Retry-After"); have != c.want {
			t.Errorf("%v ms: %q, want %q", c.ms, have, c.want)
		}
	}
}
