package feature

import (
	"slices"
	"strings"

	"landfall"
)

// What an app may ask of an answer's end, and what it may say of the task.
const (
	maxStops        = 4    // strings of Call.Stop, as OpenAI's chat completions allow
	maxInstructions = 4000 // code points of Call.Instructions: they share the context with the input
)

// admitApp reads what an app asks beside the input. A feature that cannot honour
// it says so in a warning; nothing is dropped in silence.
func (f *Feature) admitApp(c *Call) *landfall.Error {
	for i, s := range c.Stop {
		if s == "" || i >= maxStops {
			return landfall.Errorf(landfall.CodeInputInvalid, "/stop: want at most %d strings, none empty", maxStops).With("field", "/stop")
		}
	}
	if c.MaxTokens < 0 {
		return landfall.Errorf(landfall.CodeInputInvalid, "/max_tokens: want 1 or more, have %d", c.MaxTokens).With("field", "/max_tokens")
	}
	count := landfall.CodePoint.Len(c.Instructions)
	switch {
	case count > maxInstructions:
		return landfall.Errorf(landfall.CodeInputInvalid, "/instructions: want at most %d characters of the app's own instructions, have %d", maxInstructions, count).
			With("field", "/instructions").With("limit", maxInstructions).With("count", count)
	case strings.TrimSpace(c.Instructions) != "" && !f.takesInstructions(c):
		c.warn("instructions_ignored", "this feature takes no instructions of the app's own: its prompt has no place for them")
	}
	if f.kind.lane {
		return nil
	}
	if c.MaxTokens > 0 {
		c.warn("max_tokens_ignored", "this feature answers whole: max_tokens changes nothing")
	}
	if len(c.Stop) > 0 {
		c.warn("stop_ignored", "this feature answers whole: stop changes nothing")
	}
	c.MaxTokens, c.Stop = 0, nil
	return nil
}

// takesInstructions reports whether the prompt of a call has a place for them.
func (f *Feature) takesInstructions(c *Call) bool {
	v, _ := f.template.Variant(c.Language, f.variantOf(*c))
	used := slotsOf(v)
	return slices.ContainsFunc(f.def.Slots, func(s Slot) bool { return s.From == fromApp && slices.Contains(used, s.Name) })
}

func (c *Call) warn(code, message string) {
	c.Warnings = append(c.Warnings, landfall.Warning{Code: code, Message: message})
}

// stopAt returns where the first stop string begins in a text whose first from
// bytes held none, or -1.
func stopAt(text string, from int, stops []string) int {
	first := -1
	for _, s := range stops {
		begin := max(0, from-len(s)+1)
		if at := strings.Index(text[begin:], s); at >= 0 && (first < 0 || begin+at < first) {
			first = begin + at
		}
	}
	return first
}

// mayStop returns the length of the longest end of a text that begins a stop string.
func mayStop(text string, stops []string) int {
	longest := 0
	for _, s := range stops {
		for n := min(len(s)-1, len(text)); n > longest; n-- {
			if strings.HasSuffix(text, s[:n]) {
				longest = n
			}
		}
	}
	return longest
}
