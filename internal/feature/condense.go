package feature

import (
	"strings"
	"unicode/utf8"

	"landfall"
)

// A text that is longer than a model reads well at once is read in chunks: one call
// each makes one sentence of a chunk, and what they say together is the text of the
// last call. A sentence that no attempt gets right is one of the chunk's own, chosen
// by rule.

// mapTokens is the room of a chunk's sentence.
const mapTokens = 140

// condense returns the main text, or what its chunks say where it is too long for
// one call. Each chunk is a pass, under a permit of its own.
func (s *shaping) condense() (string, error) {
	text := s.mainText(s.call.Input)
	for s.def.Split.Over > 0 && EstimateTokens(text) > s.def.Split.Over {
		var lines []string
		for _, c := range chunksOf(text, s.def.Split.Chunk) {
			s.passes++
			if err := s.emit(landfall.Draft{Hold: &landfall.Hold{Why: "pass", Pass: s.passes}}); err != nil {
				return "", err
			}
			line, err := s.oneSentence(c.in(text))
			if err != nil {
				return "", err
			}
			lines = append(lines, line)
		}
		text = strings.Join(lines, "\n")
	}
	s.passes++
	return text, nil
}

// oneSentence asks what a chunk says, in one sentence that passes its checks.
func (s *shaping) oneSentence(chunk string) (string, error) {
	source := NewSource(chunk)
	for attempt := 0; attempt <= s.def.Repairs; attempt++ {
		p, err := s.promptOf("map", map[string]string{s.def.Main: chunk}, mapTokens, attempt)
		if err != nil {
			return "", err
		}
		said, err := s.hear(p)
		if err != nil {
			return "", err
		}
		if line := firstSentence(said.text); said.finish != landfall.FinishLength && s.mayStand(line, chunk, source) {
			return line, nil
		}
	}
	return s.ownSentence(chunk), nil
}

// mayStand reports whether a sentence says no more than a chunk, in fewer words and
// in the language of the answer.
func (s *shaping) mayStand(line, chunk string, source *Source) bool {
	n := countLetters(line)
	return n > 3 && n < countLetters(chunk) && utf8.RuneCountInString(line) <= 4*mapTokens &&
		len(source.Lacks(line)) == 0 && s.leaks[s.call.Language+"/map"].in(line, source) == "" &&
		(n < 8 || Detect(line, s.call.Language) == s.call.Language)
}

// ownSentence is the chunk's sentence that says most of it, cut to the room.
func (s *shaping) ownSentence(chunk string) string {
	for _, p := range ranked(chunk, bySentence) {
		if line := p.in(chunk); countLetters(line) > 3 {
			return strings.Join(strings.Fields(head(line, mapTokens)), " ")
		}
	}
	return head(chunk, mapTokens/2)
}

// firstSentence is the first sentence of a model's words, without a mark of a list.
func firstSentence(text string) string {
	text = strings.TrimSpace(withoutBullet(strings.TrimSpace(text)))
	for _, p := range parts(text, bySentence) {
		return p.in(text)
	}
	return ""
}
