package feature

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"landfall"
)

// Kind translation: one call a sentence. The code cuts the text at tags, line breaks
// and list marks, holds the model to the script of its language where the endpoint
// takes grammars, checks each sentence and asks again for those that fail. A sentence
// goes out once it passed; one that never does ends the answer.

// glossaryEntry is a term and how it has to be translated.
type glossaryEntry struct{ s, t string }

// translator is a translation in the making.
type translator struct {
	*spout
	glossary []glossaryEntry
	used     []bool           // by glossary entry
	one      *strings.Builder // what the segment has so far
}

func shapeTranslation(s *shaping) error {
	t := &translator{spout: s.newSpout(true), glossary: glossaryOf(s.call.Input), one: &strings.Builder{}}
	t.used = make([]bool, len(t.glossary))
	if s.call.source == s.call.Language {
		if err := s.warn("same_language", "the text is in the target language already: it stands as it was"); err != nil {
			return err
		}
	}
	v, _ := s.call.Input.Get("segments")
	segments := stringsAsGiven(v)
	out := []any{}
	for i, segment := range segments {
		if t.done() {
			break
		}
		if i > 0 {
			if err := t.add("\n"); err != nil {
				return err
			}
		}
		t.one.Reset()
		if err := t.translate(segment); err != nil {
			return err
		}
		out = append(out, landfall.Object{{Key: "s", Value: segment}, {Key: "t", Value: t.one.String()}})
	}
	if len(segments) == 0 {
		if err := t.translate(s.mainOf()); err != nil {
			return err
		}
	}
	return t.finish(out)
}

// done reports whether the caller's cut was met.
func (t *translator) done() bool { return t.stopped || t.cutOff }

// translate puts one text through, fragment by fragment.
func (t *translator) translate(text string) error {
	keep, _ := t.call.Input.Get("keep_format")
	if t.call.source == t.call.Language {
		return t.add(text)
	}
	joint := joiner{spaced: spaced(t.call.Language)}
	for _, f := range fragmentsOf(text, keep != false) {
		said, err := t.fragment(f)
		if err != nil {
			return err
		}
		if err := t.add(joint.join(f, said)); err != nil || t.done() {
			return err
		}
	}
	return nil
}

// fragment translates what there is to translate in one. A sentence whose tags the
// model cannot place is cut at them.
func (t *translator) fragment(f fragment) (string, error) {
	if f.fixed || !translatable(f.text, t.call.source, t.call.Language) {
		return f.text, nil
	}
	said, failed, err := t.sentence(f.text)
	if err != nil || failed == nil {
		return said, err
	}
	cut := byTags(f.text)
	if len(cut) < 2 {
		return "", failed.err()
	}
	var out strings.Builder
	joint := joiner{spaced: spaced(t.call.Language)}
	for _, f := range cut {
		said := f.text
		if !f.fixed && translatable(f.text, t.call.source, t.call.Language) {
			if said, failed, err = t.sentence(f.text); err != nil {
				return "", err
			}
			if failed != nil {
				return "", failed.err()
			}
		}
		out.WriteString(joint.join(f, said))
	}
	return out.String(), nil
}

// sentence asks until a translation passes. One that only warnings speak against is
// taken when no attempt was better.
func (t *translator) sentence(text string) (said string, failed *failure, err error) {
	held, terms := marks(text), t.hits(text)
	var remarks []failure
	kept := ""
	for attempt := 0; attempt <= t.def.Repairs; attempt++ {
		if attempt > 0 {
			if err := t.emit(landfall.Draft{Hold: &landfall.Hold{Why: "checking"}}); err != nil {
				return "", nil, err
			}
		}
		if said, err = t.askFor(text, held, terms, attempt); err != nil {
			return "", nil, err
		}
		bad, soft := t.shaping.judge(&subject{shaping: t.shaping, part: said, whole: said, piece: text, marks: held, terms: terms})
		if bad == nil && len(soft) == 0 {
			return said, nil, nil
		}
		if failed = bad; bad == nil && kept == "" {
			kept, remarks = said, soft
		}
	}
	if kept == "" {
		return "", failed, nil
	}
	for _, f := range remarks {
		t.note(f)
	}
	return kept, nil, nil
}

// askFor asks once for one sentence.
func (t *translator) askFor(text string, held []string, terms []glossaryEntry, attempt int) (string, error) {
	p, err := t.prompt(map[string]string{t.def.Main: text, "terms": t.termsSlot(terms)}, t.tokens(countRunes(text)), attempt)
	if err != nil {
		return "", err
	}
	may := latinNames(text)
	for _, e := range terms {
		may = append(may, e.t)
	}
	tagged := fixedParts.MatchString(text)
	if !tagged {
		held = onlyOnce(held)
	}
	p.Grammar = grammarOf(t.call.Language, held, may, tagged)
	said, err := t.hear(p)
	if err != nil || said.finish == landfall.FinishLength {
		return "", err // cut off: as good as nothing said
	}
	return t.addressed(sameEnd(text, unwrap(said.text, text))), nil
}

