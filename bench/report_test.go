package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		values []float64
		want   float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 3, 2}, 2.5}} {
		if got := median(tt.values); got != tt.want {
			t.Errorf("of %v: %g, want %g", tt.values, got, tt.want)
		}
	}
}

func TestRoundCountsAllRequests(t *testing.T) {
	got := newRound(tally{whole: 6, refused: 3, incomplete: 1, unanswered: 2, took: 2 * time.Second}, 12*time.Millisecond, 1)
	if got.cpu != 1000 || got.rate != 5 || got.incomplete != 3 {
		t.Errorf("%+v: want 1000 µs for each of twelve requests, 5 answers a second, 3 not whole", got)
	}
}

func TestReport(t *testing.T) {
	var served, proxied series
	for _, v := range []float64{30, 10, 20} {
		served = served.with(round{cpu: v, p50: v, p99: v, rate: v, incomplete: 1})
		proxied = proxied.with(round{cpu: v / 4, p50: v, p99: v, rate: v})
	}
	rows := compareSeries(scenario{name: "x", target: 3}, 64, served, proxied)
	file := filepath.Join(t.TempDir(), "latest.json")
	r := newReport(time.Unix(0, 0), rows)
	if err := r.write(file); err != nil {
		t.Fatal(err)
	}
	var back struct{ Rows []map[string]any }
	b, err := os.ReadFile(file)
	if err = errors.Join(err, json.Unmarshal(b, &back)); err != nil {
		t.Fatal(err)
	}
	cpu, incomplete := back.Rows[0], back.Rows[len(rows)-1]
	if cpu["scenario"] != "x" || cpu["metric"] != "cpu_us_per_request" || cpu["value"] != 20.0 || cpu["baseline"] != 5.0 || cpu["ratio"] != 4.0 {
		t.Errorf("%v: want medians 20 and 5 and their ratio", cpu)
	}
	if incomplete["value"] != 3.0 || incomplete["baseline"] != 0.0 || incomplete["ratio"] != nil {
		t.Errorf("%v: want the sum, and no ratio to nothing", incomplete)
	}
	var table bytes.Buffer
	if err := r.print(&table); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"10-30", "4.00", "<= 3 MISSED", "baseline  httputil.ReverseProxy"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, table.String())
		}
	}
}

func TestCountRecords(t *testing.T) {
	got, err := countRecords([]byte(`{"seq":3,"opened":{"at":1},"closed":{"outcome":"complete"}}
{"seq":2,"opened":{"at":1},"closed":{"outcome":"error"}}
{"seq":1,"opened":{"at":1}}
`))
	if want := (records{all: 2, complete: 1, open: 1}); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	if _, err := countRecords([]byte("3 records\n")); err == nil {
		t.Error("what is no record is taken for one")
	}
}
