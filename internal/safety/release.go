package safety

import "landfall"

// release is one answer on its way out. A step fills chunks and only pass hands
// them on, so a step that fails shows nothing.
type release struct {
	p      *Policy
	o      OutOptions
	byLane map[landfall.Lane]*lane
	lanes  []*lane // in the order they appeared
	chunks []Chunk // cleared and not yet handed on
	closed bool    // the lanes are finished
	ended  bool    // something was withheld
}

// pass hands on the chunks, or the error in their place, and reports whether the
// answer goes on.
func (r *release) pass(yield func(Chunk, error) bool, err error) bool {
	if err != nil {
		yield(Chunk{}, err)
		return false
	}
	chunks := r.chunks
	r.chunks = r.chunks[:0]
	for _, c := range chunks {
		if !yield(c, nil) {
			return false
		}
	}
	return !r.ended
}

// take moderates one draft. What is no content and no sign of time or hold is not
// the policy's business.
func (r *release) take(d landfall.Draft) error {
	switch {
	case d.Output != nil:
		return r.output(d.Output)
	case d.Text != "":
		return r.text(d.Lane, d.Text)
	case d.Warning != nil:
		r.warning(d.Warning)
	case d.Hold != nil:
		r.chunks = append(r.chunks, Chunk{Hold: d.Hold})
	case d.Beat > 0:
		c := Chunk{Beat: d.Beat}
		if r.holds() {
			c.Hold = &landfall.Hold{Why: "moderation"}
		}
		r.chunks = append(r.chunks, c)
	}
	return nil
}

func (r *release) holds() bool {
	for _, l := range r.lanes {
		if l.holds() {
			return true
		}
	}
	return false
}

func (r *release) text(at landfall.Lane, text string) error {
	if at.Channel != landfall.Text || at.Path == "" {
		return nil
	}
	if r.closed {
		return landfall.Errorf(landfall.CodeInternal, "text came after the whole answer")
	}
	l := r.byLane[at]
	if l == nil {
		l = &lane{Lane: at, stream: r.p.matcher.Stream()}
		r.byLane[at] = l
		r.lanes = append(r.lanes, l)
	}
	cleared, hits := l.feed(text)
	r.show(l, cleared, hits)
	return nil
}

// show puts out what a lane cleared and, if that is where it ends, the notice.
func (r *release) show(l *lane, cleared string, hits []Hit) {
	if cleared != "" {
		l.shown += r.o.Unit.Len(cleared)
		r.chunks = append(r.chunks, Chunk{lane: l.Lane, text: cleared, hasText: true})
	}
	if len(hits) > 0 {
		r.withhold(l.Path, &[2]int{l.shown, l.shown}, hits)
	}
}

// withhold puts out the notice, after which nothing follows.
func (r *release) withhold(path string, span *[2]int, hits []Hit) {
	w := r.p.withheld("output", r.o.Record, r.o.Language, hits)
	w.Path, w.Span = path, span
	r.chunks = append(r.chunks, Chunk{Withheld: w})
	r.ended = true
}

// close finishes the lanes, in the order they appeared, up to the first that
// ends in a hit.
func (r *release) close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	for _, l := range r.lanes {
		cleared, hits := l.close()
		if r.show(l, cleared, hits); r.ended {
			break
		}
	}
	return nil
}

// output shows a whole answer, or nothing of it.
func (r *release) output(o landfall.Object) error {
	if err := r.close(); err != nil || r.ended {
		return err
	}
	o, err := settleObject(o)
	if err != nil {
		return err
	}
	var f finding
	if r.p.search(&f, "", o); len(f.hits) > 0 {
		r.withhold(f.path, r.shown(), f.hits)
		return nil
	}
	if r.o.MaskPersonal {
		var ok bool
		if o, ok = r.maskOutput(o); !ok {
			return nil
		}
	}
	r.chunks = append(r.chunks, Chunk{output: o, hasOutput: true})
	return nil
}

// warning passes a remark on. A remark may quote the answer, so it is moderated
// like one.
func (r *release) warning(w *landfall.Warning) {
	if hits := r.p.scan(w.Message); len(hits) > 0 {
		r.withhold("", r.shown(), hits)
		return
	}
	checked := *w
	r.chunks = append(r.chunks, Chunk{Warning: &checked})
}

// shown is the span after all that was shown, nil if nothing was.
func (r *release) shown() *[2]int {
	n := 0
	for _, l := range r.lanes {
		n += l.shown
	}
	if n == 0 {
		return nil
	}
	return &[2]int{n, n}
}
