// Package front holds the wire forms: it decodes what a client sends and encodes
// what the line yields, one file a wire. It cannot reach a partner, and it can
// encode nothing but chunks.
package front

import (
	"context"
	"encoding/json"
	"iter"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"landfall"
	"landfall/api"
	"landfall/internal/feature"
	"landfall/internal/safety"
)

// Line answers one request; the last chunk holds Done.
type Line interface {
	Serve(ctx context.Context, r landfall.Request) iter.Seq[safety.Chunk]
}

// Config of the front.
type Config struct {
	Line Line
	// App finds the app of a key; it is called for every request.
	App func(key string) (landfall.App, bool)
	// Availability says what an app may use now, for a request of this kind: app,
	// device, locale, and what else of it decides.
	Availability func(r landfall.Request) api.Availability
	// Record gives an app its own record; another's is not_found. Appeal keeps an appeal
	// with its record. Count measures an input as the feature's release would.
	Record func(ctx context.Context, app landfall.App, id string) (api.Record, *landfall.Error)
	Appeal func(ctx context.Context, app landfall.App, a api.Appeal) (api.Case, *landfall.Error)
	Count  func(ctx context.Context, r landfall.Request) (api.Count, *landfall.Error)
	// Stopping is closed when the server ends: watches end with it. May be nil.
	Stopping <-chan struct{}
	// Definition finds the feature that a model of the OpenAI-compatible front stands
	// for, as the app's market has it now; nil finds none.
	Definition func(app landfall.App, id string) (feature.Definition, bool)
	// Ready says why the process is not ready, or nil.
	Ready func(ctx context.Context) error
	// Metrics serves Prometheus' text form; nil serves none.
	Metrics http.Handler
	// Document serves /openapi.json and /docs; nil serves none.
	Document http.Handler
	// NewID makes the id of a request and its record.
	NewID func() string
	// Unauthenticated is told of each request without a valid key.
	Unauthenticated func()
	// Rehearsal marks every response.
	Rehearsal bool
	// Silence is how long an open stream may be silent before a comment keeps it
	// alive. Defaults to 10 seconds.
	Silence time.Duration
	// Origins are the web pages whose scripts may call, https://app.example; none may
	// when there are none.
	Origins []string
	// Bodies bounds the bytes of bodies held at once; one app may hold a quarter of it,
	// one body at least. Defaults to 32 MiB.
	Bodies int64
	// Stall is how long one write may wait for a client that does not read, and
	// Upload how long a body may take to come. Default to 30 seconds and a minute.
	Stall, Upload time.Duration
	Log           *slog.Logger
}

// Handler returns the HTTP handler of the gateway.
func (c Config) Handler() http.Handler {
	if c.Silence == 0 {
		c.Silence = 10 * time.Second
	}
	if c.Stall == 0 {
		c.Stall = 30 * time.Second
	}
	if c.Upload == 0 {
		c.Upload = time.Minute
	}
	if c.Bodies == 0 {
		c.Bodies = 32 << 20
	}
	// Guessing keys is slow: 20 refusals a second, then 429 without a look.
	h := &handler{Config: c, refusals: rate.NewLimiter(20, 40), bodies: &budget{limit: c.Bodies, by: map[string]int64{}}, watchers: make(chan struct{}, maxWatchers), started: time.Now()}
	mux := http.NewServeMux()
	for _, r := range h.routes() {
		mux.HandleFunc(r.pattern, r.serve)
	}
	mux.HandleFunc("/v1/", h.authenticated(h.notFound))
	mux.HandleFunc("/", h.notFoundOpen)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Anew for each request: a connection keeps its deadlines. One of HTTP/2 is the
		// stream's own and would end it while the model still thinks.
		if r.ProtoMajor < 2 {
			h.limitWrite(w)
			h.limitUpload(w, r)
		}
		if h.crossOrigin(w, r) {
			return
		}
		mux.ServeHTTP(w, r)
	})
}

type handler struct {
	Config
	refusals *rate.Limiter
	bodies   *budget
	watchers chan struct{}
	started  time.Time
}

// limitWrite bounds the next write. A client that stays connected and does not
// read would otherwise hold its place, past the deadline of its request.
func (h *handler) limitWrite(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(h.Stall)) // a writer without deadlines has no connection
}

// limitUpload bounds how long a body may take to come, wanted or not: before a refusal
// the server itself waits for it. Without a body it waits for nothing but the client's
// leaving.
func (h *handler) limitUpload(w http.ResponseWriter, r *http.Request) {
	if r.Body != http.NoBody {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(h.Upload)) // a reader without deadlines has no connection
	}
}

