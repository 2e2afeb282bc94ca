package front

import (
	"encoding/json"
	"math"

	"landfall"
)

// chatCall is a decoded call of the chat form.
type chatCall struct {
	req   landfall.Request
	model model
	// usage says that the stream ends with a chunk of token counts; record that the
	// caller's schema came as response_format, so that the content is the record alone.
	usage, record bool
	// places are where the parts of the request's input stand in the body.
	places []place
	// parts are what texts of the feature's request were put together from.
	parts map[string][]part
}

// chatDecoder keeps what the body says until the feature is known.
type chatDecoder struct {
	decoder
	*chatCall
	turns   []turn
	values  landfall.Object // n, tools, tool_choice, json_schema: fields of some features' inputs
	given   map[string]string
	limits  map[string]int // max_tokens and its newer name
	usageAt string
	named   bool // a message has a name, and a warning was given
}

// decodeChat fills a call from its body. What it finds wrong stands in req.Err, as
// with [decode]. lookup finds the feature of a model's name.
func decodeChat(c *chatCall, body []byte, lookup func(string) (m model, known, fits bool)) {
	o, ok := parseObject(&c.req, body, "body")
	if !ok {
		return
	}
	d := chatDecoder{decoder: decoder{r: &c.req}, chatCall: c, given: map[string]string{}, limits: map[string]int{}}
	for _, m := range o {
		read, known := chatFields[m.Key]
		at := "/" + landfall.EscapePointer(m.Key)
		if !known {
			d.fail(at, "is no parameter of this front: what shapes an answer beyond messages is the release's; a feature's own inputs stand in x_landfall.input")
			return
		}
		if m.Value != nil {
			read(&d, at, m.Value)
		}
	}
	d.compose(lookup)
}

// compose puts what was read where the feature has it.
func (d *chatDecoder) compose(lookup func(string) (model, bool, bool)) {
	switch {
	case d.r.Err != nil:
		return
	case d.r.Feature == "":
		d.fail("/model", "is missing: it names a feature, GET /v1/models lists them")
		return
	case d.turns == nil:
		d.fail("/messages", "is missing: a list of {role, content}")
		return
	case d.usageAt != "" && !d.r.Stream:
		d.fail(d.usageAt, "is for stream: true")
		return
	}
	if d.r.Input == nil {
		d.r.Input = landfall.Object{}
	}
	m, known, fits := lookup(d.r.Feature)
	switch {
	case !known:
		return // the line says why: no such feature, or one that is not offered
	case !fits:
		d.r.Err = landfall.Errorf(landfall.CodeNotFound, "%s works on more than one text and is no model here: POST /v1/features/%s", d.r.Feature, d.r.Feature).With("field", "/model")
		return
	}
	d.model = m
	d.instruct()
	if m.turns {
		d.converse()
	} else {
		d.lastText()
	}
	for _, v := range d.values {
		d.set(v.Key, v.Value)
	}
	d.places = append(d.places, place{"/input/", "/x_landfall/input/"}, place{"/options/", "/x_landfall/options/"})
}

// set puts a parameter into the feature's input, if it has one of that name.
func (d *chatDecoder) set(field string, v any) {
	at := d.given[field]
	_, twice := d.r.Input.Get(field)
	switch {
	case field == "n" && !d.model.takes(field) && d.choices() == 1:
	case !d.model.takes(field):
		d.fail(at, "the feature %s has nothing of the kind", d.r.Feature)
	case twice:
		d.fail("/x_landfall/input/"+field, "stands at %s as well", at)
	default:
		d.r.Input = append(d.r.Input, landfall.Member{Key: field, Value: v})
		d.places = append(d.places, place{"/input/" + field, at})
	}
}

// choices is how many answers were asked for.
func (d *chatDecoder) choices() int64 {
	v, _ := d.values.Get("n")
	if n, ok := v.(json.Number); ok {
		i, _ := n.Int64()
		return i
	}
	return 1
}

// keep holds a value for [chatDecoder.set]; at is its place.
func (d *chatDecoder) keep(field, at string, v any) {
	d.values = append(d.values, landfall.Member{Key: field, Value: v})
	d.given[field] = at
}

// ignored warns of a parameter that is valid and changes nothing.
func ignored(valid func(d *chatDecoder, at string, v any)) func(d *chatDecoder, at string, v any) {
	return func(d *chatDecoder, at string, v any) {
		valid(d, at, v)
		d.warn("parameter_ignored", at[1:]+" is the release's or of no use here: the value sent changes nothing")
	}
}

func (d *chatDecoder) warn(code, message string) {
	d.r.Warnings = append(d.r.Warnings, landfall.Warning{Code: code, Message: message})
}

func between(low, high float64) func(*chatDecoder, string, any) {
	return func(d *chatDecoder, at string, v any) {
		n, ok := v.(interface{ Float64() (float64, error) })
		if !ok {
			d.fail(at, "want a number, have %s", landfall.KindOf(v))
			return
		}
		if f, err := n.Float64(); err != nil || f < low || f > high {
			d.fail(at, "want %g to %g", low, high)
		}
	}
}

