package gateway_test

import (
	"context"
	"fmt"
	"reflect"
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

const summary = "社区图书馆将延长开放时间，并新添座位和自习室，周六还办儿童故事会。"

func TestCompleteAnswerIsLabelledThenShownThenRecorded(t *testing.T) {
	r := newRig(t)
	r.says(summary, 0)
	a := r.ask(context.Background(), request("summarize", article))
	if a.done == nil || a.done.Status != landfall.Complete {
		t.Fatalf("want complete, have %+v", a.done)
	}
	if a.text != summary {
		t.Errorf("shown %q", a.text)
	}
	if a.chunks[0].Meta == nil {
		t.Error("the label is not the first chunk")
	}
	if l := a.meta.Labels.Explicit.Text; !strings.Contains(l, "AI") || !strings.Contains(l, "生成") || !strings.HasPrefix(l, "[演练]") {
		t.Errorf("label %q", l)
	}
	if a.done.Usage != (landfall.Usage{Input: 12, Output: 34}) || a.done.Attempts != 1 {
		t.Errorf("usage %+v, attempts %d", a.done.Usage, a.done.Attempts)
	}
	rec := r.record(t)
	if rec.Closed.Outcome != audit.Complete || rec.Opened.Release != a.meta.Release || !rec.Opened.Rehearsal || rec.Closed.ReportedModel != "scripted-model" {
		t.Errorf("record %+v %+v", rec.Opened, rec.Closed)
	}
	if rec.Closed.OutputCommitment == "" || rec.Opened.InputCommitment == "" {
		t.Error("no commitments")
	}
}

// A repair is an attempt, but not every attempt is a repair: the two are told apart.
func TestRepairsAreCountedApart(t *testing.T) {
	r := newRig(t)
	r.says("新添了七千个座位。", 0) // a number the article lacks: every attempt is refused
	a := r.ask(context.Background(), request("summarize", article))
	if a.done.Attempts != 2 || a.done.Repairs != 1 {
		t.Errorf("attempts %d, repairs %d: want 2 and 1", a.done.Attempts, a.done.Repairs)
	}
	r.says(summary, 0)
	if a = r.ask(context.Background(), request("summarize", article)); a.done.Attempts != 1 || a.done.Repairs != 0 {
		t.Errorf("attempts %d, repairs %d: want 1 and 0", a.done.Attempts, a.done.Repairs)
	}
}

// What is not approved is refused with its reason, and the model is not called.
func TestNothingIsServedThatIsNotApproved(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, r *rig)
		code   string
	}{
		{"no approval", func(t *testing.T, r *rig) {
			r.source.Markets[0].Features[0].Approvals = nil
			r.load(t)
		}, landfall.ReasonNotApproved},
		{"approval of another release", func(t *testing.T, r *rig) {
			old := r.source.Markets[0].Features[0].Approvals
			r.model.ID = "another"
			r.compose(t, nil)
			r.source.Markets[0].Features[0].Approvals = old
			r.load(t)
		}, landfall.ReasonMismatch},
		{"expired", func(_ *testing.T, r *rig) {
			later := time.Now().Add(2 * time.Hour)
			r.now = func() time.Time { return later }
		}, landfall.ReasonExpired},
		{"stale snapshot", func(_ *testing.T, r *rig) {
			later := time.Now().Add(48 * time.Hour)
			r.now = func() time.Time { return later }
		}, landfall.ReasonPolicyStale},
		{"the list lost a word", func(t *testing.T, r *rig) {
			r.compose(t, []string{"碎月令", "霜豆"})
			r.approve(t, time.Now(), time.Hour)
			r.source.Markets[0].Words = []string{"霜豆"}
			r.load(t)
		}, landfall.ReasonMismatch},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			r.says(summary, 0)
			tt.change(t, r)
			a := r.ask(context.Background(), request("summarize", article))
			if a.done == nil || a.done.Err == nil || a.done.Err.Code != landfall.CodeUnavailable {
				t.Fatalf("want unavailable, have %+v", a.done)
			}
			if have := r.codes(a.done.Err); !reflect.DeepEqual(have, []string{tt.code}) {
				t.Errorf("reasons %q, want %q", have, tt.code)
			}
			if r.asked != 0 {
				t.Errorf("the model was asked %d times", r.asked)
			}
			if rec := r.record(t); rec.Closed.Outcome != audit.Failed || rec.Closed.Code != landfall.CodeUnavailable {
				t.Errorf("record %+v", rec.Closed)
			}
		})
	}
}

