package front_test

import (
	"context"
	"io"
	"sync"
	"testing"

	"landfall/internal/partner"
)

// read returns the status and the body of an answer.
func (w *world) read(t *testing.T, path, body string, header map[string]string) (int, string) {
	t.Helper()
	r, err := w.post(context.Background(), path, body, header)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

// Replays of one key share what was kept and change nothing of it: under the race
// detector, several at once of an answer whose texts stand inside a list.
func TestReplaysAtTheSameTime(t *testing.T) {
	w := newWorld(t)
	w.says(partner.Script{{Text: "图书馆下周一开始把开放的时间延长。"}})
	const body = `{"idempotency_key":"k","input":{"text":"社区图书馆从下周一起延长开放时间。"}}`
	_, first := w.read(t, "/v1/features/rewrite", body, nil)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if status, again := w.read(t, "/v1/features/rewrite", body, nil); status != 200 {
				t.Errorf("%d %s, first %s", status, again, first)
			}
		})
	}
	wg.Wait()
}
