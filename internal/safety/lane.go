package safety

import "landfall"

// lane is one lane of an answer: its text up to the frontier is cleared, the rest
// is held.
type lane struct {
	landfall.Lane
	joiner joiner
	stream *Stream
	held   []byte // read and not cleared
	begin  int    // bytes cleared: where held begins
	shown  int    // length of the cleared text, in the caller's unit
}

// feed reads a piece and returns the text it clears. Hits mean that the lane ends
// after that text.
func (l *lane) feed(piece string) (cleared string, hits []Hit) {
	text := l.joiner.join(piece)
	l.stream.Feed(text)
	return l.clear(text)
}

// close decides all that is held.
func (l *lane) close() (cleared string, hits []Hit) {
	text := l.joiner.end()
	if l.stream.Feed(text); !l.stream.Settled() {
		l.stream.Close()
	}
	return l.clear(text)
}

// clear cuts at the frontier, or where the deciding hit starts.
func (l *lane) clear(text string) (string, []Hit) {
	cut := l.stream.Frontier()
	var hits []Hit
	if l.stream.Settled() {
		hits = l.stream.Take()
		cut = hits[0].Start
	}
	n := cut - l.begin
	l.begin = cut
	if len(l.held) == 0 {
		l.held = append(l.held, text[n:]...)
		return text[:n], hits
	}
	l.held = append(l.held, text...)
	cleared := string(l.held[:n])
	l.held = append(l.held[:0], l.held[n:]...)
	return cleared, hits
}

func (l *lane) holds() bool { return len(l.held) > 0 || l.joiner.tail != "" }
