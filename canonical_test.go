package landfall_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"landfall"
)

// The examples of RFC 8785 and of its authors' test data, without the numbers
// that are no integers: those have no canonical form here.
func TestCanonicalKnownAnswers(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"RFC 8785 section 3.2.2": {
			`{"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}`,
			`{"literals":[null,true,false],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
		},
		"RFC 8785 section 3.2.3": {
			`{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
			  "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"}`,
			"{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\"," +
				"\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}",
		},
		"weird.json": {
			`{"\u20ac": "Euro Sign", "1": "One", "\u0080": "Control\u007f", "\ud83d\ude02": "Smiley",
			  "\u00f6": "Latin Small Letter O With Diaeresis", "\ufb33": "Hebrew Letter Dalet With Dagesh", "</script>": "Browser Challenge"}`,
			"{\"1\":\"One\",\"</script>\":\"Browser Challenge\",\"\u0080\":\"Control\u007f\",\"ö\":\"Latin Small Letter O With Diaeresis\"," +
				"\"€\":\"Euro Sign\",\"😂\":\"Smiley\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}",
		},
		"arrays.json":  {`[56, {"d": true, "10": null, "1": [ ]}]`, `[56,{"1":[],"10":null,"d":true}]`},
		"french.json":  {`{"peach": "", "péché": "", "pêche": "", "sin": ""}`, `{"peach":"","péché":"","pêche":"","sin":""}`},
		"unicode.json": {`{"Unnormalized Unicode":"A\u030a"}`, "{\"Unnormalized Unicode\":\"A\u030a\"}"},
		"an integer":   {`[0, -0, 7, -7, 9007199254740991, -9007199254740991]`, `[0,0,7,-7,9007199254740991,-9007199254740991]`},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := landfall.ParseJSON([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			got, err := landfall.Canonical(v)
			if err != nil || string(got) != c.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, c.want)
			}
		})
	}
}

// mixed.json has the names that sort otherwise by code point and the signs that
// encoding/json escapes without need; mixed.canonical is another program's answer.
func TestCanonicalOfAnotherProgram(t *testing.T) {
	in, want := read(t, "testdata/canonical/mixed.json"), read(t, "testdata/canonical/mixed.canonical")
	v, err := landfall.ParseJSON(in)
	if err != nil {
		t.Fatal(err)
	}
	for round := range 2 {
		got, err := landfall.Canonical(v)
		if err != nil || string(got) != string(want) {
			t.Fatalf("round %d: got %s, %v\nwant %s", round, got, err, want)
		}
		if v, err = landfall.ParseJSON(got); err != nil {
			t.Fatal(err)
		}
	}
	const sum = "7400df9dc8f3ba377480675798e4749eeccbbf2c67ee2e2e79c920f841bcbcc3"
	if h := sha256.Sum256(want); hex.EncodeToString(h[:]) != sum {
		t.Errorf("the file changed: %x", h)
	}
}

func TestCanonicalRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		v    any
		want string
	}{
		"a fraction":              {parse(t, `{"a":[1.5]}`), "/a/0: 1.5"},
		"a fraction of nothing":   {parse(t, `[1.0]`), "/0: 1.0"},
		"an exponent":             {parse(t, `1e2`), "(root): 1e2"},
		"2^53":                    {parse(t, `9007199254740992`), "9007199254740992"},
		"-2^53":                   {parse(t, `-9007199254740992`), "-9007199254740992"},
		"a Go float":              {struct{ A float64 }{0.5}, "/A: 0.5"},
		"invalid UTF-8":           {landfall.Object{{Key: "a", Value: "\xff"}}, "/a: invalid UTF-8"},
		"invalid UTF-8 in a name": {landfall.Object{{Key: "\xff", Value: "a"}}, "invalid UTF-8"},
		// encoding/json would replace it, and two values would have one digest.
		"invalid UTF-8 in a struct": {struct{ A string }{`\` + "\xff"}, "invalid UTF-8"},
		"a name twice":              {landfall.Object{{Key: "a"}, {Key: "b"}, {Key: "a"}}, `the name "a" twice`},
		"what JSON has not":         {[]any{func() {}}, "/0: func()"},
		"a channel":                 {make(chan int), "unsupported"},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := landfall.Canonical(c.v)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %s, %v; want %q", b, err, c.want)
			}
		})
	}
}

func TestCanonicalKeepsWrittenReplacements(t *testing.T) {
	for _, s := range []string{"\ufffd", `\ufffd`, `\\ufffd`} {
		if _, err := landfall.Canonical(struct{ A string }{s}); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// The type line keeps a value of one type from passing for another.
func TestDigestOf(t *testing.T) {
	got, err := landfall.DigestOf("thing/v1", map[string]any{"b": 1, "a": "x"})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("landfall/thing/v1\n" + `{"a":"x","b":1}`))
	if want := landfall.Digest("sha256:" + hex.EncodeToString(sum[:])); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	other, _ := landfall.DigestOf("other/v1", map[string]any{"b": 1, "a": "x"})
	if other == got {
		t.Error("two types, one digest")
	}
	if _, err := landfall.DigestOf("thing/v1", json.Number("0.5")); err == nil || !strings.Contains(err.Error(), "digest of thing/v1") {
		t.Errorf("a fraction: %v", err)
	}
}

func TestDigestForm(t *testing.T) {
	hexed := strings.Repeat("0a", 32)
	for d, want := range map[landfall.Digest]bool{
		landfall.Digest("sha256:" + hexed):                  true,
		landfall.Digest(hexed):                              false,
		landfall.Digest("sha512:" + hexed):                  false,
		landfall.Digest("sha256:" + strings.ToUpper(hexed)): false,
		landfall.Digest("sha256:" + hexed[2:]):              false,
		landfall.Digest("sha256:" + hexed + "0a"):           false,
		landfall.Digest("sha256:" + hexed[:62] + "0g"):      false,
		"": false,
	} {
		if d.Valid() != want {
			t.Errorf("%q: valid is %t", d, !want)
		}
	}
	for d, want := range map[landfall.Digest]string{"sha256:0123456789abcdef": "0123456789ab", "sha256:0": "0", "": ""} {
		if d.Short() != want {
			t.Errorf("%q: short is %q", d, d.Short())
		}
	}
}

func parse(t *testing.T, s string) any {
	t.Helper()
	v, err := landfall.ParseJSON([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
