package front

import (
	"errors"
	"io"
	"net/http"
	"sync"
)

// budget bounds the bytes of bodies that are held at once, whatever their number, and
// those of one app to a part of it: uploads that stand still are in nobody else's way.
// A body that says its length takes its place as a whole when it begins to come, so
// that those under way are not refused halfway; another is counted as it comes.
type budget struct {
	limit int64

	mu   sync.Mutex
	held int64
	by   map[string]int64 // of it, by app
}

// share is the part of one app: a quarter, or one body where that is more.
func (b *budget) share() int64 { return max(b.limit/4, MaxBody) }

// add takes more bytes for an app, or none where they do not fit.
func (b *budget) add(app string, more int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if more > 0 && (b.held+more > b.limit || b.by[app]+more > b.share()) {
		return false
	}
	b.held += more
	if b.by[app] += more; b.by[app] == 0 {
		delete(b.by, app)
	}
	return true
}

var errNoRoom = errors.New("no room for the body")

// hold counts the body of an app's request from now on; the function returned ends
// that, once nothing holds the body any more.
func (b *budget) hold(r *http.Request, app string) (release func()) {
	if r.Body == nil || r.Body == http.NoBody {
		return func() {}
	}
	counted := &countedBody{ReadCloser: r.Body, budget: b, app: app, length: min(r.ContentLength, MaxBody)}
	r.Body = counted
	return func() { b.add(app, -counted.taken) }
}

type countedBody struct {
	io.ReadCloser
	budget *budget
	app    string
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
	if c.budget.add(c.app, more) {
		c.taken = n
		return true
	}
	c.budget.add(c.app, -c.taken)
	c.taken, c.over = 0, true
	return false
}
