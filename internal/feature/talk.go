package feature

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// What a conversation decided, who does what, and what nobody answered are found by
// rule, in the speakers' own words: a small model mixes up who does what. The words
// that the rules look for stand in the pack.

// spoken is one message or utterance.
type spoken struct {
	id, who, text string
	to            []string
}

// remark is one sentence of a conversation.
type remark struct {
	turn  int // which message
	text  string
	terms terms
	score int
}

// task is something that somebody is to do.
type task struct {
	turn           int
	what, who, due string
}

// talkWords are what the rules look for: decided and not decided, an offer to do
// something and a request, what makes a named person the one who does it, what
// begins an answer and what says that there is none, how a question ends without a
// mark, and what asks for more than yes or no.
type talkWords struct {
	decided, undecided, offer, noOffer, request, noRequest, assign, answer, unknown, ask, askWhat cues
	due                                                                                           dueWords
}

var talkNames = append([]string{"decided", "undecided", "offer", "no_offer", "request", "no_request", "assign", "answer", "unknown", "ask", "ask_what"}, dueNames...)

// talk is a conversation, read once.
type talk struct {
	turns   []spoken
	remarks []remark
	words   talkWords
	all     []string
}

func newTalk(d Definition, turns []spoken) *talk { return newTalkOf(d.talkWords(), turns) }

func (d Definition) talkWords() talkWords {
	return talkWords{
		d.cues("decided"), d.cues("undecided"), d.cues("offer"), d.cues("no_offer"), d.cues("request"), d.cues("no_request"), d.cues("assign"), d.cues("answer"), d.cues("unknown"), d.cues("ask"), d.cues("ask_what"), d.dueWords(),
	}
}

func newTalkOf(words talkWords, turns []spoken) *talk {
	t := &talk{turns: turns, words: words}
	var all []string
	for i, m := range turns {
		all = append(all, m.text)
		for _, p := range parts(m.text, bySentence) {
			one := p.in(m.text)
			if strings.ContainsFunc(one, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
				t.remarks = append(t.remarks, remark{turn: i, text: one, terms: termsOf(one)})
			}
		}
	}
	whole := termsOf(strings.Join(all, "\n"))
	for i := range t.remarks {
		sum, distinct := t.remarks[i].terms.weight(whole)
		t.remarks[i].score = 1000 * sum / (distinct + 4)
	}
	return t
}

// decisions are the remarks that say what was decided.
func (t *talk) decisions() []remark {
	var out []remark
	for _, r := range t.remarks {
		if t.words.decided.in(r.text) && !t.words.undecided.in(r.text) && !t.isQuestion(r) {
			out = append(out, r)
		}
	}
	return unlike(out)
}

// tasks are what people offered to do or were asked to do. A sentence that gives
// several people something is one task each, cut where the next one's clause begins.
func (t *talk) tasks() []task {
	var out []task
	for _, r := range t.remarks {
		for _, one := range t.shares(r) {
			who, ok := t.doer(one)
			if ok && !slices.ContainsFunc(out, func(have task) bool { return have.what == one.text }) {
				out = append(out, task{one.turn, one.text, who, t.words.due.due(one.text)})
			}
		}
	}
	return out
}

// shares cuts a remark at the clauses that give another person something to do. What
// leads up to the first and has a time of its own is no part of the task.
func (t *talk) shares(r remark) []remark {
	var starts []int
	last := ""
	for _, p := range parts(r.text, byClause) {
		who, ok := t.doer(remark{turn: r.turn, text: p.in(r.text)})
		switch {
		case !ok:
		case starts == nil:
			starts = []int{t.lead(r.text, p.start)}
		case who != "" && who != last:
			starts = append(starts, p.start)
		}
		if ok {
			last = who
		}
	}
	if len(starts) == 0 {
		return []remark{r}
	}
	var out []remark
	for i, start := range starts {
		text := r.text[start:]
		if i+1 < len(starts) {
			text = strings.TrimRight(r.text[start:starts[i+1]], " ，；：,;:")
		}
		out = append(out, remark{turn: r.turn, text: text})
	}
	return out
}

// leadTokens is how long a clause in front of a request may be and still belong to it:
// a name, a time, a reason.
const leadTokens = 8

