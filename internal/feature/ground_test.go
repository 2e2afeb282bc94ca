package feature_test

import (
	"slices"
	"testing"

	"landfall/internal/feature"
)

// facts returns a text's facts as kind:value.
func facts(text string) []string {
	var out []string
	for _, f := range feature.Facts(text) {
		out = append(out, f.Kind+":"+f.Value)
	}
	return out
}

func TestFactsHaveOneNormalForm(t *testing.T) {
	for _, tc := range []struct {
		text string
		want []string
	}{
		{"共有1234人", []string{"number:1234"}},
		{"共有1,234人", []string{"number:1234"}},
		{"共有１２３４人", []string{"number:1234"}},
		{"一千二百三十四人", []string{"number:1234"}},
		{"壹仟贰佰叁拾肆元", []string{"number:1234"}},
		{"3.50元", []string{"number:7/2"}},
		{"三点五公里", []string{"number:7/2"}},
		{"3.5万册", []string{"number:35000"}},
		{"三万五千册", []string{"number:35000"}},
		{"3万5千册", []string{"number:35000"}},
		{"三万五册", []string{"number:35000"}},
		{"1.2亿", []string{"number:120000000"}},
		{"三亿五千万", []string{"number:350000000"}},
		{"一万零五十", []string{"number:10050"}},
		{"三万亿", []string{"number:3000000000000"}},
		{"120 million", []string{"number:120000000"}},
		{"one hundred and twenty million", []string{"number:120000000"}},
		{"twenty-five chairs", []string{"number:25"}},
		{"a hundred chairs", []string{"number:100"}},
		{"two dozen eggs", []string{"number:24"}},
		{"5k steps", []string{"number:5000"}},
		{"5 km", []string{"number:5"}},
		{"5千克", []string{"number:5"}},
		{"30%", []string{"percent:30"}},
		{"30 percent", []string{"percent:30"}},
		{"百分之三十", []string{"percent:30"}},
		{"三成", []string{"percent:30"}},
		{"八折", []string{"percent:80"}},
		{"8.5折", []string{"percent:85"}},
		{"八五折", []string{"percent:85"}},
		{"3月5日", []string{"month:3", "date:3-5"}},
		{"三月五日", []string{"month:3", "date:3-5"}},
		{"5 March", []string{"date:3-5", "month:3"}},
		{"March 5th", []string{"month:3", "date:3-5"}},
		{"Sept. 12", []string{"month:9", "date:9-12"}},
		{"the 5th of May", []string{"date:5-5", "month:5"}},
		{"2026-03-05", []string{"number:2026", "month:3", "date:3-5"}},
		{"二〇二六年", []string{"number:2026"}},
		{"下午3点", []string{"time:900"}},
		{"下午三点半", []string{"time:930"}},
		{"晚上八点一刻", []string{"time:1215"}},
		{"15:30", []string{"time:930"}},
		{"3:30 pm", []string{"time:930"}},
		{"9 a.m. sharp", []string{"time:540"}},
		{"周三和星期日", []string{"weekday:3", "weekday:7"}},
		{"on Monday", []string{"weekday:1"}},
		{"见 https://example.test/a?b=1。", []string{"link:https://example.test/a?b=1"}},
		{"写信到 Hui@example.test", []string{"mail:hui@example.test"}},
		{"问 @lin_9 吧", []string{"handle:@lin_9"}},
		{"第三层", []string{"number:3"}},
		{"三四个人", []string{"number:3", "number:4"}},
	} {
		if got := facts(tc.text); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", tc.text, got, tc.want)
		}
	}
}

func TestWordsAreNoFacts(t *testing.T) {
	for _, text := range []string{
		"一个好消息", "十分满意", "统一安排", "万一下雨", "千万别忘", "四川的三明治", "第一次来", "一些人", "三点建议", "一一说明", "老百姓", "百货商店",
		"one of them", "no one came", "it may rain", "we march on", "wait a second", "often",
		"1. 带伞", "（一）报名", "一、报名", "- 带伞",
	} {
		if got := facts(text); len(got) > 0 {
			t.Errorf("%s: %q, want none", text, got)
		}
	}
}

func TestGrounding(t *testing.T) {
	for _, tc := range []struct {
		source, answer string
		lacks          int
	}{
		{"图书馆三月五日下午三点闭馆", "On March 5 the library closes at 3 pm.", 0},
		{"The library closes at 3 pm on March 5.", "图书馆3月5日15:00闭馆", 0},
		{"图书馆三月五日下午三点闭馆", "On March 6 it closes.", 1},
		{"图书馆三月五日下午三点闭馆", "On April 5 it closes.", 2},
		{"图书馆三月五日下午三点闭馆", "早上三点闭馆", 1},
		{"三点闭馆", "15:00闭馆", 0},
		{"It opens at one o'clock.", "下午一点开门", 0},
		{"It opens at one o’clock.", "1点开门", 0},
		{"It opens at one o'clock.", "下午两点开门", 1},
		{"早上九点开门", "It opens at nine o'clock.", 0},
		{"早上九点开门", "It opens at nine o'clock pm.", 1},
		{"3月5日至8日", "3月8日结束", 0},
		{"全场八折", "20% off everything", 0},
		{"20% off everything", "全场八折", 0},
		{"全场八折", "30% off everything", 1},
		{"预算三万五千元", "预算3.5万元", 0},
		{"预算三万五千元", "预算3.6万元", 1},
		{"一共三个", "count: 3", 0},
		{"增长30人", "增长30%", 1},
		{"增长30%", "增长30", 0},
		{"see https://example.test/ab", "see https://example.test/a", 1},
		{"see https://example.test/ab", "see example.test", 0},
		{"mail a@example.test", "mail b@example.test", 1},
		{"@anna asks", "@ann asks", 1},
		{"周五开会", "The meeting is on Friday", 0},
		{"周五开会", "The meeting is on Monday", 1},
		{"会场在第二层", "the second floor", 0},
		{"from 2026-03-05", "三月五日起", 0},
	} {
		if got := feature.NewSource(tc.source).Lacks(tc.answer); len(got) != tc.lacks {
			t.Errorf("%q from %q: lacks %v, want %d", tc.answer, tc.source, got, tc.lacks)
		}
	}
}

func FuzzFacts(f *testing.F) {
	for _, s := range []string{"3万5千", "三点五", "百分之", "1,234,567.8", "May 5", "twenty-five", "2026-3-5", "a@b.cn/x", "\xff三", "十百千万亿", "八五折"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		source := feature.NewSource(text)
		last := 0
		for _, fact := range feature.Facts(text) {
			if fact.Start < last || fact.End < fact.Start || fact.End > len(text) {
				t.Fatalf("%q: place %d-%d after %d", text, fact.Start, fact.End, last)
			}
			last = fact.Start
		}
		if lacking := source.Lacks(text); len(lacking) > 0 {
			t.Fatalf("%q lacks its own %v", text, lacking)
		}
	})
}
