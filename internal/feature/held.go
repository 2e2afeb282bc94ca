package feature

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"landfall"
)

// Checks of answers that are held whole: lists that keep the input's ids, and fields
// in the input's own words. Each knows the places it looks at, in any feature's
// output; a place that an output lacks asks nothing.

// idsExact: every id of the input stands in the answer exactly once, and no other.
func idsExact(s *subject) string {
	want := textsAt(s.call.Input, "/items/*/id")
	have := textsAt(s.output, "/groups/*/item_ids/*", "/skipped/*/id", "/ranked/*/id")
	slices.Sort(want)
	slices.Sort(have)
	if !slices.Equal(want, have) {
		return "an id of the input is missing, stands twice or was invented"
	}
	return ""
}

// refsExist: every message that the answer names is one of the input.
func refsExist(s *subject) string {
	known := textsAt(s.call.Input, "/messages/*/id")
	for _, id := range textsAt(s.output, "/message_refs/*", "/actions/*/message_id") {
		if !slices.Contains(known, id) {
			return "a message is named that does not exist"
		}
	}
	return ""
}

// quotesVerbatim: what the answer gives as the input's own words stands in one
// message or utterance of it; a quote with its speaker and at its time.
func quotesVerbatim(s *subject) string {
	given := textsAt(s.call.Input, "/messages/*/text", "/utterances/*/text")
	for _, q := range textsAt(s.output, "/decisions/*", "/decisions/*/text", "/actions/*/what", "/actions/*/due", "/open_questions/*", "/questions/*") {
		if !slices.ContainsFunc(given, func(text string) bool { return strings.Contains(text, q) }) {
			return "a sentence is not the input's own"
		}
	}
	quotes, _ := s.output.Get("quotes")
	said, _ := s.call.Input.Get("utterances")
	for _, q := range objects(quotes) {
		t, _ := q.Get("t")
		if !slices.ContainsFunc(objects(said), func(u landfall.Object) bool {
			t0, _ := u.Get("t0")
			return u.Text("speaker") == q.Text("speaker") && t0 == t && strings.Contains(u.Text("text"), q.Text("text"))
		}) {
			return "a quote is not what its speaker said at its time"
		}
	}
	return ""
}

// timesExist: every time of the answer is one of the input's, and chapters follow one
// another from its first to its last.
func timesExist(s *subject) string {
	said, _ := s.call.Input.Get("utterances")
	begins, ends := map[any]bool{}, map[any]bool{}
	for _, u := range objects(said) {
		t0, _ := u.Get("t0")
		t1, _ := u.Get("t1")
		begins[t0], ends[t1] = true, true
	}
	for _, field := range []string{"decisions", "actions", "quotes"} {
		list, _ := s.output.Get(field)
		for _, o := range objects(list) {
			if t, _ := o.Get("t"); !begins[t] {
				return field + " names a time that is none of the input's"
			}
		}
	}
	chapters, _ := s.output.Get("chapters")
	before := -1.0
	for _, c := range objects(chapters) {
		t0, _ := c.Get("t0")
		t1, _ := c.Get("t1")
		if !begins[t0] || !ends[t1] || seconds(c, "t0") < before || seconds(c, "t1") < seconds(c, "t0") {
			return "a chapter's times are not the input's, or out of order"
		}
		before = seconds(c, "t0")
	}
	return ""
}

// shortTexts are the answer's bounded texts, and the names of their caps.
var shortTexts = map[string]string{"/preview": "preview", "/groups/*/line": "line", "/ranked/*/reason": "reason", "/title": "title", "/chapters/*/title": "title"}

// withinShortCaps: no short text is longer than its cap; a caller's max_chars is one.
func withinShortCaps(s *subject) string {
	for place, name := range shortTexts {
		limit := s.capOf(name)
		for _, text := range textsAt(s.output, place) {
			if utf8.RuneCountInString(text) > limit {
				return name + " is longer than its cap"
			}
		}
	}
	return ""
}

// lineNumbers: a line's numbers, dates and addresses are of its own app's entries, or
// their count.
func lineNumbers(s *subject) string {
	groups, _ := s.output.Get("groups")
	items, _ := s.call.Input.Get("items")
	for _, g := range objects(groups) {
		ids := textsAt(g, "/item_ids/*")
		said, notices := []string{strconv.Itoa(len(ids))}, []string{}
		for _, o := range objects(items) {
			if slices.Contains(ids, o.Text("id")) {
				said = append(said, o.Text("app"), o.Text("title"), o.Text("body"), s.notice(o))
				notices = append(notices, s.notice(o))
			}
		}
		whole := strings.Join(slices.Compact(notices), s.said("between")) == g.Text("line")
		if !whole && len(NewSource(said...).Lacks(g.Text("line"))) > 0 {
			return "a line states a number that its entries do not"
		}
	}
	return ""
}

// noSecrets: no code, card number or password that was masked stands in the answer.
func noSecrets(s *subject) string {
	var all []string
	each(s.output, func(_ place, v any) {
		if text, ok := v.(string); ok {
			all = append(all, text)
		}
	})
	said := strings.Join(all, "\n")
	if slices.ContainsFunc(s.call.hidden, func(secret string) bool { return len(placesOf(said, secret)) > 0 }) {
		return "the answer holds a secret of the input"
	}
	return ""
}

// namesKnown: every capitalised name of the answer's running text stands in the input.
func namesKnown(s *subject) string { return strangers(s.part, s.source) }

func strangers(text string, source *Source) string {
	for _, n := range namesOf(text) {
		if !source.HasLetters(lettersOf(n)) {
			return "the name " + n + " is not in the input"
		}
	}
	return ""
}

// nearEnough is the share of a short text's terms, in hundredths, that its source must
// have. Pairs of 汉字 across two words are terms of no source.
func (s *shaping) nearEnough() int {
	if s.call.Language == "zh" {
		return cited
	}
	return 60
}

// grounded returns what is wrong with a text that the model wrote over a source, by
// the checks that need nothing else: numbers, names, the prompt's examples, language.
func (s *shaping) grounded(text string, source *Source, variant string) string {
	if lacking := source.Lacks(text); len(lacking) > 0 {
		return "a " + lacking[0].Kind + " is not in the input"
	}
	if why := strangers(text, source); why != "" {
		return why
	}
	if why := s.leaks[s.call.Language+"/"+variant].in(text, source); why != "" {
		return why
	}
	return inLanguage(&subject{shaping: s, whole: text})
}
