package front

import (
	"bytes"
	"encoding/json"
	"iter"
	"net/http"
	"strconv"
	"time"

	"landfall"
	"landfall/api"
	"landfall/internal/safety"
)

// stream writes server-sent events (WHATWG HTML, server-sent events) from the
// handler's own goroutine. Status and headers wait for the first chunk, so an
// error before any event is a plain answer with its HTTP status.
type stream struct {
	w       http.ResponseWriter
	flusher *http.ResponseController
	buf     []byte
	begun   bool
	text    bool      // a lane's text was shown: the output comes with done
	last    time.Time // of the last write
	limit   time.Duration
	// limitWrite bounds the next write in time.
	limitWrite func(http.ResponseWriter)
	all        collected
	alive      string // keeps a silent connection open
	retracts   bool   // the client declared that it takes text back
	shared     bool   // a connection of several streams, whose deadlines run without a write
}

// stream opens one over a response.
func (h *handler) stream(w http.ResponseWriter, r *http.Request) *stream {
	return &stream{w: w, flusher: http.NewResponseController(w), limit: h.Silence, limitWrite: h.limitWrite, shared: r.ProtoMajor >= 2, alive: ": still here\n\n"}
}

// write writes an answer whole.
func (s *stream) write(chunks iter.Seq[safety.Chunk]) {
	for c := range chunks {
		s.all.add(c)
		if c.Done != nil && !s.begun && c.Done.Status == landfall.StatusError {
			s.limitWrite(s.w)
			writeEnvelope(s.w, &s.all)
			return
		}
		if !s.chunk(c) {
			return
		}
	}
}

// chunk writes one chunk and reports whether the client still reads.
func (s *stream) chunk(c safety.Chunk) bool {
	s.buf = s.buf[:0]
	if c.Meta != nil {
		m := c.Meta
		s.event("meta", api.Meta{ID: m.ID, ServedBy: m.ServedBy, Labels: m.Labels, Rehearsal: m.Rehearsal, Release: m.Release})
	}
	if l, text, ok := c.Text(); ok {
		s.text = true
		s.delta(l, text)
	}
	if o, ok := c.Output(); ok && !s.text {
		s.event("snapshot", o)
	}
	if c.Hold != nil {
		s.event("hold", c.Hold)
	}
	if c.Retract != nil && s.retracts {
		s.event("retract", c.Retract)
	}
	if c.Withheld != nil {
		s.event("withheld", c.Withheld)
	}
	if c.Done != nil {
		e := s.all.envelope()
		s.event("usage", e.Usage)
		s.event("done", e)
	}
	return s.flush(c.Beat)
}

// flush sends what was written; a beat without anything to say becomes a sign of
// life when the stream has been silent long enough.
func (s *stream) flush(beat time.Duration) bool {
	if len(s.buf) == 0 {
		if beat == 0 || !s.begun || time.Since(s.last) < s.limit {
			return true
		}
		s.buf = append(s.buf, s.alive...)
	}
	s.last = time.Now()
	if !s.begun {
		s.begun = true
		h := s.w.Header()
		h.Set("Content-Type", "text/event-stream; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Accel-Buffering", "no")
		setQuotas(h, s.all.quotas())
		s.w.WriteHeader(http.StatusOK)
	}
	s.limitWrite(s.w)
	if _, err := s.w.Write(s.buf); err != nil {
		return false
	}
	err := s.flusher.Flush()
	if s.shared {
		_ = s.flusher.SetWriteDeadline(time.Time{})
	}
	return err == nil
}

func (s *stream) event(name string, v any) {
	s.buf = append(append(s.buf, "event: "...), name...)
	s.buf = append(s.buf, "\ndata: "...)
	switch v := v.(type) {
	case landfall.Object:
		s.buf = landfall.AppendJSON(s.buf, v)
	default:
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			b.Reset()
			b.WriteString("null\n")
		}
		s.buf = append(s.buf, bytes.TrimRight(b.Bytes(), "\n")...)
	}
	s.buf = append(s.buf, "\n\n"...)
}

func (s *stream) delta(l landfall.Lane, text string) {
	s.buf = append(s.buf, "event: delta\ndata: {\"text\":"...)
	s.buf = landfall.AppendQuoted(s.buf, text)
	s.buf = append(s.buf, "}\n\n"...)
}

// retryAfter is the header's value for an error that says when to come back, in
// whole seconds.
func retryAfter(e *landfall.Error) (string, bool) {
	v, ok := e.Params.Get("retry_after_ms")
	if !ok {
		return "", false
	}
	var ms int64
	switch v := v.(type) {
	case int:
		ms = int64(v)
	case int64:
		ms = v
	default:
		return "", false
	}
	return strconv.FormatInt(max(1, (ms+999)/1000), 10), true
}
