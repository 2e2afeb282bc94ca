package stats_test

import (
	"fmt"
	"testing"

	"landfall/internal/stats"
)

// Bounds as published tables give them, in percent.
func TestWilson(t *testing.T) {
	for _, tt := range []struct {
		k, n int
		want string
	}{
		{900, 1000, "87.98-91.71"},
		{919, 1000, "90.04-93.44"},
		{1827, 2000, "90.04-92.50"},
		{285, 300, "91.92-96.95"},
		{6, 6, "60.97-100.00"},
		{0, 10, "0.00-27.75"},
		{0, 0, "0.00-100.00"},
	} {
		low, high := stats.Wilson(tt.k, tt.n)
		if got := fmt.Sprintf("%.2f-%.2f", 100*low, 100*high); got != tt.want {
			t.Errorf("%d of %d: %s, want %s", tt.k, tt.n, got, tt.want)
		}
	}
}
