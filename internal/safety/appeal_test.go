package safety_test

import (
	"testing"

	"landfall/internal/safety"
)

func FuzzParseAppealToken(f *testing.F) {
	for _, s := range []string{"lf_1:XA.list.00ff00ff", "", ":", "a:", ":b", "a:b:c", "\x00:\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		record, rule, ok := safety.ParseAppealToken(s)
		if ok && (record == "" || rule == "" || safety.AppealToken(record, rule) != s) {
			t.Errorf("%q is read as %q and %q", s, record, rule)
		}
	})
}
