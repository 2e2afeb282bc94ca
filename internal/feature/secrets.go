package feature

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Secrets are one-time codes, card numbers and passwords: what nobody wants to find
// in a summary. They are masked before anything reads the text, a star a sign, so
// that neither a model nor a rule can repeat them.

var (
	// digitsRun is one or more numbers as people write cards and codes, in groups or not.
	digitsRun  = regexp.MustCompile(`[0-9０-９]{4}(?:[.．][0-9０-９]{4,7}){2,4}|[0-9０-９]+(?:[ \-－\x{A0}][0-9０-９]+)*`)
	digitGroup = regexp.MustCompile(`[0-9０-９]+`)
	// codeRun is a code of letters and figures, as in G-482913, 7K2QX9 or x7k2q9.
	codeRun = regexp.MustCompile(`(?i)\b[A-Z0-9]{1,3}-[0-9]{4,8}\b|\b[A-Z0-9]{5,10}\b`)
	// someDate is a day or a year, which is written like a code and is none.
	someDate = regexp.MustCompile(`\b(?:19|20)[0-9]{2}[-/.](?:0?[1-9]|1[0-2])[-/.](?:[12][0-9]|3[01]|0?[1-9])\b|[0-9０-９]{4} ?年`)
	// joinedValue is what follows a word for password, and how it is joined to it;
	// bareValue is what follows it directly.
	joinedValue = regexp.MustCompile(`^\s*(?:[\p{L} ]{0,24}?\s)?\s*(is\b|was\b|为|是|改成|:|：|=|＝)[ :：]*["'“「]?([!-&(-~０-９Ａ-Ｚａ-ｚ]{3,64})`)
	bareValue   = regexp.MustCompile(`^ ?["'“「]?([#$@*A-Za-z0-9０-９][!-&(-~０-９Ａ-Ｚａ-ｚ]{2,63})`)
)

// secretWords are the pack's words for one-time codes, cards and passwords, and for
// what is said of a password that is not the password.
type secretWords struct{ code, card, password, noPassword cues }

var secretNames = []string{"secret_code", "secret_card", "secret_password", "no_password"}

func (d Definition) secretWords() secretWords {
	return secretWords{d.cues("secret_code"), d.cues("secret_card"), d.cues("secret_password"), d.cues("no_password")}
}

// find returns the places of secrets in a text. announced says that a message before
// named a code, so that a text which is nothing but a code is one.
func (w secretWords) find(text string, announced bool) []span {
	text = someDate.ReplaceAllStringFunc(text, func(date string) string { return strings.Repeat("/", len(date)) })
	var out []span
	card, code := w.card.in(text), w.code.in(text) || announced && countLetters(text) <= 10
	isCard := func(p span) bool { return cardNumber(digitsOf(p.in(text)), card) }
	isCode := func(p span) bool {
		n := len(digitsOf(p.in(text)))
		return code && (n >= 4 && n <= 8 || n == 3 && w.codeBefore(text, p.start))
	}
	for _, m := range digitsRun.FindAllStringIndex(text, -1) {
		out = append(out, secretNumbers(text, span{m[0], m[1]}, isCard, isCode)...)
	}
	if code {
		for _, m := range codeRun.FindAllStringIndex(text, -1) {
			one := text[m[0]:m[1]]
			if strings.ContainsAny(one, "0123456789") && (one == strings.ToUpper(one) || w.codeBefore(text, m[0])) {
				out = append(out, span{m[0], m[1]})
			}
		}
	}
	for _, p := range newScanner(text, false).every(w.password) {
		if v, ok := w.value(text[p.end:]); ok {
			out = append(out, span{p.end + v.start, p.end + v.end})
		}
	}
	return out
}

// codeBefore reports whether a word for code stands shortly before a place: so near, three
// figures, or small letters with one among them, are one as well.
func (w secretWords) codeBefore(text string, at int) bool {
	const near = 24 // bytes
	return w.code.in(text[max(0, at-near):at])
}

