package feature

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"landfall"
)

// Call is an admitted request: everything that shapes its answer.
type Call struct {
	// Input is validated, with defaults applied.
	Input landfall.Object
	// Language is the answer's, a primary subtag: zh, en.
	Language string
	Unit     landfall.Unit
	Seed     *int64 // of the first attempt; nil leaves it to the partner
	Model    string
	// Instructions, MaxTokens and Stop are the request's.
	Instructions string
	MaxTokens    int
	Stop         []string
	// Warnings go in front of the answer.
	Warnings []landfall.Warning

	hidden []string      // secrets that were masked in Input
	schema *callerSchema // of kind json
	tools  []tool        // of kind turns
	source string        // the text's own language
}

// tag is the form of a language tag (RFC 5646), not its registry.
var tag = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)

// Admit reads a request by the feature's schemas and the release that would
// answer. market is the locale of callers who name none. Errors are
// input_invalid{field}, with limit and count where a length decides;
// schema_invalid{field}; and unsupported_language{lang, supported}.
func (f *Feature) Admit(r landfall.Request, rel *landfall.Release, market string) (Call, *landfall.Error) {
	c := Call{Unit: r.Unit, Model: rel.Model.ID, Instructions: r.Instructions, MaxTokens: r.MaxTokens, Stop: r.Stop, Warnings: slices.Clip(r.Warnings)}
	input, err := f.readInput(r, rel)
	if err != nil {
		return c, err
	}
	c.Input = input
	for _, t := range []struct{ field, value string }{{"/locale", r.Locale}, {"/output_language", r.OutputLanguage}} {
		if t.value != "" && !tag.MatchString(t.value) {
			return c, landfall.Errorf(landfall.CodeInputInvalid, "%s: want a language tag such as zh-Hans-CN, have %q", t.field, t.value).With("field", t.field)
		}
	}
	if c.Language, c.source, err = f.language(input, r, rel, market); err != nil {
		return c, err
	}
	if err := f.admitApp(&c); err != nil {
		return c, err
	}
	if err := f.checkLength(c, rel); err != nil {
		return c, err
	}
	if c.Seed, err = seed(r, rel); err != nil {
		return c, err
	}
	if r.GuardMode == "transform" && f.def.GuardMode == "generate" {
		c.warn("guard_mode_kept", "guard_mode transform is looser than this feature's and changes nothing")
	}
	if f.kind.admit != nil {
		if err := f.kind.admit(f, &c); err != nil {
			return c, err
		}
	}
	return c, nil
}

// readInput checks the input and sets defaults. An option may stand in options or
// in input, not in both.
func (f *Feature) readInput(r landfall.Request, rel *landfall.Release) (landfall.Object, *landfall.Error) {
	input := slices.Clone(r.Input)
	fields := properties(f.def.Input)
	for _, o := range r.Options {
		path := "/options/" + landfall.EscapePointer(o.Key)
		_, known := fields.Get(o.Key)
		_, twice := input.Get(o.Key)
		switch {
		case !known || o.Key == f.def.Main || o.Key == f.def.MainElse && f.def.MainElse != "":
			return nil, landfall.Errorf(landfall.CodeInputInvalid, "%s is not an option of this feature", path).With("field", path)
		case twice:
			return nil, landfall.Errorf(landfall.CodeInputInvalid, "%s stands in input as well", path).With("field", path)
		}
		input = append(input, o)
	}
	if err := f.checkInput(input, rel); err != nil {
		return nil, err
	}
	if f.kind.read != nil {
		if err := f.kind.read(input); err != nil {
			return nil, err
		}
	}
	for _, p := range fields {
		schema, _ := p.Value.(landfall.Object)
		if value, ok := schema.Get("default"); ok {
			if _, set := input.Get(p.Key); !set {
				input = append(input, landfall.Member{Key: p.Key, Value: value})
			}
		}
	}
	return input, nil
}

