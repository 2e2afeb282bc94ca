package feature

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"landfall"
)

// Kind turns: the answer to a conversation's last turn, as one text that shows as it
// clears, or as calls of the app's tools where the release has the parameter tools.
// The turns are data: they stand where the prompt has its place for them, and none
// of them speaks as the app or the release. An answer abstains where its first
// sentence holds one of the pack's words for that.

// turn is one message of a conversation, as the input has it.
type turn struct {
	landfall.Object
	path string
}

func (t turn) role() string { return t.Text("role") }

// content is the turn's text; its parts are paragraphs.
func (t turn) content() string {
	v, _ := t.Get("content")
	if s, ok := v.(string); ok {
		return s
	}
	var all []string
	for _, p := range objects(v) {
		all = append(all, p.Text("text"))
	}
	return strings.Join(all, "\n")
}

func (t turn) calls() []landfall.Object {
	v, _ := t.Get("tool_calls")
	return objects(v)
}

// objects are the objects of a list.
func objects(v any) []landfall.Object {
	list, _ := v.([]any)
	var out []landfall.Object
	for _, e := range list {
		if o, ok := e.(landfall.Object); ok {
			out = append(out, o)
		}
	}
	return out
}

func turns(input landfall.Object) []turn {
	v, _ := input.Get("messages")
	var out []turn
	for i, o := range objects(v) {
		out = append(out, turn{o, "/input/messages/" + strconv.Itoa(i)})
	}
	return out
}

// lastQuestion is the text whose language is the answer's.
func lastQuestion(input landfall.Object) string {
	for _, t := range slices.Backward(turns(input)) {
		if text := t.content(); t.role() == "user" && strings.ContainsFunc(text, unicode.IsLetter) {
			return text
		}
	}
	return ""
}

// callsMade are the calls of a conversation as its prompt has them.
func callsMade(input landfall.Object) []string {
	var all []string
	for _, t := range turns(input) {
		for _, c := range t.calls() {
			arguments, _ := c.Get("arguments")
			all = append(all, c.Text("name")+" "+string(landfall.AppendJSON(nil, arguments)))
		}
	}
	return all
}

// admitTurns reads what the schema cannot say of a conversation and its tools.
func admitTurns(f *Feature, c *Call) *landfall.Error {
	all := turns(c.Input)
	open := map[string]bool{} // calls without a result so far
	for _, t := range all {
		if err := t.check(open); err != nil {
			return err
		}
	}
	if last := all[len(all)-1]; last.role() == "assistant" {
		return invalidAt(last.path+"/role", "the last message must be the user's or a tool's: there is nothing to answer")
	}
	if len(open) > 0 {
		return invalidAt(all[len(all)-1].path, "a tool call before it has no result")
	}
	return admitTools(c)
}

// check reads one turn; open are the calls that wait for their results.
func (t turn) check(open map[string]bool) *landfall.Error {
	id := t.Text("tool_call_id")
	switch {
	case t.role() != "tool" && id != "":
		return invalidAt(t.path+"/tool_call_id", "only a tool's message answers a call")
	case t.role() == "tool" && !open[id]:
		return invalidAt(t.path+"/tool_call_id", "%q answers no call that was made before it", id)
	case t.role() != "tool" && len(open) > 0:
		return invalidAt(t.path, "a tool call before it has no result")
	case t.role() != "assistant" && len(t.calls()) > 0:
		return invalidAt(t.path+"/tool_calls", "only the assistant calls tools")
	case t.role() != "tool" && len(t.calls()) == 0 && strings.TrimSpace(t.content()) == "":
		return invalidAt(t.path+"/content", "has no text")
	}
	delete(open, id)
	for i, c := range t.calls() {
		if open[c.Text("id")] {
			return invalidAt(t.path+"/tool_calls/"+strconv.Itoa(i)+"/id", "stands twice")
		}
		open[c.Text("id")] = true
	}
	return nil
}

func invalidAt(path, format string, args ...any) *landfall.Error {
	return landfall.Errorf(landfall.CodeInputInvalid, path+": "+format, args...).With("field", path)
}

// tool is one of the app's tools, its schema compiled.
type tool struct {
	landfall.Tool
	arguments *jsonschema.Schema
}

// maxTools bounds the tools of a request, in bytes of JSON: they are part of the prompt.
const maxTools = 16 << 10