// A bad source never replaces a good one.
func TestBadSourceKeepsTheGoodOne(t *testing.T) {
	r := newRig(t)
	r.says(summary, 0)
	good := r.sealed(t)
	for name, bad := range map[string][]byte{
		"tampered":    []byte(strings.Replace(string(good), `"payload": "`, `"payload": "AAAA`, 1)),
		"no envelope": []byte(`{}`),
		"empty":       nil,
		"other key": func() []byte {
			b, _ := r.source.Seal(func(typ string, p []byte) landfall.Envelope { return landfall.Seal(typ, p, foreignKey()) })
			return b
		}(),
		"prompt changed under its pin": func() []byte {
			broken := r.source
			broken.Sequence++
			broken.Markets = append(broken.Markets[:0:0], broken.Markets...)
			features := append(broken.Markets[0].Features[:0:0], broken.Markets[0].Features...)
			prompts := append(features[0].Definition.Prompts[:0:0], features[0].Definition.Prompts...)
			messages := append(prompts[0].Messages[:0:0], prompts[0].Messages...)
			messages[0].Content += " "
			prompts[0].Messages = messages
			features[0].Definition.Prompts = prompts
			broken.Markets[0].Features = features
			b, _ := broken.Seal(func(typ string, p []byte) landfall.Envelope { return landfall.Seal(typ, p, r.key) })
			return b
		}(),
	} {
		if err := r.holder.Load(bad); err == nil {
			t.Errorf("%s: loaded", name)
		}
	}
	if a := r.ask(context.Background(), request("summarize", article)); a.done.Status != landfall.Complete {
		t.Errorf("the good source does not serve: %+v", a.done.Err)
	}
}

// A listed word is never shown, however the partner cuts its text; the answer is
// the same each time.
func TestListedWordIsWithheldAcrossAnyCut(t *testing.T) {
	text := "社区图书馆延长开放时间，馆里可以取碎月令，还有故事会。"
	var first answer
	for n := range 17 {
		r := newRig(t, "碎月令")
		r.says(text, n)
		a := r.ask(context.Background(), request("summarize", article))
		if a.done.Status != landfall.StatusHeld || len(a.withheld) != 1 {
			t.Fatalf("cut %d: %+v, notices %d", n, a.done, len(a.withheld))
		}
		for _, c := range a.chunks {
			if _, s, _ := c.Text(); strings.Contains(s, "碎") {
				t.Fatalf("cut %d: %q was shown", n, s)
			}
		}
		rec := r.record(t)
		if rec.Closed.Outcome != audit.Withheld || len(rec.Closed.Rules) != 1 || rec.Closed.Stage != "output" {
			t.Errorf("cut %d: record %+v", n, rec.Closed)
		}
		if n == 0 {
			first = a
			continue
		}
		if a.text != first.text || !reflect.DeepEqual(a.withheld, first.withheld) {
			t.Errorf("cut %d: shown %q and %+v, whole: %q and %+v", n, a.text, a.withheld, first.text, first.withheld)
		}
	}
}

func TestListedWordInTheInputNeverReachesTheModel(t *testing.T) {
	r := newRig(t, "碎月令")
	r.says(summary, 0)
	a := r.ask(context.Background(), request("summarize", article+"请取碎月令。"))
	if a.done.Status != landfall.StatusHeld || len(a.withheld) != 1 || a.withheld[0].Stage != "input" || a.withheld[0].Path != "/input/text" {
		t.Fatalf("%+v %+v", a.done, a.withheld)
	}
	if r.asked != 0 {
		t.Errorf("the model was asked %d times", r.asked)
	}
	if rec := r.record(t); rec.Closed.Outcome != audit.Withheld || rec.Closed.Stage != "input" {
		t.Errorf("record %+v", rec.Closed)
	}
}

