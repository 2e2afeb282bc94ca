package feature

import (
	"slices"
	"strconv"
	"strings"

	"landfall"
)

// Kind thread: the state of a mail or chat thread. Secrets are masked before anything
// reads the messages. Decisions, tasks and open questions are found by rule, in the
// messages' own words; the preview is the one sentence that matters most, with its
// speaker; the model writes the summary alone. Where no attempt at it passes, the
// summary is made of sentences of the thread, and the answer warns that it is.

// admitThread reads what the schema cannot say, and masks the secrets.
func admitThread(f *Feature, c *Call) *landfall.Error {
	if err := distinct(c.Input, "messages"); err != nil {
		return err
	}
	v, _ := c.Input.Get("messages")
	words, announced := f.def.secretWords(), false
	var masked []any
	for _, m := range objects(v) {
		m = slices.Clone(m)
		text, hidden := words.mask(m.Text("text"), announced)
		announced = words.code.in(text)
		c.hidden = append(c.hidden, hidden...)
		masked = append(masked, m.Set("text", text))
	}
	slices.Sort(c.hidden)
	c.hidden = slices.Compact(c.hidden)
	maskAgain(masked, c.hidden)
	c.Input = slices.Clone(c.Input).Set("messages", masked)
	if me := c.Input.Text("me"); me != "" && !slices.Contains(newTalk(f.def, messagesOf(c.Input)).people(), me) {
		c.warn("me_unknown", "nobody in the thread has the name in me: the summary is nobody's in particular")
	}
	return nil
}

// maskAgain hides the secrets of some message in all of them: what one calls a password,
// another types without a word for it.
func maskAgain(messages []any, hidden []string) {
	for i, m := range objects(messages) {
		text := m.Text("text")
		var places []span
		for _, secret := range hidden {
			places = append(places, placesOf(text, secret)...)
		}
		messages[i] = m.Set("text", starred(text, places))
	}
}

// distinct refuses a list in which two entries have the same id.
func distinct(input landfall.Object, field string) *landfall.Error {
	v, _ := input.Get(field)
	seen := map[string]int{}
	for i, o := range objects(v) {
		id := o.Text("id")
		if first, twice := seen[id]; twice {
			return invalidAt("/input/"+field+"/"+strconv.Itoa(i)+"/id", "the id of entry %d again; ids must differ", first)
		}
		seen[id] = i
	}
	return nil
}

func messagesOf(input landfall.Object) []spoken {
	v, _ := input.Get("messages")
	var out []spoken
	for _, o := range objects(v) {
		m := spoken{id: o.Text("id"), who: strings.TrimSpace(o.Text("from")), text: o.Text("text")}
		switch to, _ := o.Get("to"); to := to.(type) {
		case string:
			m.to = []string{to}
		case []any:
			for _, e := range to {
				if s, ok := e.(string); ok {
					m.to = append(m.to, s)
				}
			}
		}
		out = append(out, m)
	}
	return out
}

// thread is one answer in the making.
type thread struct {
	*shaping
	talk       *talk
	decided    []remark
	tasks      []task
	unanswered []remark
	refs       map[int]bool // messages that the answer rests on
}

func shapeThread(s *shaping) error {
	t := &thread{shaping: s, talk: newTalk(s.def, messagesOf(s.call.Input)), refs: map[int]bool{}}
	t.decided, t.tasks, t.unanswered = t.talk.decisions(), t.talk.tasks(), t.talk.open()
	preview, summary := t.preview(), ""
	extractive := s.call.Input.Text("style") == "preview"
	if !extractive {
		var err error
		if summary, err = t.summary(); err != nil {
			return err
		}
		if extractive = summary == ""; extractive {
			summary = t.extract()
		}
	}
	if extractive && preview != "" {
		if err := s.warn("extractive", "the text is made of sentences of the thread, chosen by rule"); err != nil {
			return err
		}
	}
	return t.answer(preview, summary)
}

// preview is the sentence that matters most now, with its speaker: what was decided
// last, else what is to be done, first by me, else what is open, else the best.
func (t *thread) preview() string {
	at := t.mostUrgent()
	if at.text == "" {
		for i, m := range t.talk.turns { // nothing but signs
			if text := oneLine(m.text); text != "" {
				t.refs[i] = true
				return shorten(t.talk.attributed(remark{turn: i, text: text}, t.call.Language), t.capOf("preview"))
			}
		}
		return ""
	}
	t.refs[at.turn] = true
	return shorten(t.talk.attributed(at, t.call.Language), t.capOf("preview"))
}

