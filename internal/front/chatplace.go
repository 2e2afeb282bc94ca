package front

import (
	"strings"

	"landfall"
)

// place maps a JSON Pointer of the feature's request to one of the chat's body.
type place struct{ from, to string }

// part is a piece of a text that the feature has as one and the chat's body has not:
// a message's parts, or the messages of the app's own words.
type part struct{ at, lead, text string } // its place, what was put before it, and itself

func join(parts []part) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.lead)
		b.WriteString(p.text)
	}
	return b.String()
}

// from notes where a text of the feature's request comes from.
func (c *chatCall) from(path string, parts []part) {
	if len(parts) == 0 {
		return
	}
	if c.parts == nil {
		c.parts = map[string][]part{}
	}
	c.parts[path] = parts
	c.places = append(c.places, place{path, around(parts[0].at, parts[len(parts)-1].at)})
}

// at returns where a place of the feature's request stands in the body.
func (c *chatCall) at(path string) string {
	for _, p := range c.places {
		if rest, ok := strings.CutPrefix(path, p.from); ok && (rest == "" || rest[0] == '/' || strings.HasSuffix(p.from, "/")) {
			return p.to + rest
		}
	}
	return path
}

// locate returns an entry with its place in the body: within the part that holds it,
// or, of what stands across several, without a span.
func (c *chatCall) locate(w landfall.Withheld) landfall.Withheld {
	parts, span := c.parts[w.Path], w.Span
	if w.Path = c.at(w.Path); span == nil {
		return w
	}
	end := 0
	for _, p := range parts {
		begin := end + c.req.Unit.Len(p.lead)
		end = begin + c.req.Unit.Len(p.text)
		if span[0] >= begin && span[1] <= end {
			w.Path, w.Span = p.at, &[2]int{span[0] - begin, span[1] - begin}
			return w
		}
	}
	if len(parts) > 0 {
		w.Span = nil
	}
	return w
}

// around is the innermost place that two are in.
func around(a, b string) string {
	for a != b && !strings.HasPrefix(b, a+"/") {
		a = a[:strings.LastIndexByte(a, '/')]
	}
	return a
}

// said returns an error's message with its places as the caller wrote them.
func (c *chatCall) said(e *landfall.Error) string {
	field, _ := e.Params.Get("field")
	if path, ok := field.(string); ok && path != "" {
		return strings.ReplaceAll(e.Message, path, c.at(path))
	}
	return e.Message
}
