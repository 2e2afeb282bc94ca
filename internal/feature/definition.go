package feature

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"landfall"
	"landfall/internal/pack"
)

// Definition is a feature's file, packs/feature/ID.yaml: everything about one
// feature that is not code. The code knows kinds; what makes summarize out of
// kind text stands here.
type Definition struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	// Kind names the code, an entry of the table of kinds.
	Kind         string `json:"kind"`
	LatencyClass string `json:"latency_class"` // A to F
	Stream       string `json:"stream"`        // delta, snapshot or no
	GuardMode    string `json:"guard_mode"`    // generate or transform
	DeadlineMS   int    `json:"deadline_ms"`
	// MaskPersonal masks personal data in the answers of apps that are not entitled to
	// it. It is for answers that are held to the end.
	MaskPersonal bool `json:"mask_personal,omitempty"`

	// Main is the input field that the feature works on: its language is the
	// answer's and its length is limited.
	Main string `json:"main"`
	// MainText are the places inside Main where people's own text stands, JSON Pointers
	// with * for any index: /*/content. None: every string of Main.
	MainText []string `json:"main_text,omitempty"`
	// MainElse is the input field that stands in for Main where an input lacks that.
	MainElse string `json:"main_else,omitempty"`
	// Chat is the input field that the last text of a chat's user fills. Defaults to Main.
	Chat string `json:"chat,omitempty"`
	// LanguageFrom is the input field that names the answer's language, if any.
	LanguageFrom string   `json:"language_from,omitempty"`
	Languages    []string `json:"languages"`
	// NotOn is what a model cannot do; it is not offered with that model.
	NotOn []Exception `json:"not_on,omitempty"`
	// Limits are code points of the main input by language: what fits the smallest
	// context the feature is served with. The schema's maxLength is the ceiling.
	Limits map[string]int `json:"limits"`

	// Input and Output are JSON Schemas (draft 2020-12). An input property may have
	// a default; the required properties of Output come first in an answer, in the
	// order of that list.
	Input landfall.Object `json:"input"`
	Unmet []Unmet         `json:"unmet,omitempty"`
	// Excludes are values of input fields that cannot stand together.
	Excludes []landfall.Object `json:"excludes,omitempty"`
	Output   landfall.Object   `json:"output"`
	// Lane is where the text of kind text belongs in the output: /text.
	Lane string `json:"lane,omitempty"`
	// Compute names, by output field, the code that computes it.
	Compute map[string]string `json:"compute,omitempty"`

	// Repairs is how many further attempts a failed answer gets, at most 2.
	Repairs int `json:"repairs"`
	// Fallback names the code that answers when no attempt did: extractive.
	Fallback string  `json:"fallback,omitempty"`
	Checks   []Check `json:"checks"`
	Sizes    Sizes   `json:"sizes"`
	Tokens   Tokens  `json:"tokens"`
	Work     Work    `json:"work,omitzero"`
	// Split says when a text is read in chunks first, each made one sentence with the
	// prompt variant map.
	Split  Split   `json:"split,omitzero"`
	Pieces []Piece `json:"pieces,omitempty"`

	// Variant lists the input fields whose values, joined by dots, name the prompt
	// variant; none: the variant is main.
	Variant []string `json:"variant,omitempty"`
	// Pick lists input fields in another way: the first that is not its default names
	// the variant, field.value; none: the variant is main.
	Pick  []string `json:"pick,omitempty"`
	Slots []Slot   `json:"slots,omitempty"`
	// Words are texts by name and language: what people read, and what the code looks
	// for in an answer.
	Words map[string]map[string][]string `json:"words,omitempty"`
	// Caps are the most code points of the answer's short texts, by name and language.
	Caps map[string]map[string]int `json:"caps,omitempty"`
	// ExtractiveOn are models that are not asked for running text: the code chooses
	// sentences of the input in its place, and the answer says so.
	ExtractiveOn []string `json:"extractive_on,omitempty"`
	// Examples are inputs for a first try, by language.
	Examples map[string]Example `json:"examples"`
	Prompts  []landfall.Variant `json:"prompts,omitempty"`
}

