package gateway_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"landfall"
	"landfall/internal/gateway"
)

func per(s string) []landfall.Allowance {
	a, err := landfall.ParseAllowance(s)
	if err != nil {
		panic(err)
	}
	return []landfall.Allowance{a}
}

// noon is a time in the middle of every window.
var noon = time.Date(2026, 11, 25, 12, 30, 30, 0, time.UTC)

// A burst that reaches the quota in the middle: exactly as many are served as it
// allows, and each refusal names the scope and the time.
func TestABurstIsServedUpToTheQuota(t *testing.T) {
	const connections, limit = 64, 23
	r := newRigWith(t, gateway.Config{Allowances: gateway.Allowances{App: per("23/day"), Market: per("1000/day")}})
	r.now = func() time.Time { return noon }
	r.approve(t, noon.Add(-time.Hour), 24*time.Hour)
	r.load(t)
	r.says(summary, 0)
	var served, refused atomic.Int32
	var wg sync.WaitGroup
	for i := range connections {
		wg.Go(func() {
			req := request("summarize", article)
			req.ID = fmt.Sprintf("lf_%d", i)
			a := r.ask(context.Background(), req)
			switch code(a) {
			case "":
				served.Add(1)
			case landfall.CodeQuotaReached:
				refused.Add(1)
				scope, _ := a.done.Err.Params.Get("scope")
				resets, _ := a.done.Err.Params.Get("resets_at")
				if scope != "app" || resets != "2026-11-26T00:00:00Z" {
					t.Errorf("scope %v, resets at %v", scope, resets)
				}
			default:
				t.Errorf("%v", a.done.Err)
			}
		})
	}
	wg.Wait()
	if served.Load() != limit || refused.Load() != connections-limit || r.asked != limit {
		t.Errorf("%d served, %d refused, the model asked %d times", served.Load(), refused.Load(), r.asked)
	}
}

// Every scope has its own count, a refusal counts in none, and what an answer says
// of the quota is the count that refuses.
func TestScopesOfQuotas(t *testing.T) {
	r := newRigWith(t, gateway.Config{Allowances: gateway.Allowances{App: per("4/hour"), Device: per("2/hour"), Market: per("7/hour")}})
	r.now = func() time.Time { return noon }
	r.approve(t, noon.Add(-time.Hour), 24*time.Hour)
	r.load(t)
	r.says(summary, 0)
	n := 0
	ask := func(app, device string) answer {
		n++
		req := request("summarize", article)
		req.ID, req.App.ID, req.Device = fmt.Sprintf("lf_%d", n), app, device
		return r.ask(context.Background(), req)
	}
	for i, step := range []struct{ app, device, scope string }{
		{"a", "1", ""}, {"a", "1", ""}, {"a", "1", "device"}, {"a", "1", "device"}, // refused ones do not count
		{"a", "2", ""}, {"a", "", ""}, {"a", "3", "app"},
		{"b", "1", ""}, {"b", "1", ""}, {"b", "2", ""}, {"b", "3", "market"}, {"c", "", "market"},
	} {
		a := ask(step.app, step.device)
		scope := ""
		if a.done.Err != nil {
			v, _ := a.done.Err.Params.Get("scope")
			scope, _ = v.(string)
		}
		if scope != step.scope {
			t.Errorf("step %d: refused by %q, want %q (%v)", i, scope, step.scope, a.done.Err)
		}
		for _, q := range a.done.Meta.Quotas {
			if q.Used > q.Limit || scope == q.Scope && q.Left() != 0 {
				t.Errorf("step %d: the answer says %+v", i, q)
			}
		}
	}
	// The next hour counts anew.
	r.now = func() time.Time { return noon.Add(time.Hour) }
	if a := ask("a", "1"); a.done.Err != nil || a.done.Meta.Quotas[0].Used != 1 {
		t.Errorf("after the window: %v, %+v", a.done.Err, a.done.Meta.Quotas)
	}
}

// An app's own allowance stands above the general one; a limit of a minute or less
// is one of the rate, and bad input counts nowhere.
func TestAnAppsOwnAllowance(t *testing.T) {
	r := newRigWith(t, gateway.Config{Allowances: gateway.Allowances{App: per("1/day")}})
	r.says(summary, 0)
	for i := range 4 {
		bad := request("summarize", article)
		bad.ID, bad.App.Allowances = fmt.Sprintf("lf_bad%d", i), per("2/minute")
		bad.Err = landfall.Errorf(landfall.CodeInputInvalid, "bad")
		if a := r.ask(context.Background(), bad); len(a.done.Meta.Quotas) != 1 {
			t.Errorf("a refused answer says %+v of the quota", a.done.Meta.Quotas)
		}
	}
	begin := noon
	r.now = func() time.Time { return begin }
	r.approve(t, noon.Add(-time.Hour), 24*time.Hour)
	r.load(t)
	for i, want := range []landfall.Code{"", "", landfall.CodeRateLimited} {
		req := request("summarize", article)
		req.ID, req.App.Allowances = fmt.Sprintf("lf_%d", i), per("2/minute")
		a := r.ask(context.Background(), req)
		if code(a) != want {
			t.Errorf("request %d: %v", i, a.done.Err)
		}
		if want != "" {
			if ms, _ := a.done.Err.Params.Get("retry_after_ms"); ms != int64(30_000) {
				t.Errorf("retry after %v ms", ms)
			}
		}
	}
}

// A replay uses no quota, and is given when the quota is used up.
func TestAReplayUsesNoQuota(t *testing.T) {
	r := newRigWith(t, gateway.Config{Allowances: gateway.Allowances{App: per("1/day")}})
	r.says(summary, 0)
	for i := range 3 {
		a := r.ask(context.Background(), keyed(fmt.Sprintf("lf_%d", i)))
		if a.done.Status != landfall.Complete || a.done.Meta.Quotas[0].Used != 1 {
			t.Errorf("request %d: %v, %+v", i, a.done.Err, a.done.Meta.Quotas)
		}
	}
}
