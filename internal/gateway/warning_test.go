package gateway_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"landfall"
	"landfall/internal/safety"
)

// invented is an answer that the feature's checks reject: its number is nowhere in
// the text. What is shown instead is made of the text's sentences, with a warning.
const invented = "社区图书馆将新添九百七十三个座位。"

// A warning that comes before there is anything to see follows the label and goes
// before the text, in the answer and in its replay; the record holds its code.
func TestWarningBeforeTheFirstText(t *testing.T) {
	r := newRig(t)
	r.says(invented, 0)
	req := request("summarize", article)
	req.IdempotencyKey = "k"
	first := r.ask(context.Background(), req)
	record := r.record(t)
	req.ID = "lf_again"
	again := r.ask(context.Background(), req)
	for name, a := range map[string]answer{"the answer": first, "its replay": again} {
		if a.done == nil || a.done.Status != landfall.Complete || a.text == "" {
			t.Fatalf("%s: %+v", name, a.done)
		}
		meta := slices.IndexFunc(a.chunks, func(c safety.Chunk) bool { return c.Meta != nil })
		warning := slices.IndexFunc(a.chunks, func(c safety.Chunk) bool { return c.Warning != nil })
		text := slices.IndexFunc(a.chunks, func(c safety.Chunk) bool { _, _, ok := c.Text(); return ok })
		if meta != 0 || warning < meta || text < warning {
			t.Errorf("%s: label at %d, warning at %d, text at %d", name, meta, warning, text)
		}
	}
	if !again.done.Replayed {
		t.Error("the second answer is no replay")
	}
	if !slices.Contains(record.Closed.Warnings, "extractive") {
		t.Errorf("the record's warnings are %q", record.Closed.Warnings)
	}
}

// A replay shows only what today's words would let through.
func TestReplayIsRefusedWhenTheListChanged(t *testing.T) {
	r := newRig(t, "碎月令")
	r.says(summary, 0)
	req := request("summarize", article)
	req.IdempotencyKey = "k"
	if a := r.ask(context.Background(), req); a.done.Status != landfall.Complete {
		t.Fatalf("%+v", a.done.Err)
	}
	// A longer list keeps the floor, so release and approval stay.
	r.source.Markets[0].Words = []string{"碎月令", "自习室"}
	r.load(t)
	req.ID = "lf_again"
	a := r.ask(context.Background(), req)
	if a.text != "" || a.done.Err == nil || a.done.Err.Code != landfall.CodeConflict || r.asked != 1 {
		t.Errorf("shown %q, %+v, asked %d times", a.text, a.done.Err, r.asked)
	}
}

// What a caller wrote may stand in the message to the caller, and not in the log.
func TestWhatACallerWroteStaysOutOfTheLog(t *testing.T) {
	const secret = "小禾的秘密"
	r := newRig(t)
	for _, code := range []landfall.Code{landfall.CodeInputInvalid, landfall.CodeSchemaInvalid, landfall.CodeNotFound, landfall.CodeUnsupportedLanguage} {
		req := request("summarize", article)
		req.ID = "lf_" + string(code)
		req.Err = landfall.Errorf(code, "wrong: %s", secret)
		if a := r.ask(context.Background(), req); a.done.Err == nil || !strings.Contains(a.done.Err.Message, secret) {
			t.Errorf("%s: the caller is told %v", code, a.done.Err)
		}
		if !bytes.Contains(r.log.Bytes(), []byte("code="+string(code))) {
			t.Errorf("%s is not in the log", code)
		}
	}
	r.says(summary, 0)
	long := request("summarize", strings.Repeat(secret, 20_000))
	long.ID = "lf_long"
	r.ask(context.Background(), long)
	if bytes.Contains(r.log.Bytes(), []byte(secret)) {
		t.Errorf("the log holds what a caller wrote: %s", r.log.Bytes())
	}
}

