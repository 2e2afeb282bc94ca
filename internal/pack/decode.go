package pack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"landfall"
)

// A Problem is one thing wrong in a file, at its place.
type Problem struct {
	File   string
	Line   int
	Column int
	Key    string // dotted path of the key
	Reason string
	Hint   string // what to write instead, if known
	Source string // the lines around it, with a caret
}

// Error gives file, line, key, the reason and the source with a caret.
func (p Problem) Error() string {
	s := fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Reason)
	if p.Key != "" {
		s = fmt.Sprintf("%s:%d:%d: %s: %s", p.File, p.Line, p.Column, p.Key, p.Reason)
	}
	if p.Hint != "" {
		s += " (" + p.Hint + ")"
	}
	if p.Source != "" {
		s += "\n" + strings.TrimRight(p.Source, "\n")
	}
	return s
}

// Decode reads YAML 1.2 into a struct by its json tags. It is strict and tells
// every problem at once: an unknown key (with the key that was probably meant), a
// repeated key, a value of the wrong kind. Only true and false are booleans, so
// the market NO stays a string.
func Decode(file string, src []byte, into any) error {
	for n, line := range bytes.Split(src, []byte("\n")) {
		if !utf8.Valid(line) {
			return Problem{File: file, Line: n + 1, Column: 1, Reason: "the line is not valid UTF-8"}
		}
	}
	doc, err := parser.ParseBytes(src, 0)
	if err != nil {
		return syntaxProblem(file, src, err)
	}
	switch {
	case len(doc.Docs) > 1:
		return Problem{File: file, Line: 1, Column: 1, Reason: fmt.Sprintf("want one YAML document, have %d", len(doc.Docs))}
	case len(doc.Docs) == 0 || doc.Docs[0].Body == nil:
		return Problem{File: file, Line: 1, Column: 1, Reason: "the file is empty"}
	}
	r := reader{file: file, src: src}
	value := r.value(doc.Docs[0].Body, "")
	if err := r.err(); err != nil {
		return err
	}
	r.check(doc.Docs[0].Body, into)
	if err := r.err(); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(landfall.AppendJSON(nil, value)))
	if err := dec.Decode(into); err != nil {
		return Problem{File: file, Line: 1, Column: 1, Reason: err.Error()}
	}
	return nil
}

func syntaxProblem(file string, src []byte, err error) error {
	var se yaml.Error
	if errors.As(err, &se) && se.GetToken() != nil {
		pos := se.GetToken().Position
		return Problem{File: file, Line: pos.Line, Column: pos.Column, Reason: se.GetMessage(), Source: excerpt(src, pos.Line, pos.Column)}
	}
	return Problem{File: file, Line: 1, Column: 1, Reason: err.Error()}
}

// excerpt prints up to two lines before a place, its line, and a caret.
func excerpt(src []byte, line, column int) string {
	lines := strings.Split(string(src), "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	var out strings.Builder
	for n := max(1, line-2); n <= line; n++ {
		fmt.Fprintf(&out, "%5d | %s\n", n, strings.TrimRight(lines[n-1], "\r"))
	}
	fmt.Fprintf(&out, "      | %s^\n", strings.Repeat(" ", max(0, column-1)))
	return out.String()
}

// reader turns YAML nodes into the JSON values of the root package and gathers
// what is wrong on the way.
type reader struct {
	file     string
	src      []byte
	problems []error
}

func (r *reader) err() error { return errors.Join(r.problems...) }

func (r *reader) problem(n ast.Node, key, reason, hint string) {
	pos := n.GetToken().Position
	r.problems = append(r.problems, Problem{r.file, pos.Line, pos.Column, key, reason, hint, excerpt(r.src, pos.Line, pos.Column)})
}

func (r *reader) value(n ast.Node, path string) any {
	switch n := n.(type) {
	case *ast.NullNode:
		return nil
	case *ast.BoolNode:
		return n.Value
	case *ast.IntegerNode:
		return json.Number(fmt.Sprint(n.Value))
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return n.Value.Value
	case *ast.FloatNode:
		return json.Number(n.GetToken().Value)
	case *ast.SequenceNode:
		list := make([]any, 0, len(n.Values))
		for i, v := range n.Values {
			list = append(list, r.value(v, fmt.Sprintf("%s[%d]", path, i)))
		}
		return list
	case *ast.MappingNode:
		return r.mapping(n.Values, path)
	case *ast.MappingValueNode:
		return r.mapping([]*ast.MappingValueNode{n}, path)
	}
	r.problem(n, path, fmt.Sprintf("%s is not used here", n.Type()), "write plain values, lists and mappings")
	return nil
}

func (r *reader) mapping(values []*ast.MappingValueNode, path string) any {
	out := landfall.Object{}
	lines := map[string]int{}
	for _, v := range values {
		key := keyText(v)
		if !plainKey(v.Key) {
			r.problem(v.Key, join(path, key), fmt.Sprintf("%s is not used here", v.Key.Type()), "write a plain key")
			continue
		}
		if first, twice := lines[key]; twice {
			r.problem(v.Key, join(path, key), fmt.Sprintf("the key stands twice, first at line %d", first), "remove one")
			continue
		}
		lines[key] = v.Key.GetToken().Position.Line
		out = append(out, landfall.Member{Key: key, Value: r.value(v.Value, join(path, key))})
	}
	return out
}

// plainKey refuses keys with an anchor, an alias, a tag, "?" or "<<", which two
// readers may take for different texts.
func plainKey(key ast.MapKeyNode) bool {
	switch key.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		return true
	}
	return false
}

// keyText is a key as it was written: the market NO and the year 2026 are texts.
func keyText(v *ast.MappingValueNode) string {
	if s, ok := v.Key.(*ast.StringNode); ok {
		return s.Value
	}
	return v.Key.GetToken().Value
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
