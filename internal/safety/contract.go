package safety

import (
	"fmt"
	"slices"

	"landfall"
)

// Contract is what a release pins of the safety policy: which classes of rule
// hold, what they do, and the floor of words. A newer list is admissible under
// it if it keeps the floor, so more words need no approval and fewer do.
type Contract struct {
	Version string          `json:"version"`
	Market  string          `json:"market"`
	Classes []Class         `json:"classes"`
	Floor   landfall.Digest `json:"floor"` // see [FloorDigest]
	// Audience pins the market's rules of consent and age; "" where it has none.
	Audience landfall.Digest `json:"audience,omitempty"`
}

// Class is a class of rule and what a hit of it does.
type Class struct {
	ID     string `json:"id"`
	Action string `json:"action"`
}

// The class and the action that this version can carry out.
const (
	ClassMarketRule = "market_rule"
	ActionWithhold  = "withhold"
)

// Digest is what a release pins.
func (c Contract) Digest() (landfall.Digest, error) { return landfall.DigestOf("policy/v1", c) }

// validate refuses a contract that asks for more than a policy of this version
// does: a rule that nobody carries out must not pass for one that holds.
func (c Contract) validate() error {
	if c.Version == "" || c.Market == "" {
		return fmt.Errorf("policy contract: version and market are both needed")
	}
	if len(c.Classes) == 0 {
		return fmt.Errorf("policy contract: classes is empty")
	}
	for _, class := range c.Classes {
		if class.ID != ClassMarketRule || class.Action != ActionWithhold {
			return fmt.Errorf("policy contract: class %q with action %q: only %s with %s can be carried out",
				class.ID, class.Action, ClassMarketRule, ActionWithhold)
		}
	}
	return nil
}

// FloorDigest is the digest of a floor: its words folded, sorted, each once, so
// order and writing do not matter.
func FloorDigest(words []string) (landfall.Digest, error) {
	folded := make([]string, 0, len(words))
	for i, w := range words {
		f, err := foldEntry(w)
		if err != nil {
			return "", fmt.Errorf("floor: word %d: %w", i, err)
		}
		folded = append(folded, f)
	}
	slices.Sort(folded)
	return landfall.DigestOf("floor/v1", slices.Compact(folded))
}

// Lost returns the words of the floor that the current list lacks, as the floor
// writes them. Words are compared folded.
func Lost(floor, current []string) []string {
	has := make(map[string]bool, len(current))
	for _, w := range current {
		has[fold(w)] = true
	}
	var lost []string
	for _, w := range floor {
		if !has[fold(w)] {
			lost = append(lost, w)
		}
	}
	return lost
}
