package partner

import (
	"strings"

	"landfall"
)

// A tool call comes in fragments: the first has its id and name, the others pieces
// of its arguments, which are text until they are whole. Fragments are told apart by
// their index (OpenAI, Chat Completions streaming, delta.tool_calls); servers that
// leave it out send one call a fragment.

// maxCalls bounds the tool calls of an answer.
const maxCalls = 128

// openCall is a tool call that is still coming.
type openCall struct {
	index     int
	id, name  string
	seam      seam
	restoring unshield
	arguments strings.Builder
}

// callPart takes a fragment; i is its place in the list it came in.
func (a *answer) callPart(i int, part callPart) error {
	index := len(a.calls)
	if part.Index != nil {
		index = *part.Index
	} else if part.ID == "" && part.Function.Name == "" && index > 0 {
		index = a.calls[index-1].index // more of the last one
	}
	var c *openCall
	for _, have := range a.calls {
		if have.index == index {
			c = have
		}
	}
	if c == nil {
		if len(a.calls) == maxCalls {
			return partnerError(false, "the partner's answer has too many tool calls")
		}
		c = &openCall{index: index}
		a.calls = append(a.calls, c)
	}
	if part.ID != "" {
		c.id = part.ID
	}
	if part.Function.Name != "" {
		c.name = part.Function.Name
	}
	c.add(a.shielded, c.seam.join(string(part.Function.Arguments)))
	return nil
}

func (c *openCall) add(shielded bool, piece string) {
	if shielded {
		piece = c.restoring.restore(piece)
	}
	c.arguments.WriteString(piece)
}

// callOut hands on the calls, in the order they began.
func (a *answer) callOut() error {
	for _, c := range a.calls {
		c.add(a.shielded, c.seam.end())
		c.arguments.WriteString(c.restoring.end())
		a.spoke = true
		if err := a.out.call(landfall.ToolCall{ID: c.id, Name: c.name, Arguments: c.arguments.String()}); err != nil {
			return err
		}
	}
	a.calls = nil
	return nil
}
