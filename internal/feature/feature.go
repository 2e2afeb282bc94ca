// Package feature turns a request of a feature into prompts and a model's words
// into the feature's typed answer.
//
// A feature is one file of data over a kind. A kind is one Go file: pure
// functions over text and an [Ask] handed in. The model returns what a small model
// can do reliably, and the code computes the rest: offsets, citations, lists of
// what is missing. Contract checks run on every answer; what an error check could
// still reject is held, so a failed contract takes nothing back.
package feature

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"landfall"
)

// Ask calls the model once: each call is one attempt under a permit of its own.
// The sequence is single-use.
type Ask func(landfall.Prompt) iter.Seq2[landfall.Draft, error]

// Feature is a compiled definition. Safe for concurrent use.
type Feature struct {
	def      Definition
	kind     kind
	template *landfall.Template
	input    *jsonschema.Schema
	leaks    map[string]*leak // by language and variant
}

// kind is the code behind a class of features.
type kind struct {
	// read refuses an input for what no schema says of it; may be nil.
	read func(landfall.Object) *landfall.Error
	// admit reads what only the kind knows of an input; may be nil.
	admit func(*Feature, *Call) *landfall.Error
	shape func(*shaping) error
	// masked returns an output in which something was masked with what it says of itself
	// made true again; may be nil.
	masked func(Call, landfall.Object) landfall.Object
	// lane says that the answer is a text that shows as it clears, which an app may
	// cut with max_tokens and stop.
	lane bool
	// voice returns the text whose language is the answer's; nil: the main text.
	voice func(landfall.Object) string
	// beside is what a model reads of the main field beside the main text: it counts
	// against the limit; may be nil.
	beside func(landfall.Object) []string
	// words and caps are the names of Definition.Words and Caps that the kind needs.
	words, caps []string
	// prompts are the variants that the kind asks by name, variants those of a language
	// where they depend on the feature; neither: those that the input names. slots are
	// what the kind fills beside the input's own.
	prompts, slots []string
	variants       func(d Definition, language string) []string
	// pick names a call's own variant; nil: the values of the fields Variant do.
	pick func(Call) string
	// pairs says that the prompts go from one language to another: an answer's language
	// is offered together with the text's own.
	pairs bool
}

// kinds is the table of kinds; a new one is a file and a line here.
var kinds = map[string]kind{
	"text":       {shape: shapeText, lane: true},
	"candidates": {shape: shapeCandidates, lane: true},
	"draft":      {shape: shapeDraft, lane: true, words: placeholderNames, prompts: []string{"main", "heading"}, slots: []string{"points"}},
	"passages":   {shape: shapePassages, lane: true, voice: question, words: []string{"none", "insufficient"}, slots: []string{"sources"}},
	"turns":      {admit: admitTurns, shape: shapeTurns, lane: true, voice: lastQuestion, beside: callsMade, words: []string{"abstain"}},
	"edits":      {shape: shapeEdits},
	"thread": {
		admit: admitThread, shape: shapeThread,
		words: append(talkNames, secretNames...), caps: []string{"preview"}, slots: []string{"dialogue"},
	},
	"transcript": {
		admit: admitTranscript, shape: shapeTranscript, words: talkNames, caps: []string{"title"},
		prompts: []string{"title", "main"}, slots: []string{"dialogue"},
	},
	"rank": {
		admit: admitRank, shape: shapeRank, words: rankNames, caps: []string{"reason"}, slots: []string{"entry", "sender"},
	},
	"digest": {
		admit: admitDigest, shape: shapeDigest,
		words: append([]string{"joint", "between", "count", "news", "emergency", "banking"}, secretNames...),
		caps:  []string{"line"}, slots: []string{"app_name", "listed", "max"},
	},
	"json":    {admit: admitSchema, shape: shapeJSON, masked: revalidate, slots: []string{"schema"}},
	"list":    {read: readList, shape: shapeList, variants: listVariants, slots: []string{"columns"}, words: []string{"colon", "done"}},
	"replies": {read: readReplies, shape: shapeReplies, slots: []string{"thread", "keys"}, words: []string{"sensitive", "facts", "or", "yes_no"}},
	"tags":    {read: readTags, admit: admitTags, shape: shapeTags, prompts: tagPrompts, slots: []string{"labels"}, words: []string{"emotion", "intent", "profile"}},
	"translation": {
		voice: wordsToTranslate, read: readTranslation, admit: admitTranslation, shape: shapeTranslation, lane: true,
		variants: sourcesOf, pick: func(c Call) string { return c.source }, pairs: true, slots: []string{"terms"}, words: []string{"comma"},
	},
}

