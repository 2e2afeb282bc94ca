package feature_test

import (
	"testing"

	"landfall"
	"landfall/internal/feature"
)

// Each check of held answers refuses what it is there to refuse, whatever made it.
func TestHeldChecks(t *testing.T) {
	two := notices("", "群|message|小禾|到了", "店|message|阿宁|三点开门")
	talk := utterances("", "甲: 那就定在三点。", "乙: 好的，我去。")
	for _, tt := range []struct {
		check, feature, input, output string
		fails                         bool
	}{
		{"ids_exact", "notification_digest", two, `{"groups":[{"item_ids":["n1"]}],"skipped":[{"id":"n2"}]}`, false},
		{"ids_exact", "notification_digest", two, `{"groups":[{"item_ids":["n1"]}],"skipped":[]}`, true},
		{"ids_exact", "notification_digest", two, `{"groups":[{"item_ids":["n1","n2"]}],"skipped":[{"id":"n2"}]}`, true},
		{"ids_exact", "notification_digest", two, `{"groups":[{"item_ids":["n1","n3"]}],"skipped":[]}`, true},
		{"line_numbers", "notification_digest", two, `{"groups":[{"line":"三点开门","item_ids":["n2"]}]}`, false},
		{"line_numbers", "notification_digest", two, `{"groups":[{"line":"三点到了","item_ids":["n1"]}]}`, true},
		{"short_caps", "notification_digest", two, `{"groups":[{"line":"一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一"}]}`, true},
		{"refs_exist", "thread_summary", thread("", "甲: 好"), `{"message_refs":["m1"],"actions":[{"message_id":"m1"}]}`, false},
		{"refs_exist", "thread_summary", thread("", "甲: 好"), `{"message_refs":["m2"]}`, true},
		{"refs_exist", "thread_summary", thread("", "甲: 好"), `{"actions":[{"message_id":"m0"}]}`, true},
		{"no_secrets", "thread_summary", thread("", "甲: 验证码 482913"), `{"summary":"验证码 482913"}`, true},
		{"no_secrets", "thread_summary", thread("", "甲: 验证码 482913"), `{"summary":"验证码"}`, false},
		{"quotes_verbatim", "thread_summary", thread("", "甲: 那就定在三点。"), `{"decisions":["那就定在三点。"]}`, false},
		{"quotes_verbatim", "thread_summary", thread("", "甲: 那就定在三点。"), `{"decisions":["定在四点。"]}`, true},
		{"quotes_verbatim", "transcript_summary", talk, `{"quotes":[{"text":"那就定在三点。","t":0,"speaker":"甲"}]}`, false},
		{"quotes_verbatim", "transcript_summary", talk, `{"quotes":[{"text":"那就定在三点。","t":0,"speaker":"乙"}]}`, true},
		{"quotes_verbatim", "transcript_summary", talk, `{"quotes":[{"text":"那就定在三点。","t":10,"speaker":"甲"}]}`, true},
		{"times_exist", "transcript_summary", talk, `{"chapters":[{"t0":0,"t1":9},{"t0":10,"t1":19}],"decisions":[{"t":10}]}`, false},
		{"times_exist", "transcript_summary", talk, `{"decisions":[{"t":5}]}`, true},
		{"times_exist", "transcript_summary", talk, `{"chapters":[{"t0":10,"t1":19},{"t0":0,"t1":9}]}`, true},
		{"times_exist", "transcript_summary", talk, `{"chapters":[{"t0":0,"t1":12}]}`, true},
	} {
		f, err := feature.Compile(shipped(t, tt.feature))
		if err != nil {
			t.Fatal(err)
		}
		input, _ := landfall.ParseJSON([]byte(tt.input))
		output, err := landfall.ParseJSON([]byte(tt.output))
		if err != nil {
			t.Fatal(tt.output, err)
		}
		rel := &landfall.Release{Model: landfall.Model{ID: "m"}, Languages: []string{"zh", "en"}}
		c, bad := f.Admit(landfall.Request{Input: input.(landfall.Object)}, rel, "zh")
		if bad != nil {
			t.Fatal(bad)
		}
		if why := f.Judge(tt.check, c, output.(landfall.Object)); (why != "") != tt.fails {
			t.Errorf("%s of %s: %q", tt.check, tt.output, why)
		}
	}
}
