package gateway_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"landfall"
	"landfall/internal/audit"
	"landfall/internal/gateway"
	"landfall/internal/partner"
)

func keyed(id string) landfall.Request {
	req := request("summarize", article)
	req.ID, req.IdempotencyKey = id, "k1"
	return req
}

func code(a answer) landfall.Code {
	if a.done == nil || a.done.Err == nil {
		return ""
	}
	return a.done.Err.Code
}

// The same app, key, feature and body get the same answer, id included, cut as it
// was; anything else under the key is a conflict. The replay's own record names the
// first, and no model was asked.
func TestIdempotencyKey(t *testing.T) {
	r := newRig(t)
	r.says(summary, 5)
	one := r.ask(context.Background(), keyed("lf_1"))
	two := r.ask(context.Background(), keyed("lf_2"))
	if r.asked != 1 || two.text != one.text || len(two.chunks) != len(one.chunks) || two.done.Meta.ID != "lf_1" || !two.done.Replayed || one.done.Replayed {
		t.Errorf("asked %d times, %q in %d chunks, id %s", r.asked, two.text, len(two.chunks), two.done.Meta.ID)
	}
	rec, err := r.store.Get(context.Background(), "lf_2")
	if err != nil || rec.Closed.Outcome != audit.Replayed || rec.Closed.Of != "lf_1" || rec.Closed.Usage != (landfall.Usage{}) {
		t.Errorf("the replay's record: %+v, %v", rec.Closed, err)
	}
	body, feature, chat := keyed("lf_3"), keyed("lf_4"), keyed("lf_5")
	body.Body, feature.Feature, chat.Chat = []byte("{}"), "proofread", true
	for _, req := range []landfall.Request{body, feature, chat} {
		if a := r.ask(context.Background(), req); code(a) != landfall.CodeConflict || a.text != "" {
			t.Errorf("%s: %s %v", req.ID, a.done.Status, a.done.Err)
		}
	}
	other := keyed("lf_6")
	other.App.ID = "app_2"
	if a := r.ask(context.Background(), other); a.done.Replayed || a.done.Status != landfall.Complete {
		t.Errorf("another app's key: %+v", a.done)
	}
}

// The record of a replay says what is shown, as the first one's does: the text's
// length, the rule that withheld the rest, the warnings. Its commitment has a salt of
// its own.
func TestTheRecordOfAReplaySaysWhatIsShown(t *testing.T) {
	r := newRig(t, "碎月令")
	r.says("社区图书馆延长开放时间，馆里可以取碎月令，还有故事会。", 0)
	var records []audit.Record
	for _, id := range []string{"lf_1", "lf_2"} {
		req := keyed(id)
		req.Warnings = []landfall.Warning{{Code: "parameter_ignored", Message: "temperature"}}
		if a := r.ask(context.Background(), req); a.done.Status != landfall.StatusHeld || a.text == "" {
			t.Fatalf("%+v, shown %q", a.done, a.text)
		}
		rec, err := r.store.Get(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, rec)
	}
	first, again := records[0].Closed, records[1].Closed
	if again.ShownLength != first.ShownLength || again.Stage != first.Stage || again.Stage == "" ||
		!slices.Equal(again.Rules, first.Rules) || len(again.Rules) != 1 || !slices.Equal(again.Warnings, first.Warnings) || len(again.Warnings) == 0 {
		t.Errorf("the replay's record says %+v, the first one's %+v", again, first)
	}
	nothing := audit.NewCommitment(records[1].Opened.Salt).Sum()
	if again.Outcome != audit.Replayed || again.OutputCommitment == nothing || again.OutputCommitment == first.OutputCommitment {
		t.Errorf("outcome %s, commitment %s", again.Outcome, again.OutputCommitment)
	}
}