// Exception is a model that cannot serve some languages, and one that can.
type Exception struct {
	Model     string   `json:"model"`
	Languages []string `json:"languages"`
	Use       string   `json:"use"`
}

// Unmet is an input whose means do not exist yet: a field, or those values of it.
// Field may go deeper, with * for any index: messages/*/content/*/type.
type Unmet struct {
	Field  string   `json:"field"`
	Values []string `json:"values,omitempty"`
	Needs  string   `json:"needs"`
	// Unless is the parameter of a release with which it is available.
	Unless string `json:"unless,omitempty"`
}

// Check names a contract check, where it runs (clause: before each part is shown;
// answer: over the whole) and what its failing is (error or warning).
type Check struct {
	Name    string `json:"name"`
	Where   string `json:"where"`
	Failing string `json:"failing"`
}

// Sizes says how long an answer may be: By lists the input fields whose values,
// joined by dots, are the keys of Of.
type Sizes struct {
	By []string        `json:"by,omitempty"`
	Of map[string]Size `json:"of,omitempty"`
}

// Size is one entry of the table type × length; 0 is no bound.
type Size struct {
	Sentences int `json:"sentences,omitempty"`
	Items     int `json:"items,omitempty"`
	// Words bounds languages with spaces, Letters (letters, 汉字 and digits) Chinese.
	Words   int `json:"words,omitempty"`
	Letters int `json:"letters,omitempty"`
	// Tokens bounds what the model may write.
	Tokens int `json:"tokens,omitempty"`
	// Hold is how much text is held until its checks passed: clause (the default),
	// sentence, line or answer.
	Hold string `json:"hold,omitempty"`
}

// Tokens bounds what the model may write: Base, and PerHundred for each hundred
// code points it was given. A size's own bound stands above it.
type Tokens struct {
	Base       int `json:"base"`
	PerHundred int `json:"per_hundred,omitempty"`
}

// Split bounds what one call reads, in estimated tokens: a main text of more than
// Over is cut into chunks of at most Chunk; 0 never splits.
type Split struct {
	Over  int `json:"over"`
	Chunk int `json:"chunk"`
}

// Piece says how a text is cut for one call each: whole sentences up to Size code
// points; 1 is a sentence a call. Without models it holds for every model.
type Piece struct {
	Languages []string `json:"languages"`
	Models    []string `json:"models,omitempty"`
	Size      int      `json:"size"`
}

// Slot is a slot of the prompts that is no plain input field. With Words, the
// values of the fields By, joined by dots, pick them, by language. With Before,
// the one field By is put behind these words, and nothing where it is empty; with
// From app, the app's own instructions are, in place of a field.
type Slot struct {
	Name   string                       `json:"name"`
	From   string                       `json:"from,omitempty"`
	By     []string                     `json:"by,omitempty"`
	Words  map[string]map[string]string `json:"words,omitempty"`
	Before map[string]string            `json:"before,omitempty"`
}

// Example is an input to try the feature with.
type Example struct {
	Title string          `json:"title"`
	Input landfall.Object `json:"input"`
}

// Parse reads a feature's file. Everything wrong in it is told at once.
func Parse(file string, src []byte) (Definition, error) {
	var d Definition
	if err := pack.Decode(file, src, &d); err != nil {
		return d, err
	}
	if _, err := Compile(d); err != nil {
		return d, fmt.Errorf("%s: %w", file, err)
	}
	return d, nil
}

// Digest is what a release pins as Definition. It does not cover the prompts: they
// have the digest of their [landfall.Template].
func (d Definition) Digest() (landfall.Digest, error) {
	d.Prompts = nil
	return landfall.DigestOf("feature/v1", d)
}

