package feature

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"landfall"
)

// Kind transcript: minutes of what was said. Chapters, decisions, tasks and questions
// are found by rule, quotes are what a speaker said at that time, and every time is one
// of the transcript's. The model names the chapters. Running text is
// written by models that can be trusted with it, from a sentence a chunk; for the
// others, and where no attempt passes, it is sentences of the transcript with their
// speakers, and the answer warns that it is.

// minutes is one answer in the making.
type minutes struct {
	*shaping
	talk       *talk
	said       []landfall.Object
	extractive bool
}

// admitTranscript reads what the schema cannot say of times.
func admitTranscript(_ *Feature, c *Call) *landfall.Error {
	v, _ := c.Input.Get("utterances")
	before := 0.0
	for i, u := range objects(v) {
		path := "/input/utterances/" + strconv.Itoa(i)
		t0, t1 := seconds(u, "t0"), seconds(u, "t1")
		switch {
		case t1 < t0:
			return invalidAt(path+"/t1", "it ends before it begins")
		case t0 < before:
			return invalidAt(path+"/t0", "it begins before the utterance in front of it: they must be in order")
		}
		before = t0
	}
	return nil
}

func seconds(o landfall.Object, key string) float64 {
	v, _ := o.Get(key)
	n, _ := v.(json.Number)
	f, _ := n.Float64()
	return f
}

func shapeTranscript(s *shaping) error {
	v, _ := s.call.Input.Get("utterances")
	m := &minutes{shaping: s, said: objects(v)}
	var turns []spoken
	for _, u := range m.said {
		turns = append(turns, spoken{who: strings.TrimSpace(u.Text("speaker")), text: u.Text("text")})
	}
	m.talk = newTalk(s.def, turns)
	parts, titles, err := m.chapters()
	if err != nil {
		return err
	}
	overview, err := m.overview()
	if err != nil {
		return err
	}
	if m.extractive {
		if err := s.warn("extractive", "the running text is made of sentences of the transcript, chosen by rule"); err != nil {
			return err
		}
	}
	return m.answer(m.joined(titles), overview, parts)
}

// chapters cuts the transcript and names its parts.
func (m *minutes) chapters() (list []any, titles []string, err error) {
	starts := m.starts()
	for i, from := range starts {
		to := len(m.said)
		if i+1 < len(starts) {
			to = starts[i+1]
		}
		part := m.part(from, to)
		if err := m.pass(); err != nil {
			return nil, nil, err
		}
		title, err := m.title(part.dialogue(m.call.Language, maxChapter), part)
		if err != nil {
			return nil, nil, err
		}
		titles = append(titles, title)
		summary := part.sentences(m.call.Language, 2)
		m.extractive = m.extractive || summary != ""
		t0, _ := m.said[from].Get("t0")
		t1, _ := m.said[to-1].Get("t1")
		list = append(list, landfall.Object{{Key: "t0", Value: t0}, {Key: "t1", Value: t1}, {Key: "title", Value: title}, {Key: "summary", Value: summary}})
	}
	return list, titles, nil
}

// maxChapter is how many tokens of a chapter the model reads to name it.
const maxChapter = 400

func (m *minutes) starts() []int {
	weights, gaps, topics := make([]int, len(m.said)), make([]float64, len(m.said)), make([]terms, len(m.said))
	for i, u := range m.said {
		weights[i] = EstimateTokens(u.Text("text"))
		topics[i] = termsOf(u.Text("text"))
		if i > 0 {
			gaps[i] = max(0, seconds(u, "t0")-seconds(m.said[i-1], "t1"))
		}
	}
	return chapters(weights, gaps, topics)
}

// pass counts a call over a part of the transcript, and tells of it.
func (m *minutes) pass() error {
	if m.passes++; m.passes == 1 {
		return nil
	}
	return m.emit(landfall.Draft{Hold: &landfall.Hold{Why: "pass", Pass: m.passes}})
}

// part is the talk of some of the turns.
func (m *minutes) part(from, to int) *talk {
	return newTalkOf(m.talk.words, m.talk.turns[from:to])
}

// joined is the title of the whole: those of the chapters, as many as fit.
func (m *minutes) joined(titles []string) string {
	joint := map[bool]string{true: "；", false: "; "}[m.call.Language == "zh"]
	title := titles[0]
	for _, next := range titles[1:] {
		if longer := title + joint + next; !strings.Contains(title, next) && landfall.CodePoint.Len(longer) <= m.capOf("title") {
			title = longer
		}
	}
	return title
}

// title asks the model to name a text, a part of the talk. Where no attempt passes, it
// is a clause of the part, cut to the cap.
func (m *minutes) title(text string, part *talk) (string, error) {
	if EstimateTokens(text) < tooLittle || len(part.remarks) < 2 {
		return part.clause(m.capOf("title")), nil
	}
	for attempt := 0; attempt <= m.def.Repairs; attempt++ {
		p, err := m.promptOf("title", map[string]string{"dialogue": text}, m.tokens(0), attempt)
		if err != nil {
			return "", err
		}
		said, err := m.hear(p)
		if err != nil {
			return "", err
		}
		line, _, _ := strings.Cut(strings.TrimSpace(said.text), "\n")
		line = strings.Trim(strings.TrimSpace(line), "《》“”\"'。.#* ")
		if m.usableTitle(line, part) {
			return line, nil
		}
		if err := m.emit(landfall.Draft{Hold: &landfall.Hold{Why: "checking"}}); err != nil {
			return "", err
		}
	}
	m.extractive = true
	return part.clause(m.capOf("title")), nil
}

