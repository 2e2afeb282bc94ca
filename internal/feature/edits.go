package feature

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"landfall"
)

// Kind edits: the model returns the corrected text, and the code computes the
// edits, so places are always right. Edits that touch what a proofreader must not
// (numbers, addresses, emoji, code) are dropped, and an answer that rewrites
// instead of correcting is asked again.

func shapeEdits(s *shaping) error {
	text := s.call.Input.Text(s.def.Main)
	if strings.TrimSpace(text) == "" {
		return s.emitEdits(text, nil, true) // nothing to read, and no reason to ask
	}
	guarded := protected(text)
	pieces := piecesOf(text, s.def.pieceSize(s.call.Model, s.call.Language))
	var all []edit
	unread := 0
	for i, p := range pieces {
		if i > 0 {
			if err := s.emit(landfall.Draft{Hold: &landfall.Hold{Why: "pass", Pass: i + 1}}); err != nil {
				return err
			}
		}
		found, ok, err := s.proofread(p.in(text))
		if err != nil {
			return err
		}
		if !ok {
			unread++
			continue
		}
		for _, e := range found {
			e.start, e.end = e.start+p.start, e.end+p.start
			if !guarded.touched(e) {
				all = append(all, e)
			}
		}
	}
	if unread == len(pieces) {
		return (&failure{Check{Name: "usable", Failing: "error"}, "no attempt returned the text corrected"}).err()
	}
	if unread > 0 {
		if err := s.warn("partly_checked", "some sentences could not be checked and stand as they were"); err != nil {
			return err
		}
	}
	return s.emitEdits(text, all, unread == 0)
}

// piecesOf cuts a text into whole sentences up to a size in code points; 0 is the
// whole text.
func piecesOf(text string, size int) []span {
	if size == 0 {
		lead := len(text) - len(strings.TrimLeftFunc(text, unicode.IsSpace))
		return []span{{lead, lead + len(strings.TrimSpace(text))}}
	}
	var out []span
	for _, p := range parts(text, bySentence) {
		if n := len(out); n > 0 && size > 1 && utf8.RuneCountInString(text[out[n-1].start:p.end]) <= size && !strings.Contains(text[out[n-1].end:p.start], "\n") {
			out[n-1].end = p.end
			continue
		}
		out = append(out, p)
	}
	return out
}

// proofread asks for one piece until an answer can be used; ok is false when none could.
func (s *shaping) proofread(piece string) (edits []edit, ok bool, err error) {
	tokens := s.tokens(utf8.RuneCountInString(piece))
	for attempt := 0; attempt <= s.def.Repairs; attempt++ {
		p, err := s.prompt(map[string]string{s.def.Main: piece}, tokens, attempt)
		if err != nil {
			return nil, false, err
		}
		said, err := s.hear(p)
		if err != nil {
			return nil, false, err
		}
		corrected := unwrap(said.text, piece)
		if corrected == "" || said.finish == landfall.FinishLength {
			continue
		}
		if found := diff(piece, corrected); !rewrites(piece, found) {
			return found, true, nil
		}
	}
	return nil, false, nil
}

// unwrap takes the corrected text out of what a model puts around it: a fence, a
// label, quotation marks, a remark on a further line.
func unwrap(answer, piece string) string {
	answer = strings.TrimSpace(answer)
	if strings.HasPrefix(answer, "```") && !strings.HasPrefix(piece, "```") {
		_, answer, _ = strings.Cut(answer, "\n")
		answer = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(answer), "```"))
	}
	if !strings.Contains(piece, "\n") {
		answer, _, _ = strings.Cut(answer, "\n")
		answer = strings.TrimSpace(answer)
	}
	for _, label := range []string{"Corrected:", "Corrected text:", "改正：", "改正后：", "修改后：", "正确："} {
		if rest, ok := strings.CutPrefix(answer, label); ok && !strings.HasPrefix(piece, label) {
			answer = strings.TrimSpace(rest)
		}
	}
	for _, q := range []struct{ open, shut string }{{`"`, `"`}, {"“", "”"}, {"「", "」"}} {
		if inner, ok := strings.CutPrefix(answer, q.open); ok && !strings.HasPrefix(piece, q.open) {
			answer = strings.TrimSuffix(inner, q.shut)
		}
	}
	return answer
}

// rewrites reports whether edits are more than corrections: much of the piece, or
// one long stretch of it.
func rewrites(piece string, edits []edit) bool {
	changed := 0
	for _, e := range edits {
		n := max(countLetters(e.original), countLetters(e.replacement))
		if n > 40 {
			return true
		}
		changed += n
	}
	return changed > 8 && changed*2 > countLetters(piece)
}

// emitEdits is the whole answer, held until its checks passed.
func (s *shaping) emitEdits(text string, edits []edit, read bool) error {
	list := make([]any, len(edits))
	unit := s.call.Unit
	for i, e := range edits {
		kinds, severity := e.kinds()
		list[i] = landfall.Object{
			{Key: "start", Value: unit.Offset(text, e.start)}, {Key: "end", Value: unit.Offset(text, e.end)},
			{Key: "original", Value: e.original}, {Key: "replacement", Value: e.replacement},
			{Key: "types", Value: kinds}, {Key: "severity", Value: severity},
		}
	}
	out := s.Blank().Set("corrected", apply(text, edits)).Set("edits", list).Set("clean", read && len(edits) == 0)
	return s.emitWhole(&subject{shaping: s, part: out.Text("corrected"), whole: out.Text("corrected"), output: out})
}

// apply returns the text with the edits made; they are ascending and apart.
func apply(text string, edits []edit) string {
	var out strings.Builder
	at := 0
	for _, e := range edits {
		out.WriteString(text[at:e.start])
		out.WriteString(e.replacement)
		at = e.end
	}
	out.WriteString(text[at:])
	return out.String()
}

// editsApply: apply(edits, input) is corrected, places counted in the caller's unit.
func editsApply(s *subject) string {
	text := s.call.Input.Text(s.def.Main)
	var out strings.Builder
	at := 0
	for _, e := range editsOf(s.output) {
		start, end := byteOffset(text, intOf(e, "start"), s.call.Unit), byteOffset(text, intOf(e, "end"), s.call.Unit)
		if start < at || end < start || text[start:end] != e.Text("original") {
			return "an edit's original is not what stands at its place"
		}
		out.WriteString(text[at:start] + e.Text("replacement"))
		at = end
	}
	if out.String()+text[at:] != s.output.Text("corrected") {
		return "the edits do not make the corrected text"
	}
	return ""
}

// editsOrdered: ascending, not overlapping, each changing something.
func editsOrdered(s *subject) string {
	last := 0
	for _, e := range editsOf(s.output) {
		start, end := intOf(e, "start"), intOf(e, "end")
		if start < last || end < start || e.Text("original") == e.Text("replacement") {
			return "the edits overlap, are out of order or change nothing"
		}
		last = end
	}
	return ""
}

func editsOf(output landfall.Object) []landfall.Object {
	v, _ := output.Get("edits")
	list, _ := v.([]any)
	out := make([]landfall.Object, 0, len(list))
	for _, e := range list {
		if o, ok := e.(landfall.Object); ok {
			out = append(out, o)
		}
	}
	return out
}

// byteOffset converts an offset in the unit back, or returns -1.
func byteOffset(text string, offset int, unit landfall.Unit) int {
	n := 0
	for i, r := range text {
		if n >= offset {
			if n > offset {
				return -1
			}
			return i
		}
		n += unit.Len(string(r))
	}
	if n == offset {
		return len(text)
	}
	return -1
}
