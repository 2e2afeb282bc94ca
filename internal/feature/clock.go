package feature

import (
	"math/big"
	"strconv"
	"strings"
)

func digitText(n int) string { return strconv.Itoa(n) }

func dayKey(day int) string { return kindDay + ":" + digitText(day) }

func (s *scanner) addMonth(m, start, end int) {
	s.month = m
	s.add(kindMonth, digitText(m), start, end, kindNumber+":"+digitText(m))
}

// addDate adds a day of a month. A source that names the month, and this day
// without a month, states it too.
func (s *scanner) addDate(m, day, start, end int) {
	s.month = m
	date := digitText(m) + "-" + digitText(day)
	s.add(kindDate, date, start, end, dayKey(day))
	if s.loose {
		s.out[len(s.out)-1].also = []string{kindNumber + ":" + digitText(day)}
	}
}

// addTime adds a time of day, in minutes. Without morning or afternoon it may be
// either.
func (s *scanner) addTime(hour, minute int, half string, start, end int) {
	switch {
	case half == "pm" && hour < 12:
		hour += 12
	case half == "am" && hour == 12:
		hour = 0
	}
	at := hour%24*60 + minute
	var also []string
	if half == "" && hour <= 12 {
		also = append(also, kindTime+":"+digitText((at+720)%1440))
	}
	if s.loose {
		also = append(also, kindNumber+":"+digitText(hour), kindNumber+":"+digitText((hour+11)%12+1))
		if minute > 0 { // nobody says the 0 of three o'clock
			also = append(also, kindNumber+":"+digitText(minute))
		}
	}
	s.add(kindTime, digitText(at), start, end, also...)
}

var halves = []struct{ word, half string }{
	{"凌晨", "am"}, {"清晨", "am"}, {"早上", "am"}, {"早晨", "am"}, {"上午", "am"}, {"今早", "am"}, {"明早", "am"}, {"早", "am"},
	{"中午", "noon"}, {"下午", "pm"}, {"午后", "pm"}, {"傍晚", "pm"}, {"晚上", "pm"}, {"晚间", "pm"}, {"夜里", "pm"}, {"今晚", "pm"}, {"明晚", "pm"}, {"当晚", "pm"}, {"晚", "pm"},
}

// halfBefore returns am or pm for 下午 and the like in front of i.
func (s *scanner) halfBefore(i, hour int) string {
	for s.rune(i-1) == ' ' {
		i--
	}
	for _, h := range halves {
		n := len([]rune(h.word))
		if i >= n && s.has(i-n, h.word) {
			if h.half == "noon" {
				return map[bool]string{true: "am", false: "pm"}[hour == 11]
			}
			return h.half
		}
	}
	return ""
}

// halfAfter reads am, pm, a.m. at i.
func (s *scanner) halfAfter(i int) (half string, end int) {
	j := s.spaces(i)
	for _, h := range []struct{ word, half string }{{"a.m.", "am"}, {"p.m.", "pm"}, {"am", "am"}, {"pm", "pm"}} {
		if n := s.hasAny(j, h.word); n > 0 && j-i <= 1 {
			return h.half, j + n
		}
	}
	return "", i
}

// clock reads a time whose hour is the numeral n at i; it returns 0 for none.
func (s *scanner) clock(i int, n number) int {
	hour, ok := n.integer()
	if !ok || hour > 24 || n.style == "word" && s.rune(n.end) != ' ' {
		return 0
	}
	if end := s.spaces(n.end); s.hasAny(end, "o'clock", "o’clock") > 0 {
		end += len("o'clock")
		half, after := s.halfAfter(end)
		s.addTime(hour, 0, half, i, after)
		return after
	}
	if n.style == "digits" && s.rune(n.end) == ':' && isDigit(s.rune(n.end+1)) && isDigit(s.rune(n.end+2)) && !isDigit(s.rune(n.end+3)) {
		minute := int(s.r[n.end+1]-'0')*10 + int(s.r[n.end+2]-'0')
		half, end := s.halfAfter(n.end + 3)
		if half == "" {
			half = s.halfBefore(i, hour)
		}
		if s.rune(end) == ':' && isDigit(s.rune(end+1)) && isDigit(s.rune(end+2)) {
			end += 3
		}
		s.addTime(hour, minute, half, i, end)
		return end
	}
	if half, end := s.halfAfter(n.end); half != "" {
		s.addTime(hour, 0, half, i, end)
		return end
	}
	if n.style == "word" {
		return 0
	}
	return s.hanClock(i, n, hour)
}

