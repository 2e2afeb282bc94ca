package front

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"landfall"
	"landfall/api"
	"landfall/internal/safety"
)

// collected is an answer gathered from its chunks: a unary reply is a collected
// stream, and the event done is the same.
type collected struct {
	// rehearsal is the gateway's: an error before any release is known says so too.
	rehearsal bool
	unit      landfall.Unit // of a retraction's offsets

	meta     *landfall.Meta
	lanes    []*lane
	last     *lane // that text came in last
	output   landfall.Object
	whole    bool // output came
	withheld []landfall.Withheld
	warnings []landfall.Warning
	done     *landfall.Done
}

type lane struct {
	path string
	text strings.Builder
}

func (c *collected) add(k safety.Chunk) {
	switch {
	case k.Meta != nil:
		c.meta = k.Meta
	case k.Retract != nil:
		c.retract(*k.Retract)
	case k.Withheld != nil:
		c.withheld = append(c.withheld, *k.Withheld)
	case k.Warning != nil:
		c.warnings = append(c.warnings, *k.Warning)
	case k.Done != nil:
		c.done = k.Done
		c.warnings = append(c.warnings, k.Done.Warnings...)
	}
	if l, text, ok := k.Text(); ok {
		c.last = c.lane(l.Path)
		c.last.text.WriteString(text)
	}
	if o, ok := k.Output(); ok {
		c.output, c.whole = o, true
	}
}

// retract takes text of the last lane back, so that done holds what is left.
func (c *collected) retract(r landfall.Retract) {
	l := c.last
	if l == nil {
		return
	}
	text, n := l.text.String(), 0
	l.text.Reset()
	for _, sign := range text {
		if n < r.From || n >= r.To {
			l.text.WriteRune(sign)
		}
		n += c.unit.Len(string(sign))
	}
}

// quotas are those that the request counted in, as far as is known yet.
func (c *collected) quotas() []landfall.Quota {
	switch {
	case c.done != nil:
		return c.done.Meta.Quotas
	case c.meta != nil:
		return c.meta.Quotas
	}
	return nil
}

func (c *collected) lane(path string) *lane {
	for _, l := range c.lanes {
		if l.path == path {
			return l
		}
	}
	c.lanes = append(c.lanes, &lane{path: path})
	return c.lanes[len(c.lanes)-1]
}

// envelope is what goes to the wire once the answer is over.
func (c *collected) envelope() api.Envelope {
	d := c.done
	meta := &d.Meta
	e := api.Envelope{
		ID: meta.ID, Feature: meta.Feature, FeatureVersion: meta.FeatureVersion, Status: d.Status,
		Output: json.RawMessage("null"), Error: json.RawMessage("null"),
		Rehearsal: meta.Rehearsal || c.rehearsal, Release: meta.Release, Labels: meta.Labels, Replayed: d.Replayed,
		Withheld: c.withheld, Usage: d.Usage, Attempts: d.Attempts, Repairs: d.Repairs, Warnings: c.warnings,
		Quota: tightest(meta.Quotas), TraceID: meta.ID,
	}
	if meta.ServedBy.Model != "" {
		e.ServedBy = &meta.ServedBy
	}
	if e.Labels.Implicit == nil {
		e.Labels.Implicit = landfall.Object{}
	}
	if e.Withheld == nil {
		e.Withheld = []landfall.Withheld{}
	}
	if e.Warnings == nil {
		e.Warnings = []landfall.Warning{}
	}
	if out, ok := c.result(); ok {
		e.Output = landfall.AppendJSON(nil, out)
	}
	if d.Err != nil && d.Status != landfall.Complete && d.Status != landfall.StatusHeld {
		e.Error = landfall.AppendJSON(nil, errorObject(d.Err))
	}
	return e
}

// result is the output as a client may see it: whole when complete, what was
// shown when the rest was withheld, else nothing.
func (c *collected) result() (landfall.Object, bool) {
	switch {
	case c.done.Status == landfall.Complete && c.whole:
		return c.filled(c.output), true
	case c.done.Status == landfall.StatusHeld && c.whole: // an earlier snapshot
		return c.filled(c.output), true
	case c.done.Status == landfall.StatusHeld && c.shown() && c.meta != nil:
		return c.filled(c.meta.Blank), true
	}
	return nil, false
}

func (c *collected) shown() bool {
	for _, l := range c.lanes {
		if l.text.Len() > 0 {
			return true
		}
	}
	return false
}

func (c *collected) filled(o landfall.Object) landfall.Object {
	out := o
	for _, l := range c.lanes {
		out, _ = setAt(out, strings.Split(strings.TrimPrefix(l.path, "/"), "/"), l.text.String()).(landfall.Object)
	}
	return out
}

// setAt returns v with the string put at a path of names and indices. It copies what
// it changes: an answer kept for a key is read by several requests at once.
func setAt(v any, path []string, text string) any {
	if len(path) == 0 {
		return text
	}
	switch v := v.(type) {
	case landfall.Object:
		inner, _ := v.Get(path[0])
		return slices.Clone(v).Set(path[0], setAt(inner, path[1:], text))
	case []any:
		if i, err := strconv.Atoi(path[0]); err == nil && i >= 0 && i < len(v) {
			out := append([]any(nil), v...)
			out[i] = setAt(v[i], path[1:], text)
			return out
		}
	}
	return v
}

// errorObject writes an error with its parameters beside code and message.
func errorObject(e *landfall.Error) landfall.Object {
	o := landfall.Object{{Key: "code", Value: string(e.Code)}, {Key: "message", Value: e.Message}}
	o = append(o, e.Params...)
	reasons := e.Reasons
	if reasons == nil {
		reasons = []landfall.Reason{}
	}
	return append(o, landfall.Member{Key: "reasons", Value: reasons})
}
