package front

import (
	"strconv"
	"time"

	"landfall"
	"landfall/internal/safety"
)

// chatStream writes a chat answer as OpenAI's clients read streams: data lines alone.
// No comment and no named event, for clients exist that end on either; time is told
// by a chunk that says nothing. Text is escaped once, into a frame made once.
type chatStream struct {
	*stream
	call  *chatCall
	tell  telling
	head  []byte           // of each chunk, up to choices
	roles [maxChoices]bool // told that the assistant speaks
}

func newChatStream(to *stream, c *chatCall) *chatStream {
	s := &chatStream{stream: to, call: c}
	s.tell = telling{chatCall: c, all: &s.all, take: s.take}
	return s
}

// frame makes the head once the answer's id is known: a replay has that of the first.
func (s *chatStream) frame() {
	id := s.call.req.ID
	if s.all.meta != nil {
		id = s.all.meta.ID
	}
	s.head = append(s.head, `data: {"id":`...)
	s.head = landfall.AppendQuoted(s.head, id)
	s.head = append(s.head, `,"object":"chat.completion.chunk","created":`...)
	s.head = strconv.AppendInt(s.head, time.Now().Unix(), 10)
	s.head = append(s.head, `,"model":`...)
	s.head = landfall.AppendQuoted(s.head, s.call.req.Feature)
	s.head = append(s.head, `,"choices":[`...)
	s.alive = string(s.head) + `{"index":0,"delta":{},"finish_reason":null}]}` + "\n\n"
}

// chunk writes one chunk of the line and reports whether the client still reads.
func (s *chatStream) chunk(c safety.Chunk) bool {
	s.buf = s.buf[:0]
	s.all.add(c)
	d := c.Done
	if d != nil && failed(d) {
		return s.fail(d)
	}
	s.tell.chunk(c)
	if d != nil {
		s.end(d)
	}
	return s.flush(c.Beat)
}

// fail tells a fault: as an HTTP status before anything was written, later as a line
// that is no chunk. No [DONE] follows: the answer is not whole.
func (s *chatStream) fail(d *landfall.Done) bool {
	if !s.begun {
		s.limitWrite(s.w)
		writeChatError(s.w, d, s.call)
		return false
	}
	s.buf = append(s.buf, "data: "...)
	s.buf = append(s.buf, chatError(d, s.call)...)
	s.buf = append(s.buf, "\n\n"...)
	return s.flush(0)
}

func (s *chatStream) end(d *landfall.Done) {
	if s.call.usage {
		s.buf = append(s.buf, s.head...)
		s.buf = append(s.buf, `],"usage":`...)
		s.buf = landfall.AppendJSON(s.buf, chatUsage(d.Usage))
		s.buf = append(s.buf, "}\n\n"...)
	}
	s.buf = append(s.buf, "data: [DONE]\n\n"...)
}

// take writes a piece; the first of a choice is said by a chunk of its own, which
// bears the labels.
func (s *chatStream) take(p piece) {
	if s.head == nil {
		s.frame()
	}
	if !s.roles[p.choice] {
		s.roles[p.choice] = true
		s.data(p.choice, `"role":"assistant","content":""`, "", p.news)
		p.news = nil
	}
	switch {
	case p.finish != "":
		s.data(p.choice, "", p.finish, p.news)
	case p.call != nil:
		calls := p.call.object()
		calls = append(landfall.Object{{Key: "index", Value: p.call.Index}}, calls...)
		s.data(p.choice, `"tool_calls":`+string(landfall.AppendJSON(nil, []any{calls})), "", p.news)
	case p.text != "":
		s.content(p)
	case len(p.news) > 0:
		s.data(p.choice, "", "", p.news)
	}
}

func (s *chatStream) content(p piece) {
	s.open(p.choice)
	s.buf = append(s.buf, `"content":`...)
	s.buf = landfall.AppendQuoted(s.buf, p.text)
	if p.refusal != "" {
		s.buf = append(s.buf, `,"refusal":`...)
		s.buf = landfall.AppendQuoted(s.buf, p.refusal)
	}
	s.shut("", p.news)
}

// data writes a chunk whose delta holds what is given as JSON members.
func (s *chatStream) data(choice int, delta string, finish landfall.Finish, news landfall.Object) {
	s.open(choice)
	s.buf = append(s.buf, delta...)
	s.shut(finish, news)
}

func (s *chatStream) open(choice int) {
	s.buf = append(s.buf, s.head...)
	s.buf = append(s.buf, `{"index":`...)
	s.buf = strconv.AppendInt(s.buf, int64(choice), 10)
	s.buf = append(s.buf, `,"delta":{`...)
}

func (s *chatStream) shut(finish landfall.Finish, news landfall.Object) {
	s.buf = append(s.buf, `},"finish_reason":`...)
	if finish == "" {
		s.buf = append(s.buf, "null"...)
	} else {
		s.buf = landfall.AppendQuoted(s.buf, string(finish))
	}
	s.buf = append(s.buf, "}]"...)
	if len(news) > 0 {
		s.buf = append(s.buf, `,"x_landfall":`...)
		s.buf = landfall.AppendJSON(s.buf, news)
	}
	s.buf = append(s.buf, "}\n\n"...)
}