func onlyOnce(list []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// hits are the entries of the glossary that a sentence holds.
func (t *translator) hits(text string) []glossaryEntry {
	var out []glossaryEntry
	for i, e := range t.glossary {
		if (cues{fold(e.s)}).in(text) {
			t.used[i] = true
			out = append(out, e)
		}
	}
	return out
}

func (t *translator) termsSlot(terms []glossaryEntry) string {
	if len(terms) == 0 {
		return ""
	}
	var out []string
	for _, e := range terms {
		out = append(out, e.s+" = "+e.t)
	}
	return t.said("terms") + strings.Join(out, t.said("comma")) + "\n"
}

// addressed puts the form of address that was asked for, where the language tells by
// one word: 您 for 你.
func (t *translator) addressed(text string) string {
	want := t.call.Input.Text("formality")
	polite, plain := t.said("formal"), t.said("informal")
	switch {
	case polite == "" || plain == "" || want == "":
		return text
	case want == "informal":
		return strings.ReplaceAll(text, polite, plain)
	}
	plural := t.said("plural")
	return strings.ReplaceAll(strings.ReplaceAll(text, plain, polite), polite+strings.TrimPrefix(plural, plain), plural)
}

// add lets a checked text out, up to where the caller wants it cut.
func (t *translator) add(text string) error {
	before := len(t.shown)
	shown := t.shown + text
	if at := stopAt(shown, before, t.call.Stop); at >= 0 {
		t.stopped, shown = true, shown[:at]
	}
	if m := t.call.MaxTokens; m > 0 {
		if cut := head(shown, m); cut != shown {
			t.cutOff, shown = true, cut
		}
	}
	t.shown = shown
	t.one.WriteString(shown[min(before, len(shown)):])
	if t.done() {
		return t.send(len(shown))
	}
	return t.send(len(shown) - mayStop(shown, t.call.Stop))
}

func (t *translator) finish(segments []any) error {
	if err := t.send(len(t.shown)); err != nil {
		return err
	}
	for _, f := range t.remark {
		if err := t.warn("check_"+f.check.Name, "the answer did not pass the check "+f.check.Name); err != nil {
			return err
		}
	}
	if err := t.warnOfEnd(); err != nil {
		return err
	}
	hits := []any{}
	for i, e := range t.glossary {
		if t.used[i] {
			hits = append(hits, landfall.Object{{Key: "s", Value: e.s}, {Key: "t", Value: e.t}})
		}
	}
	out := t.Blank().Set("segments", segments).Set("detected", landfall.Object{{Key: "lang", Value: t.call.source}}).Set("glossary_hits", hits)
	return t.emit(landfall.Draft{Output: t.ordered(out), Finish: t.ending()})
}

func glossaryOf(input landfall.Object) []glossaryEntry {
	var out []glossaryEntry
	for _, e := range objectsOf(input, "glossary") {
		out = append(out, glossaryEntry{e.Text("s"), e.Text("t")})
	}
	return out
}

// translatable reports whether a text has words to translate: letters, or, where the
// two languages differ in script, letters that are not of the target's already.
// Names and what has to stay are none.
func translatable(text, source, target string) bool {
	own, other := scriptCount(text, target)
	if latin(source) == latin(target) {
		return own+other > 0
	}
	return other > 0
}

// scriptCount counts a text's letters that are of a language's script and those that
// are not, names and marks left out; four Latin letters count as one 汉字.
func scriptCount(text, language string) (own, other float64) {
	text = withoutMarks(text)
	if !latin(language) {
		for _, n := range latinNames(text) {
			text = strings.ReplaceAll(text, n, " ")
		}
	}
	for _, r := range text {
		weight := 1.0
		if isLatin(narrow(r)) {
			weight = 0.25
		}
		switch {
		case !unicode.IsLetter(r):
		case isLatin(narrow(r)) == latin(language):
			own += weight
		default:
			other += weight
		}
	}
	return own, other
}

// latin reports whether a language is written in Latin letters, spaced whether its
// words stand apart.
func latin(language string) bool  { return !strings.Contains(notLatin, " "+language+" ") }
func spaced(language string) bool { return language != "zh" && language != "ja" && language != "th" }

// sameEnd gives a translation no full stop that the source lacks.
func sameEnd(source, said string) string {
	if endsSentence(source) {
		return said
	}
	last, n := utf8.DecodeLastRuneInString(said)
	if last == '.' || last == '。' {
		return said[:len(said)-n]
	}
	return said
}