// Template returns the feature's prompts.
func (d Definition) Template() (*landfall.Template, error) { return landfall.NewTemplate(d.Prompts) }

// OffersOn reports whether the feature is offered in a language with a model.
func (d Definition) OffersOn(model, language string) bool {
	_, except := d.exception(model, language)
	return slices.Contains(d.Languages, language) && !except
}

func (d Definition) exception(model, language string) (Exception, bool) {
	for _, e := range d.NotOn {
		if e.Model == model && slices.Contains(e.Languages, language) {
			return e, true
		}
	}
	return Exception{}, false
}

// Instead names the model that can do in a language what this one cannot, or "".
func (d Definition) Instead(model, language string) string {
	e, _ := d.exception(model, language)
	return e.Use
}

// pieceSize returns how many code points one call is given; 0 is all.
func (d Definition) pieceSize(model, language string) int {
	for _, p := range d.Pieces {
		if slices.Contains(p.Languages, language) && (len(p.Models) == 0 || slices.Contains(p.Models, model)) {
			return p.Size
		}
	}
	return 0
}

// validate returns everything wrong that the schemas do not decide.
func (d Definition) validate() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	oneOf := func(key, value string, known ...string) {
		if !slices.Contains(known, value) {
			wrong("%s: %q is none of %s", key, value, strings.Join(known, ", "))
		}
	}
	for _, f := range []struct{ key, value string }{{"id", d.ID}, {"version", d.Version}, {"main", d.Main}} {
		if f.value == "" {
			wrong("%s is missing", f.key)
		}
	}
	oneOf("kind", d.Kind, slices.Sorted(maps.Keys(kinds))...)
	oneOf("latency_class", d.LatencyClass, "A", "B", "C", "D", "E", "F")
	oneOf("stream", d.Stream, "delta", "snapshot", "no")
	oneOf("guard_mode", d.GuardMode, "generate", "transform")
	if d.MaskPersonal && d.Stream == "delta" {
		wrong("mask_personal: text that is shown as it clears cannot be masked")
	}
	if d.DeadlineMS <= 0 {
		wrong("deadline_ms: want milliseconds above 0, have %d", d.DeadlineMS)
	}
	if d.Repairs < 0 || d.Repairs > 2 {
		wrong("repairs: want 0 to 2, have %d", d.Repairs)
	}
	if s := d.Split; s.Over < 0 || s.Over > 0 && (s.Chunk < 100 || s.Chunk > s.Over) {
		wrong("split: want over above chunk, and chunk at least 100, have %d and %d", s.Over, s.Chunk)
	}
	if d.Fallback != "" {
		oneOf("fallback", d.Fallback, "extractive")
	}
	if len(d.Languages) == 0 {
		wrong("languages is empty")
	}
	for _, field := range []struct{ key, value string }{{"main", d.Main}, {"main_else", d.MainElse}, {"language_from", d.LanguageFrom}} {
		if _, ok := properties(d.Input).Get(field.value); field.value != "" && !ok {
			wrong("%s: the input schema has no property %q", field.key, field.value)
		}
	}
	if _, ok := properties(d.Input).Get(d.Chat); d.Chat != "" && !ok {
		wrong("chat: the input schema has no property %q", d.Chat)
	}
	errs = append(errs, d.validateChecks(), d.validateOutput(), d.validatePrompts(), d.validateRoles(), d.validateSizes(), d.validateWords())
	return errors.Join(errs...)
}

