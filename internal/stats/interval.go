// Package stats holds intervals and tests: numbers in, numbers out.
package stats

import "math"

// z95 is the standard normal's 97.5 % quantile.
const z95 = 1.959963984540054

// Wilson returns the 95 % score interval of a share of k in n (E. B. Wilson, 1927):
// both bounds within 0 and 1. Nothing is known of a share of none: 0 and 1.
func Wilson(k, n int) (low, high float64) {
	if n <= 0 {
		return 0, 1
	}
	p, m := float64(k)/float64(n), float64(n)
	scale := 1 + z95*z95/m
	centre := (p + z95*z95/(2*m)) / scale
	half := z95 / scale * math.Sqrt(p*(1-p)/m+z95*z95/(4*m*m))
	return max(0, centre-half), min(1, centre+half)
}
