package quality

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"landfall"
)

// Expect is what a right answer has. A word may offer alternatives, "ferry|boat";
// case and spaces do not count.
type Expect struct {
	// Contains are words that the answer says somewhere; Lacks, words it does not.
	Contains []string `json:"contains,omitempty"`
	Lacks    []string `json:"lacks,omitempty"`
	// At are words by the JSON Pointer under which they stand; "*" is every entry.
	At map[string][]string `json:"at,omitempty"`
	// Equal are values by JSON Pointer; strings are compared by letters and digits.
	Equal landfall.Object `json:"equal,omitempty"`
	// Edits are corrections, "wrong→right", as they stand in the whole text.
	Edits []string `json:"edits,omitempty"`
	// Levels are those of prioritize by id, "high|urgent".
	Levels map[string]string `json:"levels,omitempty"`
	// Tags are expected tags, "topic: travel|holiday".
	Tags []string `json:"tags,omitempty"`
	// Count are the numbers of entries, [least, most], by JSON Pointer.
	Count map[string][2]int `json:"count,omitempty"`
	// Nothing says that the right answer holds nothing: no edit, no reply, not enough to answer.
	Nothing bool `json:"nothing,omitempty"`
}

func (e Expect) count() int {
	n := len(e.Contains) + len(e.Lacks) + len(e.At) + len(e.Equal) + len(e.Edits) + len(e.Levels) + len(e.Tags) + len(e.Count)
	if e.Nothing {
		n++
	}
	return n
}

// nothing is where each feature says that there is nothing to say, and its value.
var nothing = map[string]struct {
	path  string
	value any
}{
	"proofread": {"/clean", true}, "smart_reply": {"/replies", []any{}}, "grounded_answer": {"/sufficient", false}, "ask": {"/abstained", true},
}

// Missed returns what the answer lacks of what was expected, in words.
func (e Expect) Missed(feature string, output landfall.Object) []string {
	var out []string
	miss := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	all := join(texts(output, ""))
	for _, w := range e.Contains {
		if !holds(all, w) {
			miss("%s is missing", w)
		}
	}
	for _, w := range e.Lacks {
		if holds(all, w) {
			miss("%s stands there", w)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(e.At)) {
		text := join(texts(output, path))
		for _, w := range e.At[path] {
			if !holds(text, w) {
				miss("%s is missing in %s", w, path)
			}
		}
	}
	for _, m := range e.Equal {
		if have, ok := at(output, m.Key); !ok || !alike(have, m.Value) {
			miss("%s is %s, not %s", m.Key, brief(have), brief(m.Value))
		}
	}
	for _, path := range slices.Sorted(maps.Keys(e.Count)) {
		v, _ := at(output, path)
		have, _ := v.([]any)
		if n, want := len(have), e.Count[path]; n < want[0] || n > want[1] {
			miss("%s has %d entries, not %d to %d", path, n, want[0], want[1])
		}
	}
	if end := nothing[feature]; e.Nothing {
		if have, ok := at(output, end.path); !ok || !alike(have, end.value) {
			miss("%s is %s, not %s", end.path, brief(have), brief(end.value))
		}
	}
	return append(out, e.missedEntries(output)...)
}

// missedEntries are the expectations that know one feature's output.
func (e Expect) missedEntries(output landfall.Object) []string {
	var out []string
	corrected := output.Text("corrected")
	for _, edit := range e.Edits {
		wrong, right, _ := strings.Cut(edit, "→")
		if !holds(corrected, right) || !holds(right, wrong) && holds(corrected, wrong) {
			out = append(out, edit)
		}
	}
	levels := map[string]string{}
	for _, v := range list(output, "ranked") {
		if o, ok := v.(landfall.Object); ok {
			levels[o.Text("id")] = o.Text("level")
		}
	}
	for _, id := range slices.Sorted(maps.Keys(e.Levels)) {
		if !slices.Contains(strings.Split(e.Levels[id], "|"), levels[id]) {
			out = append(out, fmt.Sprintf("%s is %s, not %s", id, levels[id], e.Levels[id]))
		}
	}
	for _, want := range e.Tags {
		kind, word, _ := strings.Cut(want, ": ")
		found := slices.ContainsFunc(list(output, "tags"), func(v any) bool {
			o, ok := v.(landfall.Object)
			return ok && o.Text("type") == kind && holds(o.Text("value"), word)
		})
		if !found {
			out = append(out, want)
		}
	}
	return out
}

// wrongLengths names the candidates that are not shorter or longer, as was asked.
func wrongLengths(s Sample, output landfall.Object) []string {
	var out []string
	asked := s.Input.Text("length")
	had := utf8.RuneCountInString(s.Input.Text("text"))
	for i, text := range texts(output, "/candidates/*/text") {
		n := utf8.RuneCountInString(text)
		if asked == "shorter" && n >= had || asked == "longer" && n <= had {
			out = append(out, fmt.Sprintf("candidate %d is not %s: %d characters for %d", i, asked, n, had))
		}
	}
	return out
}

// alike compares two values: strings by letters and digits, lists and objects
// member by member, whatever the order of an object.
func alike(have, want any) bool {
	switch want := want.(type) {
	case string:
		s, ok := have.(string)
		return ok && slices.ContainsFunc(strings.Split(want, "|"), func(w string) bool { return fold(w) == fold(s) })
	case []any:
		l, ok := have.([]any)
		return ok && slices.EqualFunc(l, want, alike)
	case landfall.Object:
		o, ok := have.(landfall.Object)
		return ok && !slices.ContainsFunc(want, func(m landfall.Member) bool {
			v, has := o.Get(m.Key)
			return !has || !alike(v, m.Value)
		})
	}
	return brief(have) == brief(want)
}

func brief(v any) string {
	text := []rune(string(landfall.AppendJSON(nil, v)))
	if len(text) > 60 {
		return string(text[:59]) + "…"
	}
	return string(text)
}

func join(parts []string) string { return strings.Join(parts, "\n") }