func (t *thread) mostUrgent() remark {
	me := t.call.Input.Text("me")
	var mine, others []remark
	for _, a := range t.tasks {
		r := remark{turn: a.turn, text: a.what}
		if others = append(others, r); me != "" && a.who == me {
			mine = append(mine, r)
		}
	}
	for _, list := range [][]remark{mine, t.decided, others, t.unanswered, t.talk.best(1)} {
		for _, r := range slices.Backward(list) {
			if !r.masked() {
				return r
			}
		}
	}
	return remark{}
}

// tooLittle is how many letters, four Latin ones as one 汉字, no model need sum up.
const tooLittle = 30

// summary asks the model. "" is an answer that could not be used.
func (t *thread) summary() (string, error) {
	text := t.talk.dialogue(t.call.Language, maxDialogue)
	if EstimateTokens(text) < tooLittle || len(t.talk.remarks) < 2 || slices.Contains(t.def.ExtractiveOn, t.call.Model) {
		return "", nil
	}
	for attempt := 0; attempt <= t.def.Repairs; attempt++ {
		p, err := t.prompt(map[string]string{"dialogue": text}, t.tokens(0), attempt)
		if err != nil {
			return "", err
		}
		said, err := t.hear(p)
		if err != nil {
			return "", err
		}
		if one := oneLine(said.text); said.finish != landfall.FinishLength && t.usable(one) {
			t.cite(one)
			return one, nil
		}
		if err := t.emit(landfall.Draft{Hold: &landfall.Hold{Why: "checking"}}); err != nil {
			return "", err
		}
	}
	return "", nil
}

// maxDialogue is how many tokens of a thread the model reads: of a longer one, the
// sentences that say most.
const maxDialogue = 1500

// usable holds a summary against what can be told of it alone.
func (t *thread) usable(text string) bool {
	copied := slices.ContainsFunc(t.talk.turns, func(m spoken) bool { return strings.Contains(lettersOf(m.text), lettersOf(text)) })
	return EstimateTokens(text) >= tooLittle/3 && !copied && t.grounded(text, t.source, t.variant()) == "" && t.talk.misattributed(text) == ""
}

// cite notes the messages that say most of each sentence of a text.
func (t *thread) cite(text string) {
	for _, p := range parts(text, bySentence) {
		if best := t.talk.nearest(p.in(text)); best >= 0 {
			t.refs[t.talk.remarks[best].turn] = true
		}
	}
}

// extract is the thread in its own sentences, a line each, with their speakers: what
// was decided, what is to be done, and what else says most.
func (t *thread) extract() string {
	chosen := slices.Clone(t.decided)
	for _, a := range t.tasks {
		chosen = append(chosen, remark{turn: a.turn, text: a.what})
	}
	chosen = slices.DeleteFunc(chosen, remark.masked)
	want := min(4, 1+len(t.talk.remarks)/3)
	for _, r := range t.talk.best(want) {
		if !slices.ContainsFunc(chosen, func(have remark) bool { return strings.Contains(r.text, have.text) }) {
			chosen = append(chosen, r)
		}
	}
	chosen = chosen[:min(want, len(chosen))]
	slices.SortStableFunc(chosen, func(a, b remark) int { return a.turn - b.turn })
	var lines []string
	for _, r := range chosen {
		t.refs[r.turn] = true
		lines = append(lines, t.talk.attributed(r, t.call.Language))
	}
	return strings.Join(lines, "\n")
}

func (t *thread) answer(preview, summary string) error {
	decisions, actions, open, refs := []any{}, []any{}, []any{}, []any{}
	for _, r := range t.decided {
		decisions, t.refs[r.turn] = append(decisions, r.text), true
	}
	for _, a := range t.tasks {
		o := landfall.Object{{Key: "what", Value: a.what}, {Key: "who", Value: a.who}}
		if a.due != "" {
			o = o.Set("due", a.due)
		}
		actions, t.refs[a.turn] = append(actions, o.Set("message_id", t.talk.turns[a.turn].id)), true
	}
	for _, r := range t.unanswered {
		open, t.refs[r.turn] = append(open, r.text), true
	}
	for i, m := range t.talk.turns {
		if t.refs[i] {
			refs = append(refs, m.id)
		}
	}
	out := t.Blank().Set("preview", preview).Set("summary", summary).Set("decisions", decisions).
		Set("actions", actions).Set("open_questions", open).Set("message_refs", refs)
	said := preview + "\n" + summary
	return t.emitWhole(&subject{shaping: t.shaping, part: said, whole: summary, output: out})
}
