package front

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
)

// budget bounds the bytes of bodies that are held at once, whatever their number. A
// body that says its length takes its place as a whole when it begins to come, so that
// those under way are not refused halfway; another is counted as it comes.
type budget struct {
	limit int64
	held  atomic.Int64
}

var errNoRoom = errors.New("no room for the body")

// hold counts a request's body from now on; the function returned ends that, once
// nothing holds the body any more.
func (b *budget) hold(r *http.Request) (release func()) {
	if r.Body == nil || r.Body == http.NoBody {
		return func() {}
	}
	counted := &countedBody{ReadCloser: r.Body, budget: b, length: min(r.ContentLength, MaxBody)}
	r.Body = counted
	return func() { b.held.Add(-counted.taken) }
}

type countedBody struct {
	io.ReadCloser
	budget *budget
	length int64 // as it was said, at most MaxBody; -1 for unknown
	read   int64
	taken  int64 // of the budget
	over   bool  // what is still read is thrown away
}

func (c *countedBody) Read(p []byte) (int, error) {
	if !c.over && c.read == 0 && !c.take(c.length) {
		return 0, errNoRoom
	}
	n, err := c.ReadCloser.Read(p)
	if c.read += int64(n); !c.over && !c.take(c.read) {
		return 0, errNoRoom
	}
	return n, err
}

// take takes so many bytes of the budget in all, or gives back those it has.
func (c *countedBody) take(n int64) bool {
	more := n - c.taken
	if more <= 0 {
		return true
	}
	if c.budget.held.Add(more) <= c.budget.limit {
		c.taken = n
		return true
	}
	c.budget.held.Add(-more - c.taken)
	c.taken, c.over = 0, true
	return false
}
