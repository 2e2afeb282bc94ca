package feature

import (
	"strings"
	"unicode"
)

// scripts are the writing systems told apart, each with the language guessed from
// it; the locale may name another of the same script.
var scripts = []struct {
	table    *unicode.RangeTable
	language string
	others   string
}{
	{unicode.Cyrillic, "ru", "uk bg sr be mk kk ky mn tg"},
	{unicode.Arabic, "ar", "fa ur ps ug ckb sd"},
	{unicode.Hebrew, "he", "yi"},
	{unicode.Greek, "el", ""},
	{unicode.Thai, "th", ""},
	{unicode.Devanagari, "hi", "mr ne sa"},
	{unicode.Bengali, "bn", "as"},
	{unicode.Tamil, "ta", ""},
	{unicode.Tibetan, "bo", "dz"},
	{unicode.Mongolian, "mn", ""},
	{unicode.Georgian, "ka", ""},
	{unicode.Armenian, "hy", ""},
}

// notLatin are languages whose texts are not written in Latin letters: a locale
// of these does not say what Latin text is.
const notLatin = " zh ja ko ru uk bg sr be mk kk ky mn tg ar fa ur ps ug ckb sd he yi el th hi mr ne sa bn as ta bo dz ka hy yue wuu "

// Detect guesses the language of a text, as a primary subtag, from the shares of
// the scripts in it: four Latin letters weigh as one 汉字. The locale decides
// between languages of one script, and for a text without letters.
func Detect(text, locale string) string {
	var latin, han, kana, hangul int
	other := make([]int, len(scripts))
	for _, r := range text {
		switch {
		case r < 0x80:
			if r|0x20 >= 'a' && r|0x20 <= 'z' {
				latin++
			}
		case isHan(r):
			han++
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			kana++
		case unicode.Is(unicode.Hangul, r):
			hangul++
		case unicode.IsLetter(r):
			latin += countOther(r, other)
		}
	}
	best, most := "", 0
	consider := func(language string, weight int) {
		if weight > most {
			best, most = language, weight
		}
	}
	if kana*5 > han {
		consider("ja", 4*(han+kana))
	} else {
		consider("zh", 4*han)
	}
	consider("ko", 4*hangul)
	consider(latinLanguage(text, locale), latin)
	for i, s := range scripts {
		consider(sameScript(primary(locale), s.language, s.others), 2*other[i])
	}
	if best == "" {
		return primary(locale)
	}
	return best
}

// countOther counts a letter in its script and returns 1 if it is none of those:
// then it is taken for Latin.
func countOther(r rune, other []int) int {
	for i, s := range scripts {
		if unicode.Is(s.table, r) {
			other[i]++
			return 0
		}
	}
	return 1
}

// latinLanguage is the locale's, unless the text has at least three small words of
// another language and more than twice as many as of the locale's.
func latinLanguage(text, locale string) string {
	own := "en"
	if l := primary(locale); l != "" && !strings.Contains(notLatin, " "+l+" ") {
		own = l
	}
	counts, seen := map[string]int{}, map[string]bool{}
	for i, w := 0, 0; i < len(text) && w < smallWordsRead; w++ {
		end := strings.IndexFunc(text[i:], func(r rune) bool { return !unicode.IsLetter(r) })
		if end < 0 {
			end = len(text) - i
		}
		word := strings.ToLower(text[i : i+end])
		if languages := smallWords[word]; languages != nil && !seen[word] {
			seen[word] = true
			for _, l := range languages {
				counts[l]++
			}
		}
		i += max(end, 1)
	}
	best := own
	for _, l := range smallWordLanguages {
		if counts[l] >= 3 && counts[l] > 2*counts[own] && counts[l] > counts[best] {
			best = l
		}
	}
	return best
}

// smallWordsRead bounds how much of a text is looked at, in words and marks.
const smallWordsRead = 400

// smallWordLanguages are the languages of Latin letters told apart, and smallWords
// what they nearly always use: articles, prepositions, forms of to be.
var smallWordLanguages, smallWords = readSmallWords(`
en the and of to is in that it for you with on are was be have at this will we not from by they our your
de der die das und ist nicht ein eine mit für auf den von zu wir sie im sich auch werden dem es
fr le la les des est une et pas pour dans que qui sur avec nous vous du au ce il
es el la los las una que por con para está del y nosotros se es lo en
it il che di non per una sono della con gli si è anche del nel la
pt o os uma que não para com são do da em um se você na
nl het een van en niet voor met zijn op is dat we de te
`)

func readSmallWords(table string) (languages []string, words map[string][]string) {
	words = map[string][]string{}
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		languages = append(languages, f[0])
		for _, w := range f[1:] {
			words[w] = append(words[w], f[0])
		}
	}
	return languages, words
}

func sameScript(locale, language, others string) string {
	for _, o := range strings.Fields(others) {
		if o == locale {
			return o
		}
	}
	return language
}

// primary returns a tag's primary language subtag (RFC 5646 section 2.2.1).
func primary(tag string) string {
	head, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	return strings.ToLower(head)
}
