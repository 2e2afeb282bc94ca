package feature

// Chunks is chunksOf for tests.
func Chunks(text string, tokens int) []string {
	var out []string
	for _, s := range chunksOf(text, tokens) {
		out = append(out, s.in(text))
	}
	return out
}
