package feature

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Secrets are one-time codes, card numbers and passwords: what nobody wants to find
// in a summary. They are masked before anything reads the text, a star a sign, so
// that neither a model nor a rule can repeat them.

var (
	// digitsRun is a number as people write cards and codes, in groups or not.
	digitsRun = regexp.MustCompile(`[0-9０-９](?:[ \-－]?[0-9０-９]){3,18}`)
	// codeRun is a code of letters and figures, as in G-482913 or 7K2QX9.
	codeRun = regexp.MustCompile(`\b[A-Z0-9]{1,3}-[0-9]{4,8}\b|\b[A-Z0-9]{5,10}\b`)
	// secretValue is what follows a word for password, and how it is joined to it.
	secretValue = regexp.MustCompile(`^\s*(?:[\p{L} ]{0,24}?\s)?\s*(is|was|为|是|改成|:|：|=|＝)[ :：]*["'“「]?([!-&(-~]{3,64})`)
)

// secretWords are the pack's words for one-time codes, cards and passwords.
type secretWords struct{ code, card, password cues }

var secretNames = []string{"secret_code", "secret_card", "secret_password"}

func (d Definition) secretWords() secretWords {
	return secretWords{d.cues("secret_code"), d.cues("secret_card"), d.cues("secret_password")}
}

// find returns the places of secrets in a text. announced says that a message before
// named a code, so that a text which is nothing but a code is one.
func (w secretWords) find(text string, announced bool) []span {
	var out []span
	named, card := w.code.in(text), w.card.in(text)
	bare := announced && countLetters(text) <= 10
	for _, m := range digitsRun.FindAllStringIndex(text, -1) {
		digits := digitsOf(text[m[0]:m[1]]) // 62 is what the cards of one network begin with
		switch n := len(digits); {
		case n >= 13 && (card || luhn(digits) || n >= 16 && digits[0] == 6 && digits[1] == 2), n <= 8 && (named || bare):
			out = append(out, span{m[0], m[1]})
		}
	}
	if named || bare {
		for _, m := range codeRun.FindAllStringIndex(text, -1) {
			if strings.ContainsAny(text[m[0]:m[1]], "0123456789") {
				out = append(out, span{m[0], m[1]})
			}
		}
	}
	for _, p := range newScanner(text, false).every(w.password) {
		m := secretValue.FindStringSubmatchIndex(text[p.end:])
		if m == nil {
			continue
		}
		joint, value := text[p.end+m[2]:p.end+m[3]], strings.TrimRight(text[p.end+m[4]:p.end+m[5]], ".,;!?")
		if strings.ContainsAny(joint, ":=：＝") || strings.ContainsFunc(value, func(r rune) bool { return !asciiLetter(r) }) {
			out = append(out, span{p.end + m[4], p.end + m[4] + len(value)})
		}
	}
	return out
}

// mask returns a text with its secrets as stars, and the secrets.
func (w secretWords) mask(text string, announced bool) (string, []string) {
	found := w.find(text, announced)
	if len(found) == 0 {
		return text, nil
	}
	b, hidden := []byte(text), []string{}
	for _, p := range found {
		hidden = append(hidden, p.in(text))
		for i := p.start; i < p.end; i++ {
			b[i] = 0
		}
	}
	var out strings.Builder
	for i := 0; i < len(text); {
		_, n := utf8.DecodeRuneInString(text[i:])
		if b[i] == 0 && text[i] != 0 {
			out.WriteByte('*')
		} else {
			out.WriteString(text[i : i+n])
		}
		i += n
	}
	return out.String(), hidden
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
