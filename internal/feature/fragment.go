package feature

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// fragment is a piece of a text to translate: a sentence, or what stays as it is (a
// tag, a line break, a list mark, code). gap is the white space before it.
type fragment struct {
	gap, text string
	fixed     bool
}

// fixedParts are fenced code, markup tags and comments.
var fixedParts = regexp.MustCompile("(?s)```.*?```|<!--.*?-->|</?[A-Za-z][^<>\n]{0,300}>")

// lineMark is what a line of a list, a heading or a quotation begins with.
var lineMark = regexp.MustCompile(`^(?:[-*+•·]\s+|#{1,6}\s+|>\s+|\(?\d{1,3}[.)、．]\s*|[（(][一二三四五六七八九十\d]{1,3}[）)]\s*|[一二三四五六七八九十]{1,3}、\s*)`)

// longestSentence is how many tokens one call is given; a longer sentence is cut.
const longestSentence = 160

// fragmentsOf cuts a text. What keeps its form is cut at tags and line breaks as well.
func fragmentsOf(text string, keep bool) []fragment {
	var out []fragment
	if !keep {
		text = strings.Join(strings.Fields(fixedParts.ReplaceAllString(text, " ")), " ")
		return sentences(out, text)
	}
	at := 0
	for _, m := range fixedParts.FindAllStringIndex(text, -1) {
		if inlineTag.MatchString(text[m[0]:m[1]]) {
			continue // stays in its sentence, as a mark
		}
		out = lines(out, text[at:m[0]])
		out = append(out, fragment{text: text[m[0]:m[1]], fixed: true})
		at = m[1]
	}
	return lines(out, text[at:])
}

func lines(out []fragment, text string) []fragment {
	for i, line := range strings.SplitAfter(text, "\n") {
		body, end := line, ""
		if strings.HasSuffix(line, "\n") {
			body = strings.TrimRightFunc(line, unicode.IsSpace)
			end = line[len(body):]
		}
		lead := body[:len(body)-len(strings.TrimLeftFunc(body, unicode.IsSpace))]
		begins := i > 0 || len(out) == 0 // a line, and no text behind a tag
		if m := lineMark.FindString(body[len(lead):]); m != "" && !isDecimal(m, body[len(lead)+len(m):]) && begins && len(lead)+len(m) < len(body) {
			out = append(out, fragment{text: lead + m, fixed: true})
			body = body[len(lead)+len(m):]
		}
		out = sentences(out, body)
		if end != "" {
			out = append(out, fragment{text: end, fixed: true})
		}
	}
	return out
}

func sentences(out []fragment, text string) []fragment {
	at := 0
	whole := markSpans(text)
	var open *span // a piece that ended inside a mark: the question mark of an address
	for _, p := range pieces(text, longestSentence) {
		if open != nil {
			p.start = open.start
		}
		if inside := slices.ContainsFunc(whole, func(m span) bool { return m.start < p.end && p.end < m.end }); inside {
			open = &p
			continue
		}
		open = nil
		out = append(out, fragment{gap: text[at:p.start], text: p.in(text)})
		at = p.end
	}
	if rest := text[at:]; rest != "" {
		out = append(out, fragment{text: rest, fixed: true})
	}
	return out
}

// byTags cuts a sentence at the tags in it: what is left where a model cannot place
// them itself.
func byTags(text string) []fragment {
	var out []fragment
	at := 0
	for _, m := range fixedParts.FindAllStringIndex(text, -1) {
		out = sentences(out, text[at:m[0]])
		out = append(out, fragment{text: text[m[0]:m[1]], fixed: true})
		at = m[1]
	}
	return sentences(out, text[at:])
}

// marks are what a translation must hold as it stands: tags, placeholders, code,
// addresses and entities, in the order of the text, one that stands twice twice.
func marks(text string) []string {
	var out []string
	for _, m := range markSpans(text) {
		out = append(out, m.in(text))
	}
	return out
}

func markSpans(text string) []span {
	all := protected(text)
	for _, m := range placeholders.FindAllStringIndex(text, -1) {
		all = append(all, span{m[0], m[1]})
	}
	slices.SortFunc(all, func(a, b span) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end
	})
	var out []span
	for _, m := range all {
		if last := len(out) - 1; m.end > m.start && (last < 0 || m.start >= out[last].end) {
			out = append(out, m)
		}
	}
	return out
}

// placeholders are those of the common message formats: printf, ICU, Python, shells,
// and the entities of markup.
var placeholders = regexp.MustCompile(`<code>[^<\n]{1,100}</code>|\{[^{}\n]{0,60}\}|%(?:\d+\$)?[-+ #0]*\d*(?:\.\d+)?[sdifuxXc@]|%\([A-Za-z_]\w*\)[sd]|\$[A-Za-z_]\w*|\[\[[^\[\]\n]{1,60}\]\]|&(?:[A-Za-z]{2,8}|#\d{1,6});`)

// latinNames are the words in Latin letters that may stand in a text of another
// script: capitalised ones that begin no sentence, and those with a digit or an inner
// capital. A sentence in capitals has none.
func latinNames(sentence string) []string {
	if !strings.ContainsFunc(sentence, unicode.IsLower) {
		return nil
	}
	var out []string
	for i, w := range strings.FieldsFunc(sentence, func(r rune) bool { return !isNameRune(r) }) {
		w = strings.Trim(w, "-.'’&")
		if strings.ContainsFunc(w, isLatin) && isName(w, i == 0) && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

func isNameRune(r rune) bool {
	return isLatin(r) || isDigit(r) || strings.ContainsRune("-.'’&", r)
}

func isName(word string, first bool) bool {
	if strings.ContainsFunc(word[1:], func(r rune) bool { return r >= 'A' && r <= 'Z' || isDigit(r) }) || isDigit(rune(word[0])) {
		return true
	}
	plain := strings.ToLower(word)
	common := plain == "i" || strings.HasPrefix(plain, "i'") || strings.HasPrefix(plain, "i’") || months[plain] > 0 || weekdays[plain] > 0
	return word[0] >= 'A' && word[0] <= 'Z' && !first && !common
}
