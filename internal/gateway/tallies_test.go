package gateway

import (
	"fmt"
	"testing"
	"time"

	"landfall"
)

// An app that makes up devices fills the counts of devices. It does so by requests
// alone, it takes nothing from the other apps, and looking for room is done once a window.
func TestMadeUpDevices(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 1, 0, time.UTC)
	hourly := []landfall.Allowance{{Limit: 3, Window: time.Hour}}
	q := newQuotas(Allowances{App: hourly, Device: hourly, Market: []landfall.Allowance{{Limit: 1 << 30, Window: time.Hour}}}, func() time.Time { return now })
	evil := landfall.App{ID: "evil", Market: "XA", Allowances: []landfall.Allowance{{Limit: 1 << 30, Window: time.Hour}}}
	for i := range 100 {
		q.peek(evil, fmt.Sprint("peeked", i))
	}
	if len(q.by) != 0 {
		t.Errorf("%d counts of what was never admitted", len(q.by))
	}
	for i := 0; len(q.by) < maxTallies; i++ {
		if _, err := q.take(evil, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	take := func(app, device string) *landfall.Error {
		_, err := q.take(landfall.App{ID: app, Market: "XA"}, device)
		return err
	}
	for i := range 5 {
		if err := take(fmt.Sprint("app", i), "phone"); err != nil {
			t.Errorf("the first request of app %d: %v", i, err)
		}
	}
	for _, device := range []string{"a", "b"} {
		if err := take("app0", device); err != nil {
			t.Errorf("within the count that the app's devices share: %v", err)
		}
	}
	if err := take("app1", ""); err != nil {
		t.Errorf("a request without a device: %v", err)
	}
	if n := len(q.by); n > maxTallies+20 {
		t.Errorf("%d counts", n)
	}

	now = now.Add(time.Hour)
	if err := take("app0", "phone"); err != nil || len(q.by) > 20 {
		t.Errorf("in the next hour: %v, %d counts", err, len(q.by))
	}
	q.by[tallyKey{scope: "app", id: "ended", window: time.Hour}] = tally{}
	for i := 0; len(q.by) < maxTallies; i++ {
		_, _ = q.take(evil, fmt.Sprint(i))
	}
	_ = take("app0", "another")
	if _, kept := q.by[tallyKey{scope: "app", id: "ended", window: time.Hour}]; !kept {
		t.Error("all counts were looked through twice in one window")
	}
}