// hanClock reads 三点, 3点15分, 下午四点半.
func (s *scanner) hanClock(i int, n number, hour int) int {
	end := s.spaces(n.end)
	if k := s.hasAny(end, "点钟", "点", "點", "时"); k > 0 && !s.has(end, "时间") && !s.has(end, "点儿") {
		end += k
	} else {
		return 0
	}
	half := s.halfBefore(i, hour)
	if half == "" && n.vague && !s.loose && hour == 1 {
		return end // 一点 may be a little
	}
	minute := 0
	switch next := s.spaces(end); {
	case s.rune(next) == '半':
		minute, end = 30, next+1
	case s.hasAny(next, "一刻", "三刻") > 0:
		minute, end = map[rune]int{'一': 15, '三': 45}[s.rune(next)], next+2
	default:
		m := s.readNumber(next)
		if v, ok := m.integer(); ok && m.end > 0 && v < 60 && m.style != "word" && m.each == nil && (next == end || s.rune(s.spaces(m.end)) == '分') {
			minute, end = v, m.end
			if k := s.spaces(end); s.rune(k) == '分' {
				end = k + 1
			}
		}
	}
	if !s.loose && half == "" && minute == 0 && n.style == "han" && !strings.ContainsRune(afterHour, s.rune(end)) {
		return 0
	}
	s.addTime(hour, minute, half, i, end)
	return end
}

// afterHour may follow an hour; after other signs 三点 counts points, as in 三点建议.
const afterHour = "\x00 \n整左半到至前后開开起之以钟，。、；！？,.;!?)-~—"

// counters are 汉字 that make a single numeral before them a number.
const counters = "个個位名人元块塊毛角岁歲年月日号號天周週时時小秒米公里斤克吨升次件家条條项項台辆層层楼页頁本张張支场場届门種种类組组批套间間座折倍亩度级級份部篇章节期轮队班步杯瓶箱袋包盒碗匹棵朵株粒颗根片幅副双所大代册课款支盏门处户口头把句字篇站趟顿吨艘架"

// notNumbers are words in which a numeral counts nothing.
var notNumbers = []string{"十分", "万一", "千万别", "千万不", "统一", "唯一", "一一", "三明治", "四川", "百姓", "百货", "万分", "十足", "四周", "三角", "二维", "五金", "八卦", "七夕", "五一", "十一", "六一", "四处", "三方", "四面", "五官"}

// counts reports whether a vague numeral, such as a single 汉字, is a number here.
func (s *scanner) counts(i int, n number) bool {
	if s.rune(i-1) == '第' {
		return true
	}
	next := s.rune(s.spaces(n.end))
	if isDigit(s.rune(i - 1)) {
		return false // 5千克
	}
	return next != 0 && strings.ContainsRune(counters, next)
}

// numeral reads the number at i, and the date, time or share it belongs to. It
// returns i where there is none.
func (s *scanner) numeral(i int) int {
	if !s.mayBegin(i) {
		return i
	}
	if end := s.percentBefore(i); end > i {
		return end
	}
	if end := s.weekdayAt(i); end > i {
		return end
	}
	if !s.loose {
		if n := s.hasAny(i, notNumbers...); n > 0 {
			return i + n
		}
	}
	if isDigit(s.rune(i)) {
		if end := s.isoDate(i); end > i {
			return end
		}
	}
	n := s.readNumber(i)
	if n.end == 0 {
		return i
	}
	if end := s.date(i, n); end > 0 {
		return end
	}
	if end := s.clock(i, n); end > 0 {
		return end
	}
	if end := s.share(i, n); end > 0 {
		return end
	}
	s.plainNumber(i, n)
	return n.end
}