// Compile makes a definition ready to serve. It refuses one that is wrong, saying
// everything that is.
func Compile(d Definition) (*Feature, error) {
	if err := d.validate(); err != nil {
		return nil, fmt.Errorf("feature %s: %w", d.ID, err)
	}
	template, err := d.Template()
	if err != nil {
		return nil, fmt.Errorf("feature %s: %w", d.ID, err)
	}
	f := &Feature{def: d, kind: kinds[d.Kind], template: template, leaks: map[string]*leak{}}
	if f.input, err = compileSchema("input", d.Input); err != nil {
		return nil, fmt.Errorf("feature %s: %w", d.ID, err)
	}
	if _, err = compileSchema("output", d.Output); err != nil {
		return nil, fmt.Errorf("feature %s: %w", d.ID, err)
	}
	if _, err = d.Digest(); err != nil {
		return nil, fmt.Errorf("feature %s: %w", d.ID, err)
	}
	for _, v := range d.Prompts {
		f.leaks[v.Language+"/"+v.Name] = newLeak(v)
	}
	return f, f.checkExamples()
}

// checkExamples holds every example against the feature's own input schema.
func (f *Feature) checkExamples() error {
	var errs []error
	for _, lang := range f.def.Languages {
		e, ok := f.def.Examples[lang]
		if !ok {
			errs = append(errs, fmt.Errorf("feature %s: examples: none in %s", f.def.ID, lang))
			continue
		}
		if err := f.checkInput(e.Input, &landfall.Release{}); err != nil {
			errs = append(errs, fmt.Errorf("feature %s: examples.%s: %s", f.def.ID, lang, err.Message))
		}
	}
	return errors.Join(errs...)
}

// Definition returns what the feature was compiled from. The caller must not change it.
func (f *Feature) Definition() Definition { return f.def }

// Deadline is how long an answer may take.
func (f *Feature) Deadline() time.Duration { return time.Duration(f.def.DeadlineMS) * time.Millisecond }

// Masked returns an output in which something was masked with what it says of itself
// made true again.
func (f *Feature) Masked(c Call, output landfall.Object) landfall.Object {
	if f.kind.masked == nil {
		return output
	}
	return f.kind.masked(c, output)
}

// Blank returns the output with nothing in it: every field that is always present.
func (f *Feature) Blank() landfall.Object {
	o, _ := blank(f.def.Output).(landfall.Object)
	return o
}

// blank is a schema's default, or the empty value of its type.
func blank(schema landfall.Object) any {
	if v, ok := schema.Get("default"); ok {
		return v
	}
	switch schema.Text("type") {
	case "object":
		out := landfall.Object{}
		for _, name := range required(schema) {
			p, _ := properties(schema).Get(name)
			inner, _ := p.(landfall.Object)
			out = append(out, landfall.Member{Key: name, Value: blank(inner)})
		}
		return out
	case "array":
		return []any{}
	case "boolean":
		return false
	case "integer", "number":
		return 0
	}
	return ""
}

func required(schema landfall.Object) []string {
	v, _ := schema.Get("required")
	list, _ := v.([]any)
	var out []string
	for _, n := range list {
		if s, ok := n.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// ordered puts an output's fields in the order of its schema: the required ones
// as listed, then the others.
func (f *Feature) ordered(o landfall.Object) landfall.Object {
	rank := map[string]int{}
	for i, name := range required(f.def.Output) {
		rank[name] = i - 1<<16
	}
	slices.SortStableFunc(o, func(a, b landfall.Member) int {
		if rank[a.Key] != rank[b.Key] {
			return rank[a.Key] - rank[b.Key]
		}
		return strings.Compare(a.Key, b.Key)
	})
	return o
}
