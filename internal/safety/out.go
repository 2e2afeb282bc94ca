package safety

import (
	"iter"

	"landfall"
)

// OutOptions are what the policy must know of the answer it clears.
type OutOptions struct {
	// Record is the id of the answer and its record; Language is that of the notice.
	Record, Language string
	Unit             landfall.Unit
	// MaskPersonal masks the personal data of a whole output. It is for features whose
	// text is held to the end: text of lanes is not masked.
	MaskPersonal bool
	// Masked returns an output in which something was masked with what it says of itself
	// made true again; nil: it says nothing. What it adds is not moderated.
	Masked func(landfall.Object) landfall.Object
}

// Out turns drafts into chunks; the sequence is single-use, as the drafts are.
//
// Text of a lane with a path comes out as it clears; text of any other lane (a
// model's raw words, reasoning, tool arguments, refusals) is dropped and never
// shown. The first word that a lane completes ends the answer: what precedes it
// in the lane is shown, then one chunk bears the notice, and nothing follows. Of
// words that overlap, the one that starts first decides, of those the longest.
//
// An Output closes the lanes, and is shown whole or not at all. An error ends the
// answer; what is still held then is never shown, for nobody has cleared it.
func (p *Policy) Out(drafts iter.Seq2[landfall.Draft, error], o OutOptions) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		if err := p.ready(); err != nil {
			yield(Chunk{}, err)
			return
		}
		r := &release{p: p, o: o, byLane: map[landfall.Lane]*lane{}}
		for d, err := range drafts {
			if err == nil {
				err = guard(func() error { return r.take(d) })
			}
			if !r.pass(yield, err) {
				return
			}
		}
		r.pass(yield, guard(r.close))
	}
}
