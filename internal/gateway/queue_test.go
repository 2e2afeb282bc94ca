package gateway_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"landfall"
	"landfall/internal/gateway"
	"landfall/internal/partner"
)

// A time-out names where the time went: for a place, for the first text, for the rest.
func TestTimeoutNamesTheStage(t *testing.T) {
	long := landfall.Object{{Key: "length", Value: "long"}}
	for _, tt := range []struct {
		name   string
		script partner.Script
		before bool // another request holds the one place
		stage  string
	}{
		{"a silent model", partner.Script{{Pause: time.Hour}}, false, "first_text"},
		{"a model that stops", partner.Script{{Text: "社区图书馆将延长开放时间。馆里新添了座位和自习室。周六还办儿童故事会。"}, {Pause: time.Hour}}, false, "answer"},
		{"a deadline shorter than the queue", partner.Script{{Pause: time.Hour}}, true, "queue"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRigWith(t, gateway.Config{Places: map[string]int{"scripted": 1}})
				r.script = tt.script
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				var wg sync.WaitGroup
				defer wg.Wait()
				defer cancel()
				if tt.before {
					first := request("summarize", article)
					first.ID = "lf_first"
					wg.Go(func() { r.ask(ctx, first) })
					synctest.Wait()
				}
				req := request("summarize", article)
				req.Deadline, req.Options = 300*time.Millisecond, long
				a := r.ask(context.Background(), req)
				if code(a) != landfall.CodeTimeout {
					t.Fatalf("%+v", a.done)
				}
				if stage, _ := a.done.Err.Params.Get("stage"); stage != tt.stage {
					t.Errorf("stage %v, want %s", stage, tt.stage)
				}
				rec, err := r.store.Get(context.Background(), req.ID)
				if err != nil || rec.Closed.Stage != tt.stage || rec.Closed.Code != landfall.CodeTimeout {
					t.Errorf("record %+v, %v", rec.Closed, err)
				}
				if tt.before && (r.asked != 1 || rec.Closed.Attempts != 0) {
					t.Errorf("the model was asked %d times, attempts %d", r.asked, rec.Closed.Attempts)
				}
			})
		})
	}
}

// An endpoint with so many places decodes no more at once; those who wait are served
// in the order in which they came, and one that leaves the queue holds nobody up.
func TestPlacesAtAnEndpoint(t *testing.T) { synctest.Test(t, testPlaces) }

func testPlaces(t *testing.T) {
	r := newRigWith(t, gateway.Config{Places: map[string]int{"scripted": 1}})
	r.script = partner.Script{{Pause: 60 * time.Millisecond}, {Text: summary}}
	var mu sync.Mutex
	var served []int
	ctx, leave := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for i := range 8 {
		req := request("summarize", article)
		req.ID = fmt.Sprintf("lf_%d", i)
		wg.Go(func() {
			c := context.Background()
			if i == 3 {
				c = ctx
			}
			a := r.ask(c, req)
			mu.Lock()
			defer mu.Unlock()
			if a.done != nil && a.done.Status == landfall.Complete {
				served = append(served, i)
			}
		})
		synctest.Wait() // so that they come one after the other
	}
	r.mu.Lock()
	asked := r.asked
	r.mu.Unlock()
	if asked > 1 {
		t.Errorf("%d were asked at once", asked)
	}
	leave()
	wg.Wait()
	if !slices.Equal(served, []int{0, 1, 2, 4, 5, 6, 7}) {
		t.Errorf("served %d", served)
	}
	// All places are free again.
	if a := r.ask(context.Background(), request("summarize", article)); a.done.Status != landfall.Complete {
		t.Errorf("afterwards: %+v", a.done.Err)
	}
}
