package gateway_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"landfall"
	"landfall/internal/partner"
)

// BenchmarkLine serves whole answers of 200 chunks through every step, with a
// record in memory and 1,000 words; the figure per chunk is what one more chunk
// costs between the partner's adapter and the encoder.
func BenchmarkLine(b *testing.B) {
	const chunks = 200
	var words []string
	for i := range 1000 {
		words = append(words, fmt.Sprintf("词%c%c", rune(0x4E00+i%97), rune(0x5E00+i)))
	}
	r := newRig(b, words...)
	r.script = partner.Script{}
	piece := "图书馆延长时间"
	for range chunks - 1 {
		r.script = append(r.script, partner.Step{Text: piece})
	}
	r.script = append(r.script, partner.Step{Text: "。"})
	req := request("summarize", strings.Repeat(article, 20))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		req.ID = fmt.Sprintf("lf_%d", n)
		if a := r.ask(context.Background(), req); a.done.Status != landfall.Complete {
			b.Fatal(a.done.Err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/chunks, "ns/chunk")
}
