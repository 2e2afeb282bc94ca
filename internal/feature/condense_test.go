package feature_test

import (
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"testing"

	"landfall"
)

// reader is a model that reads chunks: map answers a chunk, reduce the rest.
type reader struct {
	mapped  func(chunk string, attempt int) string
	reduce  string
	chunks  []string
	last    string
	prompts int
}

func (r *reader) ask(p landfall.Prompt) iter.Seq2[landfall.Draft, error] {
	return func(yield func(landfall.Draft, error) bool) {
		r.prompts++
		m := p.Messages()
		text := m[len(m)-1].Content
		said := r.reduce
		if strings.HasPrefix(text, "A part of a long text:") {
			text = strings.TrimPrefix(text, "A part of a long text:\n")
			text, _, _ = strings.Cut(text, "\n\nSum up the part")
			if p.Repair == 0 {
				r.chunks = append(r.chunks, text)
			}
			said = r.mapped(text, p.Repair)
		} else {
			r.last = text
		}
		_ = yield(landfall.Draft{Text: said}, nil) && yield(landfall.Draft{Finish: landfall.FinishStop}, nil)
	}
}

// long is a text of n numbered paragraphs.
func long(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, "On day %d the crew of the river station measured the water by hand. They wrote %d marks into the book and carried the book up the hill before the rain came.\n", i+1, 1000+i)
	}
	return out.String()
}

func condensed(t *testing.T, text string, r *reader) told {
	t.Helper()
	quoted, _ := json.Marshal(text)
	f := compiled(t, "summarize")
	a := told{lanes: map[string]string{}}
	for d, err := range f.Shape(admitted(t, f, `{"text":`+string(quoted)+`}`), r.ask) {
		switch {
		case err != nil:
			a.err = landfall.AsError(err)
		case d.Hold != nil:
			a.holds = append(a.holds, *d.Hold)
		case d.Output != nil:
			a.output = d.Output
		case d.Text != "":
			a.lanes[d.Lane.Path] += d.Text
		}
	}
	return a
}

func TestALongTextIsReadInChunks(t *testing.T) {
	text := long(150)
	r := &reader{reduce: "The crew measured the river by hand.", mapped: func(chunk string, _ int) string {
		return "The crew measured the water on day " + strings.Fields(chunk)[2] + "."
	}}
	a := condensed(t, text, r)
	if a.err != nil || a.lanes["/text"] != r.reduce {
		t.Fatalf("%v %q", a.err, a.lanes)
	}
	if n := len(r.chunks); n < 5 || r.prompts != n+1 || field(a.output, "passes") != fmt.Sprint(n+1) || field(a.output, "truncated") != "false" {
		t.Errorf("%d chunks, %d calls, output %s", n, r.prompts, landfall.AppendJSON(nil, a.output))
	}
	for i, h := range a.holds {
		if h.Why != "pass" || h.Pass != i+1 {
			t.Errorf("hold %d is %+v", i, h)
		}
	}
	if len(a.holds) != len(r.chunks) {
		t.Errorf("%d holds for %d chunks", len(a.holds), len(r.chunks))
	}
	if dense(strings.Join(r.chunks, "")) != dense(text) {
		t.Error("the chunks do not hold the whole text")
	}
	if strings.Count(r.last, "The crew measured the water on day") != len(r.chunks) {
		t.Errorf("the last call reads\n%s", r.last)
	}
}

func TestAShortTextIsOnePass(t *testing.T) {
	r := &reader{reduce: "The crew measured the river by hand."}
	if a := condensed(t, long(10), r); a.err != nil || r.prompts != 1 || field(a.output, "passes") != "1" {
		t.Errorf("%d calls, %v", r.prompts, a.err)
	}
}

func TestAChunksSentenceIsCheckedAgainstItsChunk(t *testing.T) {
	r := &reader{reduce: "The crew measured the river by hand.", mapped: func(chunk string, attempt int) string {
		if attempt == 0 {
			return "On day 999 the crew measured the water." // no chunk says so
		}
		return "Neighbours replaced a bakery's broken oven, and the owner thanks them with free rolls." // the prompt's example
	}}
	a := condensed(t, long(150), r)
	if a.err != nil || r.prompts != 2*len(r.chunks)+1 {
		t.Fatalf("%d calls for %d chunks, %v", r.prompts, len(r.chunks), a.err)
	}
	if strings.Contains(r.last, "999") || strings.Contains(r.last, "broken oven") {
		t.Errorf("a sentence that failed was kept:\n%s", r.last)
	}
	for _, line := range strings.Split(strings.TrimSpace(r.last), "\n")[1:3] {
		if !strings.Contains(long(150), line) {
			t.Errorf("%q is no sentence of the text", line)
		}
	}
}
