package feature_test

import (
	"strings"
	"testing"

	"landfall/internal/feature"
)

func TestDetect(t *testing.T) {
	for _, c := range []struct{ text, locale, want string }{
		{"We meet tomorrow at the library and bring the new shelves.", "", "en"},
		{"Wir treffen uns morgen in der Bibliothek und besprechen die neuen Regale.", "en", "de"},
		{"Nous nous voyons demain à la bibliothèque pour parler des étagères.", "en", "fr"},
		{"Mañana nos vemos en la biblioteca para hablar de los estantes y del plan.", "en", "es"},
		{"Domani ci vediamo in biblioteca per parlare degli scaffali, che non sono della scuola.", "en", "it"},
		{"Amanhã nos vemos na biblioteca para falar das estantes que não são da escola.", "en", "pt"},
		{"Morgen zien we elkaar in de bibliotheek om over het nieuwe rek te praten, en niet op school.", "en", "nl"},
		{"la la la la la la", "en", "en"}, // one word, however often
		{"The band sang \"La vie en rose\" and \"O sole mio\" at the party in the old barn.", "en", "en"},
		{"Treffen um neun", "en", "en"}, // too short to say
		{"Treffen um neun", "de-AT", "de"},
		{"OK", "zh-Hans-CN", "en"},
		{"我们明天在图书馆见面。", "en", "zh"},
		{"내일 도서관에서 만나요.", "en", "ko"},
		{"12:30", "ko", "ko"},
	} {
		if got := feature.Detect(c.text, c.locale); got != c.want {
			t.Errorf("%q in %q: %q, want %q", c.text, c.locale, got, c.want)
		}
	}
}

func BenchmarkDetect(b *testing.B) {
	text := strings.Repeat("The library opens on Monday and the desk has the new cards for you. ", 15)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		feature.Detect(text, "en")
	}
}
