package feature

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"landfall"
)

// Kind text: the answer is one text of a lane, shown part by part (a clause, a
// sentence or a line, as its size says) once the part's checks passed. While
// nothing was shown, an answer that fails is asked again; a part that fails an
// error check later ends the answer with output_contract_failed, and that part is
// never shown. What only the whole answer decides is a warning then.
//
// A caller may cut the text: with stop strings, at the first that the text holds,
// and with max_tokens. Of a text that was cut, the whole is not checked.

// shapeText answers with the first attempt that can be shown, else with the
// fallback, else with what the last attempt said if only warnings spoke against it.
func shapeText(s *shaping) error {
	text, err := s.condense()
	if err != nil {
		return err
	}
	last, err := s.tell(func(attempt int) (landfall.Prompt, error) {
		return s.prompt(map[string]string{s.def.Main: text}, s.roomForAnswer(), attempt)
	})
	if err != nil {
		return err
	}
	if last.begun() {
		return last.finish()
	}
	return s.fallBack(last)
}

// tell lets the first attempt out that can be shown and returns it, or the last one.
func (s *shaping) tell(prompt func(attempt int) (landfall.Prompt, error)) (*spout, error) {
	for attempt := 0; ; attempt++ {
		p, err := prompt(attempt)
		if err != nil {
			return nil, err
		}
		o := s.newSpout(attempt < s.def.Repairs || s.def.Fallback != "")
		finish, err := s.listen(p, o.take)
		if err != nil {
			return nil, err
		}
		if err := o.close(finish); err != nil || o.begun() || attempt == s.def.Repairs {
			return o, err
		}
		if err := s.emit(landfall.Draft{Hold: &landfall.Hold{Why: "checking"}}); err != nil {
			return nil, err
		}
	}
}

// fallBack answers when no attempt could be shown.
func (s *shaping) fallBack(last *spout) error {
	if s.def.Fallback == "extractive" {
		if text := extract(s); text != "" {
			if err := s.warn("extractive", "the model's answers did not pass the checks: these are sentences of the text, chosen by rule"); err != nil {
				return err
			}
			return s.replayCut(text)
		}
	}
	if last.failed.check.Failing == "warning" {
		finish := landfall.FinishStop
		if last.cutOff {
			finish = landfall.FinishLength
		}
		return s.replay(last.all.String(), finish)
	}
	return last.failed.err()
}

// roomForAnswer is what an answer to the main text may take.
func (s *shaping) roomForAnswer() int {
	return s.room(s.tokens(landfall.CodePoint.Len(s.mainText(s.call.Input))))
}

// room is what the model may write: the caller's bound where it is the lower one.
func (s *shaping) room(tokens int) int {
	if m := s.call.MaxTokens; m > 0 && m < tokens {
		return m
	}
	return tokens
}

// replayCut shows a text that no model wrote; max_tokens holds for it by estimate.
func (s *shaping) replayCut(text string) error {
	if m := s.call.MaxTokens; m > 0 {
		if cut := head(text, m); cut != text {
			return s.replay(cut, landfall.FinishLength)
		}
	}
	return s.replay(text, landfall.FinishStop)
}

// replay shows a whole text that came another way than part by part.
func (s *shaping) replay(text string, finish landfall.Finish) error {
	o := s.newSpout(false)
	if err := o.take(text); err != nil {
		return err
	}
	if err := o.close(finish); err != nil {
		return err
	}
	if !o.begun() {
		return o.failed.err()
	}
	return o.finish()
}

// spout lets one attempt's text out, part by part.
type spout struct {
	*shaping
	size   Size
	own    bool // the words are the pack's, and need no checks
	quiet  bool // nothing goes out: the text is for the code
	strict bool // while nothing is shown, a warning is a reason to ask again
	all    strings.Builder
	held   string // not cut into parts yet
	seen   int    // how much of held was searched for the end of a part

	shown   string          // what passed the checks
	sent    int             // how much of it went out: its end may begin a stop string
	gap     string          // white space before the next part
	ended   int             // sentences shown
	full    bool            // the size is reached
	over    bool            // and there was more
	cutOff  bool            // the model stopped at its length
	stopped bool            // a stop string was met
	calls   []any           // tool calls, read and checked
	extra   landfall.Object // further fields of the output
	settled bool            // the answer is decided and needs no text of the model
	// weigh looks at a part before its checks and returns what stands for it, "" for
	// nothing; may be nil.
	weigh  func(core string) string
	failed *failure
	remark []failure // warnings, each check once
}

