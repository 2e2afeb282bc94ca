package safety

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxList is the largest list file, in bytes: over a million entries.
const MaxList = 16 << 20

// List is the operator's list of words.
type List struct {
	// Words are the entries as written, in order, each once: of entries that fold
	// to the same the first stays.
	Words []string
	// Skipped says which lines gave no entry and why. It names lines, never words.
	Skipped []string
}

// ParseList reads a list file: UTF-8, one word a line. White space around a word
// is dropped, blank lines count for nothing, and # begins a comment at the start
// of a line or after white space. A line that repeats a word or folds to nothing
// is skipped with a remark; anything else that is no word refuses the file, with
// name and line.
func ParseList(name string, b []byte) (List, error) {
	if len(b) > MaxList {
		return List{}, fmt.Errorf("%s: %d bytes, at most %d are allowed", name, len(b), MaxList)
	}
	b = bytes.TrimPrefix(b, []byte("\uFEFF"))
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(b))
	var list List
	lines := map[string]int{}
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		if !utf8.ValidString(line) {
			return List{}, fmt.Errorf("%s:%d: invalid UTF-8", name, number)
		}
		word := strings.TrimSpace(uncomment(line))
		if word == "" {
			continue
		}
		folded, err := foldEntry(word)
		switch first, twice := lines[folded]; {
		case errors.Is(err, errUnseen):
			list.skip("%s:%d: %v", name, number, err)
		case err != nil:
			return List{}, fmt.Errorf("%s:%d: %w", name, number, err)
		case twice:
			list.skip("%s:%d: the same word as in line %d", name, number, first)
		default:
			lines[folded] = number
			list.Words = append(list.Words, word)
		}
	}
	return list, nil
}

func (l *List) skip(format string, args ...any) {
	l.Skipped = append(l.Skipped, fmt.Sprintf(format, args...))
}

func uncomment(line string) string {
	blank := true
	for i, r := range line {
		if r == '#' && blank {
			return line[:i]
		}
		blank = strings.TrimSpace(string(r)) == ""
	}
	return line
}
