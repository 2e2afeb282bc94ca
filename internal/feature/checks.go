package feature

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"landfall"
)

// subject is what a check looks at.
type subject struct {
	*shaping
	part  string // the part about to be shown; for a check of the answer, all of it
	whole string // all text up to and with the part
	items []string
	calls []any // tool calls, decoded
	// piece is the sentence of the input that a translated part stands for, with what
	// that has to keep: its marks, and the glossary's terms in it.
	piece string
	marks []string
	terms []glossaryEntry
	first bool
	// output is a held answer, of the kinds that have no lane.
	output landfall.Object
}

// contract is one contract check: a pure function that returns what is wrong, or "".
type contract struct {
	test  func(*subject) string
	where []string
	// early says that a beginning which fails cannot become right any more, or is
	// not worth waiting for: while nothing is shown, it is reason to ask again.
	early bool
	// blank says that the check fails only where nothing was shown.
	blank bool
	// counts says that what it returns holds counts and no words of the answer.
	counts bool
}

var (
	anywhere = []string{"clause", "answer"}
	atEnd    = []string{"answer"}

	clauseOnly = []string{"clause"}
)

// checks is the table of contract checks by name.
var checks = map[string]contract{
	"not_empty":       {test: notEmpty, where: atEnd, blank: true},
	"numbers":         {test: numbersGrounded, where: anywhere},
	"example_leak":    {test: exampleLeak, where: anywhere},
	"shorter":         {test: shorter, where: atEnd, early: true},
	"changed":         {test: changed, where: atEnd, early: true},
	"longer_shorter":  {test: inDirection, where: atEnd, early: true, counts: true},
	"no_copy":         {test: noCopy, where: atEnd, early: true},
	"caps":            {test: withinCaps, where: atEnd, early: true},
	"language":        {test: inLanguage, where: atEnd, early: true},
	"citations_exist": {test: spansExist("citations", "text"), where: atEnd},
	"evidence_exists": {test: spansExist("evidence", "text"), where: atEnd},
	"edits_apply":     {test: editsApply, where: atEnd},
	"edits_ordered":   {test: editsOrdered, where: atEnd},
	"items":           {test: itemsSound, where: atEnd},
	"items_grounded":  {test: itemsGrounded, where: atEnd},
	"table":           {test: tableSound, where: atEnd},
	"replies":         {test: repliesSound, where: atEnd},
	"translated":      {test: isTranslated, where: clauseOnly},
	"script":          {test: inScript, where: clauseOnly},
	"marks":           {test: marksKept, where: clauseOnly},
	"glossary":        {test: glossaryKept, where: clauseOnly},
	"numbers_kept":    {test: numbersKept, where: clauseOnly},
	"schema":          {test: validIsTrue, where: atEnd},
	"ids_exact":       {test: idsExact, where: atEnd},
	"refs_exist":      {test: refsExist, where: atEnd},
	"quotes_verbatim": {test: quotesVerbatim, where: atEnd},
	"short_caps":      {test: withinShortCaps, where: atEnd},
	"line_numbers":    {test: lineNumbers, where: atEnd},
	"times_exist":     {test: timesExist, where: atEnd},
	"no_secrets":      {test: noSecrets, where: atEnd},
	"names":           {test: namesKnown, where: anywhere},
}

// judge returns the first error check that a held answer fails, and the warnings.
func (s *shaping) judge(sub *subject) (failed *failure, remarks []failure) {
	for _, c := range s.def.Checks {
		if why := checks[c.Name].test(sub); why != "" {
			if f := (failure{c, why}); c.Failing == "error" {
				return &f, remarks
			} else {
				remarks = append(remarks, f)
			}
		}
	}
	return nil, remarks
}

// emitWhole hands on an answer that was held whole, once its error checks passed.
func (s *shaping) emitWhole(sub *subject) error {
	failed, remarks := s.judge(sub)
	if failed != nil {
		return failed.err()
	}
	for _, f := range remarks {
		if err := s.warnOf(f); err != nil {
			return err
		}
	}
	return s.emit(landfall.Draft{Output: s.ordered(sub.output)})
}

// warnOf says which check an answer did not pass, with the counts where those
// decided.
func (s *shaping) warnOf(f failure) error {
	message := "the answer did not pass the check " + f.check.Name
	if checks[f.check.Name].counts {
		message += ": " + f.why
	}
	return s.warn("check_"+f.check.Name, message)
}

func notEmpty(s *subject) string {
	if strings.TrimSpace(s.whole) == "" && len(s.output) == 0 && len(s.calls) == 0 {
		return "the answer has no text"
	}
	return ""
}