func (d Definition) validateChecks() error {
	var errs []error
	for i, c := range d.Checks {
		known, ok := checks[c.Name]
		switch {
		case !ok:
			errs = append(errs, fmt.Errorf("checks[%d]: no check %q; known are %s", i, c.Name, strings.Join(slices.Sorted(maps.Keys(checks)), ", ")))
		case !slices.Contains(known.where, c.Where):
			errs = append(errs, fmt.Errorf("checks[%d]: %s cannot run on %q, but on %s", i, c.Name, c.Where, strings.Join(known.where, " or ")))
		case c.Failing != "error" && c.Failing != "warning":
			errs = append(errs, fmt.Errorf("checks[%d]: %s: failing is %q, want error or warning", i, c.Name, c.Failing))
		case d.Stream == "delta" && c.Where == "answer" && c.Failing == "error" && !known.blank:
			errs = append(errs, fmt.Errorf("checks[%d]: %s: where text is shown as it clears, what only the whole answer decides is a warning", i, c.Name))
		}
	}
	return errors.Join(errs...)
}

func (d Definition) validateOutput() error {
	var errs []error
	fields := properties(d.Output)
	for _, field := range slices.Sorted(maps.Keys(d.Compute)) {
		if _, ok := computed[d.Compute[field]]; !ok {
			errs = append(errs, fmt.Errorf("compute.%s: no code named %q; known are %s", field, d.Compute[field], strings.Join(slices.Sorted(maps.Keys(computed)), ", ")))
		}
		if _, ok := fields.Get(field); !ok {
			errs = append(errs, fmt.Errorf("compute.%s: the output schema has no such property", field))
		}
	}
	if kinds[d.Kind].lane && (d.Lane == "" || d.Lane[0] != '/') {
		errs = append(errs, fmt.Errorf("lane: kind %s needs the JSON Pointer of its field, such as /text", d.Kind))
	}
	return errors.Join(errs...)
}

func (d Definition) validateSizes() error {
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(d.Sizes.Of)) {
		if h := d.Sizes.Of[key].Hold; h != "" && !slices.Contains([]string{byClause, bySentence, byLine, byAnswer}, h) {
			errs = append(errs, fmt.Errorf("sizes.of.%s.hold: %q is none of clause, sentence, line, answer", key, h))
		}
	}
	for _, lang := range d.Languages {
		if d.Limits[lang] <= 0 {
			errs = append(errs, fmt.Errorf("limits.%s: want code points above 0", lang))
		}
		for _, s := range d.Slots {
			_, words := s.Words[lang]
			if _, before := s.Before[lang]; !words && !before || (len(s.By) == 0) != (s.From == fromApp) {
				errs = append(errs, fmt.Errorf("slots: %s says nothing in %s: it needs words or before, and by or from: app", s.Name, lang))
			}
		}
	}
	return errors.Join(errs...)
}

// validatePrompts checks that every language has every variant that the inputs
// can name, and that every slot has a value.
func (d Definition) validatePrompts() error {
	var errs []error
	known := map[string]bool{}
	for _, p := range properties(d.Input) {
		known[p.Key] = true
	}
	for _, name := range kinds[d.Kind].slots {
		known[name] = true
	}
	for _, s := range d.Slots {
		known[s.Name] = true
	}
	for _, lang := range d.Languages {
		if kinds[d.Kind].pairs && len(d.variantsIn(lang)) == 0 {
			errs = append(errs, fmt.Errorf("prompts: no prompt into %s; its name is the language of the text", lang))
		}
		for _, name := range d.variantsIn(lang) {
			at := slices.IndexFunc(d.Prompts, func(v landfall.Variant) bool { return v.Language == lang && v.Name == name })
			if at < 0 || len(d.Prompts[at].Messages) == 0 {
				errs = append(errs, fmt.Errorf("prompts: no prompt %s in %s", name, lang))
				continue
			}
			for _, slot := range slotsOf(d.Prompts[at]) {
				if !known[slot] {
					errs = append(errs, fmt.Errorf("prompts: %s in %s: nothing fills the slot {{%s}}", name, lang, slot))
				}
			}
		}
	}
	return errors.Join(errs...)
}

