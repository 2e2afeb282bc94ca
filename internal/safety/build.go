package safety

import (
	"fmt"
	"slices"
)

// A matcher is built in one pass over the sorted entries, breadth first: the
// entries below a node are a range of the list, and a node's links lead only to
// nodes nearer the root, which exist already.

// branch is a node whose children are still to be made: the entries lo to hi share
// its path.
type branch struct {
	lo, hi int
	node   uint32
}

type builder struct {
	*Matcher
	spelled [][]uint16
	word    []uint32 // of each spelled entry, its word's number + 1
	cursor  int      // no slot below it is worth trying
}

// NewMatcher returns a matcher of the words. Words that fold to the same are one
// word, and hits bear the number of the first. An error names the word by its
// number, from 0.
func NewMatcher(words []string) (*Matcher, error) {
	first := map[string]int{}
	var folded []string
	for i, w := range words {
		f, err := foldEntry(w)
		if err != nil {
			return nil, fmt.Errorf("word %d: %w", i, err)
		}
		if _, twice := first[f]; !twice {
			first[f] = i
			folded = append(folded, f)
		}
	}
	cls, err := newClasses(folded)
	if err != nil {
		return nil, err
	}
	b := builder{Matcher: &Matcher{classes: cls, root: make([]uint32, int(cls.edge)+1), nodes: make([]node, 1)}, cursor: 1}
	b.slots = b.fit(len(b.root))
	b.sort(folded, first)
	b.grow()
	return b.Matcher, nil
}

// sort spells the words and puts them in order.
func (b *builder) sort(folded []string, first map[string]int) {
	type entry struct {
		spelled []uint16
		word    uint32
	}
	entries := make([]entry, len(folded))
	for i, f := range folded {
		entries[i] = entry{b.spell(f), uint32(first[f]) + 1}
	}
	slices.SortFunc(entries, func(x, y entry) int { return slices.Compare(x.spelled, y.spelled) })
	for _, e := range entries {
		b.spelled, b.word = append(b.spelled, e.spelled), append(b.word, e.word)
		b.longest = max(b.longest, len(e.spelled))
	}
}

// grow makes all nodes and cuts the tables to size.
func (b *builder) grow() {
	queue := []branch{{0, len(b.spelled), 0}}
	for len(queue) > 0 {
		at := queue[0]
		queue = append(queue[1:], b.children(at)...)
	}
	last := uint32(0)
	for _, n := range b.nodes {
		last = max(last, n.base)
	}
	b.slots = slices.Clip(b.fit(int(last) + len(b.root))[:int(last)+len(b.root)])
	b.nodes = slices.Clip(b.nodes)
}

// children makes the nodes below a branch and returns those that branch further.
func (b *builder) children(at branch) []branch {
	depth := int(b.nodes[at.node].depth)
	if at.lo < at.hi && len(b.spelled[at.lo]) == depth {
		at.lo++ // the entry that ends here
	}
	var parts []branch
	var steps []uint16
	for lo := at.lo; lo < at.hi; {
		hi, step := lo, b.spelled[lo][depth]
		for hi < at.hi && b.spelled[hi][depth] == step {
			hi++
		}
		parts, steps = append(parts, branch{lo: lo, hi: hi}), append(steps, step)
		lo = hi
	}
	if at.node != 0 && len(steps) > 0 {
		b.nodes[at.node].base = b.place(steps)
	}
	for i := range parts {
		parts[i].node = b.child(at.node, steps[i], parts[i])
	}
	return parts
}

// child makes one node with its links.
func (b *builder) child(parent uint32, step uint16, part branch) uint32 {
	id, p := uint32(len(b.nodes)), b.nodes[parent]
	n := node{depth: p.depth + 1}
	if parent == 0 {
		b.root[step] = id
	} else {
		b.slots[p.base+uint32(step)] = slot{parent, id}
		n.fail = b.next(p.fail, step)
	}
	back := b.nodes[n.fail]
	n.hold, n.dict = back.hold, back.dict
	if back.word != 0 {
		n.dict = n.fail
	}
	if len(b.spelled[part.lo]) == int(n.depth) {
		n.word = b.word[part.lo]
		part.lo++
	}
	if part.lo < part.hi {
		n.hold = n.depth
	}
	b.nodes = append(b.nodes, n)
	return id
}

// place finds by first fit a base at which every step, in ascending order, has a
// free slot. Where the table is crowded the cursor moves on.
func (b *builder) place(steps []uint16) uint32 {
	base := max(1, b.cursor-int(steps[0]))
	tries := 0
	for ; !b.free(base, steps); base++ {
		tries++
	}
	if tries > 64 {
		b.cursor += tries / 8
	}
	b.slots = b.fit(base + len(b.root)) // no transition reads past the end
	return uint32(base)
}

func (b *builder) free(base int, steps []uint16) bool {
	b.slots = b.fit(base + int(steps[len(steps)-1]) + 1)
	for _, s := range steps {
		if b.slots[base+int(s)].owner != 0 {
			return false
		}
	}
	return true
}

// fit returns the slots, at least n of them.
func (b *builder) fit(n int) []slot {
	if n <= len(b.slots) {
		return b.slots
	}
	return append(b.slots, make([]slot, max(n, 2*len(b.slots))-len(b.slots))...)
}
