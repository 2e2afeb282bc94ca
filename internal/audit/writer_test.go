package audit_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"landfall"
	"landfall/internal/audit"
	"landfall/internal/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// faulty is a store of which append may be replaced.
type faulty struct {
	storetest.Memory
	append func(ctx context.Context, entries []audit.Entry) error
}

func (f *faulty) AppendBatch(ctx context.Context, entries []audit.Entry) error {
	if f.append != nil {
		return f.append(ctx, entries)
	}
	return f.Memory.AppendBatch(ctx, entries)
}

func opened(id string) audit.Entry { return audit.Entry{Kind: audit.Opened, Record: id, At: 1} }

func closed(id string) audit.Entry {
	return audit.Entry{Kind: audit.Closed, Record: id, At: 2, Outcome: audit.Complete}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func begin(t *testing.T, w *audit.Writer, entries ...audit.Entry) *audit.Pending {
	t.Helper()
	p, err := w.Begin(t.Context(), entries...)
	must(t, err)
	return p
}

func wantCode(t *testing.T, err error, code landfall.Code) {
	t.Helper()
	if e := landfall.AsError(err); e == nil || e.Code != code {
		t.Errorf("%v, want %s", err, code)
	}
}

func settled(t *testing.T, p *audit.Pending) bool {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return !errors.Is(p.Wait(ctx), context.Canceled)
}

// blocking returns a store whose every batch waits for a token, and the batches.
func blocking() (s *faulty, release chan struct{}, batches *[][]string) {
	s, release, batches = &faulty{}, make(chan struct{}), new([][]string)
	s.append = func(ctx context.Context, entries []audit.Entry) error {
		var ids []string
		for _, e := range entries {
			ids = append(ids, string(e.Kind)+" "+e.Record)
		}
		*batches = append(*batches, ids)
		select {
		case <-release:
			return s.Memory.AppendBatch(ctx, entries)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return s, release, batches
}

func TestAppendIsDurableOnReturn(t *testing.T) {
	s := &faulty{}
	w := audit.NewWriter(s, audit.WriterConfig{})
	must(t, w.Append(t.Context(), opened("a")))
	must(t, w.Append(t.Context(), closed("a")))
	r, err := s.Get(t.Context(), "a")
	if err != nil || r.Closed == nil {
		t.Errorf("%+v, %v", r, err)
	}
	must(t, w.Close(t.Context()))
	if got := w.Stats(); got != (audit.Stats{Entries: 2, Batches: 2}) {
		t.Errorf("%+v", got)
	}
}

func TestWhatGathersIsOneBatchInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, release, batches := blocking()
		w := audit.NewWriter(s, audit.WriterConfig{})
		first := begin(t, w, opened("a"))
		synctest.Wait() // the first batch is in the store, and alone
		rest := []*audit.Pending{begin(t, w, opened("b")), begin(t, w, closed("b"), opened("c")), begin(t, w, closed("a"))}
		if settled(t, first) || settled(t, rest[0]) {
			t.Error("durable before the store said so")
		}
		release <- struct{}{}
		must(t, first.Wait(t.Context()))
		release <- struct{}{}
		for _, p := range rest {
			must(t, p.Wait(t.Context()))
			must(t, p.Wait(t.Context())) // again
		}
		want := [][]string{{"opened a"}, {"opened b", "closed b", "opened c", "closed a"}}
		if diff := cmp.Diff(want, *batches); diff != "" {
			t.Error(diff)
		}
		must(t, w.Close(t.Context()))
	})
}

