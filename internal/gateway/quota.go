package gateway

import (
	"sync"
	"time"

	"landfall"
)

// Allowances are how many requests are admitted by app, by device of an app, and
// by market; none sets no limit. An app's own stand above App.
type Allowances struct {
	App, Device, Market []landfall.Allowance
}

// quotas count what was admitted, in memory: a restart forgets. What refuses a
// request, what its headers say and what availability tells are one count.
type quotas struct {
	Allowances
	now func() time.Time

	mu sync.Mutex
	by map[tallyKey]*tally
}

type tallyKey struct {
	scope, id string
	window    time.Duration
}

type tally struct {
	began time.Time
	used  int
}

// maxTallies bounds the memory: an app chooses its devices' names. Devices that no
// longer fit share one count until a window ends.
const maxTallies = 1 << 17

func newQuotas(a Allowances, now func() time.Time) *quotas {
	return &quotas{Allowances: a, now: now, by: map[tallyKey]*tally{}}
}

// take admits a request, counting it in every scope, or refuses it and counts it in
// none. The quotas are as they stand afterwards.
func (q *quotas) take(app landfall.App, device string) ([]landfall.Quota, *landfall.Error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	all, tallies := q.state(app, device, now)
	var full *landfall.Quota
	for i := range all {
		if all[i].Left() == 0 && (full == nil || all[i].Resets.After(full.Resets)) {
			full = &all[i]
		}
	}
	if full != nil {
		return all, reached(*full, now)
	}
	for i, t := range tallies {
		t.used++
		all[i].Used++
	}
	return all, nil
}

// peek returns the quotas without counting.
func (q *quotas) peek(app landfall.App, device string) []landfall.Quota {
	q.mu.Lock()
	defer q.mu.Unlock()
	all, _ := q.state(app, device, q.now())
	return all
}

func (q *quotas) state(app landfall.App, device string, now time.Time) (all []landfall.Quota, tallies []*tally) {
	own := q.App
	if len(app.Allowances) > 0 {
		own = app.Allowances
	}
	for _, s := range []struct {
		scope, id  string
		allowances []landfall.Allowance
	}{{"app", app.ID, own}, {"device", app.ID + "/" + device, q.Device}, {"market", app.Market, q.Market}} {
		if s.scope == "device" && device == "" {
			continue
		}
		for _, a := range s.allowances {
			began := now.UTC().Truncate(a.Window)
			t := q.tally(tallyKey{s.scope, s.id, a.Window}, began, now)
			all = append(all, landfall.Quota{Allowance: a, Scope: s.scope, Used: t.used, Resets: began.Add(a.Window)})
			tallies = append(tallies, t)
		}
	}
	return all, tallies
}

func (q *quotas) tally(k tallyKey, began, now time.Time) *tally {
	t := q.by[k]
	if t == nil && len(q.by) >= maxTallies {
		q.sweep(now)
		if len(q.by) >= maxTallies {
			k.id = ""
			t = q.by[k]
		}
	}
	if t == nil || t.began.Before(began) {
		t = &tally{began: began}
		q.by[k] = t
	}
	return t
}

// sweep forgets counts whose window has ended.
func (q *quotas) sweep(now time.Time) {
	for k, t := range q.by {
		if !now.Before(t.began.Add(k.window)) {
			delete(q.by, k)
		}
	}
}

// reached says which limit, of which scope, and when it ends. Limits of a minute or
// less are of the rate, longer ones a quota.
func reached(q landfall.Quota, now time.Time) *landfall.Error {
	wait := q.Resets.Sub(now)
	code := landfall.CodeQuotaReached
	if q.Window <= time.Minute {
		code = landfall.CodeRateLimited
	}
	e := landfall.Errorf(code, "the limit of %s requests for this %s is reached; it counts anew at %s", q.Allowance, q.Scope, stamp(q.Resets))
	return e.With("scope", q.Scope).With("limit", q.Limit).With("resets_at", stamp(q.Resets)).With("retry_after_ms", max(1, wait.Milliseconds()))
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
