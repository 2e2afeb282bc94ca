package front

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"landfall"
	"landfall/api"
)

// Look is how often an open watch looks whether something changed. Nothing is told
// in between, so a change is heard of within that time.
const Look = time.Second

// maxWatchers bounds the watches open at once.
const maxWatchers = 256

// features answers what an app may use now: for a locale, a device and options of the
// request to come.
func (h *handler) features(w http.ResponseWriter, r *http.Request, app landfall.App) {
	req := asked(r, app)
	if req.Err != nil {
		h.fail(w, r, req.Err)
		return
	}
	writeJSON(w, http.StatusOK, h.Availability(req))
}

// asked reads the query of availability. device is the pseudonym as in the header;
// options is a JSON object of the envelope's own fields, without input: options,
// output_language, processing, consent, audience …
func asked(r *http.Request, app landfall.App) landfall.Request {
	q := r.URL.Query()
	req := landfall.Request{App: app, Unit: landfall.UTF16, Processing: "partner_ok"}
	if s := q.Get("options"); s != "" {
		decodeFields(&req, []byte(s), "options")
	}
	for _, p := range []struct {
		name string
		into *string
	}{{"locale", &req.Locale}, {"device", &req.Device}} {
		v := q.Get(p.name)
		if (len(v) > maxHeader || !printable(v)) && req.Err == nil {
			req.Err = invalid(p.name, "is longer than %d bytes, holds a control character or is no UTF-8", maxHeader)
		}
		if v != "" {
			*p.into = v
		}
	}
	if req.Device == "" {
		req.Device = pseudonym(&req, r.Header, "Landfall-Device")
	}
	return req
}

// watch tells availability at once and then each change of it, as server-sent events
// until the client leaves, its key is withdrawn or the server stops.
func (h *handler) watch(w http.ResponseWriter, r *http.Request, app landfall.App) {
	req := asked(r, app)
	if req.Err != nil {
		h.fail(w, r, req.Err)
		return
	}
	select {
	case h.watchers <- struct{}{}:
		defer func() { <-h.watchers }()
	default:
		h.fail(w, r, landfall.Errorf(landfall.CodeOverloaded, "%d watches are open, no more fit; GET /v1/features tells the same once", maxWatchers).With("retry_after_ms", 5000))
		return
	}
	s := h.stream(w, r)
	tick := time.NewTicker(Look)
	defer tick.Stop()
	key := bearer(r)
	var last []byte
	for {
		now := h.Availability(req)
		if state := settled(now); !bytes.Equal(state, last) {
			s.buf = s.buf[:0]
			s.event("features", now)
			last = state
		} else {
			s.buf = s.buf[:0]
		}
		if !s.flush(Look) {
			return
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		case <-h.Stopping:
			return
		}
		if _, known := h.App(key); !known {
			return
		}
	}
}

// settled is what must differ for a change: not the time to ask again, which moves
// by itself.
func settled(a api.Availability) []byte {
	features := append([]api.Feature(nil), a.Features...)
	for i := range features {
		features[i].NextCheckAt = nil
	}
	a.Features = features
	b, err := json.Marshal(a)
	if err != nil {
		return nil
	}
	return b
}

func bearer(r *http.Request) string {
	key, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return strings.TrimSpace(key)
}
