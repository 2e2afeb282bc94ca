package feature

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"landfall"
)

// terms is what a text speaks of: pairs of neighbouring 汉字 and words of three
// letters and more, as often as they stand in it; hashed and sorted.
type terms []uint64

func termsOf(text string) terms {
	var out terms
	eachTerm(text, func(t uint64) { out = append(out, t) })
	slices.Sort(out)
	return out
}

func eachTerm(text string, take func(uint64)) {
	var before rune
	word, length := uint64(hashSeed), 0
	flush := func() {
		if length > 2 && (length > longestStop || !stop[word]) {
			take(word)
		}
		word, length = hashSeed, 0
	}
	for _, r := range text {
		switch {
		case r|0x20 >= 'a' && r|0x20 <= 'z':
			word = hashOn(word, r|0x20)
			length++
		case isHan(r):
			flush()
			if before != 0 {
				take(hashOn(hashOn(hashSeed, before), r))
			}
			before = r
			continue
		default:
			if r = unicode.ToLower(narrow(r)); unicode.IsLetter(r) || unicode.IsDigit(r) {
				word = hashOn(word, r)
				length++
			} else if length > 0 {
				flush()
			}
		}
		before = 0
	}
	flush()
}

// isHan looks at the block that nearly all 汉字 stand in before the table.
func isHan(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FFF || r >= 0x2E80 && unicode.Is(unicode.Han, r)
}

// FNV-1a, a character at a time.
const hashSeed = 14695981039346656037

func hashOn(h uint64, r rune) uint64 { return (h ^ uint64(r)) * 1099511628211 }

// stop are words that say nothing of what a text is about, none longer than longestStop.
const longestStop = 5

var stop = hashes("the and for that with this from are was were has have had its but not all will can their they which you your our who than then also been into about")

func hashes(words string) map[uint64]bool {
	out := map[uint64]bool{}
	for _, w := range strings.Fields(words) {
		h := uint64(hashSeed)
		for _, r := range w {
			h = hashOn(h, r)
		}
		out[h] = true
	}
	return out
}

// overlap is the share of a's terms that b has, in hundredths.
func overlap(a, b terms) int {
	if len(a) == 0 {
		return 0
	}
	common := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			common++
			i++
			j++
		}
	}
	return 100 * common / len(a)
}

// weight is how often the whole speaks of each of the part's terms, in all; distinct
// is how many those are.
func (t terms) weight(whole terms) (sum, distinct int) {
	for i, j := 0, 0; i < len(t); i++ {
		if i > 0 && t[i] == t[i-1] {
			continue
		}
		distinct++
		for ; j < len(whole) && whole[j] <= t[i]; j++ {
			if whole[j] == t[i] {
				sum++
			}
		}
	}
	return sum, distinct
}

// ranked returns a text's parts, the ones that speak most of what the whole
// speaks of first.
func ranked(text, by string) []span {
	whole := termsOf(text)
	all := parts(text, by)
	score := make(map[span]int, len(all))
	for _, p := range all {
		sum, distinct := termsOf(p.in(text)).weight(whole)
		score[p] = 1000 * sum / (distinct + 4)
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
	"bullets":            bullets,
	"citations":          citations,
	"passes":             func(s *subject) any { return max(1, s.passes) },
	"one":                func(*subject) any { return 1 },
	"false":              func(*subject) any { return false },
	"tool_calls":         toolCalls,
	"abstained":          abstained,
	"placeholders":       gapsOf,
	"passage_citations":  passageCitations,
	"sufficient":         func(s *subject) any { return len(s.grounds.citations) > 0 },
	"unsupported_claims": unsupportedClaims,
	"changed":            func(s *subject) any { return differs(s) },
	"preserved":          preserved,
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
	claims := s.items
	if len(claims) == 0 {
		for _, p := range parts(s.whole, bySentence) {
			claims = append(claims, p.in(s.whole))
		}
	}
	sentences := parts(input, bySentence)
	out := []any{}
	for i, best := range sources(claims, input, sentences) {
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

// sources returns, for each claim, the first of the sentences that has most of its
// terms, or -1 where none has enough. The text is read once, for all claims.
func sources(claims []string, text string, sentences []span) []int {
	type said struct {
		by []int // claims, one as often as it says the term
		at int   // the sentence that the term was last found in
	}
	spoken := map[uint64]*said{}
	best, most, size := make([]int, len(claims)), make([]int, len(claims)), make([]int, len(claims))
	for i, claim := range claims {
		best[i], most[i] = -1, cited-1
		eachTerm(claim, func(t uint64) {
			if spoken[t] == nil {
				spoken[t] = &said{at: -1}
			}
			spoken[t].by = append(spoken[t].by, i)
			size[i]++
		})
	}
	for j, p := range sentences {
		found := make([]int, len(claims))
		eachTerm(p.in(text), func(t uint64) {
			if s := spoken[t]; s != nil && s.at != j {
				s.at = j
				for _, i := range s.by {
					found[i]++
				}
			}
		})
		for i, n := range found {
			if n > 0 && 100*n/size[i] > most[i] {
				best[i], most[i] = j, 100*n/size[i]
			}
		}
	}
	return best
}