// mayBegin is a cheap look: nothing that numeral reads begins with another sign.
// English number words begin with the letters of zero, one … twenty, eighty, nine
// and "a".
func (s *scanner) mayBegin(i int) bool {
	switch r := s.r[i]; {
	case isDigit(r):
		return true
	case r < 0x80:
		return strings.ContainsRune("zotfsena", r) && !isLatin(s.rune(i-1))
	default:
		return hanValue(r) >= 0 || hanUnit(r) > 0 || strings.ContainsRune("星礼周週统唯", r)
	}
}

// plainNumber adds a numeral that is nothing more.
func (s *scanner) plainNumber(i int, n number) {
	values := []string{n.value.RatString()}
	if n.each != nil {
		values = []string{strconv.FormatInt(n.each[0], 10), strconv.FormatInt(n.each[1], 10)}
		if s.loose {
			values = append(values, strconv.FormatInt(10*n.each[0]+n.each[1], 10))
		}
	}
	if !s.loose && (n.vague && !s.counts(i, n) || n.style == "word" && s.rune(i-1) == '-') {
		return
	}
	for _, v := range values {
		if !s.loose && v == "1" && n.style != "digits" {
			continue // a and 一 are articles more often than counts
		}
		s.add(kindNumber, v, i, n.end)
		if day, ok := n.integer(); ok && s.loose && day >= 1 && day <= 31 {
			s.out[len(s.out)-1].also = []string{dayKey(day)}
		}
	}
}

// weekdayAt reads 周三, 星期日, 礼拜五.
func (s *scanner) weekdayAt(i int) int {
	n := s.hasAny(i, "星期", "礼拜", "周", "週")
	if n == 0 || hanValue(s.rune(i-1)) >= 0 || isDigit(s.rune(i-1)) {
		return i
	}
	r := s.rune(i + n)
	d := int(hanValue(r))
	if r == '日' || r == '天' && n == 2 {
		d = 7
	}
	if d < 1 || d > 7 || hanUnit(s.rune(i+n+1)) > 0 || n == 1 && s.rune(i+n+1) == '年' || r == '两' {
		return i
	}
	s.add(kindWeekday, digitText(d), i, i+n+1)
	return i + n + 1
}

// isoDate reads 2026-03-05, 2026/3/5 and 2026.3.5.
func (s *scanner) isoDate(i int) int {
	var field [3]int
	j := i
	for k := range field {
		start := j
		for isDigit(s.rune(j)) && j-start < 4 {
			field[k] = field[k]*10 + int(s.r[j]-'0')
			j++
		}
		wrong := k == 0 && j-start != 4 || k > 0 && (j == start || j-start > 2) || isDigit(s.rune(j))
		if wrong || k < 2 && !strings.ContainsRune("-/.", s.rune(j)) || k == 1 && s.rune(j) != s.rune(i+4) {
			return i
		}
		if k < 2 {
			j++
		}
	}
	if field[1] < 1 || field[1] > 12 || field[2] < 1 || field[2] > 31 {
		return i
	}
	s.add(kindNumber, digitText(field[0]), i, i+4)
	s.addMonth(field[1], i+5, j)
	s.addDate(field[1], field[2], i+5, j)
	return j
}