func truth(d *chatDecoder, at string, v any) bool {
	b, ok := v.(bool)
	if !ok {
		d.fail(at, "want true or false, have %s", landfall.KindOf(v))
	}
	return b
}

func bounded(d *chatDecoder, at string, v any, low, high int64) int64 {
	n, ok := integer(&d.decoder, at, v)
	if ok && (n < low || n > high) {
		d.fail(at, "want %d to %d, have %d", low, high, n)
	}
	return n
}

func tokens(name string) func(*chatDecoder, string, any) {
	return func(d *chatDecoder, at string, v any) {
		n := int(bounded(d, at, v, 1, math.MaxInt32))
		d.limits[name] = n
		if d.r.MaxTokens != 0 && d.r.MaxTokens != n {
			d.fail(at, "max_tokens and max_completion_tokens are one limit with two names; they differ")
		}
		d.r.MaxTokens = n
	}
}

// chatFields are the parameters of OpenAI's chat completions that mean something
// here. Null is not set.
var chatFields = map[string]func(d *chatDecoder, at string, v any){
	"model":    func(d *chatDecoder, at string, v any) { d.r.Feature = text(&d.decoder, at, v, 64) },
	"messages": messages,
	"stream":   func(d *chatDecoder, at string, v any) { d.r.Stream = truth(d, at, v) },
	"stream_options": func(d *chatDecoder, at string, v any) {
		d.usageAt = at
		for _, m := range object(&d.decoder, at, v) {
			inner := at + "/" + landfall.EscapePointer(m.Key)
			switch {
			case m.Key != "include_usage" && m.Key != "include_obfuscation":
				d.fail(inner, "unknown field; stream_options has include_usage and include_obfuscation")
			case m.Value == nil:
			case m.Key == "include_usage":
				d.usage = truth(d, inner, m.Value)
			default: // pads chunks against guesses by their length; there is nothing to pad with
				truth(d, inner, m.Value)
			}
		}
	},
	"max_tokens":            tokens("max_tokens"),
	"max_completion_tokens": tokens("max_completion_tokens"),
	"stop":                  stops,
	"seed": func(d *chatDecoder, at string, v any) {
		if n, ok := integer(&d.decoder, at, v); ok {
			d.r.Seed = &n
		}
	},
	"n": func(d *chatDecoder, at string, v any) {
		bounded(d, at, v, 1, maxChoices)
		d.keep("n", at, v)
	},
	"tools":           tools,
	"tool_choice":     toolChoice,
	"response_format": responseFormat,
	"user":            func(d *chatDecoder, at string, v any) { d.r.User = text(&d.decoder, at, v, maxHeader) },
	"x_landfall":      extension,

	"temperature":       ignored(between(0, 2)),
	"top_p":             ignored(between(0, 1)),
	"presence_penalty":  ignored(between(-2, 2)),
	"frequency_penalty": ignored(between(-2, 2)),
	"store":             ignored(func(d *chatDecoder, at string, v any) { truth(d, at, v) }),
	"parallel_tool_calls": ignored(func(d *chatDecoder, at string, v any) {
		truth(d, at, v)
	}),
	"metadata": ignored(func(d *chatDecoder, at string, v any) {
		for _, m := range object(&d.decoder, at, v) {
			text(&d.decoder, at+"/"+landfall.EscapePointer(m.Key), m.Value, 512)
		}
	}),
	"service_tier": ignored(func(d *chatDecoder, at string, v any) {
		oneOf(&d.decoder, at, v, "auto", "default", "flex", "scale", "priority")
	}),
	"prompt_cache_key":  ignored(func(d *chatDecoder, at string, v any) { text(&d.decoder, at, v, 512) }),
	"safety_identifier": ignored(func(d *chatDecoder, at string, v any) { text(&d.decoder, at, v, 512) }),
}

// stops reads the sequences that end the text.
func stops(d *chatDecoder, at string, v any) {
	list, many := v.([]any)
	if !many {
		list = []any{v}
	}
	if len(list) > 4 {
		d.fail(at, "want at most 4, have %d", len(list))
	}
	for _, s := range list {
		text, ok := s.(string)
		if !ok || text == "" || len(text) > 256 {
			d.fail(at, "want a text of 1 to 256 bytes, or a list of them")
			return
		}
		d.r.Stop = append(d.r.Stop, text)
	}
}

// extension reads x_landfall: the fields of the feature API's envelope.
func extension(d *chatDecoder, at string, v any) {
	for _, m := range object(&d.decoder, at, v) {
		inner := at + "/" + landfall.EscapePointer(m.Key)
		read, known := fields[m.Key]
		switch {
		case !known:
			d.fail(inner, "unknown field; x_landfall has those of the feature API: input, options, locale, output_language, processing, consent …")
		case m.Key == "seed":
			d.fail(inner, "stands beside messages: seed")
		case m.Value != nil:
			read(&d.decoder, inner, m.Value)
			if m.Key != "input" && m.Key != "options" {
				d.places = append(d.places, place{"/" + m.Key, inner})
			}
		}
	}
}
