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
var addresses = regexp.MustCompile(`(?i)((?:https?|ftp)://[^\s<>"'，。；！？、（）《》“”\p{Han}]+|www\.[a-z0-9][^\s<>"'，。；！？、（）《》“”\p{Han}]*)` +
	`|([a-z0-9][a-z0-9._%+-]*@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,})` +
	`|((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:com|cn|org|net|edu|gov|info|example|test|io|dev|app|eu|uk|de|fr|jp|kr)\b(?:/[^\s<>"'，。；！？、（）《》“”\p{Han}]*)?)` +
	`|(@[\p{L}\p{N}_][\p{L}\p{N}_.-]*)`)

func findAddresses(text string) []address {
	if !strings.ContainsAny(text, "@.:") {
		return nil
	}
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
