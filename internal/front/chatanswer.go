package front

import (
	"strings"

	"landfall"
	"landfall/internal/safety"
)

// piece is one thing that a chat client reads of a choice. The two chat forms differ
// in who takes the pieces: a stream writes them, a unary reply gathers them.
type piece struct {
	choice  int
	text    string
	refusal string
	call    *toolCall
	finish  landfall.Finish
	news    landfall.Object // x_landfall, where there is something new to say
}

// toolCall is a call of one of the app's functions, as OpenAI's clients read it.
type toolCall struct {
	Index     int
	ID, Name  string
	Arguments string // JSON
}

// telling turns the line's chunks into pieces.
type telling struct {
	*chatCall
	all  *collected
	take func(piece)

	texts    [maxChoices]bool // of which choice something was said
	opened   bool             // the first piece bears labels and all that is known then
	withheld int              // of the entries, those told
	warnings int
	status   landfall.Status // to be told, as is
	output   landfall.Object // of which the content is a part
}

// chunk tells one chunk of the line; all has taken it already.
func (t *telling) chunk(c safety.Chunk) {
	switch {
	case c.Meta != nil, c.Warning != nil:
		return // told with the next thing that can be seen
	case c.Withheld != nil:
		t.notice(*c.Withheld)
		return
	case c.Done != nil:
		t.end()
		return
	}
	lane, text, ok := c.Text()
	if choice := t.choiceOf(lane); ok && choice >= 0 {
		t.say(choice, text)
	} else if !ok && (c.Beat > 0 || c.Hold != nil) {
		t.open()
	}
}

// choiceOf returns the choice whose text a lane holds, or -1.
func (t *telling) choiceOf(l landfall.Lane) int {
	for i, path := range t.model.lanes {
		if l.Channel == landfall.Text && l.Path == path {
			return i
		}
	}
	return -1
}

// open begins the answer when the label is known.
func (t *telling) open() {
	if !t.opened && t.all.meta != nil {
		t.put(piece{})
	}
}

// put hands a piece on, with what x_landfall has to say by now.
func (t *telling) put(p piece) {
	p.news = t.news()
	t.opened = true
	t.take(p)
}

// news is x_landfall: whole at first, then what was added to it.
func (t *telling) news() landfall.Object {
	var withheld, warnings []any
	for _, w := range t.all.withheld[t.withheld:] {
		withheld = append(withheld, t.locate(w))
	}
	for _, w := range t.all.warnings[t.warnings:] {
		warnings = append(warnings, w)
	}
	t.withheld, t.warnings = len(t.all.withheld), len(t.all.warnings)
	var o landfall.Object
	if !t.opened {
		o = t.frame()
	}
	if t.status != "" {
		o = o.Set("status", string(t.status))
		if t.all.done.Replayed {
			o = o.Set("replayed", true)
		}
		t.status = ""
	}
	if len(withheld) > 0 {
		o = o.Set("withheld", withheld)
	}
	if len(warnings) > 0 {
		o = o.Set("warnings", warnings)
	}
	if t.output != nil {
		o = o.Set("output", t.output)
		t.output = nil
	}
	return o
}

// frame says what is known before any text; status is null until the end.
func (t *telling) frame() landfall.Object {
	meta := landfall.Meta{}
	if t.all.meta != nil {
		meta = *t.all.meta
	} else if t.all.done != nil {
		meta = t.all.done.Meta
	}
	if meta.Labels.Implicit == nil {
		meta.Labels.Implicit = landfall.Object{}
	}
	return landfall.Object{
		{Key: "labels", Value: meta.Labels}, {Key: "approval_digest", Value: string(meta.ServedBy.ApprovalDigest)}, {Key: "status", Value: nil},
		{Key: "rehearsal", Value: meta.Rehearsal || t.all.rehearsal}, {Key: "withheld", Value: []any{}}, {Key: "warnings", Value: []any{}},
	}
}

// say shows text of a choice; the words of the label come first where the market
// demands them on the text and the app does not show them itself.
func (t *telling) say(choice int, text string) {
	if !t.texts[choice] {
		t.texts[choice] = true
		t.open()
		if words := t.words(); words != "" {
			t.put(piece{choice: choice, text: words + "\n\n"})
		}
	}
	t.put(piece{choice: choice, text: text})
}

func (t *telling) words() string {
	if t.all.meta == nil || t.req.App.ShowsLabels || !t.all.meta.Labels.Explicit.InText {
		return ""
	}
	return t.all.meta.Labels.Explicit.Text
}

// notice shows that something was withheld, with the number of an appeal: it is
// content, for clients that read nothing else, and it is not the model's.
func (t *telling) notice(w landfall.Withheld) {
	t.open()
	text := w.Message + " " + w.AppealToken
	choice := max(0, t.choiceOf(landfall.Lane{Path: w.Path}))
	if t.texts[choice] {
		text = "\n\n" + text
	}
	t.texts[choice] = true
	t.put(piece{choice: choice, text: text})
}

// end tells how the answer ended. An error is not told here: a stream and a unary
// reply have their own ways to end in one.
func (t *telling) end() {
	d := t.all.done
	finish := d.Finish
	switch d.Status {
	case landfall.Complete:
		if t.rest() {
			finish = landfall.FinishToolCalls
		}
	case landfall.StatusHeld:
		finish = landfall.FinishContentFilter
	case landfall.Refused:
		finish = landfall.FinishStop
		t.texts[0] = true
		t.put(piece{text: d.Err.Message, refusal: d.Err.Message})
	default:
		return
	}
	if finish == "" {
		finish = landfall.FinishStop
	}
	t.open()
	t.status = d.Status
	t.texts[0] = true // a choice ends, even without a word
	for choice, said := range t.texts {
		if said {
			t.put(piece{choice: choice, finish: finish})
		}
	}
}

// rest says of a complete answer what was held until now, and reports whether the
// app's tools are asked for.
func (t *telling) rest() (calls bool) {
	output, ok := t.all.result()
	if !ok {
		return false
	}
	if len(t.model.lanes) == 0 {
		t.texts[0] = true
		t.put(piece{text: string(landfall.AppendJSON(nil, t.content(output)))})
		return false
	}
	for choice, path := range t.model.lanes {
		text, _ := valueAt(output, path).(string)
		if text != "" && !t.texts[choice] {
			t.say(choice, text)
		}
	}
	list, _ := valueAt(output, "/tool_calls").([]any)
	for i, v := range list {
		o, _ := v.(landfall.Object)
		arguments, _ := o.Get("arguments")
		t.texts[0] = true
		t.put(piece{call: &toolCall{i, o.Text("id"), o.Text("name"), string(landfall.AppendJSON(nil, arguments))}})
	}
	return len(list) > 0
}

// content is the output of a feature that answers in fields; of one that was given a
// schema as response_format, the record that the schema describes, the output beside it.
func (t *telling) content(output landfall.Object) any {
	if v, ok := output.Get("data"); ok && t.record {
		t.output = output
		return v
	}
	return output
}

// valueAt returns the value at a JSON Pointer, or nil.
func valueAt(v any, pointer string) any {
	for _, name := range strings.Split(pointer, "/")[1:] {
		switch inner := v.(type) {
		case landfall.Object:
			v, _ = inner.Get(name)
		case []any:
			i := len(name) - 1
			if i != 0 || name[0] < '0' || int(name[0]-'0') >= len(inner) {
				return nil
			}
			v = inner[name[0]-'0']
		default:
			return nil
		}
	}
	return v
}