// secretNumbers finds cards and codes in a run of groups of digits: the whole of it, else
// the longest rows of groups that are a card, and single groups that are a code.
func secretNumbers(text string, run span, isCard, isCode func(span) bool) []span {
	if isCode(run) {
		return []span{run}
	}
	var out []span
	groups := digitGroup.FindAllStringIndex(run.in(text), -1)
	for i := 0; i < len(groups); {
		j := min(len(groups), i+longestCard)
		row := func() span { return span{run.start + groups[i][0], run.start + groups[j-1][1]} }
		for j > i+1 && !isCard(row()) {
			j--
		}
		if isCard(row()) || isCode(row()) {
			out = append(out, row())
		}
		i = j
	}
	return out
}

// value finds the password at the beginning of what follows a word for it. Letters alone
// are one behind "is", unless they are a word for what a password may be.
func (w secretWords) value(rest string) (span, bool) {
	m := joinedValue.FindStringSubmatchIndex(rest)
	if m == nil {
		if m = bareValue.FindStringSubmatchIndex(rest); m == nil || !hasDigit(rest[m[2]:m[3]]) {
			return span{}, false
		}
		return trimmedValue(rest, m[2], m[3]), true
	}
	v := trimmedValue(rest, m[4], m[5])
	word := v.in(rest)
	switch joint := rest[m[2]:m[3]]; {
	case strings.ContainsAny(joint, ":=：＝"), strings.ContainsFunc(word, func(r rune) bool { return !asciiLetter(r) }):
		return v, true
	case joint == "is":
		return v, !slices.Contains(w.noPassword, strings.ToLower(word))
	default:
		return v, joint == "是" || joint == "为"
	}
}

func trimmedValue(text string, start, end int) span {
	return span{start, start + len(strings.TrimRight(text[start:end], ".,;!?"))}
}

func hasDigit(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return isDigit(narrow(r)) })
}

// mask returns a text with its secrets as stars, and the secrets.
func (w secretWords) mask(text string, announced bool) (string, []string) {
	var hidden []string
	found := w.find(text, announced)
	for _, p := range found {
		hidden = append(hidden, p.in(text))
	}
	return starred(text, found), hidden
}

// starred puts a star for every sign of some places.
func starred(text string, places []span) string {
	if len(places) == 0 {
		return text
	}
	hide := make([]bool, len(text))
	for _, p := range places {
		for i := p.start; i < p.end; i++ {
			hide[i] = true
		}
	}
	var out strings.Builder
	for i, r := range text {
		if hide[i] {
			r = '*'
		}
		out.WriteRune(r)
	}
	return out.String()
}

// placesOf returns where a text holds a secret as a whole: 100 is no part of 1000.
func placesOf(text, secret string) []span {
	var out []span
	for at := 0; secret != ""; {
		n := strings.Index(text[at:], secret)
		if n < 0 {
			break
		}
		p := span{at + n, at + n + len(secret)}
		at = p.end
		before, _ := utf8.DecodeLastRuneInString(text[:p.start])
		after, _ := utf8.DecodeRuneInString(text[p.end:])
		first, _ := utf8.DecodeRuneInString(secret)
		last, _ := utf8.DecodeLastRuneInString(secret)
		if !oneWord(before, first) && !oneWord(last, after) {
			out = append(out, p)
		}
	}
	return out
}

// oneWord reports whether two signs side by side belong to one number or one word.
func oneWord(a, b rune) bool {
	return isDigit(narrow(a)) && isDigit(narrow(b)) || isLatin(a) && isLatin(b)
}

// longestCard is how many digits a card has at most.
const longestCard = 19

// cardNumber reports whether digits are a card's. Beside a word for card they need no
// check digit; 62 is what the cards of one network begin with.
func cardNumber(digits []byte, named bool) bool {
	n := len(digits)
	return n >= 13 && n <= longestCard && (named || luhn(digits) || n >= 16 && digits[0] == 6 && digits[1] == 2)
}

func digitsOf(text string) []byte {
	var out []byte
	for _, r := range text {
		if r = narrow(r); isDigit(r) {
			out = append(out, byte(r-'0'))
		}
	}
	return out
}

// luhn is the check digit of card numbers, ISO/IEC 7812-1 annex B.
func luhn(digits []byte) bool {
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i])
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
