package api

import "landfall"

// Data of the events of a streamed answer; snapshot is the output so far, done the
// [Envelope], and hold, retract, withheld and usage are types of the vocabulary.

// Meta opens an answer: who answers and how it is labelled, before any text.
type Meta struct {
	ID        string            `json:"id"`
	ServedBy  landfall.ServedBy `json:"served_by"`
	Labels    landfall.Labels   `json:"labels"`
	Rehearsal bool              `json:"rehearsal"`
	Release   landfall.Digest   `json:"release"`
}

// Delta is text that may be shown, to be put behind what came before.
type Delta struct {
	Text string `json:"text"`
}
