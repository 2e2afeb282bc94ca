package safety

// What tests outside the package must reach into: the fold, and a policy whose
// tables are broken.

var Fold, FoldRune = fold, foldRune

const Ignored = ignored

// Class returns the class of a character, and whether it does not count or is part
// of a Latin word.
func (m *Matcher) Class(r rune) (class uint16, unseen, latin bool) {
	class = m.of(r)
	return class, class == unseenClass, m.latin(class)
}

// Break makes every look-up of the policy panic.
func (p *Policy) Break() *Policy {
	m := *p.matcher
	m.page = nil
	q := *p
	q.matcher = &m
	return &q
}

// Masked is what an app without entitlement sees of a text.
func Masked(text string) string {
	s, _ := masked(text)
	return s
}
