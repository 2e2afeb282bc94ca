package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

// The bounds in count, of each round and of the loads at the end. Saturation is
// more than the 512 requests that Landfall serves at once: what it has no place
// for it refuses, and records.
const (
	roundRequests      = 50_000
	saturation         = 640 // connections
	saturationRequests = 20_000
	holdRequests       = 1_000_000
)

// stage is everything that runs, and what came of it so far.
type stage struct {
	cfg   config
	said  io.Writer // progress, for whoever waits
	proxy *process
	gate  *gateway
	given tally // what Landfall answered, all loads together
	rows  []row
	fault []error // answers of Landfall's that are not whole, records that are missing
}

// compare starts everything, measures, prints the table and writes the rows. An
// answer of Landfall's that is not whole or a record too few is an error; a slow
// run is none.
func compare(ctx context.Context, cfg config, table, said io.Writer) error {
	began := time.Now()
	model, err := startRole("partner")
	if err != nil {
		return err
	}
	defer model.stop()
	s := &stage{cfg: cfg, said: said}
	if s.proxy, err = startRole("proxy", model.url); err != nil {
		return err
	}
	defer s.proxy.stop()
	if s.gate, err = startGateway(ctx, cfg, model.url); err != nil {
		return err
	}
	defer s.gate.end()
	if err := s.measure(ctx); err != nil {
		return fmt.Errorf("%w\n%s", err, s.gate.lastLog())
	}
	r := newReport(began, s.rows)
	if err := r.print(table); err != nil {
		return err
	}
	return errors.Join(r.write(cfg.out), errors.Join(s.fault...), s.forProfiler(ctx))
}

// measure goes through the loads in the order in which memory grows: a peak is
// that of the loads so far.
func (s *stage) measure(ctx context.Context) error {
	if err := s.idle(ctx); err != nil {
		return err
	}
	for _, sc := range s.cfg.scenarios() {
		for _, n := range sc.over {
			if err := s.rounds(ctx, sc, n); err != nil {
				return err
			}
			if n >= 256 {
				if err := s.memory(fmt.Sprint(n, " callers"), "rss_peak_mib"); err != nil {
					return err
				}
				s.rows[len(s.rows)-1].Most = 100
			}
		}
	}
	if err := errors.Join(s.memory("rounds", "rss_peak_mib"), s.records(ctx, "rounds")); err != nil {
		return err
	}
	if err := s.saturate(ctx); err != nil {
		return err
	}
	return errors.Join(s.memory("saturation", "rss_peak_mib"), s.records(ctx, "saturation"))
}

// scenarios are the loads that are asked for.
func (c config) scenarios() []scenario {
	return slices.DeleteFunc(scenarios(), func(s scenario) bool { return c.only != "" && s.name != c.only })
}

// sides are the two that answer a scenario, baseline first, as in every round.
func (s *stage) sides(sc scenario) (base, land side) {
	return baseline(s.proxy.url, sc), measured(s.gate.url, s.gate.key, sc)
}

// idle measures both while nobody asks: what Landfall does by itself, looking for
// new approvals and keys, is part of every other figure.
func (s *stage) idle(ctx context.Context) error {
	var took [2]time.Duration
	pids := []int{s.gate.pid(), s.proxy.pid()}
	for i, pid := range pids {
		begin, err := cpuTime(pid)
		if err != nil {
			return err
		}
		took[i] = -begin
	}
	begin := time.Now()
	if err := rest(ctx, s.cfg.round); err != nil {
		return err
	}
	passed := time.Since(begin).Seconds()
	for i, pid := range pids {
		end, err := cpuTime(pid)
		if err != nil {
			return err
		}
		took[i] += end
	}
	s.rows = append(s.rows, newRow("idle", 0, "cpu_ms_per_s", took[0].Seconds()*1e3/passed, took[1].Seconds()*1e3/passed))
	return s.memory("idle", "rss_mib")
}

func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// rounds lets the two sides take turns under one load, after a shorter turn of each
// that does not count.
func (s *stage) rounds(ctx context.Context, sc scenario, n int) error {
	base, land := s.sides(sc)
	client := newClient(n)
	defer client.CloseIdleConnections()
	b := bounds{n, roundRequests, s.cfg.round}
	warm := bounds{n, roundRequests, s.cfg.round / 4}
	load(ctx, client, base, warm)
	s.note(sc.name, load(ctx, client, land, warm))
	var proxied, served series
	for range s.cfg.rounds {
		r, _, err := turn(ctx, client, s.proxy.pid(), base, b)
		if err != nil {
			return err
		}
		proxied = proxied.with(r)
		r, t, err := turn(ctx, client, s.gate.pid(), land, b)
		if err != nil {
			return err
		}
		s.note(sc.name, t)
		served = served.with(r)
	}
	s.rows = append(s.rows, compareSeries(sc, n, served, proxied)...)
	_, _ = fmt.Fprintf(s.said, "bench: %s over %d: done\n", sc.name, n)
	return ctx.Err()
}

