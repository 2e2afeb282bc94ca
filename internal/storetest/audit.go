package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"landfall"
	"landfall/internal/audit"
)

// wholeInABatch: a record that begins and ends in one batch is one like any other,
// and its faults are the same.
func wholeInABatch(t *testing.T, s AuditStore) {
	add(t, s, opened("a"), closed("a"), opened("b"))
	for name, batch := range map[string][]audit.Entry{
		"begun twice":          {opened("c"), opened("c"), closed("c")},
		"ended twice":          {opened("c"), closed("c"), closed("c")},
		"begun and known":      {opened("a"), closed("a")},
		"begun and still open": {opened("b"), closed("b")},
		"begun again":          {opened("c"), closed("c"), opened("c")},
	} {
		if err := s.AppendBatch(t.Context(), batch); !errors.Is(err, audit.ErrDuplicate) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.AppendBatch(t.Context(), []audit.Entry{closed("d"), opened("d")}); !errors.Is(err, audit.ErrNotOpened) {
		t.Errorf("ended before it began: %v", err)
	}
	add(t, s, closed("b"), opened("c"), closed("c"))
	for _, id := range []string{"a", "b", "c"} {
		r, err := s.Get(t.Context(), id)
		must(t, err)
		salt, err := s.Salt(t.Context(), id)
		must(t, err)
		if r.Opened == nil || r.Closed == nil || string(salt) != "salt of "+id {
			t.Errorf("%s: %+v with salt %q", id, r, salt)
		}
	}
	if open, err := s.Unclosed(t.Context(), 9); err != nil || len(open) > 0 {
		t.Errorf("unclosed %v, %v", open, err)
	}
}

// AuditStore is all that a store of the audit log can do.
type AuditStore interface {
	audit.Store
	audit.Reader
	audit.Eraser
}

// Audit runs the contract of the audit log. open returns an empty store that
// lives as long as the test.
func Audit(t *testing.T, open func(t *testing.T) AuditStore) {
	for name, test := range map[string]func(*testing.T, AuditStore){
		"round trip":        roundTrip,
		"batch is atomic":   atomic,
		"order of a record": orderOfRecord,
		"whole in a batch":  wholeInABatch,
		"unclosed":          unclosed,
		"recover":           recovers,
		"list and pages":    pages,
		"not found":         notFound,
		"hostile text":      hostileText,
		"erase":             erase,
		"appeals":           appeals,
		"longest entry":     longest,
		"cancelled":         cancelled,
		"sixteen writers":   sixteenWriters,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

var full = audit.Entry{
	Kind: audit.Opened, Record: "r1", At: 1_772_000_000_123,
	App: "app_a", Market: "XA", Feature: "proofread", Device: "device-7", User: "user-7", Form: audit.SSE,
	Release: audit.Commit(nil, []byte("release")), ApprovalSequence: 12, Purpose: landfall.Serve, Rehearsal: true,
	InputCommitment: audit.Commit([]byte("salt"), []byte("input")), Salt: []byte("0123456789abcdef"),
}

var fullClosed = audit.Entry{
	Kind: audit.Closed, Record: "r1", At: 1_772_000_001_456,
	Outcome: audit.Withheld, Code: "market_rule", Check: "length", Stage: "output",
	Rules: []string{"rule-2", "rule-1"}, RulesHit: 3, Warnings: []string{"extractive"}, Reasons: []string{"not_ready"}, Of: "r0",
	ReportedModel: "model-a", ReportedFingerprint: "fp", Attempts: 2, Usage: landfall.Usage{Input: 5, Output: 7, Cached: 1},
	OutputCommitment: audit.Commit([]byte("salt"), []byte("output")), ShownLength: 42, FirstTextMS: 3, TotalMS: 9,
}

func opened(id string) audit.Entry {
	return audit.Entry{Kind: audit.Opened, Record: id, At: 1, App: "a", Salt: []byte("salt of " + id)}
}

func closed(id string) audit.Entry {
	return audit.Entry{Kind: audit.Closed, Record: id, At: 2, Outcome: audit.Complete}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func add(t *testing.T, s AuditStore, entries ...audit.Entry) {
	t.Helper()
	must(t, s.AppendBatch(t.Context(), entries))
}

// ids lists the records, oldest first.
func ids(t *testing.T, s AuditStore) (all []string) {
	t.Helper()
	list, err := s.List(t.Context(), audit.Page{Limit: 1 << 20})
	must(t, err)
	for _, r := range list {
		all = append([]string{r.Opened.Record}, all...)
	}
	return all
}

func roundTrip(t *testing.T, s AuditStore) {
	add(t, s, full)
	running, err := s.Get(t.Context(), "r1")
	must(t, err)
	unsalted := cmpopts.IgnoreFields(audit.Entry{}, "Salt")
	if diff := cmp.Diff(audit.Record{Seq: 1, Opened: &full}, running, unsalted); diff != "" {
		t.Error(diff)
	}
	add(t, s, fullClosed)
	got, err := s.Get(t.Context(), "r1")
	must(t, err)
	if diff := cmp.Diff(audit.Record{Seq: 1, Opened: &full, Closed: &fullClosed}, got, unsalted); diff != "" {
		t.Error(diff)
	}
	if got.Opened.Salt != nil {
		t.Error("an entry carries its salt")
	}
	if salt, err := s.Salt(t.Context(), "r1"); err != nil || !bytes.Equal(salt, full.Salt) {
		t.Errorf("salt %q, %v", salt, err)
	}
}

func atomic(t *testing.T, s AuditStore) {
	add(t, s, opened("kept"))
	for _, bad := range []audit.Entry{opened("kept"), closed("never"), {Kind: audit.Opened}, {Kind: "other", Record: "x"}} {
		err := s.AppendBatch(t.Context(), []audit.Entry{opened("new"), closed("new"), closed("kept"), bad})
		if !errors.Is(err, audit.ErrRefused) {
			t.Errorf("%s %s: %v", bad.Kind, bad.Record, err)
		}
	}
	if diff := cmp.Diff([]string{"kept"}, ids(t, s)); diff != "" {
		t.Error(diff)
	}
	if r, err := s.Get(t.Context(), "kept"); err != nil || r.Closed != nil {
		t.Errorf("%+v, %v: half a batch was written", r, err)
	}
	add(t, s, opened("new"), closed("kept"))
	if r, err := s.Get(t.Context(), "new"); err != nil || r.Seq != 2 {
		t.Errorf("seq %d, %v: numbers have a gap", r.Seq, err)
	}
}

func orderOfRecord(t *testing.T, s AuditStore) {
	for _, step := range []struct {
		e    audit.Entry
		want error
	}{
		{closed("a"), audit.ErrNotOpened},
		{opened("a"), nil},
		{opened("a"), audit.ErrDuplicate},
		{closed("a"), nil},
		{closed("a"), audit.ErrDuplicate},
		{opened("a"), audit.ErrDuplicate},
		{opened("b"), nil},
		{opened("A"), nil}, // ids are bytes
	} {
		if err := s.AppendBatch(t.Context(), []audit.Entry{step.e}); !errors.Is(err, step.want) {
			t.Errorf("%s %s: %v, want %v", step.e.Kind, step.e.Record, err, step.want)
		}
	}
	err := s.AppendBatch(t.Context(), []audit.Entry{closed("c"), opened("c")})
	if !errors.Is(err, audit.ErrNotOpened) {
		t.Errorf("closed before opened in one batch: %v", err)
	}
}

func unclosed(t *testing.T, s AuditStore) {
	add(t, s, opened("a"), opened("b"), closed("a"), opened("c"))
	for limit, want := range map[int][]string{1: {"b"}, 2: {"b", "c"}, 9: {"b", "c"}} {
		open, err := s.Unclosed(t.Context(), limit)
		must(t, err)
		var got []string
		for _, e := range open {
			got = append(got, e.Record)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func recovers(t *testing.T, s AuditStore) {
	var batch []audit.Entry
	for i := range 2500 {
		batch = append(batch, opened(fmt.Sprint(i)))
	}
	add(t, s, append(batch, closed("7"))...)
	now := time.UnixMilli(99)
	for _, want := range []int{2499, 0} {
		if n, err := audit.Recover(t.Context(), s, now); n != want || err != nil {
			t.Errorf("recovered %d, %v; want %d", n, err, want)
		}
	}
	want := audit.Entry{Kind: audit.Closed, Record: "2499", At: 99, Outcome: audit.Interrupted}
	r, err := s.Get(t.Context(), "2499")
	must(t, err)
	if diff := cmp.Diff(&want, r.Closed); diff != "" {
		t.Error(diff)
	}
	if r, err = s.Get(t.Context(), "7"); err != nil || r.Closed.Outcome != audit.Complete {
		t.Errorf("%+v, %v: a closed record was closed again", r.Closed, err)
	}
}

func pages(t *testing.T, s AuditStore) {
	var want []string
	for i := range 120 {
		add(t, s, opened(fmt.Sprint(i)), closed(fmt.Sprint(i)))
		want = append([]string{fmt.Sprint(i)}, want...)
	}
	for _, limit := range []int{0, 7, 60, 1000} {
		var got []string
		for p := (audit.Page{Limit: limit}); ; {
			list, err := s.List(t.Context(), p)
			must(t, err)
			if limit == 0 && len(got) == 0 && len(list) != audit.DefaultLimit {
				t.Errorf("default page holds %d", len(list))
			}
			if len(list) == 0 {
				break
			}
			for _, r := range list {
				got = append(got, r.Opened.Record)
			}
			p.Before = list[len(list)-1].Seq
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("limit %d: %s", limit, diff)
		}
	}
}

func notFound(t *testing.T, s AuditStore) {
	_, get := s.Get(t.Context(), "x")
	_, salt := s.Salt(t.Context(), "x")
	for _, err := range []error{get, salt, s.EraseSalt(t.Context(), "x")} {
		if e := landfall.AsError(err); e == nil || e.Code != landfall.CodeNotFound {
			t.Errorf("%v, want not_found", err)
		}
	}
}

func hostileText(t *testing.T, s AuditStore) {
	for i, text := range []string{
		"a\nOK 200 admin approved\r\n{\"seq\":99}",
		"b\u0085c\u2028d\u2029e",
		"\x1b[31mred\x1b[0m\x00\u202etxt.exe",
		"'; DROP TABLE entries; --", "\U0001F600 \U000E0041", `\u0041"`,
	} {
		e := opened(fmt.Sprint(i, text))
		e.Device, e.User = text, text
		add(t, s, e)
		r, err := s.Get(t.Context(), e.Record)
		must(t, err)
		if r.Opened.Device != text || r.Opened.User != text {
			t.Errorf("kept %q as %q", text, r.Opened.Device)
		}
		var line, row bytes.Buffer
		must(t, audit.WriteJSON(&line, r))
		must(t, audit.WriteLine(&row, r))
		for _, out := range []string{line.String(), row.String()} {
			if strings.Count(out, "\n") != 1 || strings.ContainsAny(out, "\r\x00\x1b\u0085\u2028\u2029\u202e\U000E0041") {
				t.Errorf("not one harmless line: %q", out)
			}
		}
	}
}

func erase(t *testing.T, s AuditStore) {
	add(t, s, opened("a"), opened("b"))
	for range 2 {
		must(t, s.EraseSalt(t.Context(), "a"))
		if salt, err := s.Salt(t.Context(), "a"); salt != nil || err != nil {
			t.Errorf("salt %q, %v after erasure", salt, err)
		}
	}
	if salt, err := s.Salt(t.Context(), "b"); err != nil || string(salt) != "salt of b" {
		t.Errorf("salt %q, %v: of another record", salt, err)
	}
	if diff := cmp.Diff([]string{"a", "b"}, ids(t, s)); diff != "" {
		t.Error("erasure changed the log", diff)
	}
	bare := opened("c")
	bare.Salt = nil
	add(t, s, bare)
	if salt, err := s.Salt(t.Context(), "c"); salt != nil || err != nil {
		t.Errorf("salt %q, %v where none was given", salt, err)
	}
}

func longest(t *testing.T, s AuditStore) {
	e := opened("long")
	b, err := e.Canonical()
	must(t, err)
	// "device":"…", is what the field adds besides its text.
	e.Device = strings.Repeat("x", audit.MaxEntry-len(b)-len(`"device":"",`))
	add(t, s, e)
	e.Record, e.Device = "Long", e.Device+"x"
	if err := s.AppendBatch(t.Context(), []audit.Entry{e}); !errors.Is(err, audit.ErrRefused) {
		t.Errorf("one byte too long: %v", err)
	}
}

func cancelled(t *testing.T, s AuditStore) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.AppendBatch(ctx, []audit.Entry{opened("a")}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	add(t, s, opened("b"))
	if diff := cmp.Diff([]string{"b"}, ids(t, s)); diff != "" {
		t.Error(diff)
	}
}

// sixteenWriters writes from many goroutines, directly and through a Writer,
// while others read.
func sixteenWriters(t *testing.T, s AuditStore) {
	const writers, each = 16, 25
	w := audit.NewWriter(s, audit.WriterConfig{})
	ctx, stop := context.WithCancel(t.Context())
	var writing, reading sync.WaitGroup
	for range 4 {
		reading.Go(func() {
			for ctx.Err() == nil {
				list, err := s.List(t.Context(), audit.Page{Limit: 20})
				for i := 1; i < len(list); i++ {
					if list[i].Seq >= list[i-1].Seq {
						t.Error("a list out of order")
					}
				}
				if err != nil {
					t.Error("read beside writers:", err)
					return
				}
			}
		})
	}
	for i := range writers {
		writing.Go(func() {
			for j := range each {
				id := fmt.Sprintf("%d/%d", i, j)
				err := w.Append(t.Context(), opened(id))
				if i%2 == 0 {
					err = errors.Join(err, s.AppendBatch(t.Context(), []audit.Entry{closed(id)}))
				} else {
					err = errors.Join(err, w.Append(t.Context(), closed(id)))
				}
				if err != nil {
					t.Error("write:", err)
				}
			}
		})
	}
	writing.Wait()
	stop()
	reading.Wait()
	must(t, w.Close(t.Context()))
	if open, err := s.Unclosed(t.Context(), 1); len(open) > 0 || err != nil {
		t.Errorf("%d unclosed, %v", len(open), err)
	}
	if n := len(ids(t, s)); n != writers*each {
		t.Errorf("%d records, want %d", n, writers*each)
	}
}
