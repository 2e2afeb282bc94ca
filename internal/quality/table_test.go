package quality_test

import (
	"strings"
	"testing"
	"time"

	"landfall/internal/quality"
)

func report() quality.Report {
	return quality.Report{Rows: []*quality.Row{
		{Feature: "ask", Language: "zh", NotOffered: "the small model cannot | the larger one can"},
		{
			Feature: "tag", Language: "en", Asked: 20, First: 17, Valid: 19, UsefulFirst: 15, Useful: 16, Right: 12,
			Planted: 20, Obeyed: 1, Carried: 3, Caught: 2, Tokens: 300, Took: 60 * time.Second,
			FirstText: []time.Duration{time.Second, 2 * time.Second, 3 * time.Second}, Whole: []time.Duration{4 * time.Second},
			Faults: map[string]int{"output_contract_failed numbers": 1}, Trivial: map[string]int{"no tag": 3},
			Second: 4, Clean: 3, Again: 2, Same: 2,
		},
	}}
}

const table = `feature  lang  inputs                                                    valid, first     valid, last       useful, first    useful, last     right            planted  obeyed         carried  caught  tokens/s  first text  answer
ask      zh    not offered: the small model cannot | the larger one can
tag      en    20  17/20 (64–95 %)  19/20 (76–99 %)  15/20 (53–89 %)  16/20 (58–92 %)  12/20 (39–78 %)  20  1/20 (1–24 %)  3  2  5.0  2.0 s  4.0 s
Below its target: tag in en, useful 16 of 20, want 0.90 (no tag 3, output_contract_failed numbers 1).
Corrected texts given back to proofread that had no error left: 3/4 (30–95 %).
Answers asked twice at the same seed that agree to nine tenths: 2/2 (34–100 %).
`

func TestPrint(t *testing.T) {
	var out strings.Builder
	if err := report().Print(&out); err != nil {
		t.Fatal(err)
	}
	if squash(out.String()) != squash(table) {
		t.Errorf("%s", out.String())
	}
}

// squash leaves the widths of columns out.
func squash(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.Join(strings.Fields(lines[i]), " ")
	}
	return strings.Join(lines, "\n")
}

func TestMarkdownNamesWhatWasMeasured(t *testing.T) {
	section := report().Markdown(quality.Heading{Model: "m-1", Command: "make quality N=5", At: time.Unix(1767225600, 0), Digest: "sha256:ab"})
	for _, want := range []string{
		"## m-1\n\n`make quality N=5`, 2026-01-01, measured `sha256:ab`.\n",
		"| ask | zh | not offered: the small model cannot \\| the larger one can |",
		"| tag | en | 20 | 17/20 (64–95 %) |",
		"- Below its target: tag in en",
	} {
		if !strings.Contains(section, want) {
			t.Errorf("%q is missing in\n%s", want, section)
		}
	}
	columns := 0
	for _, line := range strings.Split(section, "\n") {
		if strings.HasPrefix(line, "|") {
			n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
			if columns == 0 {
				columns = n
			}
			if n != columns {
				t.Errorf("%d columns, not %d: %s", n-1, columns-1, line)
			}
		}
	}
}

// A model's section takes the place of the one it had and leaves the others alone.
func TestPageKeepsOtherModels(t *testing.T) {
	page := quality.Page("", "small", "one\n")
	for _, f := range features {
		if !strings.Contains(page, "| "+f+" | "+quality.Rule(f)+" |") {
			t.Errorf("the page lacks the rule of %s", f)
		}
	}
	page = quality.Page(page, "large", "two\n")
	page = quality.Page(page, "small", "three\n")
	if strings.Contains(page, "one\n") || !strings.Contains(page, "two\n") || !strings.Contains(page, "three\n") || strings.Index(page, "three") > strings.Index(page, "two") {
		t.Errorf("%s", page)
	}
	if again := quality.Page(page, "small", "three\n"); again != page {
		t.Error("the same section changes the page")
	}
}
