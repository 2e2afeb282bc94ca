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

	mu    sync.Mutex
	by    map[tallyKey]tally
	swept map[time.Duration]time.Time // by window: the beginning of the one in which its counts were looked through
}

// tallyKey names a count. Of the device scope, id is the app's and device may be "":
// that count is shared by the devices that no longer fit.
type tallyKey struct {
	scope, id, device string
	window            time.Duration
}

// began is when the window that now is in began.
func (k tallyKey) began(now time.Time) time.Time { return now.UTC().Truncate(k.window) }

type tally struct {
	began time.Time
	used  int
}

// maxTallies bounds the memory: an app chooses its devices' names. Devices of an app
// that no longer fit share one count until a window ends.
const maxTallies = 1 << 17

func newQuotas(a Allowances, now func() time.Time) *quotas {
	return &quotas{Allowances: a, now: now, by: map[tallyKey]tally{}, swept: map[time.Duration]time.Time{}}
}

// take admits a request, counting it in every scope, or refuses it and counts it in
// none. The quotas are as they stand afterwards.
func (q *quotas) take(app landfall.App, device string) ([]landfall.Quota, *landfall.Error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	all, keys := q.state(app, device, now)
	var full *landfall.Quota
	for i := range all {
		if all[i].Left() == 0 && (full == nil || all[i].Resets.After(full.Resets)) {
			full = &all[i]
		}
	}
	if full != nil {
		return all, reached(*full, now)
	}
	for i, k := range keys {
		all[i].Used++
		q.by[k] = tally{began: k.began(now), used: all[i].Used}
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

// state reads the counts of a request, and where each stands.
func (q *quotas) state(app landfall.App, device string, now time.Time) (all []landfall.Quota, keys []tallyKey) {
	own := q.App
	if len(app.Allowances) > 0 {
		own = app.Allowances
	}
	for _, s := range []struct {
		key        tallyKey
		allowances []landfall.Allowance
	}{
		{tallyKey{scope: "app", id: app.ID}, own},
		{tallyKey{scope: "device", id: app.ID, device: device}, q.Device},
		{tallyKey{scope: "market", id: app.Market}, q.Market},
	} {
		if s.key.scope == "device" && device == "" {
			continue
		}
		for _, a := range s.allowances {
			s.key.window = a.Window
			k, began, used := q.place(s.key, now), s.key.began(now), 0
			if t := q.by[k]; !t.began.Before(began) {
				used = t.used
			}
			all = append(all, landfall.Quota{Allowance: a, Scope: s.key.scope, Used: used, Resets: began.Add(a.Window)})
			keys = append(keys, k)
		}
	}
	return all, keys
}

// place is where a count stands: a device's own, unless there is no room for one more.
func (q *quotas) place(k tallyKey, now time.Time) tallyKey {
	if _, have := q.by[k]; have || k.device == "" || len(q.by) < maxTallies {
		return k
	}
	if began := k.began(now); q.swept[k.window].Before(began) {
		q.swept[k.window] = began
		q.forget(k.window, began)
	}
	if len(q.by) >= maxTallies {
		k.device = ""
	}
	return k
}

// forget drops the counts of a window that began before. They end together, so looking
// through all of them once a window is enough.
func (q *quotas) forget(window time.Duration, began time.Time) {
	for k, t := range q.by {
		if k.window == window && t.began.Before(began) {
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
