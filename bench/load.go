package main

import (
	"bytes"
	"context"
	"io"
	"math"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// bounds of one load. No request begins after either is reached; those under way
// are read to their end.
type bounds struct {
	connections int
	requests    int64
	time        time.Duration
}

// requestLimit ends a request that hangs.
const requestLimit = 30 * time.Second

// tally is what came of a load.
type tally struct {
	whole      int   // answers that are what they have to be
	refused    int   // answers with another status than 200
	incomplete int   // answers with status 200 that are not whole
	unanswered int   // no answer, or one that broke off
	problem    error // the first fault: of an incomplete or a missing answer
	latencies  []time.Duration
	took       time.Duration
}

// answers are all requests that came back with a status.
func (t *tally) answers() int { return t.whole + t.refused + t.incomplete }

// add leaves took alone: loads one after another and at once have different sums.
func (t *tally) add(u tally) {
	t.whole += u.whole
	t.refused += u.refused
	t.incomplete += u.incomplete
	t.unanswered += u.unanswered
	if t.problem == nil {
		t.problem = u.problem
	}
	t.latencies = append(t.latencies, u.latencies...)
}

// percentile returns the latency that a share p of the whole answers did not pass, by
// nearest rank.
func (t *tally) percentile(p float64) time.Duration {
	if len(t.latencies) == 0 {
		return 0
	}
	slices.Sort(t.latencies)
	rank := int(math.Ceil(p * float64(len(t.latencies))))
	return t.latencies[max(rank, 1)-1]
}

// load asks a side over as many connections as the bounds say, each asking again
// once it has its answer.
func load(ctx context.Context, client *http.Client, s side, b bounds) tally {
	var begun atomic.Int64
	start := time.Now()
	parts := make([]tally, b.connections)
	var wg sync.WaitGroup
	for i := range parts {
		wg.Go(func() {
			var buf bytes.Buffer
			for ctx.Err() == nil && time.Since(start) < b.time && begun.Add(1) <= b.requests {
				parts[i].ask(ctx, client, s, &buf)
			}
		})
	}
	wg.Wait()
	total := tally{took: time.Since(start)}
	for _, p := range parts {
		total.add(p)
	}
	return total
}

// ask makes one request, reads the answer to its end and compares it.
func (t *tally) ask(ctx context.Context, client *http.Client, s side, buf *bytes.Buffer) {
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	begin := time.Now()
	status, err := fetch(ctx, client, s, buf)
	took := time.Since(begin)
	switch {
	case err != nil:
		t.unanswered++
	case status != http.StatusOK:
		t.refused++
	default:
		if err = s.whole(buf.Bytes()); err == nil {
			t.whole++
			t.latencies = append(t.latencies, took)
		} else {
			t.incomplete++
		}
	}
	if t.problem == nil {
		t.problem = err
	}
}

// fetch reads the whole body into a buffer that its caller uses again, so that the
// load costs the machine little. An error means that no answer came, or half of one.
func fetch(ctx context.Context, client *http.Client, s side, into *bytes.Buffer) (status int, err error) {
	req, err := s.request()
	if err != nil {
		return 0, err
	}
	resp, err := client.Do(req.WithContext(ctx))
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	into.Reset()
	_, err = io.Copy(into, resp.Body)
	return resp.StatusCode, err
}

// newClient keeps a connection for each caller and follows nothing.
func newClient(connections int) *http.Client {
	return &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: connections, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