// A replay goes through today's admission: what ends an approval, or takes the
// feature from the app, is not bypassed by it.
func TestReplayIsUnderTodaysAdmission(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*testing.T, *rig, *landfall.Request)
		code   landfall.Code
		reason string
	}{
		"the approval was withdrawn": {func(t *testing.T, r *rig, _ *landfall.Request) {
			r.source.Markets[0].Features[0].Approvals = nil
			r.load(t)
		}, landfall.CodeUnavailable, landfall.ReasonNotApproved},
		"the approval ended": {func(t *testing.T, r *rig, _ *landfall.Request) {
			later := time.Now().Add(5 * time.Minute)
			r.approve(t, time.Now().Add(-time.Hour), time.Minute)
			r.load(t)
			r.now = func() time.Time { return later }
		}, landfall.CodeUnavailable, landfall.ReasonExpired},
		"another release is approved": {func(t *testing.T, r *rig, _ *landfall.Request) {
			r.model.ID = "another"
			r.compose(t, nil)
			r.approve(t, r.now(), time.Hour)
			r.load(t)
		}, landfall.CodeConflict, ""},
		"the app lost the feature": {func(_ *testing.T, _ *rig, req *landfall.Request) {
			req.App.Features = []string{"proofread"}
		}, landfall.CodeUnavailable, landfall.ReasonNotEntitled},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.says(summary, 0)
			if a := r.ask(context.Background(), keyed("lf_1")); a.done.Status != landfall.Complete {
				t.Fatal(a.done.Err)
			}
			again := keyed("lf_2")
			tt.change(t, r, &again)
			a := r.ask(context.Background(), again)
			if code(a) != tt.code || a.text != "" || r.asked != 1 {
				t.Fatalf("%s, shown %q, asked %d times", code(a), a.text, r.asked)
			}
			if tt.reason != "" && r.codes(a.done.Err)[0] != tt.reason {
				t.Errorf("reasons %q", r.codes(a.done.Err))
			}
		})
	}
}

// Of two connections that come at the same time with one key, one is answered and
// the other told when to come back; then both have the same answer.
func TestOneKeyOnTwoConnections(t *testing.T) {
	r := newRig(t)
	r.script = partner.Script{{Pause: 200 * time.Millisecond}, {Text: summary}}
	var wg sync.WaitGroup
	answers := make([]answer, 2)
	for i, id := range []string{"lf_a", "lf_b"} {
		wg.Go(func() { answers[i] = r.ask(context.Background(), keyed(id)) })
	}
	wg.Wait()
	if code(answers[0]) == landfall.CodeConflict {
		answers[0], answers[1] = answers[1], answers[0]
	}
	if answers[0].done.Status != landfall.Complete || code(answers[1]) != landfall.CodeConflict || r.asked != 1 {
		t.Fatalf("%v and %v, asked %d times", answers[0].done.Err, answers[1].done.Err, r.asked)
	}
	if ms, _ := answers[1].done.Err.Params.Get("retry_after_ms"); ms == nil {
		t.Error("the second is not told when to come back")
	}
	if a := r.ask(context.Background(), keyed("lf_c")); a.text != answers[0].text || !a.done.Replayed {
		t.Errorf("afterwards: %+v", a.done)
	}
}

// What failed, or was left, is not kept: a retry is served anew.
func TestAFaultIsNotReplayed(t *testing.T) {
	r := newRig(t)
	r.script = partner.Script{{Err: landfall.Errorf(landfall.CodePartnerError, "boom")}}
	if a := r.ask(context.Background(), keyed("lf_1")); code(a) != landfall.CodePartnerError {
		t.Fatal(a.done.Err)
	}
	r.says(strings.Repeat(summary, 3), 30)
	for range r.line.Serve(context.Background(), keyed("lf_2")) {
		break // the caller leaves
	}
	r.says(summary, 0)
	if a := r.ask(context.Background(), keyed("lf_3")); a.done.Status != landfall.Complete || a.done.Replayed {
		t.Errorf("%+v", a.done)
	}
}

// Kept answers are bounded in time and in bytes: the oldest goes first.
func TestKeptAnswersAreBounded(t *testing.T) {
	r := newRigWith(t, gateway.Config{ReplayLife: time.Minute, ReplayBytes: 6000})
	r.says(summary, 0)
	begin := time.Now()
	r.now = func() time.Time { return begin }
	ask := func(id, key string) bool {
		req := keyed(id)
		req.IdempotencyKey = key
		a := r.ask(context.Background(), req)
		if a.done.Status != landfall.Complete {
			t.Fatal(a.done.Err)
		}
		return a.done.Replayed
	}
	for i, key := range []string{"a", "b", "c", "d"} {
		ask("lf_"+key, key)
		if !ask("lf_again_"+key, key) {
			t.Errorf("answer %d was not kept", i)
		}
	}
	if ask("lf_a2", "a") {
		t.Error("the oldest answer is still there over the bound")
	}
	r.now = func() time.Time { return begin.Add(2 * time.Minute) }
	if ask("lf_d2", "d") {
		t.Error("an answer was kept longer than its time")
	}
}