func (h *handler) authenticated(next func(http.ResponseWriter, *http.Request, landfall.App)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if h.Rehearsal {
			w.Header().Set("Landfall-Rehearsal", "true")
		}
		key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		app, known := landfall.App{}, false
		if ok {
			app, known = h.App(strings.TrimSpace(key))
		}
		if known {
			defer h.bodies.hold(r, app.ID)()
			next(w, r, app)
			return
		}
		if h.Unauthenticated != nil {
			h.Unauthenticated()
		}
		if !h.refusals.Allow() {
			w.Header().Set("Retry-After", "1")
			h.fail(w, r, landfall.Errorf(landfall.CodeRateLimited, "too many requests without a valid key").With("scope", "unauthenticated").With("retry_after_ms", 1000))
			return
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="landfall"`)
		h.fail(w, r, landfall.Errorf(landfall.CodeUnauthenticated, "no valid app key: send Authorization: Bearer KEY; `landfall app new` makes one"))
	}
}

// fail answers with an envelope that holds nothing but an error.
func (h *handler) fail(w http.ResponseWriter, r *http.Request, e *landfall.Error) {
	h.failAs(w, r, h.NewID(), e)
}

// maxFeature bounds the id of a feature, in bytes.
const maxFeature = 64

// featureOf is the feature that a path names, "" for any other path and for what can be
// no feature's id: a record and a metric take no text of a caller's making.
func featureOf(r *http.Request) string {
	id := r.PathValue("id")
	if !strings.HasPrefix(r.URL.Path, "/v1/features/") || len(id) > maxFeature || !printable(id) {
		return ""
	}
	return id
}

func (h *handler) failAs(w http.ResponseWriter, r *http.Request, id string, e *landfall.Error) {
	c := collected{rehearsal: h.Rehearsal, done: &landfall.Done{
		Meta:   landfall.Meta{ID: id, Feature: featureOf(r)},
		Status: landfall.StatusError, Err: e,
	}}
	// What is left of a body is read first, so that the client listens.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(h.Upload + h.Stall))
	if isChat(r.URL.Path) {
		writeChatError(w, c.done, &chatCall{})
		return
	}
	writeEnvelope(w, &c)
}

func (h *handler) notFound(w http.ResponseWriter, r *http.Request, _ landfall.App) {
	h.notFoundOpen(w, r)
}

func (h *handler) notFoundOpen(w http.ResponseWriter, r *http.Request) {
	h.fail(w, r, landfall.Errorf(landfall.CodeNotFound, "no %s %s here: see GET /v1/features and POST /v1/features/ID", r.Method, r.URL.Path))
}

func (h *handler) ready(w http.ResponseWriter, r *http.Request) {
	if err := h.Ready(r.Context()); err != nil {
		writeText(w, http.StatusServiceUnavailable, err.Error()+"\n")
		return
	}
	writeText(w, http.StatusOK, "ready\n")
}

// feature decodes a call, and encodes the line's answer in the form asked for.
func (h *handler) feature(w http.ResponseWriter, r *http.Request, app landfall.App) {
	req := landfall.Request{
		ID: h.NewID(), App: app, Feature: featureOf(r), Unit: landfall.UTF16, Processing: "partner_ok",
		Stream: strings.Contains(r.Header.Get("Accept"), "text/event-stream"),
	}
	w.Header().Set("Landfall-Request-Id", req.ID)
	body, err := h.readBody(w, r)
	req.Body = body
	switch {
	case err != nil:
		req.Err = err
	case req.Feature == "":
		req.Err = landfall.Errorf(landfall.CodeNotFound, "the path names no feature: an id has at most %d bytes, GET /v1/features lists them", maxFeature)
	default:
		decode(&req, body)
	}
	idempotencyKey(&req, r.Header)
	req.Retracts = declares(r.Header, "retract")
	req.Device = pseudonym(&req, r.Header, "Landfall-Device")
	req.User = pseudonym(&req, r.Header, "Landfall-User")
	chunks := h.Line.Serve(r.Context(), req)
	c := collected{rehearsal: h.Rehearsal, unit: req.Unit}
	if req.Stream {
		s := h.stream(w, r)
		s.all, s.retracts = c, req.Retracts
		s.write(chunks)
		return
	}
	for chunk := range chunks {
		c.add(chunk)
	}
	if c.done != nil {
		h.limitWrite(w)
		writeEnvelope(w, &c)
	}
}

func writeEnvelope(w http.ResponseWriter, c *collected) {
	setQuotas(w.Header(), c.done.Meta.Quotas)
	if c.done.Err != nil {
		if ms, ok := retryAfter(c.done.Err); ok {
			w.Header().Set("Retry-After", ms)
		}
	}
	writeJSON(w, statusOf(c.done), c.envelope())
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // the client may be gone; the record says what happened
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}
