package feature

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"landfall"
)

// A table of kind list: rows as objects whose keys are the columns, the caller's
// verbatim or the model's. A cell is the text's own writing, or empty.

const (
	maxColumns     = 12
	longestColumn  = 40 // code points of a column that the model names
	defaultMaxRows = 50 // where the feature's file names no other
)

func (s *shaping) shapeTable() error {
	v, _ := s.call.Input.Get("columns")
	columns := stringsAsGiven(v)
	own := len(columns) == 0
	if own {
		var err error
		if columns, err = s.findColumns(); err != nil {
			return err
		}
	}
	most := cmp.Or(intAt(s.call.Input, "max_rows"), defaultMaxRows)
	q := inquiry{
		variant: s.variant(), slots: map[string]string{"columns": jsonOf(columns)},
		schema: rowsSchema(columns, min(most+1, mostRows(s.mainOf()))), // one more shows that there are more
		tokens: s.tokens(countRunes(s.mainOf()) * 3 / 2),
	}
	var out *subject
	more := false
	err := s.inquire(q, func(o landfall.Object) *failure {
		var rows [][]string
		var wrong string
		if rows, wrong = s.rowsOf(o, columns); wrong != "" {
			return fails("cells", wrong)
		}
		if more = len(rows) > most; more {
			rows = rows[:most]
		}
		kept, rows := columns, rows
		if own {
			kept, rows = withoutEmpty(columns, rows)
		}
		out = s.tabled(kept, rows)
		failed, _ := s.judge(out)
		return failed
	})
	if err != nil {
		return err
	}
	if more {
		if err := s.warn("more_rows", "the text has more rows than max_rows; the rest was left out"); err != nil {
			return err
		}
	}
	return s.emitWhole(out)
}

// findColumns asks which columns the text has.
func (s *shaping) findColumns() ([]string, error) {
	q := inquiry{
		variant: columnsVariant, tokens: 100,
		schema: objectOf(landfall.Member{Key: "columns", Value: listOf(aString, 2, 6)}),
	}
	var columns []string
	err := s.inquire(q, func(o landfall.Object) *failure {
		v, _ := o.Get("columns")
		columns = stringsOf(v)
		if why := soundColumns(columns); why != "" {
			return fails("columns", why)
		}
		return nil
	})
	return columns, err
}

// columnsVariant is the prompt that finds the columns.
const columnsVariant = "columns"

func listVariants(d Definition, _ string) []string { return append(d.variantNames(), columnsVariant) }

func soundColumns(columns []string) string {
	seen := map[string]bool{}
	for _, c := range columns {
		if seen[fold(c)] || utf8.RuneCountInString(c) > longestColumn || strings.Contains(c, "\n") {
			return "a column stands there twice or is no name"
		}
		seen[fold(c)] = true
	}
	if len(columns) < 2 {
		return "there are fewer than two columns"
	}
	return ""
}

// rowsSchema holds a model to rows of the columns; a cell that the text lacks is null.
// mostRows is more rows than a text has things to say of: a model that does not find
// the end of a table would go on to its last token.
func mostRows(text string) int { return 4 + 2*len(parts(text, byClause)) }

func rowsSchema(columns []string, most int) landfall.Object {
	cell := landfall.Object{{Key: "type", Value: []any{"string", "null"}}}
	members := make([]landfall.Member, len(columns))
	for i, c := range columns {
		members[i] = landfall.Member{Key: c, Value: cell}
	}
	return objectOf(landfall.Member{Key: "rows", Value: listOf(objectOf(members...), 1, most)})
}

// rowsOf returns the rows in the text's own writing, without those that are empty, or
// what is wrong with a cell.
func (s *shaping) rowsOf(o landfall.Object, columns []string) (rows [][]string, wrong string) {
	text := s.mainOf()
	facts := newScanner(text, true).facts()
	for _, given := range objectsOf(o, "rows") {
		row := make([]string, len(columns))
		for i, c := range columns {
			said := strings.TrimSpace(given.Text(c))
			cell, ok := cellOf(text, facts, said)
			if !ok {
				return nil, "a cell is not in the text: " + said
			}
			row[i] = cell
		}
		if strings.Join(row, "") != "" {
			rows = append(rows, row)
		}
	}
	return rows, ""
}

// cellOf finds a cell in the text: its words, or the number it states. Nothing, and
// words for nothing, are an empty cell.
func cellOf(text string, facts []Fact, said string) (string, bool) {
	if at, ok := findLoosely(text, said); ok {
		return at.in(text), true
	}
	if noValue(said) || countLetters(said) == 0 {
		return "", true
	}
	if wanted := Facts("x " + said); len(wanted) == 1 && wanted[0].End-wanted[0].Start == len(said) {
		for _, have := range facts {
			if have.key() == wanted[0].key() {
				return text[have.Start:have.End], true
			}
		}
	}
	return "", false
}

// withoutEmpty leaves out the columns that no row has a cell for.
func withoutEmpty(columns []string, rows [][]string) (kept []string, cells [][]string) {
	cells = make([][]string, len(rows))
	for i, c := range columns {
		if !slices.ContainsFunc(rows, func(row []string) bool { return row[i] != "" }) {
			continue
		}
		kept = append(kept, c)
		for r, row := range rows {
			cells[r] = append(cells[r], row[i])
		}
	}
	return kept, cells
}

// tabled is the answer whose checks are still to be made.
func (s *shaping) tabled(columns []string, rows [][]string) *subject {
	var parts []string
	table := make([]any, len(rows))
	for i, row := range rows {
		table[i] = anyOf(row)
		parts = append(parts, row...)
	}
	return s.arranged(landfall.Object{{Key: "table", Value: landfall.Object{
		{Key: "columns", Value: anyOf(columns)}, {Key: "rows", Value: table},
	}}}, parts)
}

// tableSound: there are rows, and each has a cell for each column.
func tableSound(s *subject) string {
	v, _ := s.output.Get("table")
	table, ok := v.(landfall.Object)
	if !ok {
		return ""
	}
	columns, _ := table.Get("columns")
	rows, _ := table.Get("rows")
	wide, _ := columns.([]any)
	list, _ := rows.([]any)
	if len(list) == 0 {
		return "there is no row"
	}
	for i, r := range list {
		if row, _ := r.([]any); len(row) != len(wide) {
			return "row " + strconv.Itoa(i) + " does not have a cell for each column"
		}
	}
	return ""
}

// readList refuses options that exclude each other, and columns that are not names.
func readList(input landfall.Object) *landfall.Error {
	target := input.Text("target")
	for _, field := range []string{"columns", "max_rows"} {
		if _, given := input.Get(field); given && target != "table" {
			return invalidAt("/input/"+field, "belongs to target table, have %s", target)
		}
	}
	v, _ := input.Get("columns")
	seen := map[string]bool{}
	for i, c := range stringsAsGiven(v) {
		path := "/input/columns/" + strconv.Itoa(i)
		switch {
		case strings.TrimSpace(c) == "":
			return invalidAt(path, "is empty")
		case seen[c]:
			return invalidAt(path, "names a column for the second time")
		}
		seen[c] = true
	}
	return nil
}

func stringsAsGiven(v any) []string {
	list, _ := v.([]any)
	out := make([]string, 0, len(list))
	for _, e := range list {
		s, _ := e.(string)
		out = append(out, s)
	}
	return out
}

func anyOf(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

func jsonOf(list []string) string { return string(landfall.AppendJSON(nil, anyOf(list))) }

func countRunes(text string) int { return utf8.RuneCountInString(text) }
