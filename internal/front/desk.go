package front

import (
	"net/http"
	"unicode/utf8"

	"landfall"
	"landfall/api"
)

// request answers with an app's own record, without content.
func (h *handler) request(w http.ResponseWriter, r *http.Request, app landfall.App) {
	record, err := h.Record(r.Context(), app, r.PathValue("id"))
	h.reply(w, r, record, err)
}

// appeal takes a user's appeal.
func (h *handler) appeal(w http.ResponseWriter, r *http.Request, app landfall.App) {
	var a api.Appeal
	if err := h.readObject(w, r, map[string]func(*decoder, string, any){
		"appeal_token": func(d *decoder, at string, v any) { a.Token = text(d, at, v, 512) },
		"message":      func(d *decoder, at string, v any) { a.Message = appealMessage(d, at, v) },
	}); err != nil {
		h.fail(w, r, err)
		return
	}
	if a.Token == "" {
		h.fail(w, r, invalid("/appeal_token", "is missing: it stands in the withheld entry of an answer"))
		return
	}
	kept, err := h.Appeal(r.Context(), app, a)
	h.reply(w, r, kept, err)
}

func appealMessage(d *decoder, at string, v any) string {
	s, ok := v.(string)
	switch n := utf8.RuneCountInString(s); {
	case !ok:
		d.fail(at, "want a string, have %s", landfall.KindOf(v))
	case n > api.MaxAppeal:
		d.fail(at, "want at most %d characters, have %d", api.MaxAppeal, n)
		d.r.Err.With("limit", api.MaxAppeal).With("count", n)
	}
	return s
}

// count measures a feature's input as its release would.
func (h *handler) count(w http.ResponseWriter, r *http.Request, app landfall.App) {
	req := landfall.Request{App: app, Unit: landfall.UTF16, Processing: "partner_ok"}
	body, err := h.readBody(w, r)
	if err == nil {
		with := map[string]func(*decoder, string, any){"feature": func(d *decoder, at string, v any) { d.r.Feature = text(d, at, v, 64) }}
		for name, read := range fields {
			with[name] = read
		}
		decodeWith(&req, body, "body", with)
		err = req.Err
	}
	switch {
	case err != nil:
	case req.Feature == "":
		err = invalid("/feature", "is missing: the id of a feature")
	case req.Input == nil:
		err = invalid("/input", "is missing: it holds the feature's fields, {\"text\": …}")
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	counted, err := h.Count(r.Context(), req)
	h.reply(w, r, counted, err)
}

// readObject reads a body that is an object of these fields.
func (h *handler) readObject(w http.ResponseWriter, r *http.Request, fields map[string]func(*decoder, string, any)) *landfall.Error {
	body, err := h.readBody(w, r)
	if err != nil {
		return err
	}
	var req landfall.Request // holds what is wrong
	decodeWith(&req, body, "body", fields)
	return req.Err
}

func (h *handler) reply(w http.ResponseWriter, r *http.Request, v any, err *landfall.Error) {
	h.limitWrite(w)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, v)
}
