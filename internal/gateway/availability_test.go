package gateway_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"landfall"
	"landfall/internal/gateway"
)

func ready(*landfall.Release) []landfall.Reason { return nil }

// reasonsOf are the codes for one feature, in their order.
func reasonsOf(t *testing.T, r *rig, req landfall.Request, feature string, ready func(*landfall.Release) []landfall.Reason) []string {
	t.Helper()
	states, err := r.line.States(req, ready)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, s := range states {
		for _, reason := range s.Reasons {
			if s.Feature == feature {
				codes = append(codes, reason.Code)
			}
			if reason.Actor == "" || reason.Message == "" {
				t.Errorf("%s: %+v", s.Feature, reason)
			}
		}
	}
	return codes
}

// Availability gives every reason that applies, and what it says is what a request
// would meet.
func TestAvailabilityGivesEveryReason(t *testing.T) {
	app := landfall.App{ID: "app_1", Market: market}
	loading := func(*landfall.Release) []landfall.Reason {
		return []landfall.Reason{landfall.NewReason(landfall.ReasonModelDownloading, "41 %%")}
	}
	for _, tt := range []struct {
		name   string
		tier   string
		req    landfall.Request
		change func(*testing.T, *rig)
		want   []string
	}{
		{"nothing in the way", "local", landfall.Request{App: app}, nil, nil},
		{"a language", "local", landfall.Request{App: app, Locale: "fr-CA"}, nil, []string{landfall.ReasonLanguage}},
		{"a pair", "local", landfall.Request{App: app, Locale: "zh-Hans-CN", OutputLanguage: "fr"}, nil, []string{landfall.ReasonLanguagePair}},
		{"both", "local", landfall.Request{App: app, Locale: "ja", OutputLanguage: "fr"}, nil, []string{landfall.ReasonLanguage, landfall.ReasonLanguagePair}},
		{"consent", "partner", landfall.Request{App: app, Processing: "partner_ok"}, nil, []string{landfall.ReasonConsent}},
		{"consent given", "partner", landfall.Request{App: app, Processing: "partner_ok", Consent: "granted"}, nil, nil},
		{"processing", "private", landfall.Request{App: app, Processing: "device_only"}, nil, []string{landfall.ReasonNotOffered}},
		{"entitlement", "local", landfall.Request{App: landfall.App{ID: "a", Market: market, Features: []string{"extract"}}}, nil, []string{landfall.ReasonNotEntitled}},
		{"no approval", "local", landfall.Request{App: app}, func(t *testing.T, r *rig) {
			r.source.Markets[0].Features[0].Approvals = nil
			r.load(t)
		}, []string{landfall.ReasonNotApproved}},
		{"the feature is not offered", "local", landfall.Request{App: app}, func(t *testing.T, r *rig) {
			r.source.Markets[0].Features = r.source.Markets[0].Features[1:]
			r.load(t)
		}, []string{landfall.ReasonNotOffered}},
		{"everything at once", "partner", landfall.Request{App: landfall.App{ID: "a", Market: market, Features: []string{"extract"}, Allowances: per("1/day")}, Processing: "private_ok", Locale: "fr"},
			func(t *testing.T, r *rig) {
				r.source.Markets[0].Features[0].Approvals = nil
				r.load(t)
				used := request("proofread", article)
				used.App = landfall.App{ID: "a", Market: market, Allowances: per("1/day")}
				r.ask(context.Background(), used)
			},
			[]string{landfall.ReasonNotApproved, landfall.ReasonNotEntitled, landfall.ReasonNotOffered, landfall.ReasonLanguage, landfall.ReasonConsent, landfall.ReasonQuota, landfall.ReasonModelDownloading}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			if tt.tier != r.tier {
				r.tier = tt.tier
				r.compose(t, nil)
				r.approve(t, r.now(), time.Hour)
				r.load(t)
			}
			if tt.change != nil {
				tt.change(t, r)
			}
			state := ready
			if slices.Contains(tt.want, landfall.ReasonModelDownloading) {
				state = loading
			}
			if have := reasonsOf(t, r, tt.req, "summarize", state); !slices.Equal(have, tt.want) {
				t.Errorf("reasons %q, want %q", have, tt.want)
			}
		})
	}
}

// What holds for a whole market is told without its features.
func TestAvailabilityOfAMarketThatIsNotServed(t *testing.T) {
	r := newRig(t)
	states, err := r.line.States(landfall.Request{App: landfall.App{ID: "a", Market: "XZ"}}, ready)
	if err == nil || len(states) != 0 || err.Reasons[0].Code != landfall.ReasonNotApproved {
		t.Errorf("%v, %v", states, err)
	}
	later := time.Now().Add(48 * time.Hour)
	r.now = func() time.Time { return later }
	if _, err = r.line.States(landfall.Request{App: landfall.App{ID: "a", Market: market}}, ready); err == nil || err.Reasons[0].Code != landfall.ReasonPolicyStale {
		t.Errorf("stale: %v", err)
	}
}

// Asking counts nothing, and the time to ask again is when the quota counts anew.
func TestAvailabilityTellsWhenTheQuotaEnds(t *testing.T) {
	r := newRigWith(t, gateway.Config{Allowances: gateway.Allowances{App: per("1/day")}})
	r.now = func() time.Time { return noon }
	r.approve(t, noon.Add(-time.Hour), 24*time.Hour)
	r.load(t)
	r.says(summary, 0)
	req := request("summarize", article)
	for range 5 {
		if have := reasonsOf(t, r, req, "summarize", ready); len(have) != 0 {
			t.Fatalf("asking used the quota: %q", have)
		}
	}
	r.ask(context.Background(), req)
	states, _ := r.line.States(req, ready)
	reason := states[0].Reasons[0]
	if reason.Code != landfall.ReasonQuota || reason.ResetsAt != "2026-11-26T00:00:00Z" || reason.Actor != "time" || reason.Permanent {
		t.Errorf("%+v", reason)
	}
	if at := r.line.NextCheck(states[0].Reasons); at == nil || *at != reason.ResetsAt {
		t.Errorf("ask again at %v", at)
	}
	if at := r.line.NextCheck([]landfall.Reason{landfall.NewReason(landfall.ReasonNotApproved, "x"), reason}); at != nil {
		t.Errorf("waiting does not help, but ask again at %s", *at)
	}
}
