package front

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"landfall"
)

// MaxBody is the longest body of a request, in bytes.
const MaxBody = 4 << 20

// maxHeader bounds the pseudonyms of device and user, in bytes.
const maxHeader = 128

// readBody reads a body up to [MaxBody], for as long as an upload may take. After
// one that did not come the deadline stays: the server would wait for the rest, to
// use the connection again.
func (h *handler) readBody(w http.ResponseWriter, r *http.Request) ([]byte, *landfall.Error) {
	conn := http.NewResponseController(w)
	_ = conn.SetReadDeadline(time.Now().Add(h.Upload)) // a reader without deadlines has no connection
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	var tooLarge *http.MaxBytesError
	if errors.Is(err, errNoRoom) {
		// Most clients hear the refusal only once they have sent everything.
		body = nil
		_, drained := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, MaxBody))
		err = errors.Join(err, drained)
	}
	if err != nil {
		w.Header().Set("Connection", "close")
	} else {
		_ = conn.SetReadDeadline(time.Time{})
	}
	switch {
	case errors.As(err, &tooLarge):
		count := max(r.ContentLength, MaxBody+1)
		return body, landfall.Errorf(landfall.CodeBodyTooLarge, "the body is over %d bytes", MaxBody).With("limit", MaxBody).With("count", count)
	case errors.Is(err, errNoRoom):
		return body, landfall.Errorf(landfall.CodeOverloaded, "the bodies of other requests fill the memory set aside for them").With("retry_after_ms", 1000)
	case err != nil:
		return body, landfall.Errorf(landfall.CodeInputInvalid, "the body ended early").With("field", "").Because(err)
	}
	return body, nil
}

// decode fills a request from its body. What it finds wrong stands in Err: the
// request is recorded all the same.
func decode(r *landfall.Request, body []byte) {
	decodeFields(r, body, "body")
	if r.Err == nil && r.Input == nil {
		r.Err = invalid("/input", "is missing: it holds the feature's fields, {\"text\": …}")
	}
}

// decodeFields reads fields of the envelope from a JSON object; what names the text.
func decodeFields(r *landfall.Request, body []byte, what string) { decodeWith(r, body, what, fields) }

