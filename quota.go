package landfall

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Allowance is how many requests may be admitted in a window of time. Windows are
// cut from the calendar in UTC, a day from midnight to midnight, so that everyone
// can say when one ends; two bursts around a cut may be twice the limit.
type Allowance struct {
	Limit  int
	Window time.Duration
}

var windows = []struct {
	name string
	d    time.Duration
}{{"second", time.Second}, {"minute", time.Minute}, {"hour", time.Hour}, {"day", 24 * time.Hour}}

// ParseAllowance reads "1000/day": a number, and second, minute, hour or day.
func ParseAllowance(s string) (Allowance, error) {
	n, unit, _ := strings.Cut(s, "/")
	limit, err := strconv.Atoi(n)
	for _, w := range windows {
		if err == nil && limit > 0 && unit == w.name {
			return Allowance{limit, w.d}, nil
		}
	}
	return Allowance{}, fmt.Errorf("%q: want a number above 0 and second, minute, hour or day, as in 1000/day", s)
}

// Name of the window: day.
func (a Allowance) Name() string {
	for _, w := range windows {
		if w.d == a.Window {
			return w.name
		}
	}
	return a.Window.String()
}

func (a Allowance) String() string { return strconv.Itoa(a.Limit) + "/" + a.Name() }

// UnmarshalText reads the form of [ParseAllowance].
func (a *Allowance) UnmarshalText(b []byte) (err error) {
	*a, err = ParseAllowance(string(b))
	return err
}

// MarshalText writes the form of [ParseAllowance].
func (a Allowance) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Quota is an allowance in use: Scope is what it is counted by (app, device or
// market), and at Resets the count begins anew.
type Quota struct {
	Allowance
	Scope  string
	Used   int
	Resets time.Time
}

// Left is how many requests are still allowed.
func (q Quota) Left() int { return max(0, q.Limit-q.Used) }
