package audit_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall"
	"landfall/internal/audit"
)

// The digest of {"at":1,"device":"<&>…","kind":"opened","record":"r"} as Python's
// json.dumps with sorted keys and ensure_ascii off writes it.
const keptTextDigest = "ae1bbcfa095b5273c5302b22022d0b2bc9945101c9253a63bc7581fc513daf8b"

const digest = landfall.Digest("sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")

func openedFull() audit.Entry {
	return audit.Entry{
		Kind: audit.Opened, Record: "r1", At: 1_772_000_000_123, App: "app_a", Market: "XA", Feature: "proofread",
		Device: "d", User: "u", Form: audit.SSE, ShowsLabels: true, Release: digest, ApprovalSequence: 3, Purpose: landfall.Serve,
		Rehearsal: true, InputCommitment: digest, Salt: []byte("a salt that stays out"),
	}
}

func closedFull() audit.Entry {
	return audit.Entry{
		Kind: audit.Closed, Record: "r1", At: 1_772_000_001_000, Outcome: audit.Withheld, Code: "market_rule",
		Check: "c", Stage: "output", Rules: []string{"b", "a"}, RulesHit: 3, Warnings: []string{"w"},
		Reasons: []string{"not_ready"}, Of: "r0", ReportedModel: "m",
		ReportedFingerprint: "f", Attempts: 2, Usage: landfall.Usage{Input: 1, Output: 2, Cached: 3},
		OutputCommitment: digest, ShownLength: 4, FirstTextMS: 5, TotalMS: 6,
	}
}

// The stored form is what a tree over the log will hash: a new field must not
// change it for entries that exist.
func TestStoredFormIsPinned(t *testing.T) {
	for _, c := range []struct {
		name string
		e    audit.Entry
		want string
	}{
		{"least", audit.Entry{Kind: audit.Closed, Record: "r", At: 7}, `{"at":7,"kind":"closed","record":"r"}`},
		{"opened", openedFull(), `{"app":"app_a","approval_sequence":3,"at":1772000000123,"device":"d","feature":"proofread",` +
			`"form":"sse","input_commitment":"` + string(digest) + `","kind":"opened","market":"XA","purpose":"serve","record":"r1",` +
			`"rehearsal":true,"release":"` + string(digest) + `","shows_labels":true,"user":"u"}`},
		{"closed", closedFull(), `{"at":1772000001000,"attempts":2,"check":"c","code":"market_rule","first_text_ms":5,"kind":"closed",` +
			`"of":"r0","outcome":"withheld","output_commitment":"` + string(digest) + `","reasons":["not_ready"],"record":"r1","reported_fingerprint":"f",` +
			`"reported_model":"m","rules":["b","a"],"rules_hit":3,"shown_length":4,"stage":"output","total_ms":6,` +
			`"usage":{"cached_tokens":3,"input_tokens":1,"output_tokens":2},"warnings":["w"]}`},
		{"appealed", appealedFull(), `{"at":1772000002000,"case":"case_x","input_commitment":"` + string(digest) + `","kind":"appealed","record":"r1","rules":["b"]}`},
	} {
		b, err := c.e.Canonical()
		if err != nil {
			t.Fatal(c.name, err)
		}
		if diff := cmp.Diff(c.want, string(b)); diff != "" {
			t.Error(c.name, diff)
		}
		back, err := audit.ParseEntry(b)
		c.e.Salt, c.e.Message = nil, ""
		if diff := cmp.Diff(c.e, back); diff != "" || err != nil {
			t.Error(c.name, err, diff)
		}
	}
}

func appealedFull() audit.Entry {
	return audit.Entry{Kind: audit.Appealed, Record: "r1", At: 1_772_000_002_000, Rules: []string{"b"}, Case: "case_x", InputCommitment: digest, Message: "m"}
}

// Between them the examples fill every field, so that none is untested.
func TestExamplesFillEveryField(t *testing.T) {
	o, c, a := reflect.ValueOf(openedFull()), reflect.ValueOf(closedFull()), reflect.ValueOf(appealedFull())
	for i := range o.NumField() {
		if o.Field(i).IsZero() && c.Field(i).IsZero() && a.Field(i).IsZero() {
			t.Errorf("%s is in no example", o.Type().Field(i).Name)
		}
	}
}

// Text keeps "<", "&" and U+2028 as they are (RFC 8785 section 3.2.2.2).
func TestStoredFormKeepsText(t *testing.T) {
	e := audit.Entry{Kind: audit.Opened, Record: "r", At: 1, Device: "<&>\u2028\u00e9\U0001f600"}
	b, err := e.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b)
	if got := hex.EncodeToString(sum[:]); got != keptTextDigest {
		t.Errorf("%s of %s", got, b)
	}
}

func TestRefusedEntries(t *testing.T) {
	for name, e := range map[string]audit.Entry{
		"no record": {Kind: audit.Opened},
		"no kind":   {Record: "r"},
		"too long":  {Kind: audit.Opened, Record: "r", Device: strings.Repeat("x", audit.MaxEntry)},
		"no UTF-8":  {Kind: audit.Opened, Record: "r", Device: "a\xc3"},
		"too large": {Kind: audit.Opened, Record: "r", At: 1 << 53},
	} {
		if _, err := e.Canonical(); !errors.Is(err, audit.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseEntryRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"unknown field": `{"at":7,"kind":"closed","record":"r","shown":"x"}`,
		"another order": `{"kind":"closed","at":7,"record":"r"}`,
		"a space":       `{"at":7, "kind":"closed","record":"r"}`,
		"other case":    `{"AT":7,"kind":"closed","record":"r"}`,
		"twice":         `{"at":7,"at":7,"kind":"closed","record":"r"}`,
		"null":          `null`,
		"no record":     `{"at":7,"kind":"closed"}`,
		"a rest":        `{"at":7,"kind":"closed","record":"r"}{}`,
		"empty":         ``,
		"zero written":  `{"at":7,"attempts":0,"kind":"closed","record":"r"}`,
	} {
		if e, err := audit.ParseEntry([]byte(text)); err == nil {
			t.Errorf("%s: read %+v", name, e)
		}
	}
}

func FuzzParseEntry(f *testing.F) {
	for _, e := range []audit.Entry{openedFull(), closedFull(), {Kind: "later", Record: "\x00\u202e"}} {
		b, _ := e.Canonical()
		f.Add(b)
	}
	f.Add([]byte(`{"at":1e0,"kind":"closed","record":"\ud800"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := audit.ParseEntry(b)
		if err != nil {
			return
		}
		again, err := e.Canonical()
		if err != nil || string(again) != string(b) {
			t.Fatalf("%s, %v: was %s", again, err, b)
		}
		checkText(t, audit.Record{Seq: 1, Opened: &e, Closed: &e})
	})
}
