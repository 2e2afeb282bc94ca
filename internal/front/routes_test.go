package front_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"landfall/internal/front"
)

// What is served stands in one table, so that the API's document can be held against
// it: a pattern given to the mux past the table would be served and not described.
func TestOneTableOfRoutes(t *testing.T) {
	fset := token.NewFileSet()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 2 {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			pattern, literal := call.Args[0].(*ast.BasicLit)
			if ok && literal && (sel.Sel.Name == "HandleFunc" || sel.Sel.Name == "Handle") && pattern.Value != `"/v1/"` && pattern.Value != `"/"` {
				t.Errorf("%s: %s is served past the table: put it into routes() in routes.go", fset.Position(n.Pos()), pattern.Value)
			}
			return true
		})
	}
	for _, r := range front.Routes() {
		if method, path, ok := strings.Cut(r, " "); !ok || strings.ToUpper(method) != method || !strings.HasPrefix(path, "/") {
			t.Errorf("%q: want a method and a path", r)
		}
	}
}