// Where a caller keeps its text off the tier that serves, the refusal has a reason
// that names who can act; where the user has not agreed, the answer asks.
func TestProcessingAndConsent(t *testing.T) {
	for _, tt := range []struct {
		tier, processing, consent string
		code                      landfall.Code
	}{
		{"local", "device_only", "", ""},
		{"private", "device_only", "granted", landfall.CodeUnavailable},
		{"private", "private_ok", "", ""},
		{"partner", "private_ok", "granted", landfall.CodeUnavailable},
		{"partner", "partner_ok", "ask", landfall.CodeNeedsConsent},
		{"partner", "partner_ok", "denied", landfall.CodeNeedsConsent},
		{"partner", "partner_ok", "granted", ""},
	} {
		r := newRig(t)
		r.tier = tt.tier
		r.compose(t, nil)
		r.approve(t, r.now(), time.Hour)
		r.load(t)
		r.says(summary, 0)
		req := request("summarize", article)
		req.Processing, req.Consent = tt.processing, tt.consent
		a := r.ask(context.Background(), req)
		switch {
		case tt.code == "" && a.done.Status != landfall.Complete, tt.code != "" && (a.done.Err == nil || a.done.Err.Code != tt.code || r.asked > 0):
			t.Errorf("%+v: %s, %v", tt, a.done.Status, a.done.Err)
		case tt.code == landfall.CodeUnavailable && (len(a.done.Err.Reasons) != 1 || a.done.Err.Reasons[0].Actor != "developer" || a.done.Err.Reasons[0].Waiting):
			t.Errorf("%+v: reasons %+v", tt, a.done.Err.Reasons)
		case tt.code == landfall.CodeNeedsConsent && a.done.Status != landfall.NeedsConsent:
			t.Errorf("%+v: %s", tt, a.done.Status)
		}
	}
}

// Every record of a rehearsal says so, that of a request which met no release too.
func TestEveryRecordOfARehearsalSaysSo(t *testing.T) {
	r := newRig(t)
	r.says(summary, 0)
	bad := request("summarize", article)
	bad.ID, bad.Err = "lf_bad", landfall.Errorf(landfall.CodeInputInvalid, "bad")
	unknown := request("unknown", article)
	keyed := request("summarize", article)
	keyed.IdempotencyKey = "k"
	again := keyed
	again.ID = "lf_again"
	for _, req := range []landfall.Request{bad, unknown, keyed, again} {
		r.ask(context.Background(), req)
		rec, err := r.store.Get(context.Background(), req.ID)
		if err != nil || !rec.Opened.Rehearsal {
			t.Errorf("%s: %+v, %v", req.ID, rec.Opened, err)
		}
	}
}

// White space holds nothing to correct, and no model is asked.
func TestWhiteSpaceIsProofreadWithoutAModel(t *testing.T) {
	r := newRig(t)
	a := r.ask(context.Background(), request("proofread", " \n　\t"))
	if a.done.Status != landfall.Complete || r.asked != 0 || a.done.Attempts != 0 {
		t.Fatalf("%s %v, asked %d times", a.done.Status, a.done.Err, r.asked)
	}
	if edits, _ := a.output.Get("edits"); len(edits.([]any)) != 0 || a.output.Text("corrected") != " \n　\t" {
		t.Errorf("%s", landfall.AppendJSON(nil, a.output))
	}
}

// Whatever a caller hits and whatever is warned of, the closing entry fits the log.
func TestAClosingEntryFitsTheLog(t *testing.T) {
	var text []rune
	for r := rune(0x4E00); len(text) < 4000; r++ {
		text = append(text, r)
	}
	var words []string
	for i := range len(text) - 1 {
		words = append(words, string(text[i:i+2]))
	}
	r := newRig(t, words...)
	a := r.ask(context.Background(), request("summarize", string(text)))
	if closed := r.record(t).Closed; len(a.withheld) != 1 || len(closed.Rules) != 64 || closed.RulesHit != len(words) || closed.Rules[0] != a.withheld[0].RuleID {
		t.Errorf("%d rules of %d, %+v", len(closed.Rules), closed.RulesHit, a.done.Err)
	}
}

func TestARecordNamesAWarningOnce(t *testing.T) {
	r := newRig(t)
	r.says(summary, 0)
	req := request("summarize", article)
	for range 5000 {
		req.Warnings = append(req.Warnings, landfall.Warning{Code: "parameter_ignored", Message: "changes nothing"})
	}
	a := r.ask(context.Background(), req)
	if closed := r.record(t).Closed; a.done.Status != landfall.Complete || !slices.Equal(closed.Warnings, []string{"parameter_ignored"}) {
		t.Errorf("%d warnings, %+v", len(closed.Warnings), a.done.Err)
	}
}