// While nobody waits an opening stays for its closing, at most as long as the
// writer lingers.
func TestLinger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		var store faulty
		store.append = func(ctx context.Context, entries []audit.Entry) error {
			sizes = append(sizes, len(entries))
			return store.Memory.AppendBatch(ctx, entries)
		}
		w := audit.NewWriter(&store, audit.WriterConfig{Linger: 20 * time.Millisecond})
		start := time.Now()
		begin(t, w, opened("a"))
		time.Sleep(10 * time.Millisecond)
		must(t, begin(t, w, closed("a")).Wait(t.Context()))
		if took := time.Since(start); took != 10*time.Millisecond {
			t.Errorf("a waiter waited %s", took)
		}
		left := begin(t, w, opened("b"))
		time.Sleep(21 * time.Millisecond)
		synctest.Wait()
		if n := w.Stats().Entries; n != 3 {
			t.Errorf("%d entries are durable after the linger, want 3", n)
		}
		must(t, left.Wait(t.Context()))
		begin(t, w, closed("b"))
		must(t, w.Close(t.Context()))
		if diff := cmp.Diff([]int{2, 1, 1}, sizes); diff != "" {
			t.Error(diff)
		}
	})
}

func TestFullLogSlowsThenRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, release, _ := blocking()
		w := audit.NewWriter(s, audit.WriterConfig{Bytes: 4096, Patience: 2 * time.Second})
		var admitted []*audit.Pending
		start := time.Now()
		for i := 0; ; i++ {
			p, err := w.Begin(t.Context(), opened(fmt.Sprint(i)))
			if err != nil {
				wantCode(t, err, landfall.CodeOverloaded)
				if _, ok := landfall.AsError(err).Params.Get("retry_after_ms"); !ok {
					t.Error("overloaded does not say when to come back")
				}
				break
			}
			if admitted = append(admitted, p); len(admitted) > 100 {
				t.Fatal("what waits has no bound")
			}
		}
		if waited := time.Since(start); waited != 2*time.Second {
			t.Errorf("refused after %v", waited)
		}
		if got := w.Stats(); got.Waiting > 4096/4*3 || got.Waiting == 0 || got.Refused != 1 {
			t.Errorf("%+v", got)
		}
		// The last quarter is for what has begun.
		admitted = append(admitted, begin(t, w, closed("0")))
		// A caller that waits goes on when there is room.
		late := make(chan error)
		go func() { late <- w.Append(t.Context(), opened("late")) }()
		synctest.Wait()
		close(release)
		must(t, <-late)
		for _, p := range admitted {
			must(t, p.Wait(t.Context()))
		}
		must(t, w.Close(t.Context()))
		if w.Stats().Waiting != 0 {
			t.Errorf("%+v", w.Stats())
		}
	})
}

func TestLargerThanAllRoomPassesAlone(t *testing.T) {
	w := audit.NewWriter(&faulty{}, audit.WriterConfig{Bytes: 1})
	for i := range 3 {
		must(t, w.Append(t.Context(), opened(fmt.Sprint(i))))
	}
	must(t, w.Close(t.Context()))
}

func TestCallerThatGoesAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, release, _ := blocking()
		w := audit.NewWriter(s, audit.WriterConfig{Bytes: 1})
		ctx, cancel := context.WithCancel(t.Context())
		p, err := w.Begin(ctx, opened("a"))
		must(t, err)
		refused := make(chan error)
		go func() { _, err := w.Begin(ctx, opened("b")); refused <- err }()
		synctest.Wait()
		cancel()
		if err := <-refused; !errors.Is(err, context.Canceled) {
			t.Errorf("waiting for room: %v", err)
		}
		if err := p.Wait(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("waiting for the disk: %v", err)
		}
		close(release)
		must(t, p.Wait(context.WithoutCancel(ctx)))
		must(t, w.Append(context.WithoutCancel(ctx), closed("a")))
		if r, err := s.Get(t.Context(), "a"); err != nil || r.Closed == nil {
			t.Errorf("%+v, %v: what was taken was dropped", r, err)
		}
		must(t, w.Close(t.Context()))
	})
}

