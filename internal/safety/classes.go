package safety

import (
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"
)

// A class is what the automaton knows of a character: equal classes are equal
// characters after folding. The characters of Latin words come first, so that
// being one is a comparison; the edge of a Latin word is a class of its own,
// the last one.
const (
	foreign     uint16 = 0 // in no entry, and no part of a Latin word
	foreignWord uint16 = 1 // in no entry, part of a Latin word
	firstListed uint16 = 2
	unseenClass uint16 = 0xFFFF // does not count
)

const pageBits = 8

// classes maps code points to classes by pages of 256, page 0 being all foreign.
type classes struct {
	page    []uint16 // by code point >> pageBits
	class   []uint16 // 256 a page
	wordEnd uint16   // the classes from foreignWord up to here are parts of Latin words
	edge    uint16
}

// newClasses numbers the characters of the folded words.
func newClasses(words []string) (classes, error) {
	listed := map[rune]bool{}
	for _, w := range words {
		for _, r := range w {
			listed[r] = true
		}
	}
	if len(listed) > int(unseenClass)-8 {
		return classes{}, fmt.Errorf("%d different characters, at most %d are allowed", len(listed), unseenClass-8)
	}
	c := classes{page: make([]uint16, utf8.MaxRune>>pageBits+1), class: make([]uint16, 1<<pageBits)}
	next, number := firstListed, map[rune]uint16{}
	for _, latin := range []bool{true, false} {
		for _, r := range slices.Sorted(maps.Keys(listed)) {
			if inWord(r) == latin {
				number[r] = next
				c.set(r, next)
				next++
			}
		}
		if latin {
			c.wordEnd = next
		}
	}
	c.edge = next
	for _, f := range foldings() {
		switch n, ok := number[f.to]; {
		case f.to == ignored:
			c.set(f.from, unseenClass)
		case ok:
			c.set(f.from, n)
		case inWord(f.to):
			c.set(f.from, foreignWord)
		}
	}
	return c, nil
}

func (c *classes) set(r rune, class uint16) {
	p := &c.page[r>>pageBits]
	if *p == 0 {
		*p = uint16(len(c.class) >> pageBits)
		c.class = append(c.class, make([]uint16, 1<<pageBits)...)
	}
	c.class[int(*p)<<pageBits|int(r&(1<<pageBits-1))] = class
}

// of returns the class of a valid code point.
func (c *classes) of(r rune) uint16 {
	return c.class[int(c.page[r>>pageBits])<<pageBits|int(r&(1<<pageBits-1))]
}

// latin reports whether a class is part of a Latin word.
func (c *classes) latin(class uint16) bool { return class-foreignWord < c.wordEnd-foreignWord }

// spell writes a folded word as the classes that a text with it runs through.
// A whole word begins and ends with an edge; any other entry has edges only
// inside, where Latin meets something else.
func (c *classes) spell(folded string) []uint16 {
	whole := wholeWord(folded)
	var out []uint16
	inside := false
	for _, r := range folded {
		class := c.of(r)
		if latin := c.latin(class); latin != inside {
			inside = latin
			if whole || len(out) > 0 {
				out = append(out, c.edge)
			}
		}
		out = append(out, class)
	}
	if inside && whole {
		out = append(out, c.edge)
	}
	return out
}
