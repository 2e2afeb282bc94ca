package pack

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// check holds the document against the Go type that receives it, so that a
// mistake is told at its line and not as a decoder's remark about a type.
func (r *reader) check(n ast.Node, into any) {
	r.checkType(n, reflect.TypeOf(into).Elem(), "")
}

var (
	unmarshaler     = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

func (r *reader) checkType(n ast.Node, t reflect.Type, path string) {
	if _, null := n.(*ast.NullNode); null {
		return
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if p := reflect.PointerTo(t); p.Implements(unmarshaler) {
		return
	} else if p.Implements(textUnmarshaler) {
		r.want(n, path, "a text", isString(n))
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		r.checkStruct(n, t, path)
	case reflect.Map:
		values, ok := mappingOf(n)
		if r.want(n, path, "a mapping", ok) {
			for _, v := range values {
				r.checkType(v.Value, t.Elem(), join(path, keyText(v)))
			}
		}
	case reflect.Slice:
		seq, ok := n.(*ast.SequenceNode)
		if r.want(n, path, "a list", ok) {
			for i, v := range seq.Values {
				r.checkType(v, t.Elem(), fmt.Sprintf("%s[%d]", path, i))
			}
		}
	case reflect.String:
		r.want(n, path, "a text", isString(n))
	case reflect.Bool:
		_, ok := n.(*ast.BoolNode)
		r.want(n, path, "true or false", ok)
	case reflect.Int, reflect.Int64, reflect.Int32:
		_, ok := n.(*ast.IntegerNode)
		r.want(n, path, "a whole number", ok)
	}
}

func (r *reader) checkStruct(n ast.Node, t reflect.Type, path string) {
	values, ok := mappingOf(n)
	if !r.want(n, path, "a mapping", ok) {
		return
	}
	fields := jsonFields(t)
	for _, v := range values {
		key := keyText(v)
		ft, known := fields[key]
		if !known {
			r.problem(v.Key, join(path, key), "unknown key", suggest(key, fields))
			continue
		}
		r.checkType(v.Value, ft, join(path, key))
	}
}

func (r *reader) want(n ast.Node, path, kind string, ok bool) bool {
	if !ok {
		hint := ""
		if kind == "a text" {
			hint = "put it in quotes"
		}
		r.problem(n, path, "want "+kind+", have "+strings.ToLower(n.Type().String()), hint)
	}
	return ok
}

func isString(n ast.Node) bool {
	switch n.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		return true
	}
	return false
}

func mappingOf(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

func jsonFields(t reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || !f.IsExported() {
			continue
		}
		if name == "" {
			name = f.Name
		}
		out[name] = f.Type
	}
	return out
}

// suggest names the key that was probably meant, or all that are known.
func suggest(key string, fields map[string]reflect.Type) string {
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	best, at := "", 3
	for _, name := range names {
		if d := distance(strings.ToLower(key), name); d < at {
			best, at = name, d
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return "known here: " + strings.Join(names, ", ")
}

// distance counts the insertions, deletions, substitutions and swaps of
// neighbours between two words (optimal string alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
