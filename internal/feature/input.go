package feature

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	fault "github.com/santhosh-tekuri/jsonschema/v6/kind"

	"landfall"
)

// compileSchema compiles a schema that may refer to nothing outside itself.
func compileSchema(name string, schema landfall.Object) (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(refuseLoader{})
	url := "mem:///" + name
	if err := c.AddResource(url, plain(schema)); err != nil {
		return nil, fmt.Errorf("%s schema: %w", name, err)
	}
	s, err := c.Compile(url)
	if err != nil {
		return nil, fmt.Errorf("%s schema: %w", name, err)
	}
	return s, nil
}

// refuseLoader fetches nothing: JSON Schema core 2020-12 section 9.1.2 leaves
// remote references to us.
type refuseLoader struct{}

func (refuseLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s: other documents are not read", url)
}

// plain turns objects into maps, the form the validator reads.
func plain(v any) any {
	switch v := v.(type) {
	case landfall.Object:
		out := make(map[string]any, len(v))
		for _, m := range v {
			out[m.Key] = plain(m.Value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = plain(e)
		}
		return out
	}
	return v
}

// problem is one thing wrong with an input.
type problem struct {
	path         string // JSON Pointer from the root of the input
	text         string
	limit, count int // set together
}

// problems returns what a schema finds wrong, in the order of their paths.
func problems(s *jsonschema.Schema, v any) []problem {
	var failed *jsonschema.ValidationError
	if err := s.Validate(plain(v)); err == nil || !errors.As(err, &failed) {
		return nil
	}
	var out []problem
	var walk func(*jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		for _, c := range e.Causes {
			walk(c)
		}
		if len(e.Causes) == 0 {
			out = append(out, describe(e)...)
		}
	}
	walk(failed)
	slices.SortStableFunc(out, func(a, b problem) int { return strings.Compare(a.path, b.path) })
	return out
}

// describe says in words what was wanted and what came.
func describe(e *jsonschema.ValidationError) []problem {
	path := ""
	for _, token := range e.InstanceLocation {
		path += "/" + landfall.EscapePointer(token)
	}
	one := func(format string, args ...any) []problem {
		return []problem{{path: path, text: fmt.Sprintf(format, args...)}}
	}
	switch k := e.ErrorKind.(type) {
	case *fault.Required:
		var out []problem
		for _, name := range k.Missing {
			out = append(out, problem{path: path + "/" + landfall.EscapePointer(name), text: "is missing"})
		}
		return out
	case *fault.AdditionalProperties:
		var out []problem
		for _, name := range k.Properties {
			out = append(out, problem{path: path + "/" + landfall.EscapePointer(name), text: "is not a field of this feature"})
		}
		return out
	case *fault.Type:
		return one("want %s, have %s", strings.Join(k.Want, " or "), k.Got)
	case *fault.Enum:
		return one("want one of %s", words(k.Want))
	case *fault.MaxLength:
		return []problem{{path, fmt.Sprintf("want at most %d characters, have %d", k.Want, k.Got), k.Want, k.Got}}
	case *fault.MinLength:
		return []problem{{path, fmt.Sprintf("want at least %d characters, have %d", k.Want, k.Got), k.Want, k.Got}}
	case *fault.MaxItems:
		return []problem{{path, fmt.Sprintf("want at most %d entries, have %d", k.Want, k.Got), k.Want, k.Got}}
	case *fault.MinItems:
		return []problem{{path, fmt.Sprintf("want at least %d entries, have %d", k.Want, k.Got), k.Want, k.Got}}
	case *fault.Maximum:
		return one("want at most %s", k.Want.RatString())
	case *fault.Minimum:
		return one("want at least %s", k.Want.RatString())
	case *fault.Pattern:
		return one("does not have the form %s", k.Want)
	}
	return one("does not fit the schema (%s)", strings.Join(e.ErrorKind.KeywordPath(), "/"))
}

func words(values []any) string {
	var out []string
	for _, v := range values {
		if s, ok := v.(string); ok {
			out = append(out, strconv.Quote(s))
		} else {
			out = append(out, fmt.Sprint(v))
		}
	}
	return strings.Join(out, ", ")
}

// Unmet returns the inputs that are refused by name under a release.
func (f *Feature) Unmet(rel *landfall.Release) []Unmet {
	var out []Unmet
	for _, u := range f.def.Unmet {
		if u.Unless == "" || rel.Parameter(u.Unless) == "" {
			out = append(out, u)
		}
	}
	return out
}

// checkMeans refuses by name what an input asks for and nothing here can do yet.
func (f *Feature) checkMeans(input landfall.Object, rel *landfall.Release) (refused *landfall.Error) {
	unmet := f.Unmet(rel)
	if len(unmet) == 0 {
		return nil
	}
	var fields []pattern
	for _, u := range unmet {
		fields = append(fields, patterns("/"+u.Field)...)
	}
	each(input, func(here place, v any) {
		for i, u := range unmet {
			if refused != nil || !fields[i].has(here) || !u.names(v) {
				continue
			}
			at := "/input" + here.String()
			refused = landfall.Errorf(landfall.CodeInputInvalid, "%s is not available yet: it needs %s", at, u.Needs).With("field", at)
			if len(u.Values) > 0 {
				refused.Message = at + " " + words([]any{v}) + " is not available yet: it needs " + u.Needs
			}
		}
	})
	return refused
}

// names reports whether a value of the field is what is not available.
func (u Unmet) names(v any) bool {
	text, ok := v.(string)
	return len(u.Values) == 0 || ok && slices.Contains(u.Values, text)
}

// checkExcludes refuses values that cannot stand together.
func (f *Feature) checkExcludes(input landfall.Object) *landfall.Error {
	for _, pair := range f.def.Excludes {
		var named []string
		for _, m := range pair {
			if v, ok := input.Get(m.Key); ok && v == m.Value {
				named = append(named, "/input/"+m.Key+" "+words([]any{v}))
			}
		}
		if len(named) == len(pair) {
			return landfall.Errorf(landfall.CodeInputInvalid, "%s exclude each other", strings.Join(named, " and ")).With("field", "/input/"+pair[len(pair)-1].Key)
		}
	}
	return nil
}

// maxProblems bounds the problems that one message lists.
const maxProblems = 10

// checkInput returns input_invalid for an input that the schema refuses: the first
// problem's place as field, the first few in the message.
func (f *Feature) checkInput(input landfall.Object, rel *landfall.Release) *landfall.Error {
	if err := f.checkMeans(input, rel); err != nil {
		return err
	}
	found := problems(f.input, input)
	if len(found) == 0 {
		return f.checkExcludes(input)
	}
	var all []string
	for _, p := range found[:min(len(found), maxProblems)] {
		all = append(all, "/input"+p.path+" "+p.text)
	}
	if more := len(found) - maxProblems; more > 0 {
		all = append(all, fmt.Sprintf("and %d more", more))
	}
	e := landfall.Errorf(landfall.CodeInputInvalid, "%s", strings.Join(all, "; ")).With("field", "/input"+found[0].path)
	if first := found[0]; first.limit > 0 {
		e.With("limit", first.limit).With("count", first.count)
	}
	return e
}