func (s *shaping) newSpout(strict bool) *spout {
	o := &spout{shaping: s, size: s.size(), strict: strict}
	if s.dress != nil {
		s.dress(o)
	}
	return o
}

func (o *spout) begun() bool { return o.shown != "" || o.stopped || o.settled || len(o.calls) > 0 }

// byCaller reports whether the text ends where the caller wanted it cut.
func (o *spout) byCaller() bool { return o.stopped || o.cutOff && o.call.MaxTokens > 0 }

func (o *spout) take(piece string) error {
	o.all.WriteString(piece)
	o.held += piece
	return o.drain(false)
}

func (o *spout) drain(final bool) error {
	for o.held != "" {
		var n int
		if n, o.seen = cut(o.held, o.seen, o.by(), final); n == 0 {
			return nil
		}
		part := o.held[:n]
		o.held = o.held[n:]
		if err := o.part(part); err != nil {
			return err
		}
	}
	return nil
}

func (o *spout) by() string {
	switch {
	case o.size.Items > 0:
		return byLine
	case o.size.Hold != "":
		return o.size.Hold
	}
	return byClause
}

// close decides what is still held. A model that was cut off before anything was
// shown has failed.
func (o *spout) close(finish landfall.Finish) error {
	o.cutOff = finish == landfall.FinishLength
	if o.cutOff && !o.byCaller() && o.strict && !o.begun() && o.failed == nil {
		o.failed = &failure{Check{Name: "finished", Failing: "warning"}, "cut off before the first part ended"}
	}
	if err := o.drain(true); err != nil {
		return err
	}
	if o.failed == nil && len(o.call.tools) > 0 && !o.stopped {
		o.calls, o.failed = o.readCalls()
	}
	if !o.begun() && o.failed == nil {
		o.failed = &failure{Check{Name: "not_empty", Failing: "error"}, "the answer has no text"}
	}
	if o.begun() && o.failed != nil {
		return o.failed.err()
	}
	return o.send(len(o.shown))
}

// part checks one part and shows it.
func (o *spout) part(raw string) error {
	switch {
	case o.failed != nil || o.stopped:
		return nil
	case strings.TrimSpace(raw) == "":
		o.gap += raw
		return nil
	case o.full:
		o.over = o.over || strings.ContainsFunc(raw, unicode.IsLetter)
		return nil
	}
	text, core := o.join(raw)
	if o.weigh != nil && core != "" {
		lead := text[:len(text)-len(core)]
		core = o.weigh(core)
		text = lead + core
	}
	if core == "" || o.failed != nil {
		return nil
	}
	shown := o.shown + text
	if at := stopAt(shown, len(o.shown), o.call.Stop); at >= 0 {
		o.stopped = true
		shown = shown[:at]
		core = strings.TrimSpace(shown[min(at, len(o.shown)):])
	}
	if core != "" {
		if o.judge(shown, core); o.failed != nil {
			return nil
		}
	}
	o.shown = shown
	if o.gap = raw[len(strings.TrimRightFunc(raw, unicode.IsSpace)):]; endsSentence(core) || strings.Contains(o.gap, "\n") {
		o.ended++
	}
	o.full = o.reached()
	if o.stopped {
		return o.send(len(shown))
	}
	return o.send(len(shown) - mayStop(shown, o.call.Stop))
}

// send lets out what is shown up to an end.
func (o *spout) send(end int) error {
	if end <= o.sent || o.quiet {
		return nil
	}
	text := o.shown[o.sent:end]
	o.sent = end
	return o.emit(landfall.Draft{Lane: landfall.Lane{Path: o.def.Lane}, Text: text})
}

// items are the lines of a list.
func (o *spout) items() []string {
	if o.size.Items == 0 || o.shown == "" {
		return nil
	}
	return strings.Split(o.shown, "\n")
}

// mark is what a model puts in front of a list's entries.
var mark = regexp.MustCompile(`^\s*(?:[-*•·–]\s+|[•·]|\(?\d{1,2}[.)、．]\s*|（[一二三四五六七八九十\d]{1,2}）\s*|[一二三四五六七八九十]、\s*)`)

// withoutBullet is an entry without its list mark.
func withoutBullet(text string) string {
	if m := mark.FindStringIndex(text); m != nil && !isDecimal(text[:m[1]], text[m[1]:]) {
		return text[m[1]:]
	}
	return text
}

