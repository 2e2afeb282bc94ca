package landfall_test

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrows says what a room may import: the rooms its one job needs. A room without
// a row fails; a row may be there before its room. The root is "landfall", a room
// under internal/ goes by its own name, and all commands are "cmd". Tests may
// import any room but a command.
var arrows = map[string]string{
	"landfall": "",
	"packs":    "",
	"stats":    "",
	"bench":    "packs",

	"api":     "landfall",
	"audit":   "landfall",
	"label":   "landfall",
	"pack":    "landfall",
	"partner": "landfall",
	"safety":  "landfall",

	"sdk":      "landfall safety",
	"local":    "landfall pack",
	"feature":  "landfall pack",
	"snapshot": "landfall pack safety feature label",
	"gateway":  "landfall snapshot feature safety partner label audit",
	"front":    "landfall api gateway safety feature",
	"openapi":  "landfall api feature pack",
	"assess":   "landfall pack stats",
	"quality":  "landfall pack stats",
	"dossier":  "landfall pack assess audit",
	"control":  "landfall pack snapshot audit assess dossier",
	"console":  "landfall api control assess dossier",

	"storetest": "landfall audit control assess",
	"sqlite":    "landfall audit control assess",
	"postgres":  "landfall audit control assess",

	"cmd": "*",
}

// reserved are the names that only some rooms may use; tests and bench may use them all.
var reserved = []struct{ pkg, names, rooms, why string }{
	{"landfall", "NewGate", "cmd control", "a process has one gate, made by cmd; control reads its own source with another"},
	{"net", "Dial DialIP DialTCP DialTimeout DialUDP DialUnix Dialer", "partner local api", dialOut},
	{"net/http", "Client DefaultClient DefaultTransport Get Head Post PostForm Transport", "partner local api", dialOut},
	{"crypto/tls", "Client Dial DialWithDialer Dialer", "partner local api", dialOut},
	{"os/exec", "Cmd Command CommandContext", "local", "a child process is a way out too"},
	{"context", "WithValue", "", "nothing travels through the context but cancellation and trace"},
	{"unsafe", "Pointer Slice String", "", "it would open every type that refuses"},
}

const dialOut = "only these rooms may dial out"

// noIO are packages the vocabulary does without.
var noIO = []string{"database", "io/fs", "io/ioutil", "log", "net", "os", "syscall"}

// sdkRefuses are packages an app on a device must not carry.
const sdkRefuses = "net/http"

// source is one parsed Go file of a room.
type source struct {
	room string
	name string
	test bool
	file *ast.File
	fset *token.FileSet
}

func (s source) finding(n ast.Node, format string, args ...any) string {
	return fmt.Sprintf("%s:%d: %s: %s", s.name, s.fset.Position(n.Pos()).Line, s.room, fmt.Sprintf(format, args...))
}

// checkImports holds a file against the arrows.
func (s source) checkImports() (found []string) {
	row, ok := arrows[s.room]
	if !ok {
		return []string{s.finding(s.file.Name, "a room without a row: a new room is a decision record and a row")}
	}
	for _, spec := range s.file.Imports {
		p := importPath(spec)
		to, ours := roomOf(p)
		switch {
		case spec.Name != nil && spec.Name.Name == ".":
			found = append(found, s.finding(spec, "a dot import hides where a name is from"))
		case !ours && s.room == "landfall" && !s.test && (strings.Contains(p, ".") || under(p, noIO)):
			found = append(found, s.finding(spec, "imports %s: the vocabulary is standard library only, no I/O", p))
		case !ours || to == s.room || row == "*" || slices.Contains(strings.Fields(row), to):
		case s.test && to != "cmd":
		default:
			found = append(found, s.finding(spec, "may not import %s", to))
		}
	}
	return found
}

// checkNames holds a file against the reserved names, and against code that names
// a market or runs before main.
func (s source) checkNames(markets []string) (found []string) {
	if s.test || s.room == "bench" { // which measures from outside, as a test does
		return nil
	}
	imported := map[string]string{}
	for _, spec := range s.file.Imports {
		p := importPath(spec)
		name := path.Base(p)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imported[name] = p
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok {
				found = append(found, s.checkReserved(n, imported[x.Name], n.Sel.Name)...)
			}
		case *ast.BasicLit:
			if v, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING && slices.Contains(markets, v) {
				found = append(found, s.finding(n, "code names the market %s: data names code, code never names a market", v))
			}
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" {
				found = append(found, s.finding(n, "func init: a plug-in is a line in a visible table"))
			}
		case *ast.Comment:
			if strings.HasPrefix(n.Text, "//go:linkname") {
				found = append(found, s.finding(n, "go:linkname reaches what is unexported"))
			}
		}
		return true
	})
	return found
}

