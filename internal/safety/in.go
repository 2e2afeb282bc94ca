package safety

import (
	"slices"

	"landfall"
)

// Check is an input to be moderated before a model sees it.
type Check struct {
	// Record is the id of the answer and its record; Language is that of the notice.
	Record, Language string
	Unit             landfall.Unit
	Values           []Value
}

// Value is a part of the input and its place, a JSON Pointer such as "/input".
type Value struct {
	Path  string
	Value landfall.Object
}

// In checks every string, name and number of an input. It returns nil when
// nothing was hit. Otherwise the first hit in the order of the input gives path
// and span, a hit in a name having no span and the path of its object, and the
// rules are all that were hit anywhere. On an error nothing may go on.
func (p *Policy) In(c Check) (*landfall.Withheld, error) {
	if err := p.ready(); err != nil {
		return nil, err
	}
	var w *landfall.Withheld
	err := guard(func() error {
		var f finding
		for _, v := range c.Values {
			o, err := settleObject(v.Value)
			if err != nil {
				return err
			}
			p.search(&f, v.Path, o)
		}
		if len(f.hits) == 0 {
			return nil
		}
		w = p.withheld("input", c.Record, c.Language, f.hits)
		w.Path = f.path
		if !f.name {
			w.Span = &[2]int{c.Unit.Offset(f.text, f.hits[0].Start), c.Unit.Offset(f.text, f.hits[0].End)}
		}
		return nil
	})
	return w, err
}

// finding is what a search of values found: all hits, those of the first string
// that had any in front, and that string: its place, and whether it is a name.
type finding struct {
	path, text string
	name       bool
	hits       []Hit
}

// search checks every string of a value.
func (p *Policy) search(f *finding, path string, v any) {
	walk(nil, v, func(l leaf) {
		hits := p.scan(l.text)
		if len(f.hits) == 0 && len(hits) > 0 {
			f.path, f.text, f.name = l.at.under(path), l.text, l.name
		}
		f.hits = append(f.hits, hits...)
	})
}

// scan returns the hits of a whole text, the first of each word, the deciding one
// in front.
func (p *Policy) scan(text string) []Hit {
	var hits []Hit
	s := p.matcher.Stream()
	for text != "" {
		text = text[s.Feed(text):]
		if s.Settled() {
			hits = append(hits, s.Take()...)
		}
	}
	s.Close()
	return firsts(append(hits, s.Take()...))
}

// firsts keeps the first hit of each word.
func firsts(hits []Hit) []Hit {
	seen := make(map[int]bool, len(hits))
	return slices.DeleteFunc(hits, func(h Hit) bool {
		again := seen[h.Word]
		seen[h.Word] = true
		return again
	})
}
