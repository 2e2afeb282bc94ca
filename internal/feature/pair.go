package feature

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"landfall"
)

// What kind translation reads of a request, and what it checks of a sentence.

// pair decides the two languages of a translation. A pair is offered where there is a
// prompt for it and the release has the target's language.
func (f *Feature) pair(input landfall.Object, own string, rel *landfall.Release) (answer, source string, err *landfall.Error) {
	if given := input.Text("source"); given != "" && given != "auto" {
		own = primary(given)
	}
	asked := primary(input.Text(f.def.LanguageFrom))
	if err := f.offered(asked, rel); err != nil {
		return asked, own, f.noPair(own, asked, err)
	}
	if own == asked || slices.Contains(sourcesOf(f.def, asked), own) {
		return asked, own, nil
	}
	return asked, own, f.noPair(own, asked, landfall.Errorf(landfall.CodeUnsupportedLanguage, "").With("lang", own).With("supported", anyOf(sourcesOf(f.def, asked))))
}

// wordsToTranslate is the text without its marks: their letters are of no language.
func wordsToTranslate(input landfall.Object) string {
	return withoutMarks(input.Text("text") + textOf(input, "segments"))
}

func withoutMarks(text string) string {
	var out strings.Builder
	at := 0
	for _, m := range markSpans(text) {
		out.WriteString(text[at:m.start] + " ")
		at = m.end
	}
	return out.String() + text[at:]
}

// noPair says which pairs there are.
func (f *Feature) noPair(own, asked string, err *landfall.Error) *landfall.Error {
	var pairs []string
	for _, target := range f.def.Languages {
		for _, source := range sourcesOf(f.def, target) {
			pairs = append(pairs, source+" to "+target)
		}
	}
	if err.Message == "" || !strings.Contains(err.Message, "model") {
		err.Message = f.def.ID + " is not offered from " + strconv.Quote(own) + " to " + strconv.Quote(asked) + ", but " + strings.Join(pairs, ", ")
	}
	err.Reasons = []landfall.Reason{landfall.NewReason(landfall.ReasonLanguagePair, "%s", err.Message)}
	return err
}

// sourcesOf are the languages that can be translated into one: the names of its
// prompts.
func sourcesOf(d Definition, target string) []string {
	var out []string
	for _, v := range d.Prompts {
		if v.Language == target {
			out = append(out, v.Name)
		}
	}
	return out
}

// readTranslation refuses an input that is no one text or list of texts, and a
// glossary that says two things of one term.
func readTranslation(input landfall.Object) *landfall.Error {
	_, text := input.Get("text")
	_, segments := input.Get("segments")
	if text == segments {
		return invalidAt("/input/text", "want exactly one of text and segments")
	}
	for _, field := range []string{"source", "target"} {
		if v := input.Text(field); v != "" && !tag.MatchString(v) {
			return invalidAt("/input/"+field, "want a language tag such as zh or en")
		}
	}
	seen := map[string]bool{}
	for i, e := range glossaryOf(input) {
		path := "/input/glossary/" + strconv.Itoa(i)
		switch {
		case strings.TrimSpace(e.s) == "" || strings.TrimSpace(e.t) == "":
			return invalidAt(path, "want words in s and t")
		case seen[fold(e.s)]:
			return invalidAt(path+"/s", "stands there for the second time")
		}
		seen[fold(e.s)] = true
	}
	return nil
}

// admitTranslation says what cannot be honoured.
func admitTranslation(f *Feature, c *Call) *landfall.Error {
	if c.Input.Text("formality") != "" && (len(f.def.Words["formal"][c.Language]) == 0 || len(f.def.Words["informal"][c.Language]) == 0) {
		c.warn("formality_ignored", "formality changes nothing in this target language")
	}
	return nil
}

// pieceSource is what a translated sentence may state: what the sentence does, and
// the terms of the glossary.
func (s *subject) pieceSource() *Source {
	texts := []string{s.piece}
	for _, e := range s.terms {
		texts = append(texts, e.t)
	}
	return NewSource(texts...)
}

// isTranslated: there are words, they are not the sentence again, and they do not run
// away from it.
func isTranslated(s *subject) string {
	switch have, source := lettersOf(s.part), lettersOf(s.piece); {
	case have == "":
		return "the sentence was not translated, or not to its end"
	case have == source:
		return "the sentence stands there again"
	case weight(have)*2 > weight(source)*5+160:
		return "the translation runs on"
	}
	return ""
}

// weight is about how much a text says: a 汉字 says as much as four Latin letters.
func weight(text string) int {
	n := 0
	for _, r := range text {
		n++
		if !isLatin(r) && unicode.IsLetter(r) {
			n += 3
		}
	}
	return n
}

// inScript: at least 95 of 100 letters are of the target's script.
func inScript(s *subject) string {
	text := s.part
	for _, e := range s.terms {
		text = strings.ReplaceAll(text, e.t, " ")
	}
	if !latin(s.call.Language) { // names as the source writes them
		for _, n := range latinNames(s.piece) {
			text = strings.ReplaceAll(text, n, " ")
		}
	}
	if own, other := scriptCount(text, s.call.Language); own < 0.95*(own+other) {
		return "the translation is not in " + s.call.Language
	}
	return ""
}

// marksKept: placeholders, code and addresses stand there as often as in the source.
func marksKept(s *subject) string {
	for _, m := range s.marks {
		if want, have := strings.Count(s.piece, m), strings.Count(s.part, m); want != have {
			return m + " stands there " + strconv.Itoa(have) + " times, not " + strconv.Itoa(want)
		}
	}
	return ""
}

// glossaryKept: every term of the sentence is translated as the glossary says.
func glossaryKept(s *subject) string {
	for _, e := range s.terms {
		if !strings.Contains(fold(s.part), fold(e.t)) {
			return "the glossary's term is missing: " + e.t
		}
	}
	return ""
}

// numbersKept: what the sentence states in numbers, the translation states too.
func numbersKept(s *subject) string {
	if lost := NewSource(s.part).Lacks(s.piece); len(lost) > 0 {
		return lost[0].Kind + " is lost in translation"
	}
	return ""
}
