package partner

import (
	"bytes"
	"errors"
	"io"
)

// A reader of server-sent events by WHATWG HTML, section 9.2.6. Bytes are passed on
// undecoded, so a character may be cut anywhere by the network.

const maxLine = 4 << 20 // bytes of a line, and of the data of an event

var errLongLine = errors.New("a line of the stream is longer than 4 MiB")

// event is one event. Data holds its data lines joined by LF and is valid until the
// next event is read.
type event struct {
	Name string // "" means "message"
	ID   string // of this event or the last one that had one
	Data []byte
}

type sseReader struct {
	src     io.Reader
	buf     []byte // read and not yet used: buf[pos:end]
	pos     int
	end     int
	afterCR bool // an LF that comes next belongs to the line end before
	begun   bool
	line    []byte
	data    []byte
	id      string
	// idle is called before each read, which may wait.
	idle func() error
}

func newSSEReader(src io.Reader, idle func() error) *sseReader {
	return &sseReader{src: src, buf: make([]byte, 16<<10), idle: idle}
}

// next returns the next event; io.EOF at the end. An event that no blank line
// closed is not one.
func (s *sseReader) next() (event, error) {
	s.data = s.data[:0]
	name, has := "", false
	for {
		line, err := s.readLine()
		if err != nil {
			return event{}, err
		}
		if len(line) == 0 {
			if has {
				return event{Name: name, ID: s.id, Data: s.data[:len(s.data)-1]}, nil
			}
			name = ""
			continue
		}
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) { // "" is a comment
		case "data":
			if len(s.data)+len(value) > maxLine {
				return event{}, errLongLine
			}
			s.data = append(append(s.data, value...), '\n')
			has = true
		case "event":
			name = string(value)
		case "id":
			if !bytes.ContainsRune(value, 0) {
				s.id = string(value)
			}
		}
	}
}

// readLine returns a line without its end, LF, CR or CRLF. It never waits for a
// byte beyond the end: a CR closes the line, and an LF after it is skipped later.
func (s *sseReader) readLine() ([]byte, error) {
	s.line = s.line[:0]
	for {
		if err := s.fill(); err != nil {
			return nil, err
		}
		if s.afterCR && s.buf[s.pos] == '\n' {
			s.pos++
			s.afterCR = false
			continue
		}
		s.afterCR = false
		rest := s.buf[s.pos:s.end]
		i := bytes.IndexAny(rest, "\r\n")
		ended := i >= 0
		if !ended {
			i = len(rest)
		}
		if len(s.line)+i > maxLine {
			return nil, errLongLine
		}
		s.line = append(s.line, rest[:i]...)
		s.pos += i
		if ended {
			s.afterCR = rest[i] == '\r'
			s.pos++
			return s.first(s.line), nil
		}
	}
}

// first cuts a byte order mark off the first line.
func (s *sseReader) first(line []byte) []byte {
	if s.begun {
		return line
	}
	s.begun = true
	return bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
}

// fill makes sure that there is a byte to look at.
func (s *sseReader) fill() error {
	for tries := 0; s.pos == s.end; tries++ {
		if err := s.idle(); err != nil {
			return err
		}
		n, err := s.src.Read(s.buf)
		s.pos, s.end = 0, n
		if n == 0 && err != nil {
			return err
		}
		if tries == 100 {
			return io.ErrNoProgress
		}
	}
	return nil
}
