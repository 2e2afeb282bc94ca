package feature

import (
	"slices"
	"strings"
)

// dueWords are the pack's words that make a time expression: when (tomorrow, 今晚),
// when_before and when_after (by, next; 前, 之前), when_unit (days, 小时: a time only
// with one of the others), when_glue (at, 的).
type dueWords struct{ when, before, after, unit, glue cues }

var dueNames = []string{"when", "when_before", "when_after", "when_unit", "when_glue"}

func (d Definition) dueWords() dueWords {
	return dueWords{d.cues("when"), d.cues("when_before"), d.cues("when_after"), d.cues("when_unit"), d.cues("when_glue")}
}

// moment is a time that a text names, in its own words.
type moment struct {
	span
	limit bool // with by, before, 前: a time limit
}

// moments returns the times a text names: dates, weekdays, hours and the pack's
// words, what belongs together in one.
func (w dueWords) moments(text string) []moment {
	sc := newScanner(text, false)
	spans := append(sc.every(w.when), w.measured(sc)...)
	for _, f := range newScanner(text, false).facts() {
		switch f.Kind {
		case kindDate, kindMonth, kindDay, kindTime, kindWeekday:
			spans = append(spans, span{f.Start, f.End})
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return a.start - b.start })
	var out []moment
	for _, p := range spans {
		if n := len(out); n > 0 && (p.start <= out[n-1].end || w.glued(text[out[n-1].end:p.start])) {
			out[n-1].end = max(out[n-1].end, p.end)
			continue
		}
		out = append(out, moment{span: p})
	}
	for i := range out {
		out[i] = w.widen(text, out[i])
	}
	return out
}

// measured finds a number with a unit that the words around make a time: 三天内,
// within two days, 15号.
func (w dueWords) measured(sc *scanner) []span {
	var out []span
	for _, f := range newScanner(sc.text, true).facts() {
		if f.Kind != kindNumber {
			continue
		}
		rest := strings.TrimLeft(sc.text[f.End:], " ")
		n := newScanner(rest, false).hasAny(0, w.unit...)
		if n == 0 {
			continue
		}
		end := len(sc.text) - len(rest) + len(string([]rune(rest)[:n]))
		m := w.widen(sc.text, moment{span: span{f.Start, end}})
		if m.start < f.Start || m.end > end {
			out = append(out, span{f.Start, end})
		}
	}
	return out
}

func (w dueWords) glued(between string) bool {
	between = strings.ToLower(strings.TrimSpace(between))
	return between == "" || between == "," || slices.Contains(w.glue, between)
}

// widen takes in the words around a time.
func (w dueWords) widen(text string, m moment) moment {
	for {
		before := newScanner(strings.TrimRight(text[:m.start], " "), false)
		n := 0
		for _, word := range w.before {
			r := []rune(word)
			if at := len(before.r) - len(r); at >= 0 && before.wordAt(at, cues{word}) > 0 {
				n = max(n, len(r))
			}
		}
		if n == 0 {
			break
		}
		m.start, m.limit = before.at[len(before.r)-n], true
	}
	for {
		rest := strings.TrimLeft(text[m.end:], " ")
		n := newScanner(rest, false).hasAny(0, w.after...)
		if n == 0 {
			return m
		}
		m.end, m.limit = len(text)-len(rest)+len(string([]rune(rest)[:n])), true
	}
}

// due returns the time limit that a text names, else the first time, or "".
func (w dueWords) due(text string) string {
	all := w.moments(text)
	if len(all) == 0 {
		return ""
	}
	if i := slices.IndexFunc(all, func(m moment) bool { return m.limit }); i >= 0 {
		return all[i].in(text)
	}
	return all[0].in(text)
}
