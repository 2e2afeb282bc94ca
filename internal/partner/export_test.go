package partner

import (
	"encoding/json"
	"errors"
	"io"
)

// Inner parts that are tested by themselves, each as a function of pieces.

const MaxLine = maxLine

type Event struct{ Name, ID, Data string }

func ReadEvents(r io.Reader) (out []Event, err error) {
	for s := newSSEReader(r, func() error { return nil }); ; {
		ev, err := s.next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return out, err
		}
		out = append(out, Event{ev.Name, ev.ID, string(ev.Data)})
	}
}

func Shield(text string) string { return shield(text) }

func Unshield(pieces ...string) (out string) {
	var u unshield
	for _, p := range pieces {
		out += u.restore(p)
	}
	return out + u.end()
}

func SplitThought(inline bool, pieces ...string) (thought, answer string) {
	s := thinkSplitter{inline: inline}
	for _, p := range pieces {
		t, a := s.split(p)
		thought, answer = thought+t, answer+a
	}
	t, a := s.end()
	return thought + t, answer + a
}

// JoinJSON decodes JSON strings and joins them.
func JoinJSON(literals ...string) (out string, err error) {
	var s seam
	for _, l := range literals {
		var t jsonText
		if err := json.Unmarshal([]byte(l), &t); err != nil {
			return "", err
		}
		out += s.join(string(t))
	}
	return out + s.end(), nil
}

func Join(pieces ...string) (out string) {
	var s seam
	for _, p := range pieces {
		out += s.join(p)
	}
	return out + s.end()
}

var (
	RetryAfter = retryAfter
	ChatBody   = chatBody
	Fault      = fault
)

// Argument decodes the arguments of a tool call's fragment.
func Argument(b []byte) (string, error) {
	var a argument
	err := json.Unmarshal(b, &a)
	return string(a), err
}
