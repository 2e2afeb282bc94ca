package feature

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"landfall"
)

// terms counts what a text speaks of: pairs of neighbouring 汉字 and words of
// three letters and more.
func terms(text string) map[string]int {
	out := map[string]int{}
	var before rune
	var word []rune
	flush := func() {
		if len(word) > 2 && !stop[string(word)] {
			out[string(word)]++
		}
		word = word[:0]
	}
	for _, r := range text {
		r = unicode.ToLower(narrow(r))
		switch {
		case unicode.Is(unicode.Han, r):
			flush()
			if before != 0 {
				out[string([]rune{before, r})]++
			}
			before = r
			continue
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			word = append(word, r)
		default:
			flush()
		}
		before = 0
	}
	flush()
	return out
}

var stop = map[string]bool{"the": true, "and": true, "for": true, "that": true, "with": true, "this": true, "from": true, "are": true, "was": true, "were": true, "has": true, "have": true, "had": true, "its": true, "but": true, "not": true, "all": true, "will": true, "can": true, "their": true, "they": true, "which": true, "you": true, "your": true, "our": true, "who": true, "than": true, "then": true, "also": true, "been": true, "into": true, "about": true}

// overlap is the share of a's terms that b has, in hundredths.
func overlap(a, b map[string]int) int {
	all, common := 0, 0
	for t, n := range a {
		all += n
		common += min(n, b[t])
	}
	if all == 0 {
		return 0
	}
	return 100 * common / all
}

// ranked returns a text's parts, the ones that speak most of what the whole
// speaks of first.
func ranked(text, by string) []span {
	whole := terms(text)
	all := parts(text, by)
	score := make(map[span]int, len(all))
	for _, p := range all {
		own := terms(p.in(text))
		sum := 0
		for t := range own {
			sum += whole[t]
		}
		score[p] = 1000 * sum / (len(own) + 4)
	}
	slices.SortStableFunc(all, func(a, b span) int { return cmp.Compare(score[b], score[a]) })
	return all
}

// extract answers with parts of the input: the best ranked ones that fit the
// size, in the input's order. It returns "" where none would pass.
func extract(s *shaping) string {
	input := s.call.Input.Text(s.def.Main)
	z := s.size()
	want := max(1, z.Items, z.Sentences)
	if len(parts(input, bySentence)) <= want {
		want = 1
	}
	by := bySentence
	if z.Words > 0 || z.Letters > 0 {
		by = byClause
	}
	var chosen []span
	for _, p := range ranked(input, by) {
		one := p.in(input)
		if (p.start == 0 || strings.HasPrefix(lettersOf(input), lettersOf(one))) && want == 1 || z.exceeded(one, s.call.Language) || countLetters(one) < 4 {
			continue
		}
		if chosen = append(chosen, p); len(chosen) == want {
			break
		}
	}
	slices.SortFunc(chosen, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	texts := make([]string, len(chosen))
	for i, p := range chosen {
		texts[i] = strings.TrimRight(p.in(input), "，；：、,;:")
	}
	joint := "\n"
	if z.Items == 0 {
		joint = map[bool]string{true: "", false: " "}[s.call.Language == "zh"]
	}
	text := strings.Join(texts, joint)
	if text == "" || want > 1 && strings.HasPrefix(lettersOf(input), lettersOf(text)) {
		return ""
	}
	return text
}

// computed is the table of the code that fills output fields, by name. A nil
// value leaves the field as it is, or out.
var computed = map[string]func(*subject) any{
	"bullets":   bullets,
	"citations": citations,
	"one":       func(*subject) any { return 1 },
	"false":     func(*subject) any { return false },
}

func bullets(s *subject) any {
	if s.size().Items == 0 {
		return nil
	}
	out := []any{}
	for _, item := range s.items {
		out = append(out, item)
	}
	return out
}

// cited is the share of a sentence's terms, in hundredths, that its source must have.
const cited = 34

// citations names, for each bullet or sentence of the answer, the sentence of the
// input that says most of it, where one says enough.
func citations(s *subject) any {
	input := s.call.Input.Text(s.def.Main)
	sentences := parts(input, bySentence)
	spoken := make([]map[string]int, len(sentences))
	for i, p := range sentences {
		spoken[i] = terms(p.in(input))
	}
	claims := s.items
	if len(claims) == 0 {
		for _, p := range parts(s.whole, bySentence) {
			claims = append(claims, p.in(s.whole))
		}
	}
	out := []any{}
	for i, claim := range claims {
		best, most := -1, cited-1
		own := terms(claim)
		for j := range sentences {
			if n := overlap(own, spoken[j]); n > most {
				best, most = j, n
			}
		}
		if best < 0 {
			continue
		}
		bullet := i
		if len(s.items) == 0 {
			bullet = 0
		}
		out = append(out, landfall.Object{
			{Key: "bullet", Value: bullet},
			{Key: "start", Value: s.call.Unit.Offset(input, sentences[best].start)},
			{Key: "end", Value: s.call.Unit.Offset(input, sentences[best].end)},
		})
	}
	return out
}
