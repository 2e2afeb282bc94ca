package feature

import (
	"slices"
)

// A transcript is cut into chapters of about even length, each cut moved to where the
// talk pauses or turns to something else.

const (
	chapterTokens = 500 // about how many tokens a chapter has
	mostChapters  = 8
)

// chapters returns the first turn of each chapter, in order; the first is 0. weights
// are the turns' tokens, gaps the seconds of silence before each turn, and topics what
// each turn speaks of.
func chapters(weights []int, gaps []float64, topics []terms) []int {
	whole := 0
	for _, w := range weights {
		whole += w
	}
	count := min(mostChapters, max(1, (whole+chapterTokens/2)/chapterTokens), len(weights))
	starts := []int{0}
	for k := 1; k < count; k++ {
		first := starts[len(starts)-1] + 1
		if at := bestCut(weights, gaps, topics, whole*k/count, whole/count/3, first); at > 0 {
			starts = append(starts, at)
		}
	}
	return starts
}

// bestCut returns the turn within so many tokens of a place before which a chapter ends
// best: where the silence is long and the turns around speak of different things.
func bestCut(weights []int, gaps []float64, topics []terms, place, reach, first int) int {
	best, most, before := 0, -1.0, 0
	for i := range weights {
		if distance := before - place; i >= first && distance >= -reach && distance <= reach {
			score := min(gaps[i], 30)/30 + float64(100-likeness(topics, i))/100 - float64(max(distance, -distance))/float64(2*reach+1)
			if score > most {
				best, most = i, score
			}
		}
		before += weights[i]
	}
	return best
}

// likeness is how much, in hundredths, the turns before and behind a cut speak of the
// same.
func likeness(topics []terms, cut int) int {
	const beside = 4
	around := func(from, to int) terms {
		var out terms
		for _, t := range topics[max(0, from):min(len(topics), to)] {
			out = append(out, t...)
		}
		slices.Sort(out)
		return out
	}
	return overlap(around(cut, cut+beside), around(cut-beside, cut))
}
