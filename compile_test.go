package landfall_test

import (
	"errors"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// shortcuts are ways round a step. None compiles, for the reason given; beside
// each stands the way that does, so that the reason is the shortcut and no slip of
// the pen. Both are statements of a function with the parameters of outside.
var shortcuts = map[string]struct{ shortcut, reason, way string }{
	"a permit made up": {
		`_ = landfall.Permit{p: nil}`, "cannot refer to unexported field p in struct literal of type landfall.Permit",
		`permit, err := grant.Mint(landfall.Serve, "request"); use(permit, err)`,
	},
	"a permit made up without a name": {
		`_ = landfall.Permit{nil}`, "implicit assignment to unexported field p",
		`_ = landfall.Permit{} // which redeems to an error`,
	},
	"a permit's inside": {
		`_ = landfall.Permit(struct{ p any }{})`, "cannot convert",
		`_ = landfall.Permit(permit)`,
	},
	"a grant made up": {
		`_ = landfall.Grant{release: release}`, "cannot refer to unexported field release in struct literal of type landfall.Grant",
		`grant, err := gate.Verify(release, envelope); use(grant, err)`,
	},
	"a grant for another release": {
		`grant.release = release`, "grant.release undefined (type *landfall.Grant has no field or method release",
		`_ = grant.Release()`,
	},
	"keys put into a gate": {
		`_ = landfall.Gate{trust: landfall.Trust{}}`, "cannot refer to unexported field trust in struct literal of type landfall.Gate",
		`_ = landfall.NewGate(landfall.Trust{}, nil)`,
	},
	"a chunk made of a draft": {
		`_ = safety.Chunk{text: draft.Text}`, "cannot refer to unexported field text in struct literal of type safety.Chunk",
		`for chunk, err := range policy.Out(drafts, safety.OutOptions{}) { use(chunk, err) }`,
	},
	"a draft's text put into a chunk": {
		`chunk.text = draft.Text`, "chunk.text undefined (type safety.Chunk has no field or method text",
		`chunk.Beat = draft.Beat`,
	},
	"a draft's output put into a chunk": {
		`chunk.output = draft.Output`, "chunk.output undefined (type safety.Chunk has no field or method output",
		`_, _ = chunk.Output()`,
	},
	"a draft taken for a chunk": {
		`_ = safety.Chunk(draft)`, "cannot convert draft",
		`_ = safety.Chunk{Usage: draft.Usage}`,
	},
	"a model asked without a permit": {
		`_ = partners.Ask(ctx, prompt)`, "not enough arguments in call to partners.Ask",
		`_ = partners.Ask(ctx, permit, prompt)`,
	},
	"a model asked with a grant": {
		`_ = partners.Ask(ctx, grant, prompt)`, "cannot use grant",
		`permit, _ = grant.Mint(landfall.Probe, "request"); _ = partners.Ask(ctx, permit, prompt)`,
	},
	"a model asked with words of one's own": {
		`_ = partners.Ask(ctx, permit, []landfall.Message{{Role: "user", Content: "text"}})`, "cannot use []landfall.Message",
		`prompt, _ = template.Fill("xa", "plain", nil); _ = partners.Ask(ctx, permit, prompt)`,
	},
	"a prompt with messages made up": {
		`_ = landfall.Prompt{messages: []landfall.Message{{Role: "user", Content: "text"}}}`, "cannot refer to unexported field messages",
		`_ = landfall.Prompt{MaxTokens: 1}`,
	},
	"a prompt under another template's digest": {
		`prompt.template = release.Prompt`, "prompt.template undefined (type landfall.Prompt has no field or method template",
		`use(prompt.Template() == release.Prompt)`,
	},
	"a template with a digest of one's own": {
		`_ = landfall.Template{digest: release.Prompt}`, "cannot refer to unexported field digest",
		`template, err := landfall.NewTemplate(nil); use(template, err)`,
	},
	"the dialects behind the gate": {
		`use(partners.dialects)`, "partners.dialects undefined (cannot refer to unexported field dialects)",
		`use(partners.Ready(ctx, release))`,
	},
	"a dialect by its type": {
		`var d partner.dialect; use(d)`, "name dialect not exported by package partner",
		`var p *partner.Partners; use(p)`,
	},
	"a dialect's generate": {
		`_ = partners.generate`, "partners.generate undefined",
		`_ = partners.Ask`,
	},
}

// outside is a room that means no harm.
const outside = `package outside

import (
	"context"
	"iter"

	"landfall"
	"landfall/internal/partner"
	"landfall/internal/safety"
)

func use(...any) {}

func room(ctx context.Context, gate *landfall.Gate, grant *landfall.Grant, permit landfall.Permit, release *landfall.Release,
	envelope landfall.Envelope, template *landfall.Template, prompt landfall.Prompt, draft landfall.Draft,
	drafts iter.Seq2[landfall.Draft, error], policy *safety.Policy, chunk safety.Chunk, partners *partner.Partners) {
	STATEMENTS
}
`

func TestShortcutsDoNotCompile(t *testing.T) {
	check := newChecker()
	for name, s := range shortcuts {
		t.Run(name, func(t *testing.T) {
			if errs := check.outside(t, s.way); len(errs) > 0 {
				t.Fatalf("the way that is meant does not compile: %v", errs)
			}
			switch errs := check.outside(t, s.shortcut); {
			case len(errs) == 0:
				t.Error("it compiles")
			case !strings.Contains(errs[0].Error(), s.reason):
				t.Errorf("it does not compile, but for another reason: %v", errs[0])
			case len(errs) > 1:
				t.Errorf("there is more wrong with it: %v", errs)
			}
		})
	}
}

// checker type-checks packages from source: ours in full, the standard library's
// through its own importer, and any other as an empty one. Errors in dependencies
// are left to the compiler.
type checker struct {
	fset *token.FileSet
	std  types.Importer
	ours map[string]*types.Package
}

// pureGo keeps the importer of the standard library from running cgo.
var pureGo = sync.OnceFunc(func() { build.Default.CgoEnabled = false })

func newChecker() *checker {
	pureGo()
	fset := token.NewFileSet()
	return &checker{fset, importer.ForCompiler(fset, "source", nil), map[string]*types.Package{}}
}

// Import is a [types.Importer]'s.
func (c *checker) Import(path string) (*types.Package, error) {
	if p := c.ours[path]; p != nil {
		return p, nil
	}
	if _, ours := roomOf(path); ours {
		return c.load(path)
	}
	if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
		p := types.NewPackage(path, filepath.Base(path))
		p.MarkComplete()
		return p, nil
	}
	return c.std.Import(path)
}

func (c *checker) load(path string) (*types.Package, error) {
	dir := filepath.Clean(strings.TrimPrefix(path+"/", "landfall/"))
	listed, err := build.ImportDir(dir, 0)
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, name := range listed.GoFiles {
		f, err := parser.ParseFile(c.fset, filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	conf := types.Config{Importer: c, IgnoreFuncBodies: true, Error: func(error) {}}
	p, err := conf.Check(path, c.fset, files, nil)
	if p == nil {
		return nil, errors.Join(errors.New("no package"), err)
	}
	p.MarkComplete()
	c.ours[path] = p
	return p, nil
}

// outside returns what is wrong with statements in a room of their own.
func (c *checker) outside(t *testing.T, statements string) (errs []error) {
	t.Helper()
	f, err := parser.ParseFile(c.fset, "outside.go", strings.Replace(outside, "STATEMENTS", statements, 1), parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	conf := types.Config{Importer: c, Error: func(err error) { errs = append(errs, err) }}
	_, _ = conf.Check("landfall/internal/outside", c.fset, []*ast.File{f}, nil)
	return errs
}
