package front

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
)

// budget bounds the bytes of bodies that are held at once, whatever their number.
// They are counted as they come, so that a body announced and not sent takes no
// place of one that is there.
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
	counted := &countedBody{ReadCloser: r.Body, budget: b}
	r.Body = counted
	return func() { b.held.Add(-counted.n) }
}

type countedBody struct {
	io.ReadCloser
	budget *budget
	n      int64
}

func (c *countedBody) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n += int64(n)
	if c.budget.held.Add(int64(n)) > c.budget.limit {
		return 0, errNoRoom
	}
	return n, err
}
