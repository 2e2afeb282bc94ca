package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"
)

// round is what one turn of one side came to: microseconds of processor time for
// each request and of latency, answers per second, and answers that are not whole.
type round struct{ cpu, p50, p99, rate, incomplete float64 }

// newRound divides processor time by all requests, and by the units in each: one
// refused or cut off costs, too.
func newRound(t tally, cpu time.Duration, units int) round {
	micro := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
	return round{
		cpu: micro(cpu) / float64((t.answers()+t.unanswered)*units), p50: micro(t.percentile(0.50)), p99: micro(t.percentile(0.99)),
		rate: float64(t.answers()) / t.took.Seconds(), incomplete: float64(t.incomplete + t.unanswered),
	}
}

// series are the rounds of one side, figure by figure.
type series struct{ cpu, p50, p99, rate, incomplete []float64 }

func (s series) with(r round) series {
	s.cpu, s.p50, s.p99 = append(s.cpu, r.cpu), append(s.p50, r.p50), append(s.p99, r.p99)
	s.rate, s.incomplete = append(s.rate, r.rate), append(s.incomplete, r.incomplete)
	return s
}

// row is one figure of Landfall beside the baseline's. Ratio is Value / Baseline,
// absent where the baseline is 0. The ranges are least and greatest of the rounds.
type row struct {
	Scenario      string      `json:"scenario"`
	Connections   int         `json:"connections,omitempty"`
	Metric        string      `json:"metric"`
	Value         float64     `json:"value"`
	Baseline      float64     `json:"baseline"`
	Ratio         *float64    `json:"ratio"`
	Range         *[2]float64 `json:"range,omitempty"`
	BaselineRange *[2]float64 `json:"baseline_range,omitempty"`
	Target        float64     `json:"target,omitempty"` // the ratio not to be passed
	Most          float64     `json:"most,omitempty"`   // the value not to be passed
}

func newRow(scenario string, connections int, metric string, value, baseline float64) row {
	r := row{Scenario: scenario, Connections: connections, Metric: metric, Value: value, Baseline: baseline}
	if baseline != 0 {
		ratio := value / baseline
		r.Ratio = &ratio
	}
	return r
}

// compareSeries makes the rows of one load: medians over rounds, and the sum of
// the answers that were not whole.
func compareSeries(sc scenario, connections int, served, proxied series) []row {
	var rows []row
	unit, _ := sc.unit()
	for _, f := range []struct {
		metric       string
		value, other []float64
		target       float64
	}{
		{"cpu_us_per_" + unit, served.cpu, proxied.cpu, sc.target},
		{"latency_p50_us", served.p50, proxied.p50, 0},
		{"latency_p99_us", served.p99, proxied.p99, 0},
		{"requests_per_s", served.rate, proxied.rate, 0},
	} {
		r := newRow(sc.name, connections, f.metric, median(f.value), median(f.other))
		r.Range, r.BaselineRange, r.Target = span(f.value), span(f.other), f.target
		rows = append(rows, r)
	}
	return append(rows, newRow(sc.name, connections, "incomplete", sum(served.incomplete), sum(proxied.incomplete)))
}

// median of values; of an even number the mean of the two in the middle.
func median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

func span(values []float64) *[2]float64 { return &[2]float64{slices.Min(values), slices.Max(values)} }

func sum(values []float64) (n float64) {
	for _, v := range values {
		n += v
	}
	return n
}

// report is the file of rows, with what is needed to read them later.
type report struct {
	Date      string `json:"date"` // RFC 3339, UTC
	Seconds   int    `json:"seconds"`
	Go        string `json:"go"`
	OS        string `json:"os"`
	Processor string `json:"processor"`
	Cores     int    `json:"cores"`
	Measured  string `json:"measured"`
	Baseline  string `json:"baseline"`
	Rows      []row  `json:"rows"`
}

func newReport(began time.Time, rows []row) report {
	return report{
		Date: began.UTC().Format(time.RFC3339), Seconds: int(time.Since(began).Seconds()), Go: runtime.Version(),
		OS: runtime.GOOS + "/" + runtime.GOARCH, Processor: cmp.Or(processor(), "unknown"), Cores: runtime.NumCPU(),
		Measured: "Landfall, feature summarize, all steps on, records durable, 10,000 words listed; 1kb and 100kb: asked for JSON, stream200 and paced200 (one event each 10 ms): asked for events; chat200: asked over the OpenAI-compatible front; Landfall asks the partner for a stream in all",
		Baseline: "httputil.ReverseProxy flushing at once before the same partner; asked for the same stream in all; of records: the answers that Landfall gave",
		Rows:     rows,
	}
}

// write replaces the file of the run before.
func (r report) write(file string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}

// print says first what was measured, beside what, and where.
func (r report) print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	p := func(format string, args ...any) { _, _ = fmt.Fprintf(t, format+"\t\n", args...) }
	_, _ = fmt.Fprintf(w, "measured  %s\nbaseline  %s\nmachine   %s, %d cores, %s, %s; %d s\n\n",
		r.Measured, r.Baseline, r.Processor, r.Cores, r.OS, r.Go, r.Seconds)
	p("scenario\tover\tmetric\tlandfall\trange\tbaseline\trange\tratio\ttarget")
	for _, row := range r.Rows {
		p("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s", row.Scenario, count(row.Connections), row.Metric,
			figure(row.Value), figures(row.Range), figure(row.Baseline), figures(row.BaselineRange), row.ratio(), row.verdict())
	}
	return t.Flush()
}

// ratio is "-" where there is nothing to compare with.
func (r row) ratio() string {
	if r.Ratio == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f", *r.Ratio)
}

// verdict says how the ratio stands to its target.
func (r row) verdict() string {
	switch {
	case r.Most > 0 && r.Value <= r.Most:
		return fmt.Sprintf("at most %g ok", r.Most)
	case r.Most > 0:
		return fmt.Sprintf("at most %g MISSED", r.Most)
	case r.Target == 0 || r.Ratio == nil:
		return ""
	case *r.Ratio <= r.Target:
		return fmt.Sprintf("<= %g ok", r.Target)
	}
	return fmt.Sprintf("<= %g MISSED", r.Target)
}

func count(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// figure writes a whole number without a fraction, and a small one with it.
func figure(v float64) string {
	if v == float64(int64(v)) || v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func figures(r *[2]float64) string {
	if r == nil {
		return ""
	}
	return figure(r[0]) + "-" + figure(r[1])
}
