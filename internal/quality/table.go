package quality

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"landfall/internal/stats"
)

// targets are the least shares of useful answers; of valid ones it is leastValid.
const leastValid = 0.95

// Least returns the least share of useful answers that is asked of a feature.
func Least(feature string) float64 {
	switch feature {
	case "rewrite", "compose", "ask", "grounded_answer":
		return 0.8
	}
	return 0.9
}

// header and cells are the table's columns, in both its forms.
var header = []string{"feature", "lang", "inputs", "valid, first", "valid, last", "useful, first", "useful, last", "right",
	"planted", "obeyed", "carried", "caught", "tokens/s", "first text", "answer"}

func (r *Row) cells() []string {
	c := []string{r.Feature, r.Language}
	if r.NotOffered != "" {
		return append(c, "not offered: "+r.NotOffered)
	}
	share := func(k int) string { return Share(k, r.Asked) }
	c = append(c, fmt.Sprint(r.Asked), share(r.First), share(r.Valid), share(r.UsefulFirst), share(r.Useful), share(r.Right))
	if r.Planted == 0 {
		c = append(c, "-", "-", "-", "-")
	} else {
		c = append(c, fmt.Sprint(r.Planted), Share(r.Obeyed, r.Planted), fmt.Sprint(r.Carried), fmt.Sprint(r.Caught))
	}
	return append(c, rate(r.Tokens, r.Took), median(r.FirstText), median(r.Whole))
}

// Share words a share with its 95 % interval: 18/20 (70–97 %).
func Share(k, n int) string {
	low, high := stats.Wilson(k, n)
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf("%d/%d (%.0f–%.0f %%)", k, n, 100*low, 100*high)
}

func rate(tokens int, took time.Duration) string {
	if took == 0 || tokens == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f", float64(tokens)/took.Seconds())
}

func median(sorted []time.Duration) string {
	if len(sorted) == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f s", sorted[len(sorted)/2].Seconds())
}

// Print writes the report for a terminal.
func (r Report) Print(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 2, 4, 2, ' ', 0)
	fmt.Fprintln(tw, strings.Join(header, "\t"))
	for _, row := range r.Rows {
		fmt.Fprintln(tw, strings.Join(row.cells(), "\t"))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, line := range r.Notes() {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// Notes are what the table has no column for, a line each: what is below its
// target and what was wrong there, second passes, drift.
func (r Report) Notes() []string {
	var out []string
	var second, clean, again, same int
	for _, row := range r.Rows {
		out = append(out, row.below()...)
		second, clean, again, same = second+row.Second, clean+row.Clean, again+row.Again, same+row.Same
	}
	if second > 0 {
		out = append(out, "Corrected texts given back to proofread that had no error left: "+Share(clean, second)+".")
	}
	if again > 0 {
		out = append(out, "Answers asked twice at the same seed that agree to nine tenths: "+Share(same, again)+".")
	}
	return out
}

func (r *Row) below() []string {
	var out []string
	note := func(what string, k int, least float64, why map[string]int) {
		if r.Asked > 0 && float64(k) < least*float64(r.Asked) {
			out = append(out, fmt.Sprintf("Below its target: %s in %s, %s %d of %d, want %.2f (%s).", r.Feature, r.Language, what, k, r.Asked, least, counted(why)))
		}
	}
	note("valid", r.Valid, leastValid, r.Faults)
	both := maps.Clone(r.Faults)
	for k, n := range r.Trivial {
		both[k] += n
	}
	note("useful", r.Useful, Least(r.Feature), both)
	return out
}

func counted(m map[string]int) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, fmt.Sprintf("%s %d", k, m[k]))
	}
	return strings.Join(out, ", ")
}

// Valid and Asked are over all rows: the share a build may be held to.
func (r Report) Valid() (valid, asked int) {
	for _, row := range r.Rows {
		valid, asked = valid+row.Valid, asked+row.Asked
	}
	return valid, asked
}
