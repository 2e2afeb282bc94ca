package storetest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall/internal/audit"
)

func appealed(record, rule, number string) audit.Entry {
	return audit.Entry{Kind: audit.Appealed, Record: record, At: 3, Rules: []string{rule}, Case: number,
		InputCommitment: audit.Commit([]byte("salt of "+record), []byte("why "+rule)), Message: "why " + rule}
}

// appeals are entries like any other; a rule of a record that is closed has one, and
// the words of the user are gone when the salt is.
func appeals(t *testing.T, s AuditStore) {
	add(t, s, opened("a"), closed("a"), opened("b"))
	for _, step := range []struct {
		e    audit.Entry
		want error
	}{
		{appealed("a", "r1", "c1"), nil},
		{appealed("a", "r1", "c2"), audit.ErrDuplicate},
		{appealed("a", "r2", "c3"), nil},
		{appealed("b", "r1", "c4"), audit.ErrNotClosed},
		{appealed("c", "r1", "c5"), audit.ErrNotOpened},
		{appealed("a", "r3", ""), audit.ErrRefused},
		{audit.Entry{Kind: audit.Appealed, Record: "a", Case: "c6"}, audit.ErrRefused},
	} {
		if err := s.AppendBatch(t.Context(), []audit.Entry{step.e}); !errors.Is(err, step.want) {
			t.Errorf("%s %s: %v, want %v", step.e.Record, step.e.Case, err, step.want)
		}
	}
	for _, message := range []string{"why ", ""} {
		have, err := s.Appeals(t.Context(), "a")
		must(t, err)
		var want []audit.Appeal
		for _, e := range []audit.Entry{appealed("a", "r1", "c1"), appealed("a", "r2", "c3")} {
			a := audit.Appeal{Entry: e}
			if message != "" {
				a.Message = e.Message
			}
			a.Entry.Message = ""
			want = append(want, a)
		}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Error(diff)
		}
		must(t, s.EraseSalt(t.Context(), "a"))
	}
	for _, id := range []string{"b", "x"} {
		if none, err := s.Appeals(t.Context(), id); len(none) != 0 || err != nil {
			t.Errorf("%s: %v, %v", id, none, err)
		}
	}
	if r, err := s.Get(t.Context(), "a"); err != nil || r.Closed == nil || r.Closed.Kind != audit.Closed {
		t.Errorf("the record is %+v, %v", r, err)
	}
}
