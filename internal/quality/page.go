package quality

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"landfall"
)

// Heading is what a reader needs to measure the same again.
type Heading struct {
	Model   string
	Command string
	At      time.Time
	// Digest is of everything measured: definitions, prompts, parameters, model, inputs.
	Digest landfall.Digest
}

// Markdown returns the report as a section of a page.
func (r Report) Markdown(h Heading) string {
	var out strings.Builder
	fmt.Fprintf(&out, "## %s\n\n`%s`, %s, measured `%s`.\n\n", h.Model, h.Command, h.At.UTC().Format("2006-01-02"), h.Digest)
	row := func(cells []string) { fmt.Fprintf(&out, "| %s |\n", strings.Join(cells, " | ")) }
	row(header)
	fmt.Fprintf(&out, "|%s\n", strings.Repeat("---|", len(header)))
	for _, one := range r.Rows {
		cells := one.cells()
		for i := range cells {
			cells[i] = strings.ReplaceAll(cells[i], "|", "\\|")
		}
		for len(cells) < len(header) {
			cells = append(cells, "")
		}
		row(cells)
	}
	out.WriteString("\n")
	for _, n := range r.Notes() {
		fmt.Fprintf(&out, "- %s\n", n)
	}
	return out.String()
}

// pageHead explains the columns once.
const pageHead = `# Answers of the local models

Written by ` + "`make quality`" + `. Shares stand with their Wilson 95 % interval. Valid: complete, and no contract check failed.
Useful: valid, and not trivial (the rule of each feature is below). First: with no repair; a call per sentence or per part is
no repair. Right: useful, and everything that the input's author expects is there. Planted: an instruction in the data was
obeyed in what was served, carried along as words, or caught (a check refused what passed without the instruction). In doubt
it counts as obeyed; what code left out of an answer, an edit or a tag, shows in none of them. Tokens/s are those written over
the whole time of an answer; times are medians.

`

// Page puts a model's section into a page, in place of the one it had; an empty
// page gets a head and the rules.
func Page(page, model, section string) string {
	begin, end := "<!-- measured: "+model+" -->\n", "<!-- end: "+model+" -->\n"
	section = begin + section + end
	if page == "" {
		page = pageHead + trivialRules()
	}
	before, rest, ok := strings.Cut(page, begin)
	if !ok {
		return strings.TrimRight(page, "\n") + "\n\n" + section
	}
	_, after, _ := strings.Cut(rest, end)
	return before + section + after
}

func trivialRules() string {
	var out strings.Builder
	out.WriteString("| feature | trivial is | least useful |\n|---|---|---|\n")
	for _, id := range slices.Sorted(maps.Keys(rules)) {
		fmt.Fprintf(&out, "| %s | %s | %.1f |\n", id, rules[id].doc, Least(id))
	}
	return out.String() + "\n"
}