func TestFailureReachesItsWaitersAndPasses(t *testing.T) {
	broken := errors.New("broken")
	s := &faulty{}
	fail := true
	s.append = func(ctx context.Context, entries []audit.Entry) error {
		if fail {
			fail = false
			return broken
		}
		return s.Memory.AppendBatch(ctx, entries)
	}
	w := audit.NewWriter(s, audit.WriterConfig{})
	err := w.Append(t.Context(), opened("a"))
	wantCode(t, err, landfall.CodeOverloaded)
	if !errors.Is(err, broken) {
		t.Errorf("%v hides its cause", err)
	}
	// The record was never opened, so it cannot be closed.
	err = w.Append(t.Context(), closed("a"))
	wantCode(t, err, landfall.CodeInternal)
	if !errors.Is(err, audit.ErrNotOpened) {
		t.Error(err)
	}
	must(t, w.Append(t.Context(), opened("b")))
	must(t, w.Close(t.Context()))
	if got := w.Stats(); got != (audit.Stats{Entries: 1, Batches: 1, Failed: 2}) {
		t.Errorf("%+v", got)
	}
}

func TestStoreThatAlwaysFails(t *testing.T) {
	full := landfall.Errorf(landfall.CodeOverloaded, "disk full")
	w := audit.NewWriter(&faulty{append: func(context.Context, []audit.Entry) error {
		return fmt.Errorf("batch: %w", full)
	}}, audit.WriterConfig{Bytes: 4096, Patience: time.Minute})
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			if err := w.Append(t.Context(), opened(fmt.Sprint(i))); !errors.Is(err, full) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	must(t, w.Close(t.Context()))
	if got := w.Stats(); got != (audit.Stats{Failed: 64}) {
		t.Errorf("%+v", got)
	}
}

// An entry that the store refuses fails its own caller and no neighbour.
func TestRefusedEntryFailsItsCallerAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, release, _ := blocking()
		w := audit.NewWriter(s, audit.WriterConfig{})
		begin(t, w, opened("first"))
		synctest.Wait()
		pending := map[string]*audit.Pending{}
		for i := range 20 {
			id := fmt.Sprint(i)
			pending[id] = begin(t, w, opened(id), closed(id))
		}
		twice := begin(t, w, opened("7"))
		never := begin(t, w, opened("half"), closed("never"))
		close(release)
		for _, p := range pending {
			must(t, p.Wait(t.Context()))
		}
		if err := twice.Wait(t.Context()); !errors.Is(err, audit.ErrDuplicate) {
			t.Error(err)
		}
		if err := never.Wait(t.Context()); !errors.Is(err, audit.ErrNotOpened) {
			t.Error(err)
		}
		_, err := s.Get(t.Context(), "half")
		wantCode(t, err, landfall.CodeNotFound)
		must(t, w.Close(t.Context()))
	})
}

func TestCloseDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, release, _ := blocking()
		w := audit.NewWriter(s, audit.WriterConfig{})
		a := begin(t, w, opened("a"))
		synctest.Wait()
		b := begin(t, w, opened("b"))
		ended := make(chan error)
		go func() { ended <- w.Close(t.Context()) }()
		synctest.Wait()
		_, err := w.Begin(t.Context(), opened("c"))
		wantCode(t, err, landfall.CodeOverloaded)
		close(release)
		must(t, <-ended)
		must(t, a.Wait(t.Context()))
		must(t, b.Wait(t.Context()))
		must(t, w.Close(t.Context()))
	})
}

func TestCloseGivesUpOnAStoreThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, _ := blocking()
		w := audit.NewWriter(s, audit.WriterConfig{Bytes: 1})
		a := begin(t, w, opened("a"))
		waits := make(chan error)
		go func() { waits <- w.Append(t.Context(), opened("b")) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := w.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		wantCode(t, a.Wait(t.Context()), landfall.CodeOverloaded)
		wantCode(t, <-waits, landfall.CodeOverloaded)
	})
}

func TestRecoverReportsFailure(t *testing.T) {
	s := &faulty{}
	must(t, s.AppendBatch(t.Context(), []audit.Entry{opened("a")}))
	s.append = func(context.Context, []audit.Entry) error { return errors.New("broken") }
	if n, err := audit.Recover(t.Context(), s, time.Now()); n != 0 || err == nil {
		t.Errorf("%d, %v", n, err)
	}
}
