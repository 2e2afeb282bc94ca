package feature

import (
	"slices"
	"strings"

	"landfall"
)

// Kind passages: a question answered from given passages. The model writes one plain
// answer over all of them, or a word for none; the code finds, for each sentence, the
// passage that says it. A sentence is grounded when everything it states in numbers,
// dates and addresses stands in the passages, and half of its terms
// stand in one passage or the question, a third of them in the passage. What is not
// grounded is not shown where strict is true, and listed where it is false; but a number that
// neither the passages nor the question hold is never shown.

// Of a sentence's terms, in hundredths: what its passage and the question must have,
// and what the passage alone must.
const (
	groundedBoth = 50
	groundedOwn  = 34
)

// grounds is what supports an answer.
type grounds struct {
	passages    []passage
	stated      *Source // what the passages state: the question's numbers ground no claim
	question    terms
	citations   []any
	unsupported []any
	leftOut     int
}

type passage struct {
	id, text string
	terms    terms
}

// question is the text whose language is the answer's.
func question(input landfall.Object) string { return input.Text("question") }

func shapePassages(s *shaping) error {
	given := s.passages()
	strict, _ := s.call.Input.Get("strict")
	stated := NewSource(textsOf(given)...)
	s.dress = func(o *spout) {
		s.grounds = &grounds{passages: given, stated: stated, question: termsOf(question(s.call.Input))}
		o.weigh = func(core string) string { return o.ground(core, strict != false) }
	}
	last, err := s.tell(func(attempt int) (landfall.Prompt, error) {
		return s.prompt(map[string]string{"sources": strings.Join(textsOf(given), "\n")}, s.roomForAnswer(), attempt)
	})
	if err != nil {
		return err
	}
	refused := last.failed != nil && slices.Contains([]string{"grounded", "example_leak"}, last.failed.check.Name)
	switch {
	case last.shown == "" && (last.settled || refused):
		return s.insufficient()
	case !last.begun():
		return s.fallBack(last)
	}
	if n := s.grounds.leftOut; n > 0 {
		if err := s.warn("unsupported_left_out", "the model said more than the passages do: what they do not support was left out"); err != nil {
			return err
		}
	}
	return last.finish()
}

func (s *shaping) passages() []passage {
	v, _ := s.call.Input.Get("passages")
	var out []passage
	for _, o := range objects(v) {
		out = append(out, passage{o.Text("id"), o.Text("text"), termsOf(o.Text("text"))})
	}
	return out
}

func textsOf(all []passage) []string {
	texts := make([]string, len(all))
	for i, p := range all {
		texts[i] = strings.TrimSpace(p.text)
	}
	return texts
}

// insufficient answers with the pack's sentence.
func (s *shaping) insufficient() error {
	s.dress = func(o *spout) { o.own = true }
	s.grounds = &grounds{}
	return s.replayCut(s.def.Words["insufficient"][s.call.Language][0])
}

// ground weighs one sentence of an answer.
func (o *spout) ground(core string, strict bool) string {
	if !o.begun() && o.isNone(core) {
		o.settled, o.full = true, true
		return ""
	}
	cite, ok := o.cite(core)
	switch {
	case ok:
		o.grounds.add(cite)
		for _, clause := range parts(core, byClause) { // one sentence may rest on several passages
			if cite, ok := o.cite(clause.in(core)); ok {
				o.grounds.add(cite)
			}
		}
	case !strict && len(o.source.Lacks(core)) == 0:
		o.grounds.unsupported = append(o.grounds.unsupported, core)
	case !o.begun():
		o.failed = &failure{Check{Name: "grounded", Failing: "error"}, "no passage says: " + core}
	default:
		o.grounds.leftOut++
		return ""
	}
	return core
}

func (g *grounds) add(cite landfall.Object) {
	same := func(have any) bool {
		return string(landfall.AppendJSON(nil, have)) == string(landfall.AppendJSON(nil, cite))
	}
	if !slices.ContainsFunc(g.citations, same) {
		g.citations = append(g.citations, cite)
	}
}

// isNone reports whether a sentence says that the passages hold no answer: it is one
// of the pack's words for that, or holds one of four letters and more.
func (s *shaping) isNone(sentence string) bool {
	have := lettersOf(sentence)
	return slices.ContainsFunc(s.def.Words["none"][s.call.Language], func(w string) bool {
		w = lettersOf(w)
		return have == w || countLetters(w) >= 4 && strings.Contains(have, w)
	})
}

// cite finds the place that says a sentence.
func (o *spout) cite(sentence string) (landfall.Object, bool) {
	own := termsOf(sentence)
	if len(o.grounds.stated.Lacks(sentence)) > 0 || len(own) == 0 {
		return nil, false
	}
	best, most := -1, groundedOwn-1
	for i, p := range o.grounds.passages {
		if n := covered(own, p.terms, nil); n > most && covered(own, p.terms, o.grounds.question) >= groundedBoth {
			best, most = i, n
		}
	}
	if best < 0 {
		return nil, false
	}
	p := o.grounds.passages[best]
	at, top := span{0, len(p.text)}, 0
	for _, one := range parts(p.text, bySentence) {
		if n := covered(own, termsOf(one.in(p.text)), nil); n > top {
			at, top = one, n
		}
	}
	return landfall.Object{
		{Key: "passage_id", Value: p.id},
		{Key: "start", Value: o.call.Unit.Offset(p.text, at.start)}, {Key: "end", Value: o.call.Unit.Offset(p.text, at.end)},
	}, true
}

// covered is the share of a's terms that b or c has, in hundredths.
func covered(a, b, c terms) int {
	common := 0
	for _, t := range a {
		_, inB := slices.BinarySearch(b, t)
		_, inC := slices.BinarySearch(c, t)
		if inB || inC {
			common++
		}
	}
	return 100 * common / max(1, len(a))
}

func passageCitations(s *subject) any { return append([]any{}, s.grounds.citations...) }

func unsupportedClaims(s *subject) any { return append([]any{}, s.grounds.unsupported...) }
