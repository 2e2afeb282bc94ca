package safety

import (
	"cmp"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// Matcher finds every occurrence of its words, overlapping ones too: an
// Aho-Corasick automaton over folded characters, its trie in a double array. It
// is immutable and holds no pointers, so streams share it and the garbage
// collector passes it by. A character costs a look-up of its class and about one
// of its transition, whatever the number of words.
type Matcher struct {
	classes
	root    []uint32 // the node below the root, by class; 0 is the root
	slots   []slot
	nodes   []node
	longest int // classes of the longest entry
}

// slot is a transition. Slots of several nodes interleave, so each names its owner.
type slot struct{ owner, next uint32 }

type node struct {
	base uint32 // the transition on class c is slot base+c, if the node owns that
	fail uint32 // the longest proper suffix that is a node
	dict uint32 // the longest proper suffix that is a word; 0 for none
	word uint32 // number of the word that ends here + 1; 0 for none
	// depth is the number of classes from the root; hold, how many of the last
	// ones may still become a word.
	depth, hold uint16
}

// next follows one transition.
func (m *Matcher) next(at uint32, class uint16) uint32 {
	for at != 0 {
		n := &m.nodes[at]
		if s := m.slots[n.base+uint32(class)]; s.owner == at {
			return s.next
		}
		at = n.fail
	}
	return m.root[class]
}

// Hit is one occurrence of a word: its number in the list, and the bytes from its
// first to its last character.
type Hit struct{ Word, Start, End int }

// Stream matches one text that comes in pieces. It remembers a node and where
// the last characters began, so cuts make no difference.
type Stream struct {
	m      *Matcher
	at     uint32
	inside bool // the last character is part of a Latin word
	pos    int  // bytes read
	end    int  // where the last character that counts ended
	begins []int
	count  int // classes read; the offset of class i is begins[i & (len-1)]
	hits   []Hit
}

// Stream returns a stream at the start of a text.
func (m *Matcher) Stream() *Stream {
	return &Stream{m: m, begins: make([]int, 1<<bits.Len(uint(m.longest)))}
}

// Feed reads on, to the end of text or to the character that settles the hits, and
// returns how many bytes it read. Pieces must not cut a character; an invalid byte
// counts as U+FFFD. Nothing is allocated unless a word is hit.
func (s *Stream) Feed(text string) int {
	m, start := s.m, s.pos
	for i := 0; i < len(text); {
		r, width := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, width = utf8.DecodeRuneInString(text[i:])
		}
		class := m.of(r)
		i += width
		if class == unseenClass {
			continue
		}
		begin := start + i - width
		if m.latin(class) != s.inside {
			s.inside = !s.inside
			s.step(m.edge, begin)
		}
		s.end = start + i
		s.step(class, begin)
		if len(s.hits) > 0 {
			if s.pos = start + i; s.Settled() {
				return i
			}
		}
	}
	s.pos = start + len(text)
	return len(text)
}

func (s *Stream) step(class uint16, begin int) {
	s.begins[s.count&(len(s.begins)-1)] = begin
	s.count++
	if s.at == 0 {
		s.at = s.m.root[class]
	} else {
		s.at = s.m.next(s.at, class)
	}
	if s.at != 0 {
		if n := &s.m.nodes[s.at]; n.word|n.dict != 0 {
			s.report(n)
		}
	}
}

// report notes the words that end at a node.
func (s *Stream) report(n *node) {
	for ; ; n = &s.m.nodes[n.dict] {
		if n.word != 0 {
			s.hits = append(s.hits, Hit{int(n.word - 1), s.begin(n.depth), s.end})
		}
		if n.dict == 0 {
			return
		}
	}
}

// begin returns where the last n classes began.
func (s *Stream) begin(n uint16) int {
	return s.begins[(s.count-int(n))&(len(s.begins)-1)]
}

// Frontier returns the offset of the first character that may still belong to a
// word, or of the end of what was read.
func (s *Stream) Frontier() int {
	if hold := s.m.nodes[s.at].hold; hold > 0 {
		return s.begin(hold)
	}
	return s.pos
}

// Settled reports whether there are hits that no further text can change: the
// frontier has passed the first, so no word that starts before it, and no
// longer one that starts with it, can still come.
func (s *Stream) Settled() bool {
	if len(s.hits) == 0 {
		return false
	}
	first := s.hits[0].Start
	for _, h := range s.hits[1:] {
		first = min(first, h.Start)
	}
	return s.Frontier() > first
}

// Close ends the text, which settles all hits. The stream must not be fed again.
func (s *Stream) Close() {
	if s.inside {
		s.inside = false
		s.step(s.m.edge, s.pos)
	}
	s.at = 0
}

// Take returns the hits so far and forgets them: the one that decides comes first, it
// starts first and of those is the longest.
func (s *Stream) Take() []Hit {
	hits := s.hits
	s.hits = nil
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End), cmp.Compare(a.Word, b.Word))
	})
	return hits
}
