package feature

import "math/big"

var englishUnits = map[string]int64{
	"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
	"eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
	"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}

// ordinals are facts of a source only: "second" is a word as well.
var ordinals = map[string]int64{"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "once": 1, "twice": 2, "both": 2, "pair": 2, "couple": 2}

var months = map[string]int{
	"january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8, "september": 9, "october": 10, "november": 11, "december": 12,
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9, "oct": 10, "nov": 11, "dec": 12,
}

var weekdays = map[string]int{"monday": 1, "tuesday": 2, "wednesday": 3, "thursday": 4, "friday": 5, "saturday": 6, "sunday": 7}

// latinWord returns the word of Latin letters at i, in lower case.
func (s *scanner) latinWord(i int) string {
	end := i
	for end < len(s.r) && end-i < 20 && s.r[end] >= 'a' && s.r[end] <= 'z' {
		end++
	}
	return string(s.r[i:end])
}

// english reads twenty-five, two hundred and six thousand.
func (s *scanner) english(i int) number {
	total, section := int64(0), int64(-1)
	end, count := 0, 0
	for j := i; count < 12; count++ {
		w := s.latinWord(j)
		switch v, isUnit := englishUnits[w]; {
		case isUnit && (section < 0 || section >= 20 && section%10 == 0 && v < 10 || section >= 100 && section%100 == 0):
			section = max(section, 0) + v
		case w == "hundred" && section > 0 && section < 100:
			section *= 100
		case englishFactors[w] >= 1000 && section > 0 && total < 1e15:
			total += section * englishFactors[w]
			section = -1
		case w == "dozen" && section > 0 && section < 100:
			section *= 12
		case w == "a" && end == 0 && englishFactors[s.latinWord(s.spaces(j+1))] > 0:
			section = 1
		case w == "and" && end > 0 && (total > 0 || section >= 100 && section%100 == 0):
			if _, ok := englishUnits[s.latinWord(s.spaces(j+3))]; !ok {
				w = ""
			}
		default:
			w = ""
		}
		if w == "" {
			break
		}
		if w != "and" {
			end = j + len(w)
		}
		if j += len(w); s.rune(j) == ' ' || s.rune(j) == '-' {
			j++
		}
	}
	if end == 0 {
		return number{}
	}
	return number{value: big.NewRat(total+max(section, 0), 1), end: end, style: "word"}
}

// word reads a month's or weekday's name at i, with the day around a month. It
// returns i where there is none.
func (s *scanner) word(i int) int {
	if !isLatin(s.rune(i)) || isLatin(s.rune(i-1)) {
		return i
	}
	w := s.latinWord(i)
	end := i + len(w)
	if isLatin(s.rune(end)) || w == "" {
		return i
	}
	if d := weekdays[w]; d > 0 {
		s.add(kindWeekday, digitText(d), i, end)
		return end
	}
	if v, ok := ordinals[w]; ok && s.loose {
		s.add(kindNumber, digitText(int(v)), i, end, dayKey(int(v)))
		return end
	}
	m := months[w]
	if m == 0 || s.cased[i] == s.r[i] {
		return i
	}
	next := s.spaces(end)
	if s.rune(end) == '.' {
		next = s.spaces(end + 1)
	}
	day, dayEnd := s.dayAt(next)
	if day == 0 && len(w) <= 3 && !s.loose && !s.afterDay(i) && !s.afterWord(i, "in", "of", "since", "until", "by", "from", "late", "early", "mid") {
		return i
	}
	s.addMonth(m, i, end)
	if day > 0 {
		s.addDate(m, day, next, dayEnd)
		return dayEnd
	}
	return end
}

// dayAt reads 5, 5th as a day of a month; a year is none.
func (s *scanner) dayAt(i int) (day, end int) {
	end = i
	for isDigit(s.rune(end)) && end-i < 3 {
		day = day*10 + int(s.r[end]-'0')
		end++
	}
	if day < 1 || day > 31 || s.rune(end) == ':' || isDigit(s.rune(end)) || s.rune(end) == '%' {
		return 0, i
	}
	return day, end + s.hasAny(end, "st", "nd", "rd", "th")
}

// afterDay reports whether a numeral stands before i: 5 May.
func (s *scanner) afterDay(i int) bool {
	for i--; s.rune(i) == ' '; i-- {
	}
	if isLatin(s.rune(i)) && i > 1 {
		i -= 2
	}
	return isDigit(s.rune(i))
}

func (s *scanner) afterWord(i int, words ...string) bool {
	for i--; s.rune(i) == ' ' || s.rune(i) == '-'; i-- {
	}
	end := i + 1
	for isLatin(s.rune(i)) {
		i--
	}
	return s.hasAny(i+1, words...) == end-i-1 && end > i+1
}