// date reads 3月5日, 5 May, 5日 after a month, and 三月 alone.
func (s *scanner) date(i int, n number) int {
	v, ok := n.integer()
	if !ok || v < 1 || n.style == "word" {
		return 0
	}
	j := s.spaces(n.end)
	switch {
	case v <= 12 && (s.rune(j) == '月'):
		s.addMonth(v, i, j+1)
		k := s.spaces(j + 1)
		if d := s.readNumber(k); d.end > 0 && d.style != "word" {
			if day, ok := d.integer(); ok && day >= 1 && day <= 31 && s.isDayMark(s.rune(s.spaces(d.end))) {
				s.addDate(v, day, k, s.spaces(d.end)+1)
				return s.spaces(d.end) + 1
			}
		}
		return j + 1
	case v <= 31 && s.isDayMark(s.rune(j)) && s.month > 0 && s.rune(j+1) != '线':
		if !s.loose && s.rune(i-1) != '至' && s.rune(i-1) != '到' && s.rune(i-1) != '-' && s.rune(i-1) != '、' {
			return 0
		}
		s.addDate(s.month, v, i, j+1)
		s.out[len(s.out)-1].also = append(s.out[len(s.out)-1].also, dayKey(v))
		return j + 1
	case n.style == "digits" && v <= 31:
		return s.dayOfMonth(i, v, n.end)
	}
	return 0
}

func (s *scanner) isDayMark(r rune) bool { return r == '日' || r == '号' || r == '號' }

// dayOfMonth reads 5 May and 5th of May.
func (s *scanner) dayOfMonth(i, day, end int) int {
	j := end + s.hasAny(end, "st", "nd", "rd", "th")
	k := s.spaces(j)
	if n := s.hasAny(k, "of"); n > 0 {
		k = s.spaces(k + n)
	}
	w := s.latinWord(k)
	m := months[w]
	if m == 0 || k == j || s.cased[k] == s.r[k] || isLatin(s.rune(k+len(w))) {
		return 0
	}
	s.addDate(m, day, i, j)
	s.addMonth(m, k, k+len(w))
	return k + len(w)
}

// percentBefore reads 百分之三十.
func (s *scanner) percentBefore(i int) int {
	if !s.has(i, "百分之") {
		return i
	}
	n := s.readNumber(i + 3)
	if n.end == 0 {
		return i
	}
	s.addPercent(n.value, i, n.end)
	return n.end
}

func (s *scanner) addPercent(v *big.Rat, start, end int, also ...string) {
	if s.loose {
		also = append(also, kindNumber+":"+v.RatString())
	}
	s.add(kindPercent, v.RatString(), start, end, also...)
}

// share reads %, percent, 折 and 成. 八折 is 80 % of a price and 20 % off it.
func (s *scanner) share(i int, n number) int {
	j := s.spaces(n.end)
	ten := big.NewRat(10, 1)
	switch {
	case s.rune(j) == '%':
		return s.percentOff(n.value, i, j+1)
	case s.hasAny(j, "percent", "per cent") > 0:
		return s.percentOff(n.value, i, j+s.hasAny(j, "percent", "per cent"))
	case s.rune(j) == '折' && n.value.Cmp(big.NewRat(100, 1)) < 0:
		v := n.value
		if n.each != nil { // 八五折
			v = big.NewRat(10*n.each[0]+n.each[1], 1)
		}
		if v.Cmp(ten) < 0 {
			v = new(big.Rat).Mul(v, ten)
		}
		s.addPercent(v, i, j+1, kindPercent+":"+new(big.Rat).Sub(big.NewRat(100, 1), v).RatString(), kindNumber+":"+n.value.RatString())
		return j + 1
	case s.rune(j) == '成' && j == n.end && n.style != "word" && n.value.Cmp(ten) <= 0 && !s.has(j, "成立") && !s.has(j, "成为") && !s.has(j, "成员"):
		s.addPercent(new(big.Rat).Mul(n.value, ten), i, j+1, kindNumber+":"+n.value.RatString())
		return j + 1
	}
	return 0
}

func (s *scanner) percentOff(v *big.Rat, start, end int) int {
	if k := s.spaces(end); s.hasAny(k, "off") > 0 {
		s.addPercent(v, start, end, kindPercent+":"+new(big.Rat).Sub(big.NewRat(100, 1), v).RatString())
		return end
	}
	s.addPercent(v, start, end)
	return end
}
