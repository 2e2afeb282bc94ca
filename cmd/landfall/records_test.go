package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"landfall/internal/audit"
)

// cmdRecords asks the command itself, as an operator would, beside the running
// gateway or without one. A record may still be on its way to the disk when its
// caller has left, so it waits a moment for the last ones.
func cmdRecords(ts *testscript.TestScript, w *world, args []string) {
	data := "data"
	if len(args) == 3 && args[1] == "--data" {
		data, args = args[2], args[:1]
	}
	need(ts, args, 1, "records N [--data DIR]")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	var list []audit.Record
	var problem error
	poll(3*time.Second, func() bool {
		list, problem = records(ts, data)
		return problem == nil && len(list) >= want
	})
	ts.Check(problem)
	if len(list) != want {
		ts.Fatalf("the log has %d records, want %d:\n%s", len(list), want, lines(list))
	}
	_, _ = ts.Stdout().Write([]byte(lines(list)))
}

// records lists the log, the oldest first; an open record is a problem.
func records(ts *testscript.TestScript, data string) ([]audit.Record, error) {
	cmd := exec.Command("landfall", "--data", data, "audit", "list", "--json")
	cmd.Dir = ts.MkAbs(".")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("audit list: %w: %s", err, err.(*exec.ExitError).Stderr)
	}
	var list []audit.Record
	seen := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		var r audit.Record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			return nil, err
		}
		switch {
		case r.Opened == nil || r.Closed == nil:
			return nil, fmt.Errorf("an open record: %s", line)
		case seen[r.Opened.Record]:
			return nil, fmt.Errorf("a record twice: %s", line)
		}
		seen[r.Opened.Record] = true
		list = append(list, r)
	}
	slices.Reverse(list)
	return list, nil
}

// lines shows each record in words: feature, market, form, outcome, code, reasons.
func lines(list []audit.Record) string {
	var b strings.Builder
	for _, r := range list {
		words := []string{r.Opened.Feature, r.Opened.Market, string(r.Opened.Form), string(r.Closed.Outcome), string(r.Closed.Code)}
		words = append(words, r.Closed.Reasons...)
		fmt.Fprintln(&b, strings.Join(strings.Fields(strings.Join(words, " ")), " "))
	}
	return b.String()
}