// language decides the answer's language: one inside the input, then the request's,
// then the main text's own, which it returns as well. Both must be offered, or the
// pair of them.
func (f *Feature) language(input landfall.Object, r landfall.Request, rel *landfall.Release, market string) (answer, own string, err *landfall.Error) {
	locale := r.Locale
	if locale == "" {
		locale = market
	}
	voice := f.mainText(input)
	if f.kind.voice != nil {
		voice = f.kind.voice(input)
	}
	own = Detect(voice, locale)
	if f.kind.pairs {
		return f.pair(input, own, rel)
	}
	if err := f.offered(own, rel); err != nil {
		return "", own, err
	}
	asked := r.OutputLanguage
	if inside := input.Text(f.def.LanguageFrom); inside != "" && f.def.LanguageFrom != "" {
		asked = inside
	}
	if asked == "" {
		return own, own, nil
	}
	asked = primary(asked)
	return asked, own, f.offered(asked, rel)
}

func (f *Feature) offered(language string, rel *landfall.Release) *landfall.Error {
	var supported []any
	for _, l := range rel.Languages {
		if l = primary(l); f.def.OffersOn(rel.Model.ID, l) {
			supported = append(supported, l)
		}
	}
	if slices.Contains(supported, any(language)) {
		return nil
	}
	e := landfall.Errorf(landfall.CodeUnsupportedLanguage, "%s is not offered in %q", f.def.ID, language)
	if x, ok := f.def.exception(rel.Model.ID, language); ok {
		e.Message = f.def.ID + " in " + strconv.Quote(language) + " is not offered with the model " + x.Model + ": it cannot do it; " + x.Use + " can"
	}
	return e.With("lang", language).With("supported", supported)
}

// checkLength counts the main input's code points against the feature's limit and
// the release's own.
func (f *Feature) checkLength(c Call, rel *landfall.Release) *landfall.Error {
	m := f.measure(c.Input, c.source, rel)
	if m.Fits() {
		return nil
	}
	field := "/input/" + f.def.Main
	if _, given := c.Input.Get(f.def.Main); !given {
		field = "/input/" + f.def.MainElse
	}
	return landfall.Errorf(landfall.CodeInputInvalid, "%s: want at most %d characters in %q, have %d", field, m.Limit, c.source, m.Count).
		With("field", field).With("limit", m.Limit).With("count", m.Count)
}

// seed returns the caller's seed where the release lets a caller set it, else the
// release's own.
func seed(r landfall.Request, rel *landfall.Release) (*int64, *landfall.Error) {
	if r.Seed == nil {
		if n, err := strconv.ParseInt(rel.Parameter("seed"), 10, 64); err == nil {
			return &n, nil
		}
		return nil, nil
	}
	within, ok := rel.CallerRange("seed")
	switch {
	case !ok:
		return nil, landfall.Errorf(landfall.CodeInputInvalid, "/seed: this release lets no caller set it").With("field", "/seed")
	case *r.Seed < within.Min || *r.Seed > within.Max:
		return nil, landfall.Errorf(landfall.CodeInputInvalid, "/seed: want %d to %d, have %d", within.Min, within.Max, *r.Seed).With("field", "/seed")
	}
	n := *r.Seed
	return &n, nil
}

// mainText returns what people wrote in the main field, one string a line.
func (f *Feature) mainText(input landfall.Object) string {
	if len(f.def.MainText) == 0 {
		if text := textOf(input, f.def.Main); text != "" || f.def.MainElse == "" {
			return text
		}
		return textOf(input, f.def.MainElse)
	}
	main, _ := input.Get(f.def.Main)
	return strings.Join(textsAt(main, f.def.MainText...), "\n")
}

// textOf returns every string of a field, one a line.
func textOf(input landfall.Object, field string) string {
	v, _ := input.Get(field)
	var all []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			all = append(all, v)
		case []any:
			for _, e := range v {
				walk(e)
			}
		case landfall.Object:
			for _, m := range v {
				walk(m.Value)
			}
		}
	}
	walk(v)
	return strings.Join(all, "\n")
}
