package quality

import (
	"slices"
	"strings"
	"unicode/utf8"

	"landfall"
)

// rules say, feature by feature, which answers nobody needed a model for: what was
// given back (an echo, a copy, a prefix), what says nothing, and what would fit any
// input (a template). Words and marks alone do not tell two texts apart. An answer
// that holds nothing is no trivial one where the sample expects nothing.
var rules = map[string]struct {
	doc   string
	judge func(Sample, landfall.Object) string
}{
	"proofread":           {"no edit where there are errors, an edit where there are none", trivialEdits},
	"rewrite":             {"every candidate is the text again, or its beginning", trivialCandidates},
	"summarize":           {"empty, the text again, or its beginning", func(s Sample, o landfall.Object) string { return echo(o.Text("text"), s.Input.Text("text")) }},
	"structure":           {"no entry and no row, or one entry that holds nearly all of the text", trivialStructure},
	"compose":             {"empty, the brief again with or without more, or a form of blanks", trivialDraft},
	"smart_reply":         {"no reply, or a reply that repeats a message", trivialReplies},
	"thread_summary":      {"empty, one message again, or the beginning of the first", trivialThread},
	"notification_digest": {"no line, or a line for several entries that says no more than the first of them, or of none", trivialDigest},
	"prioritize":          {"three or more entries, all of one level, or none", trivialLevels},
	"translate":           {"empty, or the text again", trivialTranslation},
	"transcript_summary":  {"no title or overview, or one utterance again, or the beginning of the first", trivialMinutes},
	"ask":                 {"empty, the question again, or no answer where one is expected", trivialAnswer},
	"grounded_answer":     {"not enough to answer where there is, the question again, or a whole passage", trivialGrounded},
	"extract":             {"no value, or the whole text as one", trivialRecord},
	"tag":                 {"no tag but the language, or the whole text as one", trivialTags},
}

// Rule returns in words which answers of a feature are trivial.
func Rule(feature string) string { return rules[feature].doc }

func trivial(s Sample, o landfall.Object) string {
	end := nothing[s.Feature]
	if have, ok := at(o, end.path); s.Expect.Nothing && ok && alike(have, end.value) {
		return ""
	}
	if rule, ok := rules[s.Feature]; ok {
		return rule.judge(s, o)
	}
	return ""
}

func trivialEdits(s Sample, o landfall.Object) string {
	switch edits := len(list(o, "edits")); {
	case s.Expect.Nothing && edits > 0:
		return "an edit where nothing is wrong"
	case !s.Expect.Nothing && edits == 0:
		return "no edit"
	}
	return ""
}

func trivialCandidates(s Sample, o landfall.Object) string {
	why := "empty"
	for _, text := range texts(o, "/candidates/*/text") {
		if why = echo(text, s.Input.Text("text")); why == "" {
			return ""
		}
	}
	return why
}

func trivialStructure(s Sample, o landfall.Object) string {
	entries := append(texts(o, "/items/*/text"), texts(o, "/table/rows")...)
	whole := utf8.RuneCountInString(fold(s.Input.Text("text")))
	switch {
	case len(entries) == 0:
		return "no entry"
	case len(entries) == 1 && utf8.RuneCountInString(fold(entries[0]))*10 >= whole*8:
		return "one entry that holds the text"
	}
	return ""
}

func trivialDraft(s Sample, o landfall.Object) string {
	draft, brief := fold(o.Text("draft")), fold(s.Input.Text("brief"))
	if draft == "" {
		return "empty"
	}
	if strings.HasPrefix(draft, brief) || strings.HasPrefix(brief, draft) {
		return "the brief again"
	}
	blanks := 0
	for _, v := range list(o, "placeholders") {
		if p, ok := v.(landfall.Object); ok {
			blanks += utf8.RuneCountInString(p.Text("name"))
		}
	}
	if blanks*2 > utf8.RuneCountInString(draft) {
		return "a form of blanks"
	}
	return ""
}

func trivialReplies(s Sample, o landfall.Object) string {
	replies := texts(o, "/replies/*/text")
	if len(replies) == 0 {
		return "no reply"
	}
	for _, r := range replies {
		if why := copied(r, texts(s.Input, "/thread/*/text")); why != "" {
			return why
		}
	}
	return ""
}

// copied says that a text is one of several, or empty.
func copied(text string, sources []string) string {
	t := fold(text)
	if t == "" {
		return "empty"
	}
	for _, s := range sources {
		if fold(s) == t {
			return "a copy"
		}
	}
	return ""
}

func trivialTranslation(s Sample, o landfall.Object) string {
	source := s.Input.Text("text")
	if source == "" {
		source = join(texts(s.Input, "/segments"))
	}
	return echo(o.Text("text"), source)
}

func trivialAnswer(s Sample, o landfall.Object) string {
	asked := texts(s.Input, "/messages/*/content")
	if abstained, _ := o.Get("abstained"); abstained == true {
		return "no answer"
	}
	if len(asked) == 0 {
		return copied(o.Text("answer"), nil)
	}
	return echo(o.Text("answer"), asked[len(asked)-1])
}

func trivialGrounded(s Sample, o landfall.Object) string {
	if enough, _ := o.Get("sufficient"); enough != true && !s.Expect.Nothing {
		return "not enough to answer"
	}
	for _, passage := range texts(s.Input, "/passages/*/text") {
		if utf8.RuneCountInString(passage) > 60 && fold(passage) == fold(o.Text("answer")) {
			return "a copy"
		}
	}
	return echo(o.Text("answer"), s.Input.Text("question"))
}

func trivialRecord(s Sample, o landfall.Object) string {
	values := texts(o, "/data")
	if fold(join(values)) == "" {
		return "no value"
	}
	return copiedWhole(s, values)
}

func trivialTags(s Sample, o landfall.Object) string {
	values := texts(o, "/tags/*/value")
	want := texts(s.Input, "/want")
	languageOnly := len(want) == 1 && want[0] == "language"
	if !languageOnly && !slices.ContainsFunc(texts(o, "/tags/*/type"), func(kind string) bool { return kind != "language" }) {
		return "no tag"
	}
	return copiedWhole(s, values)
}

func copiedWhole(s Sample, values []string) string {
	for _, v := range values {
		if fold(v) == fold(s.Input.Text("text")) {
			return "the whole text as a value"
		}
	}
	return ""
}

// spoken is what an answer says in its own words, by pointers: two inputs that get
// the same are given a template. Features whose answers are few by nature (levels,
// tags, values, edits) have none.
var spoken = map[string]string{
	"rewrite": "/candidates/*/text", "summarize": "/text", "compose": "/draft", "smart_reply": "/replies/*/text",
	"thread_summary": "/preview", "transcript_summary": "/overview", "ask": "/answer",
}

// template returns what to tell two answers of a feature apart by, or "".
func template(s Sample, o landfall.Object) string {
	path, ok := spoken[s.Feature]
	if !ok || s.Expect.Nothing {
		return ""
	}
	return fold(join(texts(o, path)))
}
