package landfall_test

import (
	"testing"
	"time"

	"landfall"
)

func TestParseAllowance(t *testing.T) {
	for s, want := range map[string]landfall.Allowance{
		"1/second": {Limit: 1, Window: time.Second}, "60/minute": {Limit: 60, Window: time.Minute},
		"5/hour": {Limit: 5, Window: time.Hour}, "1000/day": {Limit: 1000, Window: 24 * time.Hour},
	} {
		have, err := landfall.ParseAllowance(s)
		if err != nil || have != want || have.String() != s {
			t.Errorf("%s: %v, %v", s, have, err)
		}
	}
	for _, s := range []string{"", "5", "0/day", "-1/day", "x/day", "5/week", "5/", "5/day/day", "99999999999999999999/day"} {
		if a, err := landfall.ParseAllowance(s); err == nil {
			t.Errorf("%q is read as %v", s, a)
		}
	}
}
