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
		case unicode.Is(unicode.Han, r):
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
	consider(latinLanguage(locale), latin)
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

func latinLanguage(locale string) string {
	if l := primary(locale); l != "" && !strings.Contains(notLatin, " "+l+" ") {
		return l
	}
	return "en"
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