// numbersGrounded: every number, date, address in the answer occurs in the input.
func numbersGrounded(s *subject) string {
	source := s.source
	if s.piece != "" {
		source = s.pieceSource()
	}
	part := s.part
	if at := len(s.whole) - len(part); s.piece == "" && at > 0 && strings.HasSuffix(s.whole, part) && !strings.HasSuffix(strings.TrimRight(s.whole[:at], " "), "\n") {
		part = "x " + part // it begins no line, so a number that begins it is no list mark
	}
	if lacking := source.Lacks(part); len(lacking) > 0 {
		f := lacking[0]
		return f.Kind + " " + part[f.Start:f.End] + " is not in the input"
	}
	return ""
}

func exampleLeak(s *subject) string {
	return s.leaks[s.call.Language+"/"+s.variant()].in(s.part, s.source)
}

// shorter holds for inputs that are longer than the size asked for.
func shorter(s *subject) string {
	if !s.exceeds() || moreLetters(s.call.Input.Text(s.def.Main), countLetters(s.whole)) {
		return ""
	}
	return "the answer is not shorter than the input"
}

// moreLetters reports whether a text has more than n letters, 汉字 and digits; it
// reads no further than it must.
func moreLetters(text string, n int) bool {
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			if n--; n < 0 {
				return true
			}
		}
	}
	return false
}

// noCopy: the answer is no prefix of an input that is longer than the size.
func noCopy(s *subject) string {
	if !s.exceeds() || !beginsWith(s.call.Input.Text(s.def.Main), s.whole) {
		return ""
	}
	return "the answer copies the beginning of the input"
}

// exceeds reports whether the input is longer than the size asked for.
func (s *shaping) exceeds() bool {
	if s.longer == nil {
		longer := s.size().exceeded(s.call.Input.Text(s.def.Main), s.call.Language)
		s.longer = &longer
	}
	return *s.longer
}

func withinCaps(s *subject) string {
	if s.size().exceeded(s.whole, s.call.Language) {
		return "the answer is longer than its size"
	}
	return ""
}

// inLanguage: at least half of the answer's letters are of the language's script.
func inLanguage(s *subject) string {
	if countLetters(s.whole) < 8 {
		return ""
	}
	if have := Detect(s.whole, s.call.Language); have != s.call.Language {
		return "the answer is in " + have
	}
	return ""
}

// spansExist checks that the places an answer names lie in the input and hold
// something.
func spansExist(field, input string) func(*subject) string {
	return func(s *subject) string {
		places, _ := s.output.Get(field)
		list, _ := places.([]any)
		length := s.call.Unit.Len(s.call.Input.Text(input))
		for _, p := range list {
			o, _ := p.(landfall.Object)
			start, end := intOf(o, "start"), intOf(o, "end")
			if start < 0 || end <= start || end > length {
				return field + " names a place that does not exist"
			}
		}
		return ""
	}
}

func intOf(o landfall.Object, key string) int {
	v, _ := o.Get(key)
	n, _ := v.(int)
	return n
}

// exceeded reports whether a text is longer than the size allows.
func (z Size) exceeded(text, language string) bool {
	switch {
	case z.Items > 0:
		return moreParts(text, byLine, z.Items)
	case z.Sentences > 0 && moreParts(text, bySentence, z.Sentences):
		return true
	case language == "zh":
		return z.Letters > 0 && countLetters(text) > z.Letters
	}
	return z.Words > 0 && CountWords(text) > z.Words
}

// countLetters counts letters, 汉字 and digits.
func countLetters(text string) int {
	n := 0
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// CountWords counts the words between white space that hold a letter or digit;
// each 汉字 is one.
func CountWords(text string) int {
	n, inside := 0, false
	for _, r := range text {
		switch {
		case isHan(r):
			n++
			inside = false
		case unicode.IsSpace(r):
			inside = false
		case !inside && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			n++
			inside = true
		}
	}
	return n
}

// lettersOf keeps letters and digits, in lower case and half width.
func lettersOf(text string) string {
	return strings.Map(func(r rune) rune {
		r = unicode.ToLower(narrow(r))
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, text)
}

// beginsWith reports whether the letters and digits of a text begin with those of
// another, case and width aside.
func beginsWith(text, head string) bool {
	at := 0
	next := func() rune {
		for at < len(text) {
			r, n := utf8.DecodeRuneInString(text[at:])
			at += n
			if r = unicode.ToLower(narrow(r)); unicode.IsLetter(r) || unicode.IsDigit(r) {
				return r
			}
		}
		return -1
	}
	for _, r := range head {
		if r = unicode.ToLower(narrow(r)); (unicode.IsLetter(r) || unicode.IsDigit(r)) && next() != r {
			return false
		}
	}
	return true
}

// narrow folds the full-width forms of ASCII and the ideographic space.
func narrow(r rune) rune {
	switch {
	case r >= 0xFF01 && r <= 0xFF5E:
		return r - 0xFEE0
	case r == 0x3000:
		return ' '
	}
	return r
}
