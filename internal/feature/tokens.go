package feature

import (
	"strings"
)

// What a character costs, in hundredths of a token, on the generous side: the
// tokenizers of the models in use write a 汉字 as two thirds of a token, four to
// five Latin letters as one, and a digit or a mark as one each.
const (
	costHan   = 75
	costLatin = 28
	costSpace = 5
	costOther = 100
)

// EstimateTokens is about how many tokens a text has, rather more than fewer. A
// partner's own count is in usage; this decides before anybody counted.
func EstimateTokens(text string) int {
	n := 0
	for _, r := range text {
		n += cost(r)
	}
	return (n + 99) / 100
}

func cost(r rune) int {
	switch {
	case r < 0x80 && isLatin(r):
		return costLatin
	case r == ' ':
		return costSpace
	case isHan(r):
		return costHan
	}
	return costOther
}

// head returns the longest beginning of a text that is estimated at no more than
// so many tokens.
func head(text string, tokens int) string {
	left := tokens * 100
	for i, r := range text {
		if left -= cost(r); left < 0 {
			return text[:i]
		}
	}
	return text
}

// chunksOf cuts a text into chunks of about so many tokens each, for one call each.
// They are of even size, end where a sentence ends, and hold all of the text but
// the white space between them; a sentence longer than a chunk is cut at clauses,
// and a clause longer than one at its length.
func chunksOf(text string, tokens int) []span {
	whole := EstimateTokens(text)
	if whole <= tokens {
		return trimmed(text, []span{{0, len(text)}})
	}
	count := (whole + tokens - 1) / tokens
	var out []span
	before, last := 0, -1
	for _, p := range pieces(text, tokens) {
		n := EstimateTokens(text[p.start:p.end])
		share := min((before+n/2)*count/whole, count-1) // the even share that the piece's middle lies in
		before += n
		if share == last && EstimateTokens(text[out[len(out)-1].start:p.end]) <= tokens {
			out[len(out)-1].end = p.end
			continue
		}
		out, last = append(out, p), share
	}
	return out
}

// pieces are a text's sentences, those that are longer than so many tokens cut up.
func pieces(text string, tokens int) []span {
	var out []span
	for _, s := range parts(text, bySentence) {
		if EstimateTokens(s.in(text)) <= tokens {
			out = append(out, s)
			continue
		}
		for _, c := range parts(s.in(text), byClause) {
			for c.start < c.end {
				n := len(head(c.in(s.in(text)), tokens))
				out = append(out, span{s.start + c.start, s.start + c.start + n})
				c.start += n
			}
		}
	}
	return trimmed(text, out)
}

func trimmed(text string, spans []span) []span {
	var out []span
	for _, s := range spans {
		one := s.in(text)
		core := strings.TrimSpace(one)
		if core == "" {
			continue
		}
		start := s.start + strings.Index(one, core)
		out = append(out, span{start, start + len(core)})
	}
	return out
}
