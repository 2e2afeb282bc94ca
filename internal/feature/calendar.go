package feature

import (
	"strconv"
	"strings"
	"time"
)

// calendar turns the times that a text names into points of time. The pack has the
// words: today, tomorrow and the day after, this and next week, the end of the month,
// and the units of a span. Holidays are not known here: who has them names them.
type calendar struct {
	due                   dueWords
	days                  [3]cues // today, tomorrow, the day after
	thisWeek, nextWeek    cues
	month                 cues
	minutes, hours, spans cues // units; spans are days
}

var calendarNames = append([]string{"day_0", "day_1", "day_2", "week_0", "week_1", "month_0", "unit_minute", "unit_hour", "unit_day"}, dueNames...)

func (d Definition) calendar() calendar {
	c := calendar{
		due: d.dueWords(), days: [3]cues{d.cues("day_0"), d.cues("day_1"), d.cues("day_2")}, thisWeek: d.cues("week_0"), nextWeek: d.cues("week_1"),
		month: d.cues("month_0"), minutes: d.cues("unit_minute"), hours: d.cues("unit_hour"), spans: d.cues("unit_day"),
	}
	for _, words := range []cues{c.days[0], c.days[1], c.days[2], c.thisWeek, c.nextWeek, c.month} {
		c.due.when = append(c.due.when, words...)
	}
	c.due.when = c.due.when.longestFirst()
	return c
}

// limit is a time that a text names: its words, when it ends, whether it is a time
// limit or only a time, and whether it names the hour.
type limit struct {
	words      string
	at         time.Time
	firm, hour bool
}

// first returns the earliest time limit of a text that was written at a point of time,
// else the earliest time.
func (c calendar) first(text string, written time.Time) (limit, bool) {
	var best limit
	for _, m := range c.due.moments(text) {
		at, ok := c.resolve(m.in(text), written)
		if !ok {
			continue
		}
		if l := (limit{m.in(text), at, m.limit, at.Hour() < 23 || at.Minute() < 59}); best.words == "" || l.firm && !best.firm || l.firm == best.firm && at.Before(best.at) {
			best = l
		}
	}
	return best, best.words != ""
}

// resolve returns the end of a time in words. Without an hour a day ends at midnight.
func (c calendar) resolve(words string, written time.Time) (time.Time, bool) {
	if at, ok := c.span(words, written); ok {
		return at, true
	}
	y, m, d := written.Date()
	midnight := time.Date(y, m, d, 0, 0, 0, 0, written.Location())
	day, known := c.day(words, midnight)
	for _, f := range Facts(words) {
		if f.Kind != kindTime {
			continue
		}
		minute, _ := strconv.Atoi(f.Value)
		at := day.Add(time.Duration(minute) * time.Minute)
		if at.Before(written) && len(f.also) > 0 && !known {
			at = at.Add(12 * time.Hour)
		}
		return at, true
	}
	return day.AddDate(0, 0, 1).Add(-time.Minute), known
}

// day returns the midnight that begins the day of a time in words.
func (c calendar) day(words string, today time.Time) (time.Time, bool) {
	weekday := (int(today.Weekday()) + 6) % 7 // Monday is 0
	monday := today.AddDate(0, 0, -weekday)
	for _, f := range Facts(words) {
		value, _ := strconv.Atoi(f.Value)
		switch f.Kind {
		case kindWeekday:
			if c.nextWeek.in(words) {
				return monday.AddDate(0, 0, 7+value-1), true
			}
			return today.AddDate(0, 0, (value-1-weekday+7)%7), true
		case kindDate:
			month, day, _ := strings.Cut(f.Value, "-")
			m, _ := strconv.Atoi(month)
			d, _ := strconv.Atoi(day)
			at := time.Date(today.Year(), time.Month(m), d, 0, 0, 0, 0, today.Location())
			if today.Sub(at) > 180*24*time.Hour {
				at = at.AddDate(1, 0, 0)
			}
			return at, true
		}
	}
	for n, w := range c.days {
		if w.in(words) {
			return today.AddDate(0, 0, n), true
		}
	}
	switch {
	case c.nextWeek.in(words):
		return monday.AddDate(0, 0, 13), true
	case c.thisWeek.in(words):
		return monday.AddDate(0, 0, 6), true
	case c.month.in(words):
		return time.Date(today.Year(), today.Month()+1, 0, 0, 0, 0, 0, today.Location()), true
	}
	return today, false
}

// longestSpan bounds the spans that are counted: a number beyond it is no span.
const longestSpan = 10000

// span reads within two hours, 三天内.
func (c calendar) span(words string, written time.Time) (time.Time, bool) {
	for _, f := range newScanner(words, true).facts() {
		n, err := strconv.Atoi(f.Value)
		if f.Kind != kindNumber || err != nil || n > longestSpan {
			continue
		}
		rest := newScanner(strings.TrimLeft(words[f.End:], " "), false)
		for _, u := range []struct {
			words cues
			each  time.Duration
		}{{c.minutes, time.Minute}, {c.hours, time.Hour}, {c.spans, 24 * time.Hour}} {
			if rest.hasAny(0, u.words...) > 0 {
				return written.Add(time.Duration(n) * u.each), true
			}
		}
	}
	return written, false
}

// workday is when somebody works: hours of a day, Monday to Friday, but for the days
// that are named.
type workday struct {
	from, to     int // minutes of the day; equal: not known
	off, working []string
}

// works reports whether a point of time lies in the working hours.
func (w workday) works(at time.Time) bool {
	date := at.Format(time.DateOnly)
	for _, d := range w.working {
		if d == date {
			return w.inHours(at)
		}
	}
	for _, d := range w.off {
		if d == date {
			return false
		}
	}
	return at.Weekday() != time.Saturday && at.Weekday() != time.Sunday && w.inHours(at)
}

func (w workday) inHours(at time.Time) bool {
	minute := at.Hour()*60 + at.Minute()
	if w.from <= w.to {
		return minute >= w.from && minute < w.to
	}
	return minute >= w.from || minute < w.to // over midnight
}