func decodeWith(r *landfall.Request, body []byte, what string, fields map[string]func(d *decoder, at string, v any)) {
	o, ok := parseObject(r, body, what)
	if !ok {
		return
	}
	d := decoder{r: r}
	for _, m := range o {
		read, known := fields[m.Key]
		at := "/" + landfall.EscapePointer(m.Key)
		if !known {
			d.fail(at, "unknown field; there are %s", strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
			break
		}
		if m.Value != nil || m.Key == "input" {
			read(&d, at, m.Value)
		}
	}
}

// parseObject reads a text that must be one JSON object.
func parseObject(r *landfall.Request, body []byte, what string) (landfall.Object, bool) {
	v, err := landfall.ParseJSON(body)
	if err != nil {
		field := ""
		var syntax *landfall.SyntaxError
		if errors.As(err, &syntax) {
			field = syntax.Path
		}
		r.Err = landfall.Errorf(landfall.CodeInputInvalid, "the %s is no valid JSON: %s", what, err).With("field", field)
		return nil, false
	}
	o, ok := v.(landfall.Object)
	if !ok {
		r.Err = invalid("", "%s: want an object, have %s", what, landfall.KindOf(v))
	}
	return o, ok
}

func invalid(field, format string, args ...any) *landfall.Error {
	e := landfall.Errorf(landfall.CodeInputInvalid, format, args...)
	if field != "" {
		e.Message = field + ": " + e.Message
	}
	return e.With("field", field)
}

// decoder keeps the first thing that is wrong; at is its place, a JSON Pointer.
type decoder struct{ r *landfall.Request }

func (d *decoder) fail(at, format string, args ...any) {
	if d.r.Err == nil {
		d.r.Err = invalid(at, format, args...)
	}
}

// fields of the envelope. The market is none of them: it comes from the key.
var fields = map[string]func(d *decoder, at string, v any){
	"input":   func(d *decoder, at string, v any) { d.r.Input = object(d, at, v) },
	"options": func(d *decoder, at string, v any) { d.r.Options = object(d, at, v) },
	"locale": func(d *decoder, at string, v any) {
		d.r.Locale = text(d, at, v, 35)
	},
	"output_language": func(d *decoder, at string, v any) { d.r.OutputLanguage = text(d, at, v, 35) },
	"processing": func(d *decoder, at string, v any) {
		d.r.Processing = oneOf(d, at, v, "device_only", "private_ok", "partner_ok")
	},
	"guard_mode": func(d *decoder, at string, v any) { d.r.GuardMode = oneOf(d, at, v, "generate", "transform") },
	"offset_unit": func(d *decoder, at string, v any) {
		d.r.Unit = landfall.Unit(oneOf(d, at, v, "utf16", "codepoint", "byte"))
	},
	"idempotency_key": func(d *decoder, at string, v any) { d.r.IdempotencyKey = text(d, at, v, 128) },
	"consent":         consent,
	"audience": func(d *decoder, at string, v any) {
		for _, m := range object(d, at, v) {
			if m.Key != "age_band" {
				d.fail(at+"/"+landfall.EscapePointer(m.Key), "unknown field; audience has age_band")
				return
			}
			d.r.AgeBand = oneOf(d, at+"/age_band", m.Value, "child", "teen", "adult", "unknown")
		}
	},
	"foreground": func(d *decoder, at string, v any) {
		if _, ok := v.(bool); !ok {
			d.fail(at, "want true or false, have %s", landfall.KindOf(v))
		}
	},
	"seed": func(d *decoder, at string, v any) {
		if n, ok := integer(d, at, v); ok {
			d.r.Seed = &n
		}
	},
	"deadline_ms": func(d *decoder, at string, v any) {
		n, ok := integer(d, at, v)
		if ok && n <= 0 {
			d.fail(at, "want milliseconds, 1 or more")
		}
		d.r.Deadline = time.Duration(min(n, int64(time.Hour/time.Millisecond))) * time.Millisecond
	},
}

func consent(d *decoder, at string, v any) {
	for _, m := range object(d, at, v) {
		switch m.Key {
		case "partner":
			d.r.Consent = oneOf(d, at+"/partner", m.Value, "ask", "granted", "denied")
		case "record_id":
			text(d, at+"/record_id", m.Value, 128)
		default:
			d.fail(at+"/"+landfall.EscapePointer(m.Key), "unknown field; consent has partner and record_id")
		}
	}
}

func object(d *decoder, at string, v any) landfall.Object {
	o, ok := v.(landfall.Object)
	if !ok {
		d.fail(at, "want an object, have %s", landfall.KindOf(v))
	}
	return o
}

func text(d *decoder, at string, v any, limit int) string {
	s, ok := v.(string)
	switch {
	case !ok:
		d.fail(at, "want a string, have %s", landfall.KindOf(v))
	case len(s) > limit:
		d.fail(at, "is longer than %d bytes", limit)
	case hasControl(s):
		d.fail(at, "holds a control character")
	}
	return s
}

func oneOf(d *decoder, at string, v any, allowed ...string) string {
	s, _ := v.(string)
	for _, a := range allowed {
		if s == a {
			return s
		}
	}
	d.fail(at, "want one of %s", strings.Join(allowed, ", "))
	return ""
}

func integer(d *decoder, at string, v any) (int64, bool) {
	n, ok := v.(interface{ Int64() (int64, error) })
	if !ok {
		d.fail(at, "want a whole number, have %s", landfall.KindOf(v))
		return 0, false
	}
	i, err := n.Int64()
	if err != nil {
		d.fail(at, "want a whole number")
	}
	return i, err == nil
}

// hasControl reports control and format signs that could forge a line in a log
// or turn the direction of its text.
func hasControl(s string) bool {
	for _, r := range s {
		if r < 0x20 || r >= 0x7F && r <= 0x9F || r == 0x2028 || r == 0x2029 || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 {
			return true
		}
	}
	return false
}

// idempotencyKey reads the header Idempotency-Key, bare or as a string of structured
// fields (RFC 9651 section 3.3.3), beside the body's field.
func idempotencyKey(r *landfall.Request, h http.Header) {
	key := h.Get("Idempotency-Key")
	if n := len(key); n >= 2 && key[0] == '"' && key[n-1] == '"' {
		key = key[1 : n-1]
	}
	switch {
	case key == "" || r.Err != nil:
	case len(key) > 128 || !printable(key) || len(h.Values("Idempotency-Key")) > 1:
		r.Err = landfall.Errorf(landfall.CodeInputInvalid, "the header Idempotency-Key stands there twice, is longer than 128 bytes, holds a control character or is no UTF-8").With("field", "Idempotency-Key")
	case r.IdempotencyKey != "" && r.IdempotencyKey != key:
		r.Err = invalid("/idempotency_key", "is another than the header Idempotency-Key: send one of them")
	default:
		r.IdempotencyKey = key
	}
}

// declares reports whether a client says in Landfall-Accept that it honours an
// event that not every client does.
func declares(h http.Header, event string) bool {
	for _, list := range h.Values("Landfall-Accept") {
		for name := range strings.SplitSeq(list, ",") {
			if strings.TrimSpace(name) == event {
				return true
			}
		}
	}
	return false
}

// pseudonym reads an optional header that names a device or a user. One that is no
// text a record can hold is dropped, whatever else is wrong.
func pseudonym(r *landfall.Request, h http.Header, name string) string {
	v := h.Get(name)
	if len(v) <= maxHeader && printable(v) {
		return v
	}
	if r.Err == nil {
		r.Err = landfall.Errorf(landfall.CodeInputInvalid, "the header %s is longer than %d bytes, holds a control character or is no UTF-8", name, maxHeader).With("field", name)
	}
	return ""
}

// printable reports text that a record and a log can hold as it came.
func printable(s string) bool { return utf8.ValidString(s) && !hasControl(s) }
