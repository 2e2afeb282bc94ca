package feature_test

import (
	"slices"
	"strings"
	"testing"

	"landfall"
)

const moving = `{"brief":"Tell the neighbours that we move out on 12 May","kind":"KIND","facts":["the van comes at 8:30"]}`

func TestWhatTheBriefLacksBecomesAPlaceholder(t *testing.T) {
	m := &says{answers: []string{"We move out on 12 May. The van comes at 8:30, and 350 boxes wait since 3 March at 7:45. Write to moving@example.org or see www.example.com, two of us help.", "Moving day"}, n: 4}
	a := request(t, "compose", strings.Replace(moving, "KIND", "mail", 1), landfall.Request{}, m)
	if a.err != nil {
		t.Fatal(a.err)
	}
	want := "We move out on 12 May. The van comes at 8:30, and [number] boxes wait since [date] at [time]. Write to [e-mail address] or see [link], two of us help."
	if a.lanes["/draft"] != want {
		t.Errorf("have %q\nwant %q", a.lanes["/draft"], want)
	}
	if !slices.Contains(a.warnings, "may_add_matter") {
		t.Errorf("warnings %q", a.warnings)
	}
	if a.output.Text("subject") != "Moving day" {
		t.Errorf("%s", landfall.AppendJSON(nil, a.output))
	}
	v, _ := a.output.Get("placeholders")
	var names []string
	for _, e := range v.([]any) {
		o := e.(landfall.Object)
		start, _ := o.Get("start")
		end, _ := o.Get("end")
		if have := want[start.(int):end.(int)]; have != "["+o.Text("name")+"]" {
			t.Errorf("the place of %s holds %q", o.Text("name"), have)
		}
		names = append(names, o.Text("name"))
	}
	if have := strings.Join(names, ","); have != "number,date,time,e-mail address,link" {
		t.Error(have)
	}
}

func TestPlaceholdersAreTheBriefsLanguage(t *testing.T) {
	m := &says{answers: []string{"搬家定在5月12日下午三点，电话 138-1234-5678，费用3500元，请准备两个箱子。"}}
	a := request(t, "compose", `{"brief":"告诉邻居我们要搬家","kind":"message"}`, landfall.Request{}, m)
	if want := "搬家定在[日期]下午[时间]，电话 [数字]，费用[数字]元，请准备两个箱子。"; a.lanes["/draft"] != want {
		t.Errorf("%v %q, want %q", a.err, a.lanes["/draft"], want)
	}
	if m.asked != 1 {
		t.Errorf("asked %d times: a message has no heading", m.asked)
	}
}

func TestAHeadingThatFailsIsLeftOut(t *testing.T) {
	m := &says{answers: []string{"We move out on 12 May.", "Please keep the old crates", "Please keep the old crates"}}
	a := request(t, "compose", strings.Replace(moving, "KIND", "notice", 1), landfall.Request{}, m)
	if _, ok := a.output.Get("title"); ok || a.err != nil || m.asked != 3 {
		t.Errorf("asked %d: %v %s", m.asked, a.err, landfall.AppendJSON(nil, a.output))
	}
}
