package quality

import (
	"context"
	"slices"
	"time"

	"landfall"
)

// Answer is what came back for one input.
type Answer struct {
	Status landfall.Status `json:"status"`
	Code   landfall.Code   `json:"code,omitempty"`
	// Check is the contract check that failed.
	Check   string `json:"check,omitempty"`
	Message string `json:"message,omitempty"`
	// Attempts are calls of the model; Repairs, those after a refused answer.
	Attempts     int    `json:"attempts"`
	Repairs      int    `json:"repairs,omitempty"`
	InputTokens  int    `json:"input_tokens"`
	OutputTokens int    `json:"output_tokens"`
	TookMS       int64  `json:"took_ms"`
	FirstMS      int64  `json:"first_ms,omitempty"` // 0: nothing was shown
	Model        string `json:"model"`
	// Warnings are codes.
	Warnings []string        `json:"warnings,omitempty"`
	Output   landfall.Object `json:"output,omitempty"`
}

// Asker asks a running gateway. An error says that it could not be asked; an
// answer that failed is an Answer.
type Asker func(ctx context.Context, feature, language string, input landfall.Object) (Answer, error)

func (a Answer) took() time.Duration { return time.Duration(a.TookMS) * time.Millisecond }

// notOffered reports an answer that says what the model or market cannot do.
func (a Answer) notOffered() bool {
	return slices.Contains([]landfall.Code{landfall.CodeUnsupportedLanguage, landfall.CodeNotFound, landfall.CodeUnavailable}, a.Code)
}

// keeps reports whether the answer is the model's and the feature's own doing, and
// asking again would measure nothing new. What the machine or the set did wrong is
// asked again.
func (a Answer) keeps() bool {
	switch a.Code {
	case "", landfall.CodeOutputContractFailed, landfall.CodeModelRefusal, landfall.CodeTimeout:
		return a.Status != ""
	}
	return false
}

// Verdict is what code says of an answer to a sample.
type Verdict struct {
	// Valid: complete, and no check failed; warnings count apart. First: valid at the
	// first attempt, with no repair.
	Valid, First bool
	// Trivial says why no model was needed for the answer, or "".
	Trivial string
	// Missed are the expectations that were not met.
	Missed []string
}

// Useful: valid and not trivial.
func (v Verdict) Useful() bool { return v.Valid && v.Trivial == "" }

// Right: useful, and all that was expected is there.
func (v Verdict) Right() bool { return v.Useful() && len(v.Missed) == 0 }

// Judge says what an answer is worth.
func Judge(s Sample, a Answer) Verdict {
	if a.Status != landfall.Complete {
		return Verdict{}
	}
	return Verdict{Valid: true, First: a.Repairs == 0, Trivial: trivial(s, a.Output), Missed: append(s.Expect.Missed(s.Feature, a.Output), wrongLengths(s, a.Output)...)}
}