// usableTitle: it fits, is grounded, speaks of what the part speaks of, and is no
// whole sentence of it.
func (m *minutes) usableTitle(line string, part *talk) bool {
	if countLetters(line) < 2 || landfall.CodePoint.Len(line) > m.capOf("title") || m.grounded(line, m.source, "title") != "" {
		return false
	}
	own, about := termsOf(line), terms{}
	for _, r := range part.remarks {
		about = append(about, r.terms...)
		if lettersOf(r.text) == lettersOf(line) {
			return false
		}
	}
	slices.Sort(about)
	return overlap(own, about) >= m.nearEnough()
}

// overview is what was said in all: by the model from a sentence of each chunk, or in
// the transcript's own sentences.
func (m *minutes) overview() (string, error) {
	own := m.talk.sentences(m.call.Language, min(5, 1+len(m.talk.remarks)/4))
	if slices.Contains(m.def.ExtractiveOn, m.call.Model) || EstimateTokens(own) < tooLittle {
		m.extractive = m.extractive || own != ""
		return own, nil
	}
	text, err := m.condensed()
	if err != nil {
		return "", err
	}
	for attempt := 0; attempt <= m.def.Repairs; attempt++ {
		p, err := m.promptOf("main", map[string]string{"dialogue": text}, 2*mapTokens, attempt)
		if err != nil {
			return "", err
		}
		said, err := m.hear(p)
		if err != nil {
			return "", err
		}
		one := oneLine(said.text)
		if said.finish != landfall.FinishLength && EstimateTokens(one) >= tooLittle/3 && m.grounded(one, m.source, "main") == "" && m.talk.misattributed(one) == "" {
			return one, nil
		}
		if err := m.emit(landfall.Draft{Hold: &landfall.Hold{Why: "checking"}}); err != nil {
			return "", err
		}
	}
	m.extractive = true
	return own, nil
}

// condensed is the transcript, or a sentence of each chunk of it where it is long.
func (m *minutes) condensed() (string, error) {
	text := m.talk.dialogue(m.call.Language, 1<<20)
	if EstimateTokens(text) <= m.def.Split.Over {
		return text, m.pass()
	}
	var lines []string
	for _, c := range chunksOf(text, m.def.Split.Chunk) {
		if err := m.pass(); err != nil {
			return "", err
		}
		line, err := m.oneSentence(c.in(text))
		if err != nil {
			return "", err
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n"), m.pass()
}

func (m *minutes) answer(title, overview string, parts []any) error {
	at := func(turn int) any {
		t, _ := m.said[turn].Get("t0")
		return t
	}
	decisions, actions, questions, quotes := []any{}, []any{}, []any{}, []any{}
	for _, r := range m.talk.decisions() {
		decisions = append(decisions, landfall.Object{{Key: "text", Value: r.text}, {Key: "t", Value: at(r.turn)}})
	}
	for _, a := range m.talk.tasks() {
		o := landfall.Object{{Key: "what", Value: a.what}, {Key: "who", Value: a.who}}
		if a.due != "" {
			o = o.Set("due", a.due)
		}
		actions = append(actions, o.Set("t", at(a.turn)))
	}
	for _, r := range m.talk.open() {
		questions = append(questions, r.text)
	}
	for _, r := range m.talk.best(min(mostQuotes, len(m.talk.remarks)/4)) {
		quotes = append(quotes, landfall.Object{{Key: "text", Value: r.text}, {Key: "t", Value: at(r.turn)}, {Key: "speaker", Value: m.said[r.turn].Text("speaker")}})
	}
	out := m.Blank().Set("title", title).Set("overview", overview).Set("chapters", parts).Set("decisions", decisions).
		Set("actions", actions).Set("questions", questions).Set("quotes", quotes).Set("passes", max(1, m.passes))
	return m.emitWhole(&subject{shaping: m.shaping, part: title + "\n" + overview, whole: overview, output: out})
}

const mostQuotes = 4

// sentences are the talk's best, a line each, with their speakers.
func (t *talk) sentences(language string, n int) string {
	var lines []string
	for _, r := range t.best(n) {
		lines = append(lines, t.attributed(r, language))
	}
	return strings.Join(lines, "\n")
}

// clause is a part of the talk's best sentence that fits a cap; of a talk without
// words, its first signs.
func (t *talk) clause(limit int) string {
	best := t.best(1)
	for _, m := range t.turns {
		if text := oneLine(m.text); len(best) == 0 && text != "" {
			best = []remark{{text: text}}
		}
	}
	if len(best) == 0 {
		return ""
	}
	text := best[0].text
	for _, p := range ranked(text, byClause) {
		if one := strings.TrimFunc(p.in(text), unicode.IsPunct); countLetters(one) > 3 {
			return shorten(oneLine(one), limit)
		}
	}
	return shorten(oneLine(text), limit)
}