func (t *talk) lead(text string, start int) int {
	before := text[:start]
	if EstimateTokens(before) > leadTokens && len(t.words.due.moments(before)) > 0 {
		return start
	}
	return 0
}

// doer returns who is to do what a remark speaks of: the speaker who offers it, the
// person who is named, or the one the message goes to. "" is nobody in particular;
// ok is false for a remark that gives nobody anything to do.
func (t *talk) doer(r remark) (who string, ok bool) {
	m := t.turns[r.turn]
	named := t.named(r)
	switch {
	case named != "" && t.assigned(r.text, named):
		return named, true
	case t.words.offer.in(r.text) && !t.words.noOffer.in(r.text) && !t.isQuestion(r):
		return m.who, true
	case !t.words.request.in(r.text) || t.words.noRequest.in(r.text):
		return "", false
	case named != "":
		return named, true
	case len(m.to) == 1:
		return m.to[0], true
	}
	return t.other(m.who), true
}

// named returns the person other than the speaker whom a remark names first.
func (t *talk) named(r remark) string {
	best, at := "", len(r.text)
	for _, who := range t.people() {
		if i := strings.Index(strings.ToLower(r.text), strings.ToLower(who)); who != t.turns[r.turn].who && i >= 0 && i < at {
			best, at = who, i
		}
	}
	if best == "" {
		for _, a := range findAddresses(r.text) {
			if a.kind == kindHandle {
				return string([]rune(r.text)[a.start+1 : a.end])
			}
		}
	}
	return best
}

// assigned reports whether a word right behind a name gives that person the task:
// Mira will, 小禾负责; a few signs may stand between.
func (t *talk) assigned(text, who string) bool {
	at := strings.Index(strings.ToLower(text), strings.ToLower(who))
	if at < 0 {
		return false
	}
	rest := []rune(text[at+len(who):])
	for i := range min(4, len(rest)) {
		if t.words.assign.begin(string(rest[i:])) {
			return true
		}
		if strings.ContainsRune("，。,.?!？！", rest[i]) {
			return false
		}
	}
	return false
}

// people are all who speak or are spoken to, in order of appearance.
func (t *talk) people() []string {
	if t.all == nil {
		seen := map[string]bool{"": true}
		t.all = []string{}
		for _, m := range t.turns {
			for _, who := range append([]string{m.who}, m.to...) {
				if strings.TrimSpace(who) != "" && !seen[who] {
					seen[who] = true
					t.all = append(t.all, who)
				}
			}
		}
	}
	return t.all
}

// other is the second person of a conversation between two.
func (t *talk) other(who string) string {
	all := t.people()
	if len(all) != 2 || !slices.Contains(all, who) {
		return ""
	}
	return all[1-slices.Index(all, who)]
}

// isQuestion: it ends with a question mark, or in a way that only questions do.
func (t *talk) isQuestion(r remark) bool {
	text := strings.TrimRight(r.text, closers+" ")
	if strings.HasSuffix(text, "?") || strings.HasSuffix(text, "？") {
		return true
	}
	text = strings.TrimRightFunc(text, func(c rune) bool { return !unicode.IsLetter(c) })
	for _, w := range t.words.ask {
		if strings.HasSuffix(strings.ToLower(text), w) {
			return true
		}
	}
	return false
}

// answered is the share of a question's terms, in hundredths, that make what another
// person says later an answer to it.
const answered = 25

// open are the questions that nobody answered: the next message of another person
// only acknowledges, asks back or does not know, and no later one speaks of the same.
// A request is no question.
func (t *talk) open() []remark {
	var out []remark
	for i, r := range t.remarks {
		if _, request := t.doer(r); t.isQuestion(r) && !request && countLetters(r.text) > 3 && !t.isAnswered(i) {
			out = append(out, r)
		}
	}
	return unlike(out)
}

func (t *talk) isAnswered(i int) bool {
	q := t.remarks[i]
	next := -1
	for _, r := range t.remarks[i+1:] {
		if t.turns[r.turn].who == t.turns[q.turn].who {
			continue
		}
		if next < 0 {
			next = r.turn
		}
		if t.isQuestion(r) || t.words.unknown.in(r.text) {
			continue
		}
		says := EstimateTokens(r.text) > tooShort || t.words.answer.begin(r.text) && !t.words.askWhat.in(q.text)
		if r.turn == next && says || overlap(q.terms, r.terms) >= answered {
			return true
		}
	}
	return false
}