// validateRoles checks who speaks in the prompts: the release alone speaks as system.
func (d Definition) validateRoles() error {
	var errs []error
	for _, v := range d.Prompts {
		turns := 0
		for i, m := range v.Messages {
			switch m.Role {
			case "system", "user", "assistant":
			case landfall.RoleTurns:
				turns++
			default:
				errs = append(errs, fmt.Errorf("prompts: %s in %s: message %d has the role %q, want system, user, assistant or turns", v.Name, v.Language, i+1, m.Role))
			}
		}
		if want := map[bool]int{true: 1}[d.Kind == "turns"]; turns != want {
			errs = append(errs, fmt.Errorf("prompts: %s in %s: kind %s wants %d messages of the role turns, have %d", v.Name, v.Language, d.Kind, want, turns))
		}
	}
	return errors.Join(errs...)
}

// validateWords checks that a kind finds the words it needs, in every language.
func (d Definition) validateWords() error {
	var errs []error
	for _, name := range kinds[d.Kind].words {
		for _, lang := range d.Languages {
			if len(d.Words[name][lang]) == 0 {
				errs = append(errs, fmt.Errorf("words.%s.%s: kind %s needs at least one", name, lang, d.Kind))
			}
		}
	}
	for _, name := range kinds[d.Kind].caps {
		for _, lang := range d.Languages {
			if d.Caps[name][lang] <= 0 {
				errs = append(errs, fmt.Errorf("caps.%s.%s: kind %s needs code points above 0", name, lang, d.Kind))
			}
		}
	}
	return errors.Join(errs...)
}

// fromApp marks the slot of the app's own instructions.
const fromApp = "app"

// variantOf names the prompt variant of an input.
func (d Definition) variantOf(input landfall.Object) string {
	for _, field := range d.Pick {
		schema, _ := properties(d.Input).Get(field)
		o, _ := schema.(landfall.Object)
		if v := input.Text(field); v != "" && v != o.Text("default") {
			return field + "." + v
		}
	}
	if len(d.Variant) == 0 {
		return "main"
	}
	return keyOf(input, d.Variant)
}

// variantsIn returns the names of every prompt variant that a language must have.
func (d Definition) variantsIn(language string) []string {
	var names []string
	switch k := kinds[d.Kind]; {
	case k.variants != nil:
		names = k.variants(d, language)
	case k.prompts != nil:
		names = k.prompts
	default:
		names = d.variantNames()
	}
	if d.Split.Over > 0 {
		names = append(slices.Clone(names), "map")
	}
	return names
}

// variantNames returns every name the fields of Variant can make: their schemas
// are enums.
func (d Definition) variantNames() []string {
	if len(d.Pick) > 0 {
		return d.pickNames()
	}
	if len(d.Variant) == 0 {
		return []string{"main"}
	}
	names := []string{""}
	for _, field := range d.Variant {
		schema, _ := properties(d.Input).Get(field)
		o, _ := schema.(landfall.Object)
		values, _ := o.Get("enum")
		list, _ := values.([]any)
		var next []string
		for _, head := range names {
			for _, v := range list {
				next = append(next, strings.TrimPrefix(head+"."+fmt.Sprint(v), "."))
			}
		}
		names = next
	}
	return names
}

func (d Definition) pickNames() []string {
	names := []string{"main"}
	for _, field := range d.Pick {
		schema, _ := properties(d.Input).Get(field)
		o, _ := schema.(landfall.Object)
		for _, v := range enumOf(o) {
			if v != o.Text("default") {
				names = append(names, fmt.Sprintf("%s.%v", field, v))
			}
		}
	}
	return names
}

func slotsOf(v landfall.Variant) []string {
	var out []string
	for _, m := range v.Messages {
		for _, part := range strings.Split(m.Content, "{{")[1:] {
			name, _, _ := strings.Cut(part, "}}")
			out = append(out, name)
		}
	}
	return out
}

// properties returns the properties of an object schema.
func properties(schema landfall.Object) landfall.Object {
	v, _ := schema.Get("properties")
	o, _ := v.(landfall.Object)
	return o
}
