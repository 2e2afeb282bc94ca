package feature

import "landfall"

// Chunks is chunksOf for tests.
func Chunks(text string, tokens int) []string {
	var out []string
	for _, s := range chunksOf(text, tokens) {
		out = append(out, s.in(text))
	}
	return out
}

// Judge runs one check over an output, as if a call of a feature had made it; "" is
// no fault.
func (f *Feature) Judge(check string, c Call, output landfall.Object) string {
	s := &shaping{Feature: f, call: c, source: NewSource(sourceTexts(c.Input)...)}
	return checks[check].test(&subject{shaping: s, output: output})
}
