package feature

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"landfall"
)

// Kind candidates: one text said in another way, as often as the input's n asks. One
// candidate shows as it clears; of two and three each is held until it is whole and
// differs from the others, and comes with a snapshot of its own.

func shapeCandidates(s *shaping) error {
	n := max(1, intAt(s.call.Input, "n"))
	if n == 1 {
		return shapeText(s)
	}
	var all []*spout
	for i := range n {
		o, err := s.candidate(all, i)
		if err != nil {
			return err
		}
		all = append(all, o)
		if i+1 < n {
			if err := s.emit(landfall.Draft{Output: s.candidates(all)}); err != nil {
				return err
			}
		}
	}
	return s.finishAll(all)
}

// candidate asks until a text passed its checks and is none of those before it.
func (s *shaping) candidate(before []*spout, i int) (*spout, error) {
	var last *spout
	for attempt := 0; attempt <= s.def.Repairs; attempt++ {
		p, err := s.prompt(nil, s.roomForAnswer(), attempt)
		if err != nil {
			return nil, err
		}
		p.Variation = i
		if i > 0 { // each sample has a seed of its own
			seed := int64(i*(s.def.Repairs+1) + attempt)
			if s.call.Seed != nil {
				seed += *s.call.Seed
			}
			p.Seed = &seed
		}
		o := s.newSpout(attempt < s.def.Repairs)
		o.quiet = true
		finish, err := s.listen(p, o.take)
		if err != nil {
			return nil, err
		}
		if err = o.close(finish); err != nil && landfall.AsError(err).Code != landfall.CodeOutputContractFailed {
			return nil, err
		}
		same := func(b *spout) bool { return lettersOf(b.shown) == lettersOf(o.shown) }
		if o.failed == nil && o.begun() && slices.ContainsFunc(before, same) {
			o.failed = &failure{Check{Name: "distinct", Failing: "error"}, "two candidates say the same"}
		}
		if last = o; o.failed == nil {
			return o, nil
		}
		if err := s.emit(landfall.Draft{Hold: &landfall.Hold{Why: "checking"}}); err != nil {
			return nil, err
		}
	}
	return nil, last.failed.err()
}

// candidates is the output with these candidates in it.
func (s *shaping) candidates(all []*spout) landfall.Object {
	list := []any{}
	same, kept := false, landfall.Object{}
	for _, o := range all {
		list = append(list, landfall.Object{{Key: "text", Value: o.shown}})
		sub := o.subject(o.shown, o.shown)
		same = same || !differs(sub)
		for _, m := range preserved(sub).(landfall.Object) {
			if had, ok := kept.Get(m.Key); !ok || had == true {
				kept = kept.Set(m.Key, m.Value)
			}
		}
	}
	return s.ordered(s.Blank().Set("candidates", list).Set("changed", !same).Set("preserved", kept))
}

// finishAll closes an answer of several candidates.
func (s *shaping) finishAll(all []*spout) error {
	for _, o := range all {
		o.remarkWhole()
		for _, f := range o.remark {
			if !slices.ContainsFunc(all[0].remark, func(g failure) bool { return o != all[0] && g.check.Name == f.check.Name }) {
				if err := s.warnOf(f); err != nil {
					return err
				}
			}
		}
	}
	finish := landfall.FinishStop
	for _, o := range all {
		if o.ending() == landfall.FinishLength {
			finish = landfall.FinishLength
		}
	}
	if err := s.warnOfEnds(all); err != nil {
		return err
	}
	return s.emit(landfall.Draft{Output: s.candidates(all), Finish: finish})
}

// changed: the answer is not the input again, nor, while it begins, its beginning;
// another spelling of one letter in twenty is not yet another text.
func changed(s *subject) string {
	input := s.mainText(s.call.Input)
	if !differs(s) || s.first && nearly(beginning(input, len(parts(s.whole, bySentence))), s.whole) {
		return "the answer is the text as it was"
	}
	return ""
}

// differs reports whether the answer is not the input, letter by letter.
func differs(s *subject) bool { return signsOf(s.whole) != signsOf(s.mainText(s.call.Input)) }

// beginning returns the first n sentences of a text.
func beginning(text string, n int) string {
	if all := parts(text, bySentence); n > 0 && n < len(all) {
		return text[:all[n-1].end]
	}
	return text
}

// nearly reports whether hardly a letter of two texts differs, and no symbol.
func nearly(a, b string) bool {
	const longest = 2000 // letters that are compared one by one
	n := countLetters(a)
	if lettersOf(a) == lettersOf(b) {
		return signsOf(a) == signsOf(b)
	}
	if n < 20 || n > longest || len(signsOf(a))-len(lettersOf(a)) != len(signsOf(b))-len(lettersOf(b)) {
		return false
	}
	other := 0
	for _, e := range diff(a, b) {
		other += max(countLetters(e.original), countLetters(e.replacement))
	}
	return other*20 <= n
}

// signsOf keeps letters, digits and symbols such as emoji: what makes two texts
// differ for a reader.
func signsOf(text string) string {
	return strings.Map(func(r rune) rune {
		if r = unicode.ToLower(narrow(r)); unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsSymbol(r) {
			return r
		}
		return -1
	}, text)
}

// inDirection: what was to become shorter or longer did, in characters.
func inDirection(s *subject) string {
	have, was := landfall.CodePoint.Len(strings.TrimSpace(s.whole)), landfall.CodePoint.Len(strings.TrimSpace(s.mainText(s.call.Input)))
	switch want := s.call.Input.Text("length"); {
	case want == "shorter" && have >= was, want == "longer" && have <= was:
		return fmt.Sprintf("wanted %s: the answer has %d characters, the text %d", want, have, was)
	}
	return ""
}

// preserved says what of the input the answer still has: its numbers and dates, its
// addresses, and its names by a plain rule: capitalised words that begin no sentence,
// and what stands in quotation marks or 《》.
func preserved(s *subject) any {
	input := s.mainText(s.call.Input)
	answer := NewSource(s.whole)
	numbers, links := true, true
	for _, f := range Facts(input) {
		if f.Kind == kindLink || f.Kind == kindMail || f.Kind == kindHandle {
			links = links && answer.states(f)
		} else {
			numbers = numbers && answer.states(f)
		}
	}
	names := !slices.ContainsFunc(append(namesOf(input), quotedIn(input)...), func(n string) bool { return !answer.HasLetters(lettersOf(n)) })
	return landfall.Object{{Key: "numbers", Value: numbers}, {Key: "entities", Value: names}, {Key: "urls", Value: links}}
}

// quotedIn returns what a text has in quotation marks or the marks of a title.
func quotedIn(text string) []string {
	var out []string
	for _, q := range []struct{ open, shut string }{{"《", "》"}, {"“", "”"}, {"「", "」"}} {
		rest := text
		for {
			_, after, ok := strings.Cut(rest, q.open)
			if !ok {
				break
			}
			inner, tail, ok := strings.Cut(after, q.shut)
			if !ok {
				break
			}
			if lettersOf(inner) != "" {
				out = append(out, inner)
			}
			rest = tail
		}
	}
	return out
}
