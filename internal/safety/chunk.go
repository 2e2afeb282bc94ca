package safety

import (
	"time"

	"landfall"
)

// Chunk is one thing that may be shown. Its content, text or a whole output, is
// unexported: only a [Policy] can put it there. The signs beside it are open, for
// those who carry an answer on.
type Chunk struct {
	lane      landfall.Lane
	text      string
	output    landfall.Object
	hasText   bool
	hasOutput bool

	Meta     *landfall.Meta
	Hold     *landfall.Hold
	Withheld *landfall.Withheld
	// Retract takes back text of the lane shown last; a line yields it only to a
	// request whose client declared that it honours it.
	Retract *landfall.Retract
	Warning *landfall.Warning
	Beat    time.Duration
	Usage   *landfall.Usage
	Done    *landfall.Done
}

// Text returns cleared text and its lane: valid UTF-8, never empty, cut between
// characters. The texts of a lane joined are what was shown of it.
func (c Chunk) Text() (landfall.Lane, string, bool) { return c.lane, c.text, c.hasText }

// Output returns a whole output, all of it cleared. The caller must not change it.
func (c Chunk) Output() (landfall.Object, bool) { return c.output, c.hasOutput }