// Faults of a partner are errors of their own, never a safety class, and what is
// held is not shown.
func TestPartnerFaults(t *testing.T) {
	for _, tt := range []struct {
		name string
		step partner.Step
		code landfall.Code
	}{
		{"error", partner.Step{Err: landfall.Errorf(landfall.CodePartnerError, "boom")}, landfall.CodePartnerError},
		{"cut", partner.Step{Cut: true}, landfall.CodePartnerError},
		{"another model", partner.Step{Model: &landfall.Identity{Model: "impostor"}, Text: summary}, landfall.CodePartnerError},
		{"panic", partner.Step{Panic: "oh"}, landfall.CodeInternal},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			r.script = partner.Script{tt.step}
			a := r.ask(context.Background(), request("summarize", article))
			if a.done == nil || a.done.Status != landfall.StatusError || a.done.Err.Code != tt.code {
				t.Fatalf("want %s, have %+v %v", tt.code, a.done, a.done.Err)
			}
			if a.text != "" || len(a.withheld) != 0 {
				t.Errorf("shown %q, notices %d", a.text, len(a.withheld))
			}
			if rec := r.record(t); rec.Closed.Outcome != audit.Failed || rec.Closed.Code != tt.code {
				t.Errorf("record %+v", rec.Closed)
			}
		})
	}
}

func TestPartnersOwnBlockIsANotice(t *testing.T) {
	r := newRig(t)
	r.script = partner.Script{{Text: "社区图书馆将延长开放时间。馆里新添了座位和自习室。周六还办儿童故事会。"}, {Finish: landfall.FinishContentFilter}}
	req := request("summarize", article)
	req.Options = landfall.Object{{Key: "length", Value: "long"}}
	a := r.ask(context.Background(), req)
	if a.done.Status != landfall.StatusHeld || len(a.withheld) != 1 || a.withheld[0].Class != "safety" || a.withheld[0].Message == "" || a.withheld[0].AppealToken == "" {
		t.Fatalf("%+v %+v", a.done, a.withheld)
	}
	// The place is behind what was shown, in the caller's unit.
	if n := landfall.UTF16.Len(a.text); n == 0 || a.withheld[0].Span == nil || *a.withheld[0].Span != [2]int{n, n} || a.withheld[0].Path != "/text" {
		t.Errorf("shown %q, the notice's place is %v in %q", a.text, a.withheld[0].Span, a.withheld[0].Path)
	}
}

// A hang-up ends the call of a silent model and of a talking one; both are abandoned.
func TestHangUpIsAbandoned(t *testing.T) {
	t.Run("silent", func(t *testing.T) {
		r := newRig(t)
		r.script = partner.Script{{Pause: time.Hour}}
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(30*time.Millisecond, cancel)
		if a := r.ask(ctx, request("summarize", article)); a.done != nil {
			t.Errorf("a caller that went away got %+v", a.done)
		}
		if rec := r.record(t); rec.Closed.Outcome != audit.Abandoned {
			t.Errorf("record %+v", rec.Closed)
		}
	})
	t.Run("talking", func(t *testing.T) {
		r := newRig(t)
		r.says(strings.Repeat(summary, 3), 30)
		for c := range r.line.Serve(context.Background(), request("summarize", article)) {
			if _, _, ok := c.Text(); ok {
				break
			}
		}
		if rec := r.record(t); rec.Closed.Outcome != audit.Abandoned || rec.Closed.ShownLength == 0 {
			t.Errorf("record %+v", rec.Closed)
		}
	})
}

// Without a durable opening no text leaves; without a durable closing an answer
// does not end as complete.
func TestNoRecordNoText(t *testing.T) {
	for _, c := range []struct {
		kind   audit.Kind
		stream bool
	}{{audit.Opened, true}, {audit.Opened, false}, {audit.Closed, true}, {audit.Closed, false}} {
		kind := c.kind
		t.Run(fmt.Sprintf("%s, stream %v", kind, c.stream), func(t *testing.T) {
			r := newRig(t)
			r.says(summary, 0)
			r.line.Recorder = failing{r.writer, kind}
			req := request("summarize", article)
			req.Stream = c.stream
			a := r.ask(context.Background(), req)
			if a.done == nil || a.done.Status != landfall.StatusError || a.done.Err.Code != landfall.CodeOverloaded {
				t.Fatalf("want overloaded, have %+v", a.done)
			}
			if kind == audit.Opened && (a.text != "" || a.meta != nil) {
				t.Errorf("shown without a record: %q", a.text)
			}
		})
	}
}

