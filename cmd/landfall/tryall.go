package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"landfall"
	"landfall/api"
	"landfall/internal/pack"
)

// tried is a row of the table: one feature's example, and how it went.
type tried struct {
	feature, language string
	status, contract  string
	warnings          []string
	usage             landfall.Usage
	attempts          int
	first, total      time.Duration
	why               string // of a feature that did not complete
	failed            bool
}

// tryAll asks every feature of the market for its example, in the first language of
// the market that the feature is offered in. A feature that is not offered with this
// model is told with its reason and is no failure.
func (t *tryCmd) tryAll(ctx context.Context, c api.Client, p *pack.Packs) error {
	available, err := c.Features(ctx, "")
	if err != nil {
		return t.noGateway(err)
	}
	for _, r := range available.Reasons {
		return fmt.Errorf("nothing is served in %s: %s: %s", available.Market, r.Code, r.Message)
	}
	began, failed := time.Now(), 0
	fmt.Printf(tryRow, "feature", "lang", "status", "contract", "in", "out", "tries", "first", "time", "warnings")
	for i, f := range available.Features {
		row, err := t.tryExample(ctx, c, p, f, watcher(os.Stderr, fmt.Sprintf("%d of %d: %s", i+1, len(available.Features), f.ID)))
		if err != nil {
			return err
		}
		row.write(os.Stdout)
		if row.failed {
			failed++
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	fmt.Printf("%s: %d features in %s, %d not complete\n", available.Market, len(available.Features), time.Since(began).Round(time.Second), failed)
	if failed > 0 {
		return errSaid
	}
	return nil
}

func (t *tryCmd) tryExample(ctx context.Context, c api.Client, p *pack.Packs, f api.Feature, seen func(api.Event)) (tried, error) {
	row := tried{feature: f.ID, contract: "-"}
	if i := slices.IndexFunc(f.Reasons, func(r landfall.Reason) bool { return r.Code == landfall.ReasonNotOffered }); i >= 0 || len(f.Limits.Languages) == 0 {
		row.status, row.why = "not offered", "no language of this market"
		if i >= 0 {
			row.why = f.Reasons[i].Message
		}
		return row, nil
	}
	def, err := readDefinition(p, f.ID)
	if err != nil {
		return row, err
	}
	row.language = f.Limits.Languages[0]
	body := landfall.AppendJSON(nil, landfall.Object{{Key: "input", Value: example(def, row.language)}})
	began := time.Now()
	for e, err := range c.Stream(ctx, f.ID, body) {
		if err != nil {
			row.fail("broken off", err.Error())
			break
		}
		if row.first == 0 && (e.Name == "delta" || e.Name == "snapshot") {
			row.first = time.Since(began)
		}
		seen(e)
		if e.Name == "done" {
			row.finish(e.Data)
		}
	}
	row.total = time.Since(began)
	return row, nil
}

func (r *tried) fail(status, why string) { r.status, r.why, r.failed = status, why, true }

// finish reads how the answer ended. A contract holds where no error check failed;
// what failed as a warning stands among the warnings.
func (r *tried) finish(done []byte) {
	var e api.Envelope
	if err := json.Unmarshal(done, &e); err != nil {
		r.fail("no envelope", err.Error())
		return
	}
	r.usage, r.attempts, r.status = e.Usage, e.Attempts, string(e.Status)
	for _, w := range e.Warnings {
		r.warnings = append(r.warnings, w.Code)
	}
	if e.Status == landfall.Complete {
		r.contract = "ok"
		return
	}
	r.fail(string(e.Status), "")
	if err := e.Err(); err != nil {
		r.why = err.Error()
	}
	var broken struct {
		Code  landfall.Code `json:"code"`
		Check string        `json:"check"`
	}
	if json.Unmarshal(e.Error, &broken) == nil && broken.Code == landfall.CodeOutputContractFailed {
		r.contract = "failed(" + broken.Check + ")"
	}
}

const tryRow = "%-20s %-4s %-11s %-14s %6s %5s %5s %7s %7s  %s\n"

func (r *tried) write(w io.Writer) {
	if r.status == "not offered" {
		_, _ = fmt.Fprintf(w, "%-20s %-4s %-11s %s\n", r.feature, "-", r.status, r.why)
		return
	}
	first := "-"
	if r.first > 0 {
		first = seconds(r.first)
	}
	_, _ = fmt.Fprintf(w, tryRow, r.feature, r.language, r.status, r.contract, fmt.Sprint(r.usage.Input), fmt.Sprint(r.usage.Output),
		fmt.Sprint(r.attempts), first, seconds(r.total), strings.Join(r.warnings, " "))
	if r.why != "" {
		_, _ = fmt.Fprintf(w, "%20s %s\n", "", r.why)
	}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// watcher shows on a terminal that an answer is under way, and for how long.
func watcher(f *os.File, what string) func(api.Event) {
	if !isTerminal(f) {
		return func(api.Event) {}
	}
	began := time.Now()
	show := func(text string) { _, _ = fmt.Fprintf(f, "\r\x1b[K%s", text) }
	show(what)
	return func(e api.Event) {
		if e.Name == "done" {
			show("")
			return
		}
		show(fmt.Sprintf("%s, %s: %s", what, seconds(time.Since(began)), e.Name))
	}
}

// noGateway words a connection that failed.
func (t *tryCmd) noGateway(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return fmt.Errorf("%w at %s: start one with `make run` or `bin/landfall serve`", errNoGateway, t.Gateway)
	}
	return err
}