// admitTools reads the tools and which of them may be called.
func admitTools(c *Call) *landfall.Error {
	v, _ := c.Input.Get("tools")
	if n := len(landfall.AppendJSON(nil, v)); n > maxTools {
		return invalidAt("/input/tools", "want at most %d bytes in all, have %d", maxTools, n).With("limit", maxTools).With("count", n)
	}
	for i, o := range objects(v) {
		path := "/input/tools/" + strconv.Itoa(i)
		p, _ := o.Get("parameters")
		schema, _ := p.(landfall.Object)
		if len(schema) == 0 {
			schema = landfall.Object{{Key: "type", Value: "object"}, {Key: "properties", Value: landfall.Object{}}}
		}
		compiled, err := readSchema(schema, path+"/parameters")
		if err != nil {
			return err
		}
		t := tool{landfall.Tool{Name: o.Text("name"), Description: o.Text("description"), Parameters: schema}, compiled}
		if c.tool(t.Name) != nil {
			return invalidAt(path+"/name", "stands twice")
		}
		c.tools = append(c.tools, t)
	}
	choice := c.Input.Text("tool_choice")
	if choice != "" && !slices.Contains([]string{"auto", "none", "required"}, choice) && c.tool(choice) == nil || choice == "required" && len(c.tools) == 0 {
		return invalidAt("/input/tool_choice", "want auto, none, required or the name of a tool, have %q", choice)
	}
	return nil
}

func (c *Call) tool(name string) *tool {
	for i := range c.tools {
		if c.tools[i].Name == name {
			return &c.tools[i]
		}
	}
	return nil
}

func shapeTurns(s *shaping) error {
	var said []landfall.Message
	for _, t := range turns(s.call.Input) {
		m := landfall.Message{Role: t.role(), Content: t.content(), CallID: t.Text("tool_call_id")}
		for _, c := range t.calls() {
			arguments, _ := c.Get("arguments")
			m.Calls = append(m.Calls, landfall.ToolCall{ID: c.Text("id"), Name: c.Text("name"), Arguments: string(landfall.AppendJSON(nil, arguments))})
		}
		said = append(said, m)
	}
	last, err := s.tell(func(attempt int) (landfall.Prompt, error) {
		p, err := s.prompt(nil, s.room(s.tokens(0)), attempt, said...)
		for _, t := range s.call.tools {
			p.Tools = append(p.Tools, t.Tool)
		}
		p.ToolChoice = s.call.Input.Text("tool_choice")
		return p, err
	})
	if err != nil {
		return err
	}
	if last.begun() {
		return last.finish()
	}
	return s.fallBack(last)
}

// readCalls decodes the calls of an attempt: each names a tool of the app, and its
// arguments fit the tool's schema. Decoded, they are moderated like any other output.
func (s *shaping) readCalls() ([]any, *failure) {
	bad := func(why string) ([]any, *failure) {
		return nil, &failure{Check{Name: "tool_calls", Failing: "error"}, why}
	}
	choice := s.call.Input.Text("tool_choice")
	var out []any
	for i, c := range s.calls {
		t := s.call.tool(c.Name)
		if t == nil || choice == "none" {
			return bad("a call of the tool " + c.Name + ", which the app did not offer")
		}
		if strings.TrimSpace(c.Arguments) == "" {
			c.Arguments = "{}"
		}
		v, err := landfall.ParseJSON([]byte(c.Arguments))
		arguments, ok := v.(landfall.Object)
		if err != nil || !ok || len(problems(t.arguments, arguments)) > 0 {
			return bad("the arguments of " + c.Name + " do not fit its schema")
		}
		if c.ID == "" {
			c.ID = "call_" + strconv.Itoa(i+1)
		}
		out = append(out, landfall.Object{{Key: "id", Value: c.ID}, {Key: "name", Value: c.Name}, {Key: "arguments", Value: arguments}})
	}
	if len(out) == 0 && (choice == "required" || s.call.tool(choice) != nil) {
		return bad("no tool was called")
	}
	return out, nil
}

func toolCalls(s *subject) any {
	if len(s.calls) == 0 {
		return nil
	}
	return s.calls
}

// abstained: the first sentence holds one of the pack's words for not knowing.
func abstained(s *subject) any {
	for _, first := range parts(s.whole, bySentence) {
		return s.holdsWord("abstain", first.in(s.whole))
	}
	return false
}

// holdsWord reports whether a text holds one of the pack's words of a name, case,
// width and spaces aside.
func (s *shaping) holdsWord(name, text string) bool {
	text = loose(text)
	return slices.ContainsFunc(s.def.Words[name][s.call.Language], func(w string) bool { return strings.Contains(text, loose(w)) })
}