func (s source) checkReserved(n ast.Node, pkg, name string) (found []string) {
	for _, r := range reserved {
		if pkg == r.pkg && slices.Contains(strings.Fields(r.names), name) && !slices.Contains(strings.Fields(r.rooms), s.room) {
			found = append(found, s.finding(n, "may not use %s.%s: %s", pkg, name, r.why))
		}
	}
	return found
}

func importPath(spec *ast.ImportSpec) string {
	p, _ := strconv.Unquote(spec.Path.Value)
	return p
}

// roomOf names the room of an import path, and whether it is one of ours.
func roomOf(importPath string) (string, bool) {
	dir, ours := strings.CutPrefix(importPath+"/", "landfall/")
	dir = strings.TrimSuffix(dir, "/")
	switch {
	case dir == "":
		return "landfall", ours
	case strings.HasPrefix(dir, "cmd/"):
		return "cmd", ours
	}
	return strings.TrimPrefix(dir, "internal/"), ours
}

func under(importPath string, roots []string) bool {
	return slices.ContainsFunc(roots, func(r string) bool { return importPath == r || strings.HasPrefix(importPath, r+"/") })
}

// module parses every Go file of the module, whatever its build constraints.
func module(t *testing.T) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skip(name)
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		room, _ := roomOf(path.Join("landfall", filepath.ToSlash(filepath.Dir(name))))
		out = append(out, source{room, name, strings.HasSuffix(name, "_test.go"), f, fset})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 50 {
		t.Fatalf("found %d files: the test does not see the module", len(out))
	}
	return out
}

// skip leaves out data, hidden folders and modules of their own.
func skip(dir string) error {
	base := filepath.Base(dir)
	if dir != "." && (base == "testdata" || strings.HasPrefix(base, ".")) {
		return fs.SkipDir
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); dir != "." && err == nil {
		return fs.SkipDir
	}
	return nil
}

func TestArrows(t *testing.T) {
	for _, s := range module(t) {
		for _, f := range s.checkImports() {
			t.Error(f)
		}
	}
}

func TestReservedNames(t *testing.T) {
	markets := marketIDs(t)
	for _, s := range module(t) {
		for _, f := range s.checkNames(markets) {
			t.Error(f)
		}
	}
}

// marketIDs are the markets that ship, and some that do not yet.
func marketIDs(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("packs/market")
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{"CN", "EU", "KR", "US-CA"}
	for _, e := range entries {
		ids = append(ids, e.Name())
	}
	return ids
}

// What an app carries on a device is the sdk and all it imports, to the last.
func TestSDKDoesNotReachTheNetwork(t *testing.T) {
	if _, err := os.Stat("sdk"); err != nil {
		t.Skip("there is no sdk yet")
	}
	if way := reach(t, "landfall/sdk"); way != "" {
		t.Errorf("the sdk reaches %s: %s", sdkRefuses, way)
	}
}

// The rooms the sdk may import keep it clear of the network, even before it exists.
func TestSDKsRoomsDoNotReachTheNetwork(t *testing.T) {
	for _, room := range []string{"landfall", "landfall/internal/safety"} {
		if way := reach(t, room); way != "" {
			t.Errorf("%s reaches %s: %s", room, sdkRefuses, way)
		}
	}
	if way := reach(t, "landfall/api"); way == "" {
		t.Error("the test itself is wrong: the client reaches net/http")
	}
}

// reach returns the way from a package to what the sdk refuses, or to a package
// that is neither ours nor of the standard library; "" if there is none.
func reach(t *testing.T, from string) string {
	t.Helper()
	type step struct{ pkg, way string }
	seen, todo := map[string]bool{}, []step{{from, from}}
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		if at.pkg == sdkRefuses || strings.Contains(strings.Split(at.pkg, "/")[0], ".") {
			return at.way
		}
		for _, next := range importsOf(t, at.pkg) {
			if !seen[next] {
				seen[next] = true
				todo = append(todo, step{next, at.way + " → " + next})
			}
		}
	}
	return ""
}

func importsOf(t *testing.T, pkg string) []string {
	t.Helper()
	if pkg == "unsafe" || pkg == "C" {
		return nil
	}
	dir, ours := strings.CutPrefix(pkg+"/", "landfall/")
	if !ours {
		dir = filepath.Join(build.Default.GOROOT, "src", pkg)
		if _, err := os.Stat(dir); err != nil {
			dir = filepath.Join(build.Default.GOROOT, "src", "vendor", pkg)
		}
	}
	p, err := build.ImportDir(filepath.Clean(dir), 0)
	if err != nil {
		t.Fatalf("%s: %v", pkg, err)
	}
	return p.Imports
}

