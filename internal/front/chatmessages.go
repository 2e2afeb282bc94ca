package front

import (
	"strconv"

	"landfall"
)

// turn is one message.
type turn struct {
	role   string
	at     string // of the message
	parts  []part // of its text
	calls  []any
	callID string
}

// messages reads the conversation.
func messages(d *chatDecoder, at string, v any) {
	list, ok := v.([]any)
	switch {
	case !ok:
		d.fail(at, "want a list, have %s", landfall.KindOf(v))
	case len(list) == 0:
		d.fail(at, "is empty: want at least one message of role user")
	}
	d.turns = []turn{}
	for i, m := range list {
		d.turns = append(d.turns, message(d, at+"/"+strconv.Itoa(i), m))
	}
}

func message(d *chatDecoder, at string, v any) turn {
	t := turn{at: at}
	o := object(&d.decoder, at, v)
	for _, m := range o {
		inner := at + "/" + landfall.EscapePointer(m.Key)
		if m.Value == nil {
			continue
		}
		switch m.Key {
		case "role":
			t.role = oneOf(&d.decoder, inner, m.Value, "system", "developer", "user", "assistant", "tool")
		case "content":
			t.parts = content(d, inner, m.Value)
		case "tool_calls":
			t.calls = calls(d, inner, m.Value)
		case "tool_call_id":
			t.callID = text(&d.decoder, inner, m.Value, 128)
		case "name":
			text(&d.decoder, inner, m.Value, 64)
			if !d.named { // once, however many messages have one
				d.named = true
				d.warn("parameter_ignored", inner[1:]+" is of no use here: the name of a message changes nothing")
			}
		case "refusal": // an assistant's turn as it came
			if said := content(d, inner, m.Value); join(t.parts) == "" {
				t.parts = said
			}
		default:
			d.fail(inner, "unknown field; a message has role, content, tool_calls, tool_call_id")
		}
	}
	_, has := o.Get("content")
	switch {
	case t.role == "":
		d.fail(at+"/role", "is missing: system, developer, user, assistant or tool")
	case !has && t.role != "assistant":
		d.fail(at+"/content", "is missing")
	case t.calls != nil && t.role != "assistant":
		d.fail(at+"/tool_calls", "only an assistant's message has them")
	case (t.callID != "") != (t.role == "tool"):
		d.fail(at+"/tool_call_id", "a tool's message has it, and no other")
	}
	return t
}

// content reads a text, or parts of text, which are joined by a newline.
func content(d *chatDecoder, at string, v any) []part {
	if s, ok := v.(string); ok {
		return []part{{at: at, text: s}}
	}
	list, ok := v.([]any)
	if !ok {
		d.fail(at, "want a text or a list of parts, have %s", landfall.KindOf(v))
	}
	var all []part
	for i, p := range list {
		inner := at + "/" + strconv.Itoa(i)
		for _, m := range object(&d.decoder, inner, p) {
			field := inner + "/" + landfall.EscapePointer(m.Key)
			switch s, isText := m.Value.(string); {
			case m.Key == "type" && m.Value != "text":
				d.fail(field, "parts of type text alone are available here")
			case m.Key == "text" && isText:
				all = append(all, part{field, lead(i, "\n"), s})
			case m.Key != "type":
				d.fail(field, "want a part {\"type\": \"text\", \"text\": …}")
			}
		}
		if len(all) != i+1 {
			d.fail(inner+"/text", "is missing")
		}
	}
	return all
}

// lead is what stands before the part of this index.
func lead(i int, separator string) string {
	if i == 0 {
		return ""
	}
	return separator
}

// calls reads an assistant's tool calls. Arguments come as JSON in a text and are
// decoded here: no rule looks for words behind escapes.
func calls(d *chatDecoder, at string, v any) []any {
	list, ok := v.([]any)
	if !ok {
		d.fail(at, "want a list, have %s", landfall.KindOf(v))
	}
	out := []any{}
	for i, e := range list {
		inner := at + "/" + strconv.Itoa(i)
		o := object(&d.decoder, inner, e)
		f := function(d, inner, o, "id")
		arguments, err := landfall.ParseJSON([]byte(f.Text("arguments")))
		if _, isObject := arguments.(landfall.Object); !isObject || err != nil {
			d.fail(inner+"/function/arguments", "want a JSON object in a text")
		}
		out = append(out, landfall.Object{
			{Key: "id", Value: o.Text("id")}, {Key: "name", Value: f.Text("name")}, {Key: "arguments", Value: arguments},
		})
	}
	return out
}

// function reads {type: "function", function: {…}} with the further fields named.
func function(d *chatDecoder, at string, o landfall.Object, beside ...string) landfall.Object {
	for _, m := range o {
		switch {
		case m.Key == "type":
			oneOf(&d.decoder, at+"/type", m.Value, "function")
		case m.Key == "function":
		case len(beside) > 0 && m.Key == beside[0]:
			text(&d.decoder, at+"/"+m.Key, m.Value, 128)
		default:
			d.fail(at+"/"+landfall.EscapePointer(m.Key), "unknown field")
		}
	}
	v, _ := o.Get("function")
	f := object(&d.decoder, at+"/function", v)
	if f.Text("name") == "" {
		d.fail(at+"/function/name", "is missing")
	}
	return f
}

