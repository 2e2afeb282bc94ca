package partner

import (
	"strings"
	"unicode"
)

// Models think aloud between tags in their text when the server does not part the
// two. The splitter parts them, with tags cut over deltas.
//
// A tag in the middle of an answer is text, so only an opening tag at the very
// start begins a thought. Some servers put the opening tag into the prompt, and
// then nothing but the closing tag tells thought from answer: a release of such a
// model says thinking = inline, and its text is held until the closing tag comes,
// or the end.

const (
	openTag  = "<think>"
	closeTag = "</think>"
)

type thinkState uint8

const (
	thinkStart   thinkState = iota // nothing but white space so far, or a held start
	thinkThought                   // behind the opening tag
	thinkGap                       // behind the closing tag, before the answer's first sign
	thinkAnswer
)

type thinkSplitter struct {
	inline bool
	state  thinkState
	held   string
}

// split returns what is certain so far of a piece of text and all that was held.
func (t *thinkSplitter) split(piece string) (thought, answer string) {
	t.held += piece
	if t.state == thinkStart {
		t.begin()
	}
	if t.state == thinkThought {
		thought = t.think()
	}
	if t.state == thinkGap {
		if t.held = strings.TrimLeftFunc(t.held, unicode.IsSpace); t.held != "" {
			t.state = thinkAnswer
		}
	}
	if t.state == thinkAnswer {
		answer, t.held = t.held, ""
	}
	return thought, answer
}

// begin decides what the start is, as soon as that can be known.
func (t *thinkSplitter) begin() {
	lead := strings.TrimLeftFunc(t.held, unicode.IsSpace)
	rest, opened := strings.CutPrefix(lead, openTag)
	switch {
	case opened:
		t.held, t.state = rest, thinkThought
	case strings.HasPrefix(openTag, lead): // also when there is nothing yet
	case !t.inline:
		t.state = thinkAnswer
	case strings.Contains(t.held, closeTag):
		t.state = thinkThought
	}
}

// think returns the thought so far and keeps what may become the closing tag.
func (t *thinkSplitter) think() string {
	if thought, rest, closed := strings.Cut(t.held, closeTag); closed {
		t.held, t.state = rest, thinkGap
		return thought
	}
	n := len(t.held) - partialSuffix(t.held, closeTag)
	thought := t.held[:n]
	t.held = t.held[n:]
	return thought
}

// end returns what was held: a thought without its end stays a thought, a start
// that became no tag is the answer.
func (t *thinkSplitter) end() (thought, answer string) {
	held := t.held
	t.held = ""
	switch t.state {
	case thinkThought:
		return held, ""
	case thinkStart:
		return "", held
	}
	return "", ""
}

// partialSuffix returns the length of the longest end of s that begins tag.
func partialSuffix(s, tag string) int {
	for n := min(len(s), len(tag)-1); n > 0; n-- {
		if strings.HasSuffix(s, tag[:n]) {
			return n
		}
	}
	return 0
}
