package feature

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// address is a link, a mail address or a handle; start and end count runes.
type address struct {
	kind, value string
	start, end  int
}

// addresses finds a mail address before the host in it, and a link before the mail
// address in it. The domains are those a text names without a scheme.
var addresses = regexp.MustCompile(`(?i)((?:https?|ftp)://[^\s<>"'…，。；！？、（）《》“”\p{Han}]+|www\.[a-z0-9][^\s<>"'…，。；！？、（）《》“”\p{Han}]*)` +
	`|([a-z0-9][a-z0-9._%+-]*@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,})` +
	`|((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:com|cn|org|net|edu|gov|info|example|test|io|dev|app|eu|uk|de|fr|jp|kr)\b(?:/[^\s<>"'…，。；！？、（）《》“”\p{Han}]*)?)` +
	`|(@[\p{L}\p{N}_][\p{L}\p{N}_.-]*)`)

func findAddresses(text string) []address {
	var out []address
	runesBefore, from := 0, 0
	for _, m := range addresses.FindAllStringSubmatchIndex(text, -1) {
		kind := kindLink
		switch {
		case m[4] >= 0:
			kind = kindMail
		case m[8] >= 0:
			kind = kindHandle
		}
		value := strings.TrimRight(text[m[0]:m[1]], ".,;:!?)]}'\"/")
		runesBefore += utf8.RuneCountInString(text[from:m[0]])
		from = m[0]
		out = append(out, address{kind, strings.ToLower(value), runesBefore, runesBefore + utf8.RuneCountInString(value)})
	}
	return out
}

// mayHoldAddress is a cheap look before the expression runs: prose has full stops,
// but a letter right behind one is rare.
func mayHoldAddress(text []rune) bool {
	for i, r := range text {
		switch r {
		case '@':
			return true
		case ':':
			if i+2 < len(text) && text[i+1] == '/' && text[i+2] == '/' {
				return true
			}
		case '.':
			if i > 0 && i+1 < len(text) && asciiLetter(text[i+1]) && (asciiLetter(text[i-1]) || isDigit(text[i-1])) {
				return true
			}
		}
	}
	return false
}

func asciiLetter(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' }
