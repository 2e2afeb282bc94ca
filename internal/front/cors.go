package front

import (
	"net/http"
	"slices"
	"strings"
)

// Browsers ask before a page of another origin calls (WHATWG Fetch, CORS protocol).
// Only listed origins get an answer that lets them; the key stays in a header, so no
// credentials of the browser's are asked for.
const (
	allowedMethods = "GET, POST"
	allowedHeaders = "Authorization, Content-Type, Accept, Idempotency-Key, Landfall-Device, Landfall-User, Landfall-Accept"
	exposedHeaders = "X-Request-Id, Landfall-Request-Id, Landfall-Rehearsal, RateLimit, RateLimit-Policy, Retry-After"
)

// headersFor allows what the page asked for besides the API's own: clients add names
// of theirs, which nothing here reads. A name is a token (RFC 9110 section 5.6.2).
func headersFor(asked string) string {
	allowed := allowedHeaders
	for name := range strings.SplitSeq(asked, ",") {
		if name = strings.TrimSpace(name); name != "" && len(allowed) < 2048 && !strings.ContainsFunc(name, notInToken) {
			allowed += ", " + name
		}
	}
	return allowed
}

func notInToken(r rune) bool {
	return r <= ' ' || r > '~' || strings.ContainsRune("\"(),/:;<=>?@[\\]{}", r)
}

// crossOrigin adds what a listed origin needs, and reports whether the request was
// the browser's question and is answered.
func (h *handler) crossOrigin(w http.ResponseWriter, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	asks := r.Method == http.MethodOptions && origin != "" && r.Header.Get("Access-Control-Request-Method") != ""
	head := w.Header()
	if len(h.Origins) > 0 {
		head.Add("Vary", "Origin")
	}
	if origin == "" || !slices.Contains(h.Origins, origin) {
		if asks { // seen in the browser's network view only: the page itself is told nothing
			writeText(w, http.StatusForbidden, "the origin "+origin+" may not call: list it under origins in landfall.yaml, as it stands here\n")
		}
		return asks
	}
	head.Set("Access-Control-Allow-Origin", origin)
	head.Set("Access-Control-Expose-Headers", exposedHeaders)
	if !asks {
		return false
	}
	head.Set("Access-Control-Allow-Methods", allowedMethods)
	head.Set("Access-Control-Allow-Headers", headersFor(r.Header.Get("Access-Control-Request-Headers")))
	head.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}