// tools reads the functions of the app that a model may ask for.
func tools(d *chatDecoder, at string, v any) {
	list, ok := v.([]any)
	if !ok {
		d.fail(at, "want a list, have %s", landfall.KindOf(v))
	}
	out := []any{}
	for i, e := range list {
		inner := at + "/" + strconv.Itoa(i)
		tool := landfall.Object{}
		for _, m := range function(d, inner, object(&d.decoder, inner, e)) {
			switch m.Key {
			case "name", "description":
				if _, isText := m.Value.(string); !isText && m.Value != nil {
					d.fail(inner+"/function/"+m.Key, "want a text, have %s", landfall.KindOf(m.Value))
				}
			case "parameters":
			case "strict": // arguments are always held to the schema
				continue
			default:
				d.fail(inner+"/function/"+landfall.EscapePointer(m.Key), "unknown field; a function has name, description, parameters, strict")
			}
			if m.Value != nil {
				tool = append(tool, m)
			}
		}
		out = append(out, tool)
		d.places = append(d.places, place{"/input/tools/" + strconv.Itoa(i), inner + "/function"})
	}
	d.keep("tools", at, out)
}

func toolChoice(d *chatDecoder, at string, v any) {
	if o, ok := v.(landfall.Object); ok {
		d.keep("tool_choice", at, function(d, at, o).Text("name"))
		return
	}
	d.keep("tool_choice", at, oneOf(&d.decoder, at, v, "none", "auto", "required"))
}

// responseFormat takes the schema of a feature that works by the caller's.
func responseFormat(d *chatDecoder, at string, v any) {
	o := object(&d.decoder, at, v)
	kind, _ := o.Get("type")
	if oneOf(&d.decoder, at+"/type", kind, "text", "json_schema") != "json_schema" {
		return
	}
	const name = "json_schema"
	for _, m := range o {
		if m.Key != "type" && m.Key != name {
			d.fail(at+"/"+landfall.EscapePointer(m.Key), "unknown field; response_format has type and json_schema")
		}
	}
	wanted, _ := o.Get(name)
	inner := at + "/" + name
	wrapped := object(&d.decoder, inner, wanted)
	for _, m := range wrapped {
		switch m.Key {
		case "name", "description", "schema", "strict":
		default:
			d.fail(inner+"/"+landfall.EscapePointer(m.Key), "unknown field; json_schema has name, description, schema, strict")
		}
	}
	schema, _ := wrapped.Get("schema")
	d.keep(name, inner+"/schema", object(&d.decoder, inner+"/schema", schema))
	d.record = true
}

// instruct gathers the app's own words: data in the prompt, never instead of it.
func (d *chatDecoder) instruct() {
	var said []part
	for _, t := range d.turns {
		if t.role != "system" && t.role != "developer" {
			continue
		}
		for i, p := range t.parts {
			if i == 0 {
				p.lead = lead(len(said), "\n\n")
			}
			said = append(said, p)
		}
	}
	d.r.Instructions = join(said)
	d.from("/instructions", said)
}

// converse hands the whole conversation to the feature.
func (d *chatDecoder) converse() {
	list := []any{}
	for _, t := range d.turns {
		if t.role == "system" || t.role == "developer" {
			continue
		}
		into := "/input/" + d.model.main + "/" + strconv.Itoa(len(list))
		d.from(into+"/content", t.parts)
		d.places = append(d.places, place{into, t.at})
		o := landfall.Object{{Key: "role", Value: t.role}, {Key: "content", Value: join(t.parts)}}
		if len(t.calls) > 0 {
			o = append(o, landfall.Member{Key: "tool_calls", Value: t.calls})
		}
		if t.callID != "" {
			o = append(o, landfall.Member{Key: "tool_call_id", Value: t.callID})
		}
		list = append(list, o)
	}
	d.main("/messages", list)
}

// lastText gives the feature the last text of the user; it sees no other turn.
func (d *chatDecoder) lastText() {
	at, others := -1, 0
	for i, t := range d.turns {
		switch t.role {
		case "user":
			at = i
			others++
		case "assistant", "tool":
			others++
		}
	}
	if at < 0 {
		d.fail("/messages", "want a message of role user: its text is what the feature works on")
		return
	}
	if others > 1 {
		d.warn("earlier_turns_ignored", "this feature works on the last text of the user alone; the other turns change nothing")
	}
	d.from("/input/"+d.model.main, d.turns[at].parts)
	d.main(d.turns[at].at+"/content", join(d.turns[at].parts))
}

func (d *chatDecoder) main(at string, v any) {
	if _, twice := d.r.Input.Get(d.model.main); twice {
		d.fail("/x_landfall/input/"+d.model.main, "comes from messages")
		return
	}
	d.r.Input = append(d.r.Input, landfall.Member{Key: d.model.main, Value: v})
	d.places = append(d.places, place{"/input/" + d.model.main, at})
}
