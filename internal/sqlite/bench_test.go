package sqlite_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"landfall/internal/audit"
	"landfall/internal/sqlite"
)

func cpu() int64 {
	var u unix.Rusage
	unix.Getrusage(unix.RUSAGE_SELF, &u)
	return u.Utime.Nano() + u.Stime.Nano()
}

// BenchmarkAppend makes whole records, an opening and a closing that each wait
// for the disk: in groups, and each in a transaction of its own.
func BenchmarkAppend(b *testing.B) {
	for _, durable := range []string{"full", "normal"} {
		for _, callers := range []int{1, 64} {
			for _, mode := range []string{"group", "alone"} {
				b.Run(fmt.Sprintf("%s/%s/callers=%d", durable, mode, callers), func(b *testing.B) {
					db := open(b, b.TempDir())
					sqlite.Exec(b, db, "PRAGMA synchronous = "+durable)
					w := audit.NewWriter(db, audit.WriterConfig{})
					defer w.Close(context.Background())
					var add func(audit.Entry) error
					if add = func(e audit.Entry) error { return w.Append(b.Context(), e) }; mode == "alone" {
						add = func(e audit.Entry) error { return db.AppendBatch(b.Context(), []audit.Entry{e}) }
					}
					appendRecords(b, callers, add)
				})
			}
		}
	}
}

func appendRecords(b *testing.B, callers int, add func(audit.Entry) error) {
	var n atomic.Int64
	b.SetParallelism(max(1, callers/2)) // times GOMAXPROCS
	start := cpu()
	one := func() {
		id := fmt.Sprintf("rec_%012d", n.Add(1))
		if err := add(opened(id)); err != nil {
			b.Error(err)
		}
		if err := add(closed(id)); err != nil {
			b.Error(err)
		}
	}
	if callers == 1 {
		for b.Loop() {
			one()
		}
	} else {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				one()
			}
		})
	}
	entries := float64(2 * n.Load())
	b.ReportMetric(entries/b.Elapsed().Seconds(), "entries/s")
	b.ReportMetric(float64(cpu()-start)/1000/entries, "cpu-µs/entry")
}

func BenchmarkCanonical(b *testing.B) {
	e := opened("rec_000000000001")
	for b.Loop() {
		if _, err := e.Canonical(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkList(b *testing.B) {
	db := open(b, b.TempDir())
	var batch []audit.Entry
	for i := range 10_000 {
		batch = append(batch, opened(fmt.Sprint(i)), closed(fmt.Sprint(i)))
	}
	must(b, db.AppendBatch(b.Context(), batch))
	for b.Loop() {
		if list, err := db.List(b.Context(), audit.Page{}); len(list) != audit.DefaultLimit || err != nil {
			b.Fatal(err)
		}
	}
}
