package feature_test

import (
	"strings"
	"testing"

	"landfall/internal/feature"
)

// BenchmarkFacts reads a text of about 1 KB, as the number check does with each part.
func BenchmarkFacts(b *testing.B) {
	for name, text := range map[string]string{
		"en": strings.Repeat("The library opens on Monday at nine; tickets cost 3 euros and members bring friends, books and time. ", 10),
		"zh": strings.Repeat("社区图书馆下周一上午九点开门，门票三元，会员可以带朋友来看书，时间不限，周末另有活动。", 9),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				feature.Facts(text)
			}
		})
	}
}