// A stream's first chunk waits for its opening; an answer in one piece only has to
// wait at its end, for both.
func TestStreamWaitsForItsOpening(t *testing.T) {
	for _, stream := range []bool{true, false} {
		r := newRig(t)
		r.says(summary, 5)
		slow := &slowStore{Store: r.store, release: make(chan struct{})}
		w := audit.NewWriter(slow, audit.WriterConfig{})
		t.Cleanup(func() { _ = w.Close(context.Background()) })
		r.line.Recorder = w
		req := request("summarize", article)
		req.Stream = stream
		for c := range r.line.Serve(context.Background(), req) {
			switch _, _, text := c.Text(); {
			case text && !slow.open() && stream:
				t.Error("a stream showed text before its opening was durable")
			case c.Done != nil && !slow.open():
				t.Error("done before the record was durable")
			case text && !stream, c.Meta != nil && !stream:
				slow.let()
			}
		}
	}
}

// slowStore holds every batch until it is let go, at the latest after 50 ms.
type slowStore struct {
	audit.Store
	once    sync.Once
	release chan struct{}
}

func (s *slowStore) let() { s.once.Do(func() { close(s.release) }) }

func (s *slowStore) open() bool {
	select {
	case <-s.release:
		return true
	default:
		return false
	}
}

func (s *slowStore) AppendBatch(ctx context.Context, entries []audit.Entry) error {
	select {
	case <-s.release:
	case <-time.After(50 * time.Millisecond):
		s.let()
	}
	return s.Store.AppendBatch(ctx, entries)
}

// failing refuses entries of one kind.
type failing struct {
	to   *audit.Writer
	kind audit.Kind
}

func (f failing) Begin(ctx context.Context, entries ...audit.Entry) (*audit.Pending, error) {
	for _, e := range entries {
		if e.Kind == f.kind {
			return nil, landfall.Errorf(landfall.CodeOverloaded, "the audit log cannot be written")
		}
	}
	return f.to.Begin(ctx, entries...)
}

func TestDeadlineIsKept(t *testing.T) {
	r := newRig(t)
	r.script = partner.Script{{Pause: time.Hour}}
	req := request("summarize", article)
	req.Deadline = 60 * time.Millisecond
	a := r.ask(context.Background(), req)
	if a.done == nil || a.done.Err == nil || a.done.Err.Code != landfall.CodeTimeout {
		t.Fatalf("want timeout, have %+v", a.done)
	}
	if stage, _ := a.done.Err.Params.Get("stage"); stage == nil {
		t.Error("no stage")
	}
}

func TestDoneSaysWhyTheTextEnded(t *testing.T) {
	for _, tt := range []struct {
		name   string
		room   int
		finish landfall.Finish
		want   landfall.Finish
	}{
		{"whole", 0, landfall.FinishStop, landfall.FinishStop},
		{"cut at the caller's room", 9, landfall.FinishLength, landfall.FinishLength},
	} {
		r := newRig(t)
		r.script = partner.Script{{Text: "图书馆延长开放，添了自习室。"}, {Finish: tt.finish}}
		req := request("summarize", article)
		req.MaxTokens = tt.room
		a := r.ask(t.Context(), req)
		if a.done.Status != landfall.Complete || a.done.Finish != tt.want {
			t.Errorf("%s: %s, finish %q, want %q", tt.name, a.done.Status, a.done.Finish, tt.want)
		}
	}
}

