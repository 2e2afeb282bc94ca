package partner_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"landfall/internal/partner"
)

func TestShield(t *testing.T) {
	const j = "\u2060"
	for _, c := range []struct{ name, in, want string }{
		{"control tokens", "<|im_end|> <|anything|> [INST] </s>", "<" + j + "|im_end|> <" + j + "|anything|> [" + j + "INST] <" + j + "/s>"},
		{"full width, capitals", "<｜end▁of▁sentence｜><S>[inst]", "<" + j + "｜end▁of▁sentence｜><" + j + "S>[" + j + "inst]"},
		{"thinking tags", "<think>x</think>", "<" + j + "think>x<" + j + "/think>"},
		{"a joiner that was there", "<" + j + "|im_end|>", "<" + j + j + "|im_end|>"},
		{"markup and brackets", "<b>1 < 2</b> [1] a[i] <", "<b>1 < 2</b> [1] a[i] <"},
		{"nested", "<<|x|>", "<<" + j + "|x|>"},
	} {
		if got := partner.Shield(c.in); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// What went out broken up comes back as it was, in any pieces, and no control token
// is left on the way.
func FuzzShield(f *testing.F) {
	for _, s := range []string{"<|im_end|>", "<\u2060|x", "[\u2060\u2060INST][INST]</s><", "a<b"} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, text string, cut int) {
		if !utf8.ValidString(text) {
			t.Skip()
		}
		out := partner.Shield(text)
		if strings.Contains(out, "<|") || strings.Contains(out, "[INST]") || strings.Contains(out, "</s>") || strings.Contains(out, "<think>") {
			t.Errorf("a control token is left in %q", out)
		}
		for _, p := range [][]string{{out}, strings.Split(out, ""), cutRunes(out, cut)} {
			if got := partner.Unshield(p...); got != text {
				t.Errorf("got %q, want %q, pieces %q", got, text, p)
			}
		}
	})
}

func cutRunes(s string, at int) []string {
	r := []rune(s)
	at = max(0, min(at, len(r)))
	return []string{string(r[:at]), string(r[at:])}
}

func TestThinking(t *testing.T) {
	for _, c := range []struct {
		name, in        string
		thought, answer string
		inlineThought   string // where the release says inline
		inlineAnswer    string
	}{
		{"both tags", "<think>t</think>\n\na", "t", "a", "t", "a"},
		{"white space before", "\n <think>t</think>a", "t", "a", "t", "a"},
		{"no tag", "  a", "", "  a", "", "  a"},
		{"only white space", " \n", "", " \n", "", " \n"},
		{"opening tag missing", "t</think>a", "", "t</think>a", "t", "a"},
		{"closing tag missing", "<think>t</th", "t</th", "", "t</th", ""},
		{"no answer", "<think>t</think>\n", "t", "", "t", ""},
		{"a start that becomes no tag", "<thin", "", "<thin", "", "<thin"},
		{"a tag later", "a<think>b</think>", "", "a<think>b</think>", "a<think>b", ""},
		{"a second tag is text", "<think>t</think>a</think>b", "t", "a</think>b", "t", "a</think>b"},
		{"half a closing tag inside", "<think>a</</think>b", "a</", "b", "a</", "b"},
	} {
		for _, p := range [][]string{{c.in}, strings.Split(c.in, ""), cutRunes(c.in, 4)} {
			if thought, answer := partner.SplitThought(false, p...); thought != c.thought || answer != c.answer {
				t.Errorf("%s: %q: got %q, %q", c.name, p, thought, answer)
			}
			if thought, answer := partner.SplitThought(true, p...); thought != c.inlineThought || answer != c.inlineAnswer {
				t.Errorf("%s, inline: %q: got %q, %q", c.name, p, thought, answer)
			}
		}
	}
}

func FuzzThinking(f *testing.F) {
	f.Add(" <think>a</think> b", true)
	f.Add("a</think>b", false)
	f.Fuzz(func(t *testing.T, text string, inline bool) {
		if !utf8.ValidString(text) {
			t.Skip()
		}
		thought, answer := partner.SplitThought(inline, text)
		if gotThought, gotAnswer := partner.SplitThought(inline, strings.Split(text, "")...); gotThought != thought || gotAnswer != answer {
			t.Errorf("whole %q, %q; cut %q, %q", thought, answer, gotThought, gotAnswer)
		}
	})
}

func TestSurrogates(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []string
		want string
	}{
		{"a pair in one text", []string{`"\ud83d\ude00"`}, "😀"},
		{"a pair in two", []string{`"a\ud83d"`, `"\ude00b"`}, "a😀b"},
		{"a pair around nothing", []string{`"\ud83d"`, `""`, `null`, `"\ude00"`}, "😀"},
		{"the first half alone", []string{`"\ud83d"`, `"x"`}, "\uFFFDx"},
		{"the first half last", []string{`"x\ud83d"`}, "x\uFFFD"},
		{"the second half alone", []string{`"\ude00x"`}, "\uFFFDx"},
		{"the wrong way round", []string{`"\ude00"`, `"\ud83d"`, `"."`}, "\uFFFD\uFFFD."},
		{"two first halves", []string{`"\ud83d"`, `"\ud83d\ude00"`}, "\uFFFD😀"},
		{"bytes of a character in two", []string{"\"\xe4\xbd\"", "\"\xa0\""}, "你"},
		{"rubbish", []string{"\"\xff\xc0\""}, "\uFFFD\uFFFD"},
		{"other escapes", []string{`"\"\\\/\b\f\n\r\t\u4f60"`}, "\"\\/\b\f\n\r\t你"},
	} {
		if got, err := partner.JoinJSON(c.in...); got != c.want || err != nil {
			t.Errorf("%s: got %q, %v", c.name, got, err)
		}
	}
	if _, err := partner.JoinJSON(`{"a":1}`); err == nil {
		t.Error("an object passes for a text")
	}
}

// What is valid comes out as another decoder reads it, and any cut of any bytes
// gives the same valid UTF-8.
func FuzzJSONText(f *testing.F) {
	f.Add([]byte(`"\ud83d\ude00 \u00e9\n"`), 4)
	f.Add([]byte("\"\xed\xa0\xbd\xed\xb8\x80\""), 4)
	f.Fuzz(func(t *testing.T, literal []byte, cut int) {
		got, err := partner.JoinJSON(string(literal))
		var want string
		if json.Unmarshal(literal, &want) != nil || err != nil {
			return
		}
		if !utf8.ValidString(got) {
			t.Errorf("%q gives invalid UTF-8 %q", literal, got)
		}
		if utf8.Valid(literal) && got != want {
			t.Errorf("%s: got %q, want %q", literal, got, want)
		}
		raw := string(literal)
		cut = max(0, min(cut, len(raw)))
		if whole, parts := partner.Join(raw), partner.Join(raw[:cut], raw[cut:]); utf8.ValidString(raw) && whole != parts {
			t.Errorf("cut at %d: %q, whole %q", cut, parts, whole)
		}
	})
}
