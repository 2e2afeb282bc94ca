package front

import (
	"maps"
	"net/http"

	"landfall"
)

// route is one thing that is served: a pattern of [http.ServeMux] and who answers.
type route struct {
	pattern string
	serve   http.HandlerFunc
}

// routes is the one table of what is served. The API's document describes each line
// of it, and is refused when it does not.
func (h *handler) routes() []route {
	return []route{
		{"POST /v1/features/{id}", h.authenticated(h.feature)},
		{"GET /v1/features", h.authenticated(h.features)},
		{"GET /v1/features/watch", h.authenticated(h.watch)},
		{"POST /v1/chat/completions", h.authenticated(h.chat)},
		{"GET /v1/models", h.authenticated(h.models)},
		{"GET /v1/models/{model}", h.authenticated(h.model)},
		{"POST /v1/count", h.authenticated(h.count)},
		{"GET /v1/requests/{id}", h.authenticated(h.request)},
		{"POST /v1/appeals", h.authenticated(h.appeal)},
		{"GET /healthz", h.healthy},
		{"GET /readyz", h.ready},
		{"GET /metrics", h.given(h.Metrics)},
		{"GET /openapi.json", h.given(h.Document)},
		{"GET /docs", h.given(h.Document)},
	}
}

// Routes are the patterns of all that is served, "GET /v1/features".
func Routes() (patterns []string) {
	for _, r := range (&handler{}).routes() {
		patterns = append(patterns, r.pattern)
	}
	return patterns
}

// Statuses are the HTTP status of each code; unavailable is 403, or 503 where every
// reason passes by itself.
func Statuses() map[landfall.Code]int {
	out := maps.Clone(statuses)
	out[landfall.CodeUnavailable] = http.StatusForbidden
	return out
}

// given serves what the configuration holds, and nothing where it does not.
func (h *handler) given(what http.Handler) http.HandlerFunc {
	if what == nil {
		return h.notFoundOpen
	}
	return what.ServeHTTP
}

func (h *handler) healthy(w http.ResponseWriter, _ *http.Request) {
	writeText(w, http.StatusOK, "ok\n")
}
