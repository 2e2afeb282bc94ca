package feature

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"landfall"
)

// Kind rank: how much each entry presses. Rules come first, in this order: danger,
// advertising, time limits, people who matter, working hours, what needs no answer and
// what asks for one; their words are the pack's. What no rule decides the model judges,
// one arrived a call, and it is never asked whether something is urgent. Reasons are the rules', never the
// model's words. No score is given: a model of this kind has none that means anything.

// levels in the order of the answer.
var levels = []string{"urgent", "high", "normal", "low"}

var rankNames = append([]string{
	"danger", "no_danger", "advert", "advert_kind", "hurry", "no_hurry", "work", "routine", "request", "no_request",
	"reason_danger", "reason_advert", "reason_hurry", "reason_overdue", "reason_past", "reason_today", "reason_soon", "reason_later",
	"reason_vip", "reason_off", "reason_routine", "reason_signs", "reason_asks", "reason_high", "reason_normal", "reason_low",
}, calendarNames...)

// arrived is one thing to be ranked.
type arrived struct {
	id, text, from, kind string
	written              time.Time
}

// ranking is one answer in the making.
type ranking struct {
	*shaping
	now      time.Time
	calendar calendar
	vip      []string
	work     workday
	judged   map[string]string // by text: the same text is asked once
	unjudged bool
}

func admitRank(f *Feature, c *Call) *landfall.Error {
	if err := distinct(c.Input, "items"); err != nil {
		return err
	}
	if _, err := time.Parse(time.RFC3339, c.Input.Text("now")); err != nil {
		return invalidAt("/input/now", "want a time with its zone, 2026-03-02T09:30:00+08:00 (RFC 3339)")
	}
	v, _ := c.Input.Get("items")
	for i, o := range objects(v) {
		if _, err := time.Parse(time.RFC3339, o.Text("time")); err != nil && o.Text("time") != "" {
			return invalidAt("/input/items/"+strconv.Itoa(i)+"/time", "want a time with its zone, 2026-03-02T09:30:00+08:00 (RFC 3339)")
		}
	}
	profile, _ := c.Input.Get("profile")
	p, _ := profile.(landfall.Object)
	if _, _, ok := hours(p.Text("work_hours")); !ok && p.Text("work_hours") != "" {
		return invalidAt("/input/profile/work_hours", "want hours of a day, 09:00-18:00")
	}
	for _, field := range []string{"days_off", "work_days"} {
		for i, d := range textsAt(p, "/"+field+"/*") {
			if _, err := time.Parse(time.DateOnly, d); err != nil {
				return invalidAt("/input/profile/"+field+"/"+strconv.Itoa(i), "want a date, 2026-03-02")
			}
		}
	}
	return nil
}

// hours reads 09:00-18:00 as minutes of the day.
func hours(text string) (from, to int, ok bool) {
	a, b, _ := strings.Cut(text, "-")
	start, err := time.Parse("15:04", a)
	end, err2 := time.Parse("15:04", b)
	return start.Hour()*60 + start.Minute(), end.Hour()*60 + end.Minute(), err == nil && err2 == nil && a != b
}

func (s *shaping) ranking() *ranking {
	r := &ranking{shaping: s, calendar: s.def.calendar(), judged: map[string]string{}}
	r.now, _ = time.Parse(time.RFC3339, s.call.Input.Text("now"))
	profile, _ := s.call.Input.Get("profile")
	p, _ := profile.(landfall.Object)
	for _, who := range textsAt(p, "/vip/*") {
		r.vip = append(r.vip, strings.ToLower(strings.TrimSpace(who)))
	}
	r.work.from, r.work.to, _ = hours(p.Text("work_hours"))
	r.work.off, r.work.working = textsAt(p, "/days_off/*"), textsAt(p, "/work_days/*")
	return r
}

func shapeRank(s *shaping) error {
	r := s.ranking()
	v, _ := s.call.Input.Get("items")
	byLevel := map[string][]any{}
	var reasons []string
	for _, o := range objects(v) {
		e := arrived{id: o.Text("id"), text: oneLine(o.Text("text")), from: strings.TrimSpace(o.Text("from")), kind: strings.ToLower(o.Text("kind"))}
		e.written = r.now
		if written, err := time.Parse(time.RFC3339, o.Text("time")); err == nil {
			e.written = written.In(r.now.Location())
		}
		level, reason, err := r.decide(e)
		if err != nil {
			return err
		}
		reason = shorten(reason, s.capOf("reason"))
		reasons = append(reasons, reason)
		byLevel[level] = append(byLevel[level], landfall.Object{{Key: "id", Value: e.id}, {Key: "level", Value: level}, {Key: "reason", Value: reason}})
	}
	if r.unjudged {
		if err := s.warn("partly_judged", "the model's answer for some entries could not be used: they are of level normal"); err != nil {
			return err
		}
	}
	ranked := []any{}
	for _, l := range levels {
		ranked = append(ranked, byLevel[l]...)
	}
	return s.emitWhole(&subject{shaping: s, part: strings.Join(reasons, "\n"), output: s.Blank().Set("ranked", ranked)})
}

