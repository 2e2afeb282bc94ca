package front

import (
	"net/http"
	"slices"
)

// Browsers ask before a page of another origin calls (WHATWG Fetch, CORS protocol).
// Only listed origins get an answer that lets them; the key stays in a header, so no
// credentials of the browser's are asked for.
const (
	allowedMethods = "GET, POST"
	allowedHeaders = "Authorization, Content-Type, Accept, Idempotency-Key, Landfall-Device, Landfall-User, Landfall-Accept"
	exposedHeaders = "Landfall-Request-Id, Landfall-Rehearsal, RateLimit, RateLimit-Policy, Retry-After"
)

// crossOrigin adds what a listed origin needs, and reports whether the request was
// the browser's question and is answered.
func (h *handler) crossOrigin(w http.ResponseWriter, r *http.Request) bool {
	if len(h.Origins) == 0 {
		return false
	}
	head := w.Header()
	head.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if origin == "" || !slices.Contains(h.Origins, origin) {
		return false
	}
	head.Set("Access-Control-Allow-Origin", origin)
	head.Set("Access-Control-Expose-Headers", exposedHeaders)
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	head.Set("Access-Control-Allow-Methods", allowedMethods)
	head.Set("Access-Control-Allow-Headers", allowedHeaders)
	head.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}
