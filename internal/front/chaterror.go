package front

import (
	"encoding/json"
	"net/http"
	"strings"

	"landfall"
)

// failed reports whether an answer ended in what a chat client must see as an error:
// a question of consent is one, for nothing was answered.
func failed(d *landfall.Done) bool {
	return d.Err != nil && (d.Status == landfall.StatusError || d.Status == landfall.NeedsConsent)
}

func chatStatus(d *landfall.Done) int {
	if d.Status == landfall.NeedsConsent {
		return http.StatusForbidden
	}
	return statusOf(d)
}

// writeChatError answers with OpenAI's error body.
func writeChatError(w http.ResponseWriter, d *landfall.Done, c *chatCall) {
	setQuotas(w.Header(), d.Meta.Quotas)
	if s, ok := retryAfter(d.Err); ok {
		w.Header().Set("Retry-After", s)
	}
	writeJSON(w, chatStatus(d), json.RawMessage(chatError(d, c)))
}

// chatError is the body, error its first key and code a text: several clients take
// anything else for no error at all. What further parameters the error has stand
// beside OpenAI's four.
func chatError(d *landfall.Done, c *chatCall) []byte {
	e := d.Err
	code, message := string(e.Code), c.said(e)
	var param any
	if field, _ := e.Params.Get("field"); field != nil && field != "" {
		at, _ := field.(string)
		param = c.at(at)
	}
	switch {
	case e.Code == landfall.CodeUnavailable && len(e.Reasons) > 0:
		code = e.Reasons[0].Code
		var all []string
		for _, r := range e.Reasons {
			all = append(all, r.Message)
		}
		message = strings.Join(all, "; ")
	case e.Code == landfall.CodeUnauthenticated:
		code = "invalid_api_key"
	case e.Code == landfall.CodeNotFound && param != nil:
		code, param = "model_not_found", "model"
	}
	o := landfall.Object{{Key: "message", Value: message}, {Key: "type", Value: errorType(chatStatus(d))}, {Key: "param", Value: param}, {Key: "code", Value: code}}
	for _, m := range e.Params {
		if m.Key != "field" {
			o = append(o, m)
		}
	}
	if len(e.Reasons) > 0 {
		o = append(o, landfall.Member{Key: "reasons", Value: e.Reasons})
	}
	return landfall.AppendJSON(nil, landfall.Object{{Key: "error", Value: o}})
}

// errorType is OpenAI's word for a status.
func errorType(status int) string {
	switch {
	case status == http.StatusUnauthorized:
		return "authentication_error"
	case status == http.StatusForbidden:
		return "permission_error"
	case status == http.StatusTooManyRequests:
		return "rate_limit_error"
	case status >= http.StatusInternalServerError:
		return "server_error"
	}
	return "invalid_request_error"
}
