package feature

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"landfall"
)

// Kind replies: short answers to the last message of a thread, one for each stance.
// The model writes them; the code says which of them promise what the thread does not
// hold, and finds the questions that are open. Where a thread speaks of what nobody
// should answer with a button, or the last word is the user's own, no model is asked.

// stances are the replies in the order they are offered: the first n of them.
var stances = []string{"accept", "decline", "ask", "defer"}

const (
	longestReply  = 120 // code points
	defaultStance = 3
)

// post is one message of a thread.
type post struct{ from, text string }

func threadOf(input landfall.Object) []post {
	var out []post
	for _, m := range objectsOf(input, "thread") {
		out = append(out, post{m.Text("from"), m.Text("text")})
	}
	return out
}

func shapeReplies(s *shaping) error {
	thread := threadOf(s.call.Input)
	if reason := s.noReply(thread); reason != "" {
		return s.emit(landfall.Draft{Output: s.ordered(s.Blank().Set("none_reason", reason))})
	}
	wanted := stances[:cmp.Or(intAt(s.call.Input, "n"), defaultStance)]
	members := make([]landfall.Member, len(wanted))
	for i, w := range wanted {
		members[i] = landfall.Member{Key: w, Value: aString}
	}
	var lines []string
	for _, m := range thread {
		lines = append(lines, oneLine(m.from)+s.said("colon")+oneLine(m.text)) // a line of its own would pass for another speaker
	}
	q := inquiry{
		variant: s.variant(), schema: objectOf(members...), tokens: s.tokens(0) * len(wanted),
		slots: map[string]string{"thread": strings.Join(lines, "\n"), "keys": strings.Join(wanted, ", ")},
	}
	var out *subject
	kept := landfall.Object{} // what an attempt before got right: a repair is for the rest
	err := s.inquire(q, func(o landfall.Object) *failure {
		for _, stance := range wanted {
			if _, has := kept.Get(stance); !has && s.usableReply(o.Text(stance), kept) {
				kept = append(kept, landfall.Member{Key: stance, Value: o.Text(stance)})
			} else if has {
				o = o.Set(stance, kept.Text(stance))
			}
		}
		out = s.replied(o, wanted)
		failed, _ := s.judge(out)
		return failed
	})
	if err != nil {
		return err
	}
	if v, _ := s.call.Input.Get("questions"); v == true {
		out.output = out.output.Set("questions", s.openQuestions(thread))
	}
	return s.emitWhole(out)
}

// noReply says why there is nothing to offer: sensitive, or own_message_last.
func (s *shaping) noReply(thread []post) string {
	if slices.ContainsFunc(thread, func(m post) bool { return s.def.cues("sensitive").in(m.text) }) {
		return "sensitive"
	}
	if thread[len(thread)-1].from == s.call.Input.Text("me") {
		return "own_message_last"
	}
	return ""
}

// usableReply reports whether a reply passes by itself and beside those that are kept.
func (s *shaping) usableReply(text string, kept landfall.Object) bool {
	sub := &subject{shaping: s, part: text, whole: text}
	same := slices.ContainsFunc(kept, func(m landfall.Member) bool { return lettersOf(kept.Text(m.Key)) == lettersOf(text) })
	return !same && countLetters(text) > 0 && countRunes(text) <= longestReply && exampleLeak(sub) == "" && inLanguage(sub) == "" &&
		!slices.ContainsFunc(threadOf(s.call.Input), func(m post) bool { return lettersOf(m.text) == lettersOf(text) })
}

func (s *shaping) replied(o landfall.Object, wanted []string) *subject {
	list, texts := []any{}, []string{}
	for _, stance := range wanted {
		text := strings.TrimSpace(o.Text(stance))
		list = append(list, landfall.Object{{Key: "text", Value: text}, {Key: "intent", Value: stance}, {Key: "needs_fact", Value: s.promises(text)}})
		texts = append(texts, text)
	}
	all := strings.Join(texts, "\n")
	return &subject{shaping: s, part: all, whole: all, items: texts, output: s.Blank().Set("replies", list)}
}

// promises reports whether a reply states a number, a date or an address that the
// thread lacks, or speaks of money, a time or a place in words that it lacks.
func (s *shaping) promises(reply string) bool {
	if len(s.source.Lacks(reply)) > 0 {
		return true
	}
	thread := textOf(s.call.Input, "thread")
	return slices.ContainsFunc(s.wordsOf("facts"), func(w string) bool {
		word := cues{fold(w)}
		return word.in(reply) && !word.in(thread)
	})
}

// openQuestions are those of the others since the user's own last message, with the
// choices they name: "A or B", else yes and no, else none for a question word.
func (s *shaping) openQuestions(thread []post) []any {
	out := []any{}
	me := s.call.Input.Text("me")
	last := -1
	for i, m := range thread {
		if m.from == me {
			last = i
		}
	}
	for _, m := range thread[last+1:] {
		for _, p := range parts(m.text, bySentence) {
			if text := p.in(m.text); strings.HasSuffix(text, "?") || strings.HasSuffix(text, "？") {
				id := "q" + strconv.Itoa(len(out)+1)
				out = append(out, landfall.Object{{Key: "id", Value: id}, {Key: "text", Value: text}, {Key: "options", Value: anyOf(s.choices(text))}})
			}
			if len(out) == 3 {
				return out
			}
		}
	}
	return out
}

// choices are the answers a question names.
func (s *shaping) choices(question string) []string {
	for _, or := range s.wordsOf("or") {
		if before, after, ok := strings.Cut(question, or); ok {
			before, after = lastClause(before), firstClause(after)
			if countLetters(before) > 0 && countLetters(after) > 0 && countRunes(before+after) < 60 {
				return []string{before, after}
			}
		}
	}
	if s.def.cues("open").in(question) {
		return nil
	}
	return s.wordsOf("yes_no")
}

func lastClause(text string) string {
	all := parts(text, byClause)
	if len(all) == 0 {
		return ""
	}
	return strings.Trim(all[len(all)-1].in(text), " ,，:：")
}

func firstClause(text string) string {
	all := parts(text, byClause)
	if len(all) == 0 {
		return ""
	}
	return strings.Trim(all[0].in(text), " ?？,，。.")
}

// repliesSound: as many as asked for, all different, none a message again, none too long.
func repliesSound(s *subject) string {
	seen := map[string]bool{}
	for _, m := range threadOf(s.call.Input) {
		seen[lettersOf(m.text)] = true
	}
	if want := cmp.Or(intAt(s.call.Input, "n"), defaultStance); len(s.items) != want {
		return "there are not as many replies as asked for"
	}
	for _, text := range s.items {
		key := lettersOf(text)
		switch {
		case key == "":
			return "a reply has no words"
		case seen[key]:
			return "a reply stands there twice, or is a message again"
		case countRunes(text) > longestReply:
			return "a reply is too long"
		}
		seen[key] = true
	}
	return ""
}

func readReplies(input landfall.Object) *landfall.Error {
	for i, m := range threadOf(input) {
		if strings.TrimSpace(m.text) == "" && i == len(threadOf(input))-1 {
			return invalidAt("/input/thread/"+strconv.Itoa(i)+"/text", "is empty: there is nothing to answer")
		}
	}
	return nil
}
