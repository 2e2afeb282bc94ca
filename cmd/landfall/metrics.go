package main

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"landfall/internal/audit"
	"landfall/internal/gateway"
)

// metrics are the process's own registry: two servers in one test do not share counts.
type metrics struct {
	registry        *prometheus.Registry
	requests        *prometheus.CounterVec
	tokens          *prometheus.CounterVec
	firstText       *prometheus.HistogramVec
	total           *prometheus.HistogramVec
	unauthenticated prometheus.Counter
}

func newMetrics() *metrics {
	buckets := []float64{.01, .05, .1, .25, .5, 1, 2, 4, 8, 15, 30, 60, 120, 240}
	m := &metrics{
		registry:        prometheus.NewRegistry(),
		requests:        prometheus.NewCounterVec(prometheus.CounterOpts{Name: "landfall_requests_total", Help: "Authenticated requests by how they ended."}, []string{"market", "feature", "outcome", "code"}),
		tokens:          prometheus.NewCounterVec(prometheus.CounterOpts{Name: "landfall_tokens_total", Help: "Tokens as partners counted them, repairs included."}, []string{"market", "feature", "kind"}),
		firstText:       prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "landfall_first_text_seconds", Help: "Time to the first text shown.", Buckets: buckets}, []string{"market", "feature"}),
		total:           prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "landfall_request_seconds", Help: "Time to the end of the answer.", Buckets: buckets}, []string{"market", "feature"}),
		unauthenticated: prometheus.NewCounter(prometheus.CounterOpts{Name: "landfall_unauthenticated_total", Help: "Requests without a valid key; they are not recorded."}),
	}
	m.registry.MustRegister(m.requests, m.tokens, m.firstText, m.total, m.unauthenticated,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler(w *audit.Writer) http.Handler {
	gauge := func(name, help string, value func(audit.Stats) float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return value(w.Stats()) }))
	}
	gauge("landfall_audit_entries", "Entries made durable since the start.", func(s audit.Stats) float64 { return float64(s.Entries) })
	gauge("landfall_audit_batches", "Transactions that made them durable.", func(s audit.Stats) float64 { return float64(s.Batches) })
	gauge("landfall_audit_failed", "Entries that could not be written; their answers were errors.", func(s audit.Stats) float64 { return float64(s.Failed) })
	gauge("landfall_audit_refused", "Requests refused because the log could not keep up.", func(s audit.Stats) float64 { return float64(s.Refused) })
	gauge("landfall_audit_waiting_bytes", "Bytes that wait to become durable.", func(s audit.Stats) float64 { return float64(s.Waiting) })
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// ended counts one request.
func (m *metrics) ended(e gateway.Ending) {
	m.requests.WithLabelValues(e.Market, e.Feature, e.Outcome, e.Code).Inc()
	m.tokens.WithLabelValues(e.Market, e.Feature, "input").Add(float64(e.Usage.Input))
	m.tokens.WithLabelValues(e.Market, e.Feature, "output").Add(float64(e.Usage.Output))
	if e.FirstText > 0 {
		m.firstText.WithLabelValues(e.Market, e.Feature).Observe(e.FirstText.Seconds())
	}
	m.total.WithLabelValues(e.Market, e.Feature).Observe(e.Total.Seconds())
}
