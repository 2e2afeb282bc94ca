package main

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"landfall/internal/audit"
)

// clockSlack is how far a clock may have been set back without harm: as much as a
// time service corrects at once.
const clockSlack = 5 * time.Minute

// checkClock refuses a clock that is behind the last record or behind the build: by
// it approvals that have ended would hold again.
func checkClock(ctx context.Context, log audit.Reader, now time.Time) error {
	last, err := lastRecorded(ctx, log)
	if err != nil {
		return err
	}
	for _, t := range []struct {
		what string
		at   time.Time
	}{{"the last record in the audit log is of", last}, {"this program was built from a commit of", built()}} {
		if now.Before(t.at.Add(-clockSlack)) {
			return fmt.Errorf("the clock says %s, but %s %s: set the clock, and start again", stamp(now), t.what, stamp(t.at))
		}
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// lastRecorded is when the newest record was opened or closed; zero without one.
func lastRecorded(ctx context.Context, log audit.Reader) (time.Time, error) {
	newest, err := log.List(ctx, audit.Page{Limit: 1})
	if err != nil || len(newest) == 0 {
		return time.Time{}, err
	}
	at := newest[0].Opened.At
	if c := newest[0].Closed; c != nil {
		at = max(at, c.At)
	}
	return time.UnixMilli(at), nil
}

// built is the time of the commit that the program was built from; zero when the
// build does not say.
func built() time.Time {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return time.Time{}
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			t, err := time.Parse(time.RFC3339, s.Value)
			if err == nil {
				return t
			}
		}
	}
	return time.Time{}
}
