package partner

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"landfall"
)

// Faults of a partner become codes here. What the partner wrote goes to the log and
// never into a message. None of them is a safety class: that is for the stages that
// decide about safety, whatever words a server's error uses.

// ErrTruncated is the cause of an answer that stopped without an end.
var ErrTruncated = errors.New("truncated: the stream ended before the answer did")

func partnerError(retriable bool, message string) *landfall.Error {
	return landfall.Errorf(landfall.CodePartnerError, "%s", message).With("retriable", retriable)
}

func unavailable(reason landfall.Reason, cause error) *landfall.Error {
	e := landfall.Errorf(landfall.CodeUnavailable, "the feature cannot be served now").Because(cause)
	e.Reasons = []landfall.Reason{reason}
	return e
}

func timeout(s stage) *landfall.Error {
	return landfall.Errorf(landfall.CodeTimeout, "the partner took too long").With("stage", string(s))
}

// truncated is the error for an answer without an end. err may be nil: a body can
// end in good order while the answer does not.
func truncated(err error) *landfall.Error {
	return partnerError(true, "the partner's answer was truncated").Because(errors.Join(ErrTruncated, err))
}

// report is what a partner's error says, whatever its form.
type report struct {
	Message, Type, Code string
	Limit, Count        int64 // of a prompt that is too long, in tokens
}

// readReport finds the error in a body: an object or text at "error", at
// "Response.Error", or the body itself. It takes anything.
func readReport(body []byte) report {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var top map[string]any
	if dec.Decode(&top) != nil {
		return report{Message: string(body)}
	}
	at := top
	if outer, ok := top["Response"].(map[string]any); ok {
		at = outer
	}
	for _, name := range []string{"error", "Error"} {
		switch inner := at[name].(type) {
		case map[string]any:
			at = inner
		case string:
			return report{Message: inner, Code: field(at, "code")}
		}
	}
	r := report{
		Message: field(at, "message", "Message", "error_msg", "msg", "detail"),
		Type:    field(at, "type"),
		Code:    field(at, "code", "Code", "error_code"),
	}
	r.Limit, _ = strconv.ParseInt(field(at, "n_ctx"), 10, 64)
	r.Count, _ = strconv.ParseInt(field(at, "n_prompt_tokens"), 10, 64)
	return r
}

// field returns the first of the names that holds a text or a number.
func field(o map[string]any, names ...string) string {
	for _, n := range names {
		switch v := o[n].(type) {
		case string:
			return v
		case json.Number:
			return v.String()
		}
	}
	return ""
}

// forLog is the report for the log: bounded, and without our token should the
// partner have echoed it.
func (r report) forLog(status int, token string) error {
	if token != "" {
		for _, s := range []*string{&r.Message, &r.Type, &r.Code} {
			*s = strings.ReplaceAll(*s, token, "[token]")
		}
	}
	return fmt.Errorf("the partner answered HTTP %d, type %.60q, code %.60q: %.300q", status, r.Type, r.Code, r.Message)
}

// fault returns the error for a partner's error body. status is 200 for an error
// inside a stream that had begun well.
func fault(status int, header http.Header, body []byte, token string, now time.Time) *landfall.Error {
	r := readReport(body)
	return classify(status, header, r, now).Because(r.forLog(status, token))
}

func classify(status int, header http.Header, r report, now time.Time) *landfall.Error {
	switch {
	case r.Type == "exceed_context_size_error":
		return landfall.Errorf(landfall.CodeContextExceeded, "the text is too long for the model").
			With("limit", r.Limit).With("count", r.Count)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return partnerError(false, "the partner refused our credentials")
	case status == http.StatusTooManyRequests:
		e := partnerError(true, "the partner has too many requests")
		if ms, ok := retryAfter(header.Get("Retry-After"), now); ok {
			e.With("retry_after_ms", ms)
		}
		return e
	case status == http.StatusServiceUnavailable && r.Type == "unavailable_error":
		return unavailable(landfall.NewReason(landfall.ReasonNotReady, "the model is loading"), nil)
	case status >= 500 || status == http.StatusRequestTimeout || status == http.StatusOK:
		return partnerError(true, "the partner failed")
	case status >= 300 && status < 400:
		return partnerError(false, "the partner sent us to another address, which is not approved")
	}
	return partnerError(false, "the partner refused the request")
}

// retryAfter reads RFC 9110 section 10.2.3: seconds, or a date.
func retryAfter(v string, now time.Time) (ms int64, ok bool) {
	if s, err := strconv.ParseInt(strings.TrimSpace(v), 10, 32); err == nil {
		return max(0, s*1000), true
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	return max(0, at.Sub(now).Milliseconds()), true
}
