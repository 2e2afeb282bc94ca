package gateway_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"landfall"
	"landfall/internal/audit"
	"landfall/internal/gateway"
	"landfall/internal/partner"
)

func withheldOnce(t *testing.T) (*rig, gateway.Desk, landfall.Request, string) {
	t.Helper()
	r := newRig(t, "碎月令")
	r.says("社区图书馆延长开放时间，馆里可以取碎月令，还有故事会。", 0)
	req := request("summarize", article)
	a := r.ask(context.Background(), req)
	if len(a.withheld) != 1 {
		t.Fatalf("%+v", a.done)
	}
	return r, gateway.Desk{Records: r.store, Log: r.writer}, req, a.withheld[0].AppealToken
}

// An app sees its own records, and another's no more than one that never was.
func TestAnAppSeesItsOwnRecordsOnly(t *testing.T) {
	r, d, req, _ := withheldOnce(t)
	rec, _, err := d.Record(context.Background(), req.App, req.ID)
	if err != nil || rec.Opened.Record != req.ID || rec.Closed.Outcome != audit.Withheld {
		t.Errorf("%+v, %v", rec, err)
	}
	_, _, other := d.Record(context.Background(), landfall.App{ID: "app_2", Market: market}, req.ID)
	_, _, never := d.Record(context.Background(), req.App, "lf_never")
	if other == nil || never == nil || other.Code != landfall.CodeNotFound || other.Error() != never.Error() {
		t.Errorf("another's: %v, none: %v", other, never)
	}
	if b := string(rec.Opened.InputCommitment + rec.Closed.OutputCommitment); strings.Contains(b, "图书馆") || r.asked != 1 {
		t.Errorf("content in the record: %s", b)
	}
}

// A token that a notice named is taken once: its case stays, and so does the first
// message, which stands beside the log and not in it.
func TestAppeal(t *testing.T) {
	_, d, req, token := withheldOnce(t)
	first, err := d.Appeal(context.Background(), req.App, token, "这是一个虚构的词。")
	if err != nil || first.Case == "" || first.Record != req.ID || first.InputCommitment == "" {
		t.Fatalf("%+v, %v", first, err)
	}
	again, err := d.Appeal(context.Background(), req.App, token, "another message")
	if err != nil || again.Case != first.Case {
		t.Errorf("the same token: %+v, %v", again, err)
	}
	_, appeals, err := d.Record(context.Background(), req.App, req.ID)
	if err != nil || len(appeals) != 1 || appeals[0].Message != "这是一个虚构的词。" || appeals[0].Entry.Case != first.Case {
		t.Errorf("%+v, %v", appeals, err)
	}
	if b, _ := appeals[0].Entry.Canonical(); strings.Contains(string(b), "虚构") {
		t.Errorf("the user's words are in the log: %s", b)
	}
}

