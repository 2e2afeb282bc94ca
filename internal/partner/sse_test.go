package partner_test

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"landfall/internal/partner"
)

// Rows marked with a section are examples of WHATWG HTML, section 9.2.6.
func TestEvents(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []partner.Event
	}{
		{"9.2.6 stocks", "data: YHOO\ndata: +2\ndata: 10\n\n", []partner.Event{{Data: "YHOO\n+2\n10"}}},
		{"9.2.6 four blocks", ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n", []partner.Event{{ID: "1", Data: "first event"}, {Data: "second event"}}},
		{"9.2.6 empty data", "data\n\ndata\ndata\n\ndata:", []partner.Event{{}, {Data: "\n"}}},
		{"9.2.6 space", "data:test\n\ndata: test\n\n", []partner.Event{{Data: "test"}, {Data: "test"}}},
		{"CR", "event: a\rdata: b\r\r", []partner.Event{{Name: "a", Data: "b"}}},
		{"CRLF", "data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", []partner.Event{{Data: "a\nb"}, {Data: "c"}}},
		{"mixed", "data: a\n\r\ndata: b\r\r\n", []partner.Event{{Data: "a"}, {Data: "b"}}},
		{"byte order mark", "\ufeffdata: a\n\n\ufeffdata: b\n\n", []partner.Event{{Data: "a"}}},
		{"a name without data is forgotten", "event: a\n\ndata: b\n\n", []partner.Event{{Data: "b"}}},
		{"id with NUL is ignored", "id: 1\ndata: a\n\nid: 2\x00\ndata: b\n\n", []partner.Event{{ID: "1", Data: "a"}, {ID: "1", Data: "b"}}},
		{"unknown fields", "retry: 3\nx: y\ndata: a\n\n", []partner.Event{{Data: "a"}}},
		{"nothing", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in)), iotest.DataErrReader(strings.NewReader(c.in))} {
				got, err := partner.ReadEvents(r)
				if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
					t.Errorf("error %v (-want +got):\n%s", err, diff)
				}
			}
		})
	}
}

func TestLongLines(t *testing.T) {
	fits := strings.Repeat("x", partner.MaxLine-len("data:"))
	for _, c := range []struct {
		name, in string
		ok       bool
	}{
		{"the longest", "data:" + fits + "\n\n", true},
		{"one more", "data:" + fits + "x\n\n", false},
		{"no end", strings.Repeat("x", 2*partner.MaxLine), false},
		{"many lines of one event", strings.Repeat("data:"+fits[:partner.MaxLine/3]+"\n", 4) + "\n", false},
	} {
		events, err := partner.ReadEvents(strings.NewReader(c.in))
		if (err == nil) != c.ok || (len(events) == 1) != c.ok {
			t.Errorf("%s: %d events, %v", c.name, len(events), err)
		}
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func TestReaderThatBringsNothing(t *testing.T) {
	if _, err := partner.ReadEvents(stuck{}); err != io.ErrNoProgress {
		t.Errorf("got %v", err)
	}
}

// pieces reads the parts one by one.
type pieces [][]byte

func (p *pieces) Read(b []byte) (int, error) {
	if len(*p) == 0 {
		return 0, io.EOF
	}
	n := copy(b, (*p)[0])
	if (*p)[0] = (*p)[0][n:]; len((*p)[0]) == 0 {
		*p = (*p)[1:]
	}
	return n, nil
}

// Any cut gives the same events, and none is later than its blank line.
func FuzzEvents(f *testing.F) {
	for _, s := range []string{"data: a\r\ndata: b\r\n\r\n", "\ufeffevent: e\rid: 1\rdata: 你好\r\r", ": c\n\ndata\n\n", "data: \xed\xa0\xbd\n\n"} {
		f.Add([]byte(s), uint64(3))
	}
	f.Fuzz(func(t *testing.T, in []byte, seed uint64) {
		want, err := partner.ReadEvents(bytes.NewReader(in))
		if err != nil {
			t.Skip()
		}
		for _, cut := range []func([]byte) [][]byte{everyByte, atRandom(seed)} {
			p := pieces(cut(in))
			if got, err := partner.ReadEvents(&p); err != nil || !slices.Equal(got, want) {
				t.Errorf("error %v, got %q, want %q", err, got, want)
			}
		}
		for i := range in { // what was read before stays as it was
			got, _ := partner.ReadEvents(bytes.NewReader(in[:i]))
			if len(got) > len(want) || !slices.Equal(got, want[:len(got)]) {
				t.Fatalf("the first %d bytes give %q, all give %q", i, got, want)
			}
			if i > 200 {
				break
			}
		}
	})
}