// turn is one load with the processor time that the side's process took for it.
func turn(ctx context.Context, client *http.Client, pid int, s side, b bounds) (round, tally, error) {
	before, err := cpuTime(pid)
	if err != nil {
		return round{}, tally{}, err
	}
	t := load(ctx, client, s, b)
	after, err := cpuTime(pid)
	if err != nil {
		return round{}, t, err
	}
	if t.whole == 0 {
		return round{}, t, fmt.Errorf("%s gave no whole answer, %d refused: %w", s.name, t.refused, t.problem)
	}
	return newRound(t, after-before, s.units), t, nil
}

// note keeps what the records are compared with, and Landfall's faults.
func (s *stage) note(load string, t tally) {
	s.given.add(t)
	s.given.latencies = nil // of all loads together they say nothing
	if n := t.incomplete + t.unanswered; n > 0 {
		s.fault = append(s.fault, fmt.Errorf("%s: %d answers are not whole: %w", load, n, t.problem))
	}
}

// memory adds the row of what both hold: "rss_mib" is now, "rss_peak_mib" at most
// so far, in MiB.
func (s *stage) memory(scenario, metric string) error {
	var mib [2]float64
	for i, pid := range []int{s.gate.pid(), s.proxy.pid()} {
		now, peak, err := memory(pid)
		if err != nil {
			return err
		}
		if metric == "rss_peak_mib" {
			now = peak
		}
		mib[i] = float64(now) / (1 << 20)
	}
	s.rows = append(s.rows, newRow(scenario, 0, metric, mib[0], mib[1]))
	return nil
}

// records compares the log with what was answered so far. A request whose caller
// got no answer may or may not have a record.
func (s *stage) records(ctx context.Context, scenario string) error {
	n, err := s.gate.records(ctx)
	if err != nil {
		return err
	}
	answers := s.given.answers()
	s.rows = append(s.rows,
		newRow(scenario, 0, "records_per_answer", float64(n.all), float64(answers)),
		newRow(scenario, 0, "records_complete_per_whole_answer", float64(n.complete), float64(s.given.whole)))
	if n.open > 0 || n.all < answers || n.all > answers+s.given.unanswered {
		s.fault = append(s.fault, fmt.Errorf("after %s: %d records and %d without an end, for %d answers and %d requests without one",
			scenario, n.all, n.open, answers, s.given.unanswered))
	}
	return nil
}

// saturate asks more at once than Landfall has places for, once for each side: it
// is about records, and its figures are looser than those of the rounds.
func (s *stage) saturate(ctx context.Context) error {
	sc := scenarios()[0]
	base, land := s.sides(sc)
	client := newClient(saturation)
	defer client.CloseIdleConnections()
	b := bounds{saturation, saturationRequests, 2 * s.cfg.round}
	proxied, before, err := turn(ctx, client, s.proxy.pid(), base, b)
	if err != nil {
		return err
	}
	served, t, err := turn(ctx, client, s.gate.pid(), land, b)
	if err != nil {
		return err
	}
	s.note("saturation", t)
	s.rows = append(s.rows, compareSeries(scenario{name: "saturation"}, saturation, series{}.with(served), series{}.with(proxied))...)
	s.rows = append(s.rows, newRow("saturation", saturation, "refused", float64(t.refused), float64(before.refused)))
	return ctx.Err()
}

// forProfiler keeps Landfall under each load and says where it is.
func (s *stage) forProfiler(ctx context.Context) error {
	if s.cfg.hold == 0 {
		return nil
	}
	for _, sc := range s.cfg.scenarios() {
		for _, n := range sc.over {
			_, land := s.sides(sc)
			_, _ = fmt.Fprintf(s.said, "bench: %s over %d for %s; landfall is process %d\n", sc.name, n, s.cfg.hold, s.gate.pid())
			client := newClient(n)
			load(ctx, client, land, bounds{n, holdRequests, s.cfg.hold})
			client.CloseIdleConnections()
		}
	}
	return nil
}
