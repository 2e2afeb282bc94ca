package safety_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"landfall"
	"landfall/internal/safety"
)

// The numbers are the standards' own examples, and made-up ones with the right check
// digits.
func TestPersonalDataIsMasked(t *testing.T) {
	for text, want := range map[string]string{
		"证号11010519491231002X。":   "证号******************。",
		"证号11010519491231002x。":   "证号******************。",
		"110105194912310021":      "110105194912310021",      // wrong check sign
		"99010519491231002X":      "99010519491231002X",      // no such province
		"110105491231002":         "***************",         // the old form
		"110105491331002":         "110105491331002",         // no such month
		"卡4111111111111111，":      "卡****************，",      // Luhn
		"4111 1111 1111 1111":     "**** **** **** ****",     // in groups
		"4111111111111112":        "4111111111111112",        // wrong check digit
		"电话13800000000":           "电话***********",           // mobile
		"+86 138-0000-0000":       "+** ***-****-****",       // with country and separators
		"１３８００００００００":             "＊＊＊＊＊＊＊＊＊＊＊",             // wide digits
		"12800000000":             "12800000000",             // no mobile
		"2026-11-25 13800000000":  "2026-11-25 ***********",  // a date in front
		"13800000000 13900000000": "*********** ***********", // two
		"订单号20261125001":          "订单号20261125001",          // 11 digits of another kind
		"138 0000  0000":          "*** ****  ****",          // two spaces
		"138.0000.0000":           "***.****.****",           // dots
		"(138)00000000":           "(***)********",           // brackets
		"+86 (138) 0000-0000":     "+** (***) ****-****",     // three signs
		"008613800000000":         "***************",         // the other prefix
		"0086-138-0000-0000":      "****-***-****-****",      //
		"138\u00a00000\u00a00000": "***\u00a0****\u00a0****", // spaces that do not break
		"138–0000–0000":           "***–****–****",           // en dashes
		"13\u200b8\u200b00000000": "**\u200b*\u200b********", // signs that nobody sees
		"138，0000，0000":           "***，****，****",           // commas
		"138    0000    0000":     "138    0000    0000",     // too far apart
		"15,000,000,000元":         "15,000,000,000元",         // a large figure
		"15, 300, 200, 100":       "15, 300, 200, 100",       // a list
		"15\n300\n200\n100":       "15\n300\n200\n100",       // a column
		"1.35 2.10 3.55 4.1":      "1.35 2.10 3.55 4.1",      // decimals
		"东经139.69171100度":         "东经139.69171100度",         // one
		"三个苹果，价格15元，共1,234件":      "三个苹果，价格15元，共1,234件",      // nothing
		"x13800000000x":           "x***********x",
	} {
		if have := safety.Masked(text); have != want {
			t.Errorf("%s: %s, want %s", text, have, want)
		}
	}
}

// A mask keeps the length in every unit, and masking again changes nothing.
func FuzzMask(f *testing.F) {
	for _, s := range []string{"11010519491231002X", "+86 138-0000-0000", "１３８００００００００", "4111 1111 1111 1111 x", strings.Repeat("1 3 8 0 ", 40), "\xff13800000000", "0086 (138) 0000-0000", "13\u200b8.0000.0000", "1,380,0000,0000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m := safety.Masked(s)
		if !utf8.ValidString(s) {
			return
		}
		for _, u := range []landfall.Unit{landfall.UTF16, landfall.CodePoint, landfall.Byte} {
			if u.Len(m) != u.Len(s) {
				t.Errorf("%q became %q", s, m)
			}
		}
		if again := safety.Masked(m); again != m {
			t.Errorf("%q, masked %q, again %q", s, m, again)
		}
	})
}

// Who is not entitled gets the answer masked and is told where; a number that cannot
// be masked is withheld; who is entitled gets it as it is.
func TestMaskedOutput(t *testing.T) {
	out := func(s string, mask bool) (o string, warned string, w *landfall.Withheld) {
		v, err := landfall.ParseJSON([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		drafts := func(yield func(landfall.Draft, error) bool) { yield(landfall.Draft{Output: v.(landfall.Object)}, nil) }
		for c, err := range policy(t, "碎月令").Out(drafts, safety.OutOptions{Record: "r", Language: "en", MaskPersonal: mask}) {
			if err != nil {
				t.Fatal(err)
			}
			if v, ok := c.Output(); ok {
				o = string(landfall.AppendJSON(nil, v))
			}
			if c.Warning != nil {
				warned = c.Warning.Code + " " + c.Warning.Message
			}
			if c.Withheld != nil {
				w = c.Withheld
			}
		}
		return o, warned, w
	}
	const in = `{"data":{"who":"小禾","phones":["13800000000",7]},"missing":[]}`
	if o, warned, w := out(in, true); o != `{"data":{"who":"小禾","phones":["***********",7]},"missing":[]}` || !strings.HasPrefix(warned, "personal_data_masked ") || !strings.Contains(warned, "/data/phones/0") || w != nil {
		t.Errorf("%s, %q, %+v", o, warned, w)
	}
	if o, warned, w := out(in, false); o != in || warned != "" || w != nil {
		t.Errorf("entitled: %s, %q, %+v", o, warned, w)
	}
	if o, _, w := out(`{"data":{"phone":13800000000}}`, true); o != "" || w == nil || w.Class != "privacy" || w.RuleID != safety.RulePersonal || w.Path != "/data/phone" || w.AppealToken == "" {
		t.Errorf("a number: %s, %+v", o, w)
	}
}