// tooShort is how many tokens an acknowledgement has at most.
const tooShort = 4

// dialogue is the talk as a model reads it, a message a line: of a longer one than so
// many tokens, the sentences that say most.
func (t *talk) dialogue(language string, tokens int) string {
	kept := make([][]string, len(t.turns))
	order := make([]int, len(t.remarks))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return t.remarks[b].score - t.remarks[a].score })
	chosen := map[int]bool{}
	for _, i := range order {
		r := t.remarks[i]
		if tokens -= EstimateTokens(r.text) + EstimateTokens(t.turns[r.turn].who); tokens < 0 {
			break
		}
		chosen[i] = true
	}
	for i, r := range t.remarks {
		if chosen[i] {
			kept[r.turn] = append(kept[r.turn], oneLine(r.text))
		}
	}
	var out []string
	for i, sentences := range kept {
		if len(sentences) > 0 {
			joint := map[bool]string{true: "", false: " "}[language == "zh"]
			out = append(out, t.attributed(remark{turn: i, text: strings.Join(sentences, joint)}, language))
		}
	}
	return strings.Join(out, "\n")
}

// best returns up to n remarks that speak most of what the whole speaks of, in the
// order they were said, at most one a message. Questions rank behind the rest.
func (t *talk) best(n int) []remark {
	all := slices.Clone(t.remarks)
	slices.SortStableFunc(all, func(a, b remark) int {
		if qa, qb := t.isQuestion(a), t.isQuestion(b); qa != qb {
			return map[bool]int{true: 1, false: -1}[qa]
		}
		return cmp.Compare(b.score, a.score)
	})
	var out []remark
	for _, r := range all {
		if len(out) < n && !r.masked() && !slices.ContainsFunc(out, func(have remark) bool { return have.turn == r.turn }) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b remark) int { return cmp.Compare(a.turn, b.turn) })
	return out
}

// unlike drops the remarks that say in the same words what one before said.
func unlike(all []remark) []remark {
	var out []remark
	for _, r := range all {
		if !slices.ContainsFunc(out, func(have remark) bool { return lettersOf(have.text) == lettersOf(r.text) }) {
			out = append(out, r)
		}
	}
	return out
}

// attributed is a remark with who said it.
func (t *talk) attributed(r remark, language string) string {
	who, text := oneLine(t.turns[r.turn].who), oneLine(r.text)
	switch {
	case who == "":
		return text
	case language == "zh":
		return who + "：" + text
	}
	return who + ": " + text
}

// masked: a secret was masked in it.
func (r remark) masked() bool { return strings.Contains(r.text, "***") }

// nearest returns which remark says most of what a text says, or -1 where none says
// enough.
func (t *talk) nearest(text string) int {
	best, most := -1, cited-1
	own := termsOf(text)
	for i, r := range t.remarks {
		if n := overlap(own, r.terms); n > most {
			best, most = i, n
		}
	}
	return best
}

// misattributed looks for a clause that gives one person's words or task to another:
// the first person it names neither said what the clause says, nor is named there
// unless the one who said it comes second. "" is none.
func (t *talk) misattributed(text string) string {
	for _, p := range parts(text, byClause) {
		clause := p.in(text)
		people := t.namedIn(clause)
		at := t.nearest(clause)
		if len(people) == 0 || at < 0 {
			continue
		}
		r := t.remarks[at]
		who, first := t.turns[r.turn].who, people[0]
		inside := slices.Contains(t.namedIn(r.text), first) || slices.Contains(t.turns[r.turn].to, first)
		if first != who && (!inside || slices.Contains(people, who)) {
			return clause
		}
	}
	return ""
}

// namedIn returns the people whose names a text holds, in the order they stand in it.
func (t *talk) namedIn(text string) []string {
	at := map[string]int{}
	var out []string
	for _, who := range t.people() {
		if i := strings.Index(strings.ToLower(text), strings.ToLower(who)); i >= 0 {
			at[who] = i
			out = append(out, who)
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return at[a] - at[b] })
	return out
}
