package feature

import (
	"slices"
	"strings"

	"landfall"
)

// Kind list: a text as entries, or as a table. The model picks the entries out; the
// code says how deep they stand, which are done, what of the text is in none of
// them, and that nothing is in them which the text lacks.

const maxEntries = 50

// entry is one line of a list; level counts from 1.
type entry struct {
	text  string
	level int
}

func shapeList(s *shaping) error {
	target := s.call.Input.Text("target")
	if target == "table" {
		return s.shapeTable()
	}
	q := inquiry{variant: s.variant(), schema: entriesSchema(target, leastEntries(s.mainOf())), tokens: s.tokens(countRunes(s.mainOf()))}
	var out *subject
	err := s.inquire(q, func(o landfall.Object) *failure {
		out = s.listed(entriesOf(o, s.said("colon")), target)
		failed, _ := s.judge(out)
		return failed
	})
	if err != nil {
		return err
	}
	return s.emitWhole(out)
}

// mainOf is the text the feature works on.
func (s *shaping) mainOf() string { return s.call.Input.Text(s.def.Main) }

// entriesSchema is what a model can do: strings, or two levels of them.
func entriesSchema(target string, least int) landfall.Object {
	switch target {
	case "outline":
		section := objectOf(landfall.Member{Key: "title", Value: aString}, landfall.Member{Key: "points", Value: listOf(aString, 0, 12)})
		return objectOf(landfall.Member{Key: "sections", Value: listOf(section, 1, 16)})
	case "timeline":
		event := objectOf(landfall.Member{Key: "when", Value: aString}, landfall.Member{Key: "what", Value: aString})
		return objectOf(landfall.Member{Key: "events", Value: listOf(event, 1, maxEntries)})
	}
	return objectOf(landfall.Member{Key: "items", Value: listOf(aString, least, maxEntries)})
}

// leastEntries keeps a model from giving a text of more clauses back as one entry.
func leastEntries(text string) int {
	if moreParts(text, byClause, 2) {
		return 2
	}
	return 1
}

// entriesOf reads what the model said, whichever of the forms it is; colon stands
// between a time and what happens then.
func entriesOf(o landfall.Object, colon string) []entry {
	var out []entry
	add := func(text string, level int) {
		if text = strings.TrimSpace(withoutBullet(text)); text != "" {
			out = append(out, entry{text, level})
		}
	}
	items, _ := o.Get("items")
	for _, text := range stringsOf(items) {
		add(text, 1)
	}
	for _, e := range objectsOf(o, "events") {
		when, what := strings.TrimSpace(e.Text("when")), strings.TrimSpace(e.Text("what"))
		if when != "" && what != "" && !strings.HasPrefix(what, when) {
			what = when + colon + what
		}
		add(what, 1)
	}
	for _, e := range objectsOf(o, "sections") {
		before := len(out)
		add(e.Text("title"), 1)
		level := 1 + len(out) - before
		points, _ := e.Get("points")
		for _, text := range stringsOf(points) {
			add(text, level)
		}
	}
	return out
}

// objectsOf returns the objects of a list.
func objectsOf(o landfall.Object, key string) []landfall.Object {
	v, _ := o.Get(key)
	return objects(v)
}

// listed is the answer whose checks are still to be made.
func (s *shaping) listed(entries []entry, target string) *subject {
	items := make([]any, len(entries))
	texts := make([]string, len(entries))
	for i, e := range entries {
		item := landfall.Object{{Key: "text", Value: e.text}, {Key: "level", Value: e.level}}
		if target == "checklist" {
			item = append(item, landfall.Member{Key: "checked", Value: s.isDone(e.text)})
		}
		items[i], texts[i] = item, e.text
	}
	return s.arranged(landfall.Object{{Key: "items", Value: items}}, texts)
}

// arranged adds what is left of the text; parts are all that the answer says.
func (s *shaping) arranged(out landfall.Object, parts []string) *subject {
	all := strings.Join(parts, "\n")
	if rest := leftover(s.mainOf(), parts); rest != "" {
		out = append(out, landfall.Member{Key: "leftover", Value: rest})
	}
	return &subject{shaping: s, part: all, whole: all, items: parts, output: out}
}

// isDone: the sentence of the text that an entry comes from says that it is done.
func (s *shaping) isDone(entry string) bool {
	text, want := s.mainOf(), termsOf(entry)
	best, most := "", 0.0
	for _, p := range parts(text, byClause) {
		if n := want.shareIn(termsOf(p.in(text))); n > most {
			best, most = p.in(text), n
		}
	}
	return s.def.cues("done").in(best)
}

// leftover returns the sentences of a text that no part of an answer is from.
func leftover(text string, said []string) string {
	all := termsOf(strings.Join(said, "\n"))
	var out []string
	for _, p := range parts(text, bySentence) {
		sentence := lettersOf(p.in(text))
		holds := slices.ContainsFunc(said, func(part string) bool { return countLetters(part) > 1 && strings.Contains(sentence, lettersOf(part)) })
		if have := termsOf(p.in(text)); len(have) > 0 && !holds && have.shareIn(all) < 0.2 {
			out = append(out, p.in(text))
		}
	}
	return strings.Join(out, "\n")
}

// shareIn returns which share of the terms others have, 1 for none.
func (t terms) shareIn(others terms) float64 {
	n := 0
	for _, x := range t {
		if _, ok := slices.BinarySearch(others, x); ok {
			n++
		}
	}
	if len(t) == 0 {
		return 1
	}
	return float64(n) / float64(len(t))
}

// itemsSound: there are entries, none twice, and none is all of a longer text.
func itemsSound(s *subject) string {
	v, _ := s.output.Get("items")
	list, ok := v.([]any)
	switch {
	case !ok:
		return ""
	case len(list) == 0:
		return "there is no entry"
	}
	text := s.mainOf()
	seen := map[string]bool{}
	for _, item := range s.items {
		key := lettersOf(item)
		switch {
		case seen[key]:
			return "an entry stands there twice"
		case key == lettersOf(text) && moreParts(text, byClause, 2):
			return "an entry is the whole text"
		}
		seen[key] = true
	}
	return ""
}

// itemsGrounded: at least half of what each entry speaks of is in the text.
func itemsGrounded(s *subject) string {
	have := termsOf(s.mainOf())
	for _, item := range s.items {
		if termsOf(item).shareIn(have) < 0.5 {
			return "an entry is not from the text: " + item
		}
	}
	return ""
}
