package feature

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fact is a number, a date or an address that a text states, in one normal form,
// so that 三万五千, 35,000 and 3.5万 are the same fact.
type Fact struct {
	Kind  string // number, percent, month, date, time, weekday, link, mail or handle
	Value string
	// Start and End are byte offsets.
	Start, End int
	// also are further facts that a source which states this one states as well: the
	// number in a percentage, both readings of half past three.
	also []string
}

func (f Fact) key() string { return f.Kind + ":" + f.Value }

// Facts returns what a text states, in order. It is strict: a numeral that may be
// a mere word (一, 十分, "one") is no fact, nor is a list mark.
func Facts(text string) []Fact { return newScanner(text, false).facts() }

// Source is what an answer may rest on. The zero value holds nothing. It is read
// when it is first needed, and is for one goroutine.
type Source struct {
	texts   []string
	facts   map[string]bool
	letters string
	plain   string
}

// NewSource reads texts. It is liberal: every numeral counts, and every reading of
// an ambiguous one.
func NewSource(texts ...string) *Source { return &Source{texts: texts} }

func (s *Source) read() {
	if s.facts != nil {
		return
	}
	s.facts = map[string]bool{}
	var plain strings.Builder
	for _, t := range s.texts {
		for _, f := range Facts(t) { // a text states what its own strict reading does
			s.facts[f.key()] = true
		}
		for _, f := range newScanner(t, true).facts() {
			s.facts[f.key()] = true
			for _, k := range f.also {
				s.facts[k] = true
			}
		}
		plain.WriteString(fold(t))
		plain.WriteByte('\n')
	}
	s.plain = plain.String()
}

// HasLetters reports whether letters and digits, in lower case, stand in the
// source in this order, whatever else stands between them.
func (s *Source) HasLetters(letters string) bool {
	if s.letters == "" {
		var all strings.Builder
		for _, t := range s.texts {
			all.WriteString(lettersOf(t))
			all.WriteByte('\n')
		}
		s.letters = all.String()
	}
	return strings.Contains(s.letters, letters)
}

// Lacks returns the facts of a text that the source does not state.
func (s *Source) Lacks(text string) []Fact {
	var out []Fact
	for _, f := range Facts(text) {
		if !s.states(f) {
			out = append(out, f)
		}
	}
	return out
}

func (s *Source) states(f Fact) bool {
	s.read()
	if s.facts[f.key()] {
		return true
	}
	switch f.Kind {
	case kindLink, kindMail, kindHandle:
		return holdsAddress(s.plain, f.Value)
	case kindTime, kindDate:
		for _, k := range f.also {
			if s.facts[k] {
				return true
			}
		}
	}
	return false
}

// holdsAddress reports whether an address stands in a text as a whole; a host may
// stand in a longer link.
func holdsAddress(plain, value string) bool {
	host := !strings.Contains(strings.TrimPrefix(strings.TrimPrefix(value, "https://"), "http://"), "/")
	for at := 0; ; {
		n := strings.Index(plain[at:], value)
		if n < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(plain[:at+n])
		after, _ := utf8.DecodeRuneInString(plain[at+n+len(value):])
		if (!inAddress(before) || before == '/' && host) && (!inAddress(after) || after == '/' && host) {
			return true
		}
		at += n + len(value)
	}
}

func inAddress(r rune) bool {
	return r < 0x80 && (isLatin(r) || isDigit(r) || strings.ContainsRune("-_/@", r))
}

// fold is the form in which words and addresses are compared: half width, lower case.
func fold(text string) string { return strings.ToLower(strings.Map(narrow, text)) }

const (
	kindNumber  = "number"
	kindPercent = "percent"
	kindMonth   = "month"
	kindDay     = "day"
	kindDate    = "date"
	kindTime    = "time"
	kindWeekday = "weekday"
	kindLink    = "link"
	kindMail    = "mail"
	kindHandle  = "handle"
)

// scanner reads facts from left to right.
type scanner struct {
	text  string
	r     []rune // folded: half width, lower case
	cased []rune // folded, with case
	at    []int  // byte offset of each rune, and the end
	loose bool
	out   []Fact
	// month is the month of the date before, for 3月5日至8日.
	month int
	depth int
}

func newScanner(text string, loose bool) *scanner {
	n := utf8.RuneCountInString(text)
	s := &scanner{text: text, loose: loose, r: make([]rune, 0, n), cased: make([]rune, 0, n), at: make([]int, 0, n+1)}
	for i, r := range text {
		r = narrow(r)
		s.cased = append(s.cased, r)
		s.r = append(s.r, unicode.ToLower(r))
		s.at = append(s.at, i)
	}
	s.at = append(s.at, len(text))
	return s
}

func (s *scanner) facts() []Fact {
	var links []address
	if mayHoldAddress(s.cased) {
		links = findAddresses(string(s.cased))
	}
	for i := 0; i < len(s.r); {
		if len(links) > 0 && links[0].start <= i {
			l := links[0]
			links = links[1:]
			if l.end > i {
				s.add(l.kind, l.value, l.start, l.end)
				i = l.end
			}
			continue
		}
		if !s.loose && s.lineStart(i) {
			if n := s.listMark(i); n > 0 {
				i += n
				continue
			}
		}
		end := s.word(i)
		if end == i {
			end = s.numeral(i)
		}
		i = max(end, s.skip(i))
	}
	return s.out
}

// skip passes one rune, or a whole word of Latin letters.
func (s *scanner) skip(i int) int {
	if !isLatin(s.r[i]) {
		return i + 1
	}
	for i < len(s.r) && isLatin(s.r[i]) {
		i++
	}
	return i
}

func (s *scanner) add(kind, value string, start, end int, also ...string) {
	s.out = append(s.out, Fact{kind, value, s.at[start], s.at[end], also})
}

func (s *scanner) rune(i int) rune {
	if i < 0 || i >= len(s.r) {
		return 0
	}
	return s.r[i]
}

// has reports whether a word stands at i.
func (s *scanner) has(i int, word string) bool {
	for _, r := range word {
		if s.rune(i) != r {
			return false
		}
		i++
	}
	return true
}

// hasAny returns the length of the first of the words that stands at i, a Latin one
// as a whole word.
func (s *scanner) hasAny(i int, words ...string) int {
	for _, w := range words {
		if !s.has(i, w) {
			continue
		}
		if n := utf8.RuneCountInString(w); !(isLatin(s.rune(i+n-1)) && isLatin(s.rune(i+n))) {
			return n
		}
	}
	return 0
}

func (s *scanner) spaces(i int) int {
	for s.rune(i) == ' ' {
		i++
	}
	return i
}

func (s *scanner) lineStart(i int) bool {
	for i > 0 && s.r[i-1] == ' ' {
		i--
	}
	return i == 0 || s.r[i-1] == '\n'
}

// listMark returns the length of 1. or （一） or 一、 at i.
func (s *scanner) listMark(i int) int {
	start := i
	if s.rune(i) == '(' {
		i++
	}
	digits := i
	for isDigit(s.rune(i)) || strings.ContainsRune("一二三四五六七八九十", s.rune(i)) {
		i++
	}
	if i == digits || i-digits > 2 {
		return 0
	}
	switch next := s.rune(i); {
	case next == ')', next == '、':
		return i + 1 - start
	case next == '.' && isDigit(s.rune(digits)) && !isDigit(s.rune(i+1)):
		return i + 1 - start
	}
	return 0
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func isLatin(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 0x7F && unicode.Is(unicode.Latin, r)
}