// A user whose client left on seeing the notice may appeal like any other.
func TestAnAppealAfterTheClientLeft(t *testing.T) {
	r := newRig(t, "碎月令")
	r.says("社区图书馆延长开放时间，馆里可以取碎月令，还有故事会。", 0)
	req := request("summarize", article)
	req.Stream = true
	token := ""
	for c := range r.line.Serve(context.Background(), req) {
		if c.Withheld != nil {
			token = c.Withheld.AppealToken
			break
		}
	}
	if rec := r.record(t); rec.Closed.Outcome != audit.Abandoned {
		t.Fatalf("outcome %s", rec.Closed.Outcome)
	}
	if e, err := (gateway.Desk{Records: r.store, Log: r.writer}).Appeal(context.Background(), req.App, token, ""); err != nil || e.Case == "" {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestForgedAppealTokens(t *testing.T) {
	r, d, req, token := withheldOnce(t)
	r.says(summary, 0)
	fine := request("summarize", article)
	fine.ID = "lf_fine"
	r.ask(context.Background(), fine)
	id, rule, _ := strings.Cut(token, ":")
	for name, tt := range map[string]struct {
		app   landfall.App
		token string
	}{
		"another app's":              {landfall.App{ID: "app_2", Market: market}, token},
		"another rule":               {req.App, id + ":" + market + ".list.00000000"},
		"an answer that was whole":   {req.App, "lf_fine:" + rule},
		"an answer that never was":   {req.App, "lf_never:" + rule},
		"no token":                   {req.App, "x"},
		"an empty one":               {req.App, ":"},
		"the token and more":         {req.App, token + ":x"},
		"the token with white space": {req.App, token + " "},
	} {
		if e, err := d.Appeal(context.Background(), tt.app, tt.token, ""); err == nil || err.Code != landfall.CodeNotFound {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
	if appeals, err := r.store.Appeals(context.Background(), req.ID); len(appeals) != 0 || err != nil {
		t.Errorf("kept: %+v, %v", appeals, err)
	}
}

// The same token at the same time makes one case.
func TestOneCaseForOneToken(t *testing.T) {
	_, d, req, token := withheldOnce(t)
	cases := make([]string, 16)
	var wg sync.WaitGroup
	for i := range cases {
		wg.Go(func() {
			e, err := d.Appeal(context.Background(), req.App, token, "")
			if err != nil {
				t.Error(err)
			}
			cases[i] = e.Case
		})
	}
	wg.Wait()
	for _, c := range cases {
		if c == "" || c != cases[0] {
			t.Fatalf("cases %q", cases)
		}
	}
}

// While the answer still runs there is nothing final to appeal against.
func TestAnAppealWaitsForTheEnd(t *testing.T) {
	r := newRig(t, "碎月令")
	d := gateway.Desk{Records: r.store, Log: r.writer}
	r.script = partner.Script{{Text: "社区图书馆延长开放时间，馆里可以取碎月令。"}}
	req := request("summarize", article)
	req.Stream = true
	for c := range r.line.Serve(context.Background(), req) {
		if c.Withheld == nil {
			continue
		}
		if _, err := d.Appeal(context.Background(), req.App, c.Withheld.AppealToken, ""); err == nil || err.Code != landfall.CodeConflict {
			t.Errorf("before the end: %v", err)
		}
	}
}

// Counting is under the admission of a request, and leaves no trace: no answer, no
// record, nothing of a quota.
func TestCount(t *testing.T) {
	r := newRigWith(t, gateway.Config{Allowances: gateway.Allowances{App: per("1/day")}})
	req := request("summarize", article)
	for range 3 {
		c, err := r.line.Count(context.Background(), req)
		if err != nil || c.Measure.Count != landfall.CodePoint.Len(article) || c.Limit <= c.Measure.Count || !c.Fits() || c.Language != "zh" || c.Tokens <= 0 || c.Counted {
			t.Fatalf("%+v, %v", c, err)
		}
	}
	long := request("summarize", strings.Repeat("图书馆", 20_000))
	if c, err := r.line.Count(context.Background(), long); err == nil && (c.Fits() || c.Measure.Count != 60_000) {
		t.Errorf("too long: %+v", c)
	} else if err != nil {
		if n, _ := err.Params.Get("count"); n != 60_000 {
			t.Errorf("too long: %v %v", err, err.Params)
		}
	}
	if list, _ := r.store.List(context.Background(), audit.Page{}); len(list) != 0 || r.asked != 0 {
		t.Errorf("%d records, asked %d times", len(list), r.asked)
	}
	denied := req
	denied.App.Features = []string{"extract"}
	if _, err := r.line.Count(context.Background(), denied); err == nil || err.Code != landfall.CodeUnavailable {
		t.Errorf("an app without the feature: %v", err)
	}
	unknown := req
	unknown.Feature = "divine"
	if _, err := r.line.Count(context.Background(), unknown); err == nil || err.Code != landfall.CodeNotFound {
		t.Errorf("no such feature: %v", err)
	}
	r.source.Markets[0].Features[0].Approvals = nil
	r.load(t)
	if _, err := r.line.Count(context.Background(), req); err == nil || err.Code != landfall.CodeUnavailable {
		t.Errorf("not approved: %v", err)
	}
}
