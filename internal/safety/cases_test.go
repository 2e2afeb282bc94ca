package safety_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"landfall"
)

// deltas reads the recorded body of a model's stream: the text of each choice, in
// the order it came.
func deltas(t *testing.T, name string) (out []landfall.Draft) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		data, ok := strings.CutPrefix(strings.TrimSpace(line), "data: ")
		if !ok || data == "[DONE]" {
			continue
		}
		var event struct {
			Choices []struct {
				Index int
				Delta struct{ Content string }
			}
		}
		if err := json.Unmarshal([]byte(data), &event); err != nil {
			t.Fatal(err)
		}
		for _, c := range event.Choices {
			out = append(out, landfall.Draft{Lane: landfall.Lane{Choice: c.Index, Path: "/text"}, Text: c.Delta.Content})
		}
	}
	return out
}

// A word cut over deltas: agentgateway/agentgateway#2956 and others checked each
// delta alone.
func TestWordCutOverDeltas(t *testing.T) {
	chunks, err := release(policy(t, "碎月令"), deltas(t, "testdata/sa-13.body"))
	a := seen(t, chunks)
	if err != nil || a.Text["0/text"] != "正文。" || a.Withheld == nil || *a.Withheld.Span != [2]int{3, 3} {
		t.Errorf("%+v, %v", a, err)
	}
}

// Halves of two choices never join: choice 0 alone is clean, and choice 1 stops
// before its own word. The whole answer ends there.
func TestTwoChoices(t *testing.T) {
	p := policy(t, "碎月令")
	all := deltas(t, "testdata/sa-17.body")
	chunks, err := release(p, all)
	a := seen(t, chunks)
	if err != nil || a.Text["1/text"] != "乙：" || !strings.HasPrefix("甲：今天好。月令人高兴", a.Text["0/text"]) || a.Withheld == nil {
		t.Errorf("%+v, %v", a, err)
	}
	var first []landfall.Draft
	for _, d := range all {
		if d.Lane.Choice == 0 {
			first = append(first, d)
		}
	}
	chunks, err = release(p, first)
	if a := seen(t, chunks); err != nil || a.Text["0/text"] != "甲：今天好。月令人高兴" || a.Withheld != nil {
		t.Errorf("%+v, %v", a, err)
	}
}