// decide returns an entry's level and why: the rules' verdict, else the model's. An
// entry of a person who matters is never below high.
func (r *ranking) decide(e arrived) (level, reason string, err error) {
	vip := e.from != "" && slices.Contains(r.vip, strings.ToLower(e.from))
	level, reason = r.byRule(e, vip)
	switch {
	case vip && (level == "" || slices.Index(levels, level) > slices.Index(levels, "high")):
		return "high", r.because("vip", e.from), nil
	case level != "":
		return level, reason, nil
	}
	level, err = r.judge(e)
	return level, r.said("reason_" + level), err
}

// byRule returns "" where no rule decides.
func (r *ranking) byRule(e arrived, vip bool) (level, reason string) {
	if !strings.ContainsFunc(e.text, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }) {
		return "low", r.said("reason_signs")
	}
	advert := r.found("advert", e.text)
	if advert == "" && slices.Contains(r.def.cues("advert_kind"), e.kind) {
		advert = e.kind
	}
	danger := r.found("danger", e.text)
	switch {
	case danger != "" && advert == "" && r.found("no_danger", e.text) == "":
		return "urgent", r.because("danger", danger)
	case advert != "" && !vip:
		return "low", r.because("advert", advert)
	}
	if level, reason = r.pressing(e); level != "" {
		return level, reason
	}
	if vip {
		return "high", r.because("vip", e.from)
	}
	if r.work.from != r.work.to && !r.work.works(r.now) && (r.found("work", e.text) != "" || slices.Contains(r.def.cues("work"), e.kind)) {
		return "low", r.said("reason_off")
	}
	if w := r.found("routine", e.text); w != "" {
		return "low", r.because("routine", w)
	}
	if r.asks(e.text) {
		return "high", r.said("reason_asks")
	}
	return "", ""
}

// asks reports whether an entry waits for an answer: its last sentence is a question,
// or it requests something.
func (r *ranking) asks(text string) bool {
	last := strings.TrimRight(text, closers+" ~～")
	return strings.HasSuffix(last, "?") || strings.HasSuffix(last, "？") || r.found("request", text) != "" && r.found("no_request", text) == ""
}

// pressing judges an entry by the time that it names and by words of haste. A relative
// time counts from when the arrived was written, in the zone of now.
func (r *ranking) pressing(e arrived) (level, reason string) {
	if w := r.found("hurry", e.text); w != "" && r.found("no_hurry", e.text) == "" {
		return "urgent", r.because("hurry", w)
	}
	l, ok := r.calendar.first(e.text, e.written)
	if !ok {
		return "", ""
	}
	left := l.at.Sub(r.now)
	y, m, d := r.now.Date()
	endOfDay := time.Date(y, m, d+1, 0, 0, 0, 0, r.now.Location())
	switch {
	case left < 0 && l.firm && left > -7*24*time.Hour:
		return "high", r.because("overdue", l.words)
	case left < 0:
		return "low", r.because("past", l.words)
	case l.at.Before(endOfDay) && l.firm:
		return "urgent", r.because("today", l.words)
	case l.at.Before(endOfDay), l.firm && left < 48*time.Hour, l.hour && left < 24*time.Hour:
		return "high", r.because("soon", l.words)
	case l.firm || left > 7*24*time.Hour:
		return "normal", r.because("later", l.words)
	}
	return "", ""
}

// found returns the first of the pack's words that a text holds, as it stands there.
func (r *ranking) found(name, text string) string {
	p, _ := newScanner(text, false).first(r.def.cues(name))
	return p.in(text)
}

func (r *ranking) because(rule, word string) string { return fmt.Sprintf(r.said("reason_"+rule), word) }

// judge asks the model for one arrived. What it says that is no level is asked again,
// and counts as normal in the end.
func (r *ranking) judge(e arrived) (string, error) {
	key := e.from + "\n" + e.text
	if level, ok := r.judged[key]; ok {
		return level, nil
	}
	if r.passes++; r.passes > 1 {
		if err := r.emit(landfall.Draft{Hold: &landfall.Hold{Why: "pass", Pass: r.passes}}); err != nil {
			return "", err
		}
	}
	for attempt := 0; attempt <= r.def.Repairs; attempt++ {
		p, err := r.prompt(map[string]string{"entry": head(e.text, maxEntry), "sender": oneLine(e.from)}, r.tokens(0), attempt)
		if err != nil {
			return "", err
		}
		p.Schema = levelSchema
		said, err := r.hear(p)
		if err != nil {
			return "", err
		}
		if level := levelIn(said.text); level != "" {
			r.judged[key] = level
			return level, nil
		}
	}
	r.judged[key], r.unjudged = "normal", true
	return "normal", nil
}

// maxEntry is how many tokens of an entry the model reads.
const maxEntry = 300

// levelSchema is what the model is held to; urgent is no choice of its.
var levelSchema = landfall.Object{
	{Key: "type", Value: "object"},
	{Key: "properties", Value: landfall.Object{{Key: "level", Value: landfall.Object{{Key: "type", Value: "string"}, {Key: "enum", Value: []any{"high", "normal", "low"}}}}}},
	{Key: "required", Value: []any{"level"}},
	{Key: "additionalProperties", Value: false},
}

// levelIn returns the one level that an answer names, or "".
func levelIn(answer string) string {
	level := ""
	for _, l := range levels[1:] {
		if (cues{l}).in(answer) {
			if level != "" {
				return ""
			}
			level = l
		}
	}
	return level
}