// The rules must be able to fail: each of these files breaks one, or none.
func TestTheRulesBite(t *testing.T) {
	for name, c := range map[string]struct{ file, src, want string }{
		"an arrow that is there":    {"internal/gateway/x.go", `import "landfall/internal/safety"`, ""},
		"an arrow that is not":      {"internal/gateway/x.go", `import "landfall/internal/front"`, "may not import front"},
		"an arrow to a store":       {"internal/front/x.go", `import "landfall/internal/sqlite"`, "may not import sqlite"},
		"an arrow to a command":     {"internal/front/x.go", `import "landfall/cmd/landfall"`, "may not import cmd"},
		"the planes do not meet":    {"internal/control/x.go", `import "landfall/internal/gateway"`, "may not import gateway"},
		"a renamed import":          {"internal/safety/x.go", `import p "landfall/internal/partner"`, "may not import partner"},
		"a blank import":            {"internal/safety/x.go", `import _ "landfall/internal/partner"`, "may not import partner"},
		"a dot import":              {"internal/safety/x.go", `import . "landfall"`, "a dot import"},
		"a room without a row":      {"internal/util/x.go", ``, "a room without a row"},
		"a room inside a room":      {"internal/safety/deep/x.go", ``, "a room without a row"},
		"a command knows everyone":  {"cmd/landfall/x.go", `import "landfall/internal/sqlite"`, ""},
		"the data imports nothing":  {"packs/x.go", `import "landfall"`, "may not import landfall"},
		"a test imports more":       {"internal/safety/x_test.go", `import "landfall/internal/front"`, ""},
		"a test imports a command":  {"internal/safety/x_test.go", `import "landfall/cmd/landfall"`, "may not import cmd"},
		"the root and the network":  {"x.go", `import "net/netip"`, "no I/O"},
		"the root and files":        {"x.go", `import "os"`, "no I/O"},
		"the root and a database":   {"x.go", `import "database/sql"`, "no I/O"},
		"the root and a library":    {"x.go", `import "example.org/x"`, "standard library only"},
		"the root and the standard": {"x.go", `import "crypto/sha256"`, ""},

		"a gate of cmd":           {"cmd/landfall/x.go", `import "landfall"; var g = landfall.NewGate(landfall.Trust{}, nil)`, ""},
		"a gate of a room":        {"internal/gateway/x.go", `import "landfall"; var g = landfall.NewGate(landfall.Trust{}, nil)`, "may not use landfall.NewGate"},
		"a gate, renamed":         {"internal/gateway/x.go", `import l "landfall"; var f = l.NewGate`, "may not use landfall.NewGate"},
		"a gate of a test":        {"internal/gateway/x_test.go", `import "landfall"; var f = landfall.NewGate`, ""},
		"a call out of partner":   {"internal/partner/x.go", `import "net/http"; var c = &http.Client{}`, ""},
		"a call out of safety":    {"internal/safety/x.go", `import "net/http"; var _, _ = http.Get("x")`, "may not use net/http.Get"},
		"a client of its own":     {"internal/front/x.go", `import "net/http"; var c http.Client`, "may not use net/http.Client"},
		"a transport":             {"internal/front/x.go", `import h "net/http"; var c h.Transport`, "may not use net/http.Transport"},
		"a socket":                {"internal/audit/x.go", `import "net"; var d net.Dialer`, "may not use net.Dialer"},
		"a server is no call out": {"internal/front/x.go", `import "net/http"; var s http.Server`, ""},
		"a child process":         {"internal/safety/x.go", `import "os/exec"; var c = exec.Command("x")`, "may not use os/exec.Command"},
		"a mailbag":               {"internal/front/x.go", `import "context"; var f = context.WithValue`, "may not use context.WithValue"},
		"unsafe":                  {"internal/front/x.go", `import "unsafe"; var p unsafe.Pointer`, "may not use unsafe.Pointer"},
		"linkname":                {"internal/front/x.go", "//go:linkname a b\nfunc a()", "go:linkname"},
		"init":                    {"internal/label/x.go", `func init() {}`, "func init"},
		"a method named init":     {"internal/label/x.go", `type a int; func (a) init() {}`, ""},
		"a market in code":        {"internal/front/x.go", `func f(m string) bool { return m == "CN" }`, "names the market CN"},
		"a market in a command":   {"cmd/landfall/x.go", "const m = `US-CA`", "names the market US-CA"},
		"a market in a test":      {"internal/front/x_test.go", `const m = "CN"`, ""},
		"a language in code":      {"internal/front/x.go", `const m = "zh-CN"`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, c.file, "package x\n"+c.src, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			room, _ := roomOf(path.Join("landfall", path.Dir(c.file)))
			s := source{room, c.file, strings.HasSuffix(c.file, "_test.go"), f, fset}
			found := append(s.checkImports(), s.checkNames(marketIDs(t))...)
			if c.want == "" && found != nil || c.want != "" && (len(found) != 1 || !strings.Contains(found[0], c.want)) {
				t.Errorf("found %q, want %q", found, c.want)
			}
		})
	}
}