// A model's tool arguments are text until a feature decoded them: what a word hides
// behind JSON escapes is found in the output all the same, and nothing is shown.
func TestToolArgumentsAreModeratedDecoded(t *testing.T) {
	r := newRig(t, "标记")
	for i := range r.source.Markets[0].Features {
		rel := &r.source.Markets[0].Features[i].Release
		rel.Parameters = append(rel.Parameters, landfall.Parameter{Name: "tools", Value: "functions"})
	}
	r.approve(t, r.now(), time.Hour)
	r.load(t)
	ask := landfall.Request{
		ID: "lf_test_ask", App: landfall.App{ID: "app_1", Market: market}, Feature: "ask", Unit: landfall.UTF16, Processing: "partner_ok", Body: []byte("{}"),
		Input: landfall.Object{
			{Key: "messages", Value: []any{landfall.Object{{Key: "role", Value: "user"}, {Key: "content", Value: "现在几点？"}}}},
			{Key: "tools", Value: []any{landfall.Object{{Key: "name", Value: "clock"}, {Key: "parameters", Value: landfall.Object{{Key: "type", Value: "object"}, {Key: "properties", Value: landfall.Object{{Key: "place", Value: landfall.Object{{Key: "type", Value: "string"}}}}}}}}}},
		},
	}
	for name, tt := range map[string]struct {
		arguments string
		status    landfall.Status
		finish    landfall.Finish
	}{
		"fine":    {`{"place":"这里"}`, landfall.Complete, landfall.FinishToolCalls},
		"escaped": {`{"place":"\u6807\u8bb0"}`, landfall.StatusHeld, ""},
	} {
		r.script = partner.Script{{Call: &landfall.ToolCall{ID: "call_1", Name: "clock", Arguments: tt.arguments}}, {Finish: landfall.FinishToolCalls}}
		ask.ID = "lf_test_" + name
		a := r.ask(t.Context(), ask)
		if a.done.Status != tt.status || tt.finish != "" && a.done.Finish != tt.finish {
			t.Errorf("%s: %s, finish %s, %v", name, a.done.Status, a.done.Finish, a.done.Err)
		}
		if tt.status == landfall.StatusHeld && (a.output != nil || len(a.withheld) != 1 || a.withheld[0].Path != "/tool_calls/0/arguments/place") {
			t.Errorf("%s: %s %+v", name, landfall.AppendJSON(nil, a.output), a.withheld)
		}
	}
}

// Only names of features that the market has are counted, whatever was wrong with the
// request; and who counts cannot take the answer from the caller.
func TestWhatIsCountedOfARequest(t *testing.T) {
	var counted []string
	r := newRigWith(t, gateway.Config{Ended: func(e gateway.Ending) {
		counted = append(counted, e.Feature)
		panic("no such label")
	}})
	r.says(summary, 0)
	for _, name := range []string{"summarize", "x1", "\xff"} {
		for _, fault := range []*landfall.Error{nil, landfall.Errorf(landfall.CodeInputInvalid, "bad")} {
			req := request(name, article)
			req.ID, req.Err = fmt.Sprintf("lf_%d", len(counted)), fault
			if a := r.ask(context.Background(), req); a.done == nil {
				t.Errorf("%q with %v has no answer", name, fault)
			}
		}
	}
	if want := []string{"summarize", "summarize", "", "", "", ""}; !slices.Equal(counted, want) {
		t.Errorf("counted %q, want %q", counted, want)
	}
}

// What a wire warns of is told with a notice as it is with an answer, and stands in
// the record.
func TestAnInputWithheldKeepsItsWarnings(t *testing.T) {
	r := newRig(t, "碎月令")
	req := request("summarize", article+"碎月令")
	req.Warnings = []landfall.Warning{{Code: "parameter_ignored", Message: "temperature"}}
	a := r.ask(context.Background(), req)
	if len(a.withheld) != 1 || r.asked != 0 || len(a.chunks) != 4 || a.chunks[0].Meta == nil || a.chunks[1].Warning == nil || a.chunks[2].Withheld == nil {
		t.Errorf("want label, warning, notice, done: %+v", a.chunks)
	}
	if w := r.record(t).Closed.Warnings; !slices.Equal(w, []string{"parameter_ignored"}) {
		t.Errorf("the record's warnings are %q", w)
	}
}