// isDecimal tells the beginning of 3.5 from a list mark.
func isDecimal(head, rest string) bool {
	return strings.HasSuffix(head, ".") && rest != "" && isDigit(rune(rest[0]))
}

// join returns the part as it continues the text, and its own text alone.
func (o *spout) join(raw string) (text, core string) {
	core = strings.TrimSpace(raw)
	if o.size.Items > 0 {
		core = strings.TrimSpace(withoutBullet(core))
		if o.begun() {
			return "\n" + core, core
		}
		return core, core
	}
	if !o.begun() {
		return core, core
	}
	gap := raw[:len(raw)-len(strings.TrimLeftFunc(raw, unicode.IsSpace))]
	return o.gap + gap + core, core
}

// reached reports whether the size allows no further part.
func (o *spout) reached() bool {
	switch {
	case o.size.Items > 0:
		return len(o.items()) >= o.size.Items
	case o.size.Hold == byLine:
		return true
	case o.size.Sentences > 0:
		return o.ended >= o.size.Sentences
	}
	return false
}

func endsSentence(text string) bool {
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(text, closers))
	return last == '.' || strings.ContainsRune(sentenceEnds, last)
}

// judge runs the checks of a part, and on the first part those checks of the
// whole that a beginning can already fail.
func (o *spout) judge(whole, core string) {
	if o.own {
		return
	}
	sub := o.subject(core, whole)
	for _, c := range o.def.Checks {
		known := checks[c.Name]
		early := c.Where == "answer" && known.early && o.strict && o.shown == "" && !o.byCaller()
		if c.Where != "clause" && !early {
			continue
		}
		why := known.test(sub)
		if why == "" {
			continue
		}
		if f := (failure{c, why}); c.Failing == "error" || early {
			o.failed = &f
			return
		} else {
			o.note(f)
		}
	}
}

func (o *spout) note(f failure) {
	for _, have := range o.remark {
		if have.check.Name == f.check.Name {
			return
		}
	}
	o.remark = append(o.remark, f)
}

// finish closes an answer that was shown: whole-answer checks, warnings, Output.
func (o *spout) finish() error {
	sub := o.remarkWhole()
	for _, f := range o.remark {
		if err := o.warnOf(f); err != nil {
			return err
		}
	}
	if err := o.warnOfEnd(); err != nil {
		return err
	}
	return o.emit(landfall.Draft{Output: o.output(sub), Finish: o.ending()})
}

// remarkWhole notes which checks of the whole the text does not pass.
func (o *spout) remarkWhole() *subject {
	sub := o.subject(o.shown, o.shown)
	for _, c := range o.def.Checks {
		if c.Where == "answer" && !o.byCaller() && !o.own {
			if why := checks[c.Name].test(sub); why != "" {
				o.note(failure{c, why})
			}
		}
	}
	return sub
}

// ending is why the text ended.
func (o *spout) ending() landfall.Finish {
	switch {
	case len(o.calls) > 0:
		return landfall.FinishToolCalls
	case o.cutOff && !o.stopped:
		return landfall.FinishLength
	}
	return landfall.FinishStop
}

// warnOfEnd says what the end of the text leaves out.
func (o *spout) warnOfEnd() error { return o.warnOfEnds([]*spout{o}) }

// warnOfEnds does so for several texts, once of each kind.
func (s *shaping) warnOfEnds(all []*spout) error {
	for _, end := range []struct {
		met           func(*spout) bool
		code, message string
	}{
		{(*spout).byCaller, "cut_by_caller", "max_tokens or stop cut the answer: the checks of a whole answer were not made"},
		{func(o *spout) bool { return !o.byCaller() && o.over }, "shortened", "the model wrote more than the length asked for; the rest was left out"},
		{func(o *spout) bool { return !o.byCaller() && o.cutOff }, "truncated_answer", "the model stopped at its length before it had finished"},
	} {
		if slices.ContainsFunc(all, end.met) {
			if err := s.warn(end.code, end.message); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *spout) subject(part, whole string) *subject {
	return &subject{shaping: o.shaping, part: part, whole: whole, items: o.items(), calls: o.calls, first: !o.begun()}
}

// output is the frame with its computed fields; the lane's text went out before.
func (o *spout) output(sub *subject) landfall.Object {
	out := o.Blank()
	for field, by := range o.def.Compute {
		if v := computed[by](sub); v != nil {
			out = out.Set(field, v)
		}
	}
	for _, m := range o.extra {
		out = out.Set(m.Key, m.Value)
	}
	return o.ordered(out)
}
