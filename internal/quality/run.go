package quality

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"landfall"
)

// Part is what an answer is asked for.
type Part string

const (
	// Plain is the sample as it is.
	Plain Part = "answer"
	// Planted is the sample with an instruction in its data.
	Planted Part = "canary"
	// Second gives a corrected text back: it has no error left.
	Second Part = "second"
	// Again is the plain one once more at the same seed: the drift.
	Again Part = "again"
)

// Run asks a set.
type Run struct {
	Set Set
	// N is how many samples, and how many canaries, are drawn per feature and
	// language; 0 is all.
	N int
	// Feature and Language narrow the set, where set.
	Feature, Language string
	// Parts are asked besides the plain ones.
	Parts []Part
	Ask   Asker
	// Measured is the digest of what answers for a feature: definition, prompt, model
	// and parameters. A feature without one is not offered.
	Measured func(feature string) (landfall.Digest, error)
	// Same bounds how many samples of a feature and language are asked twice for the
	// drift. Defaults to 2.
	Same  int
	Store *Store
	// Progress is told of each answer.
	Progress func(Step)
	Now      func() time.Time
}

// Step is one answer of a run on its way.
type Step struct {
	Done, Of int
	Left     time.Duration // 0 as long as nothing is known
	Name     string
	Answer   Answer
	Verdict  Verdict
	Kept     bool // it was asked before
}

// task is one thing to ask.
type task struct {
	part   Part
	sample Sample
	canary *Canary
	input  landfall.Object // nil where an answer has to come first
}

func (t task) name() string {
	name := t.sample.Feature + "." + t.sample.Language + "/" + t.sample.ID
	if t.canary != nil {
		return name + " + " + t.canary.ID
	}
	if t.part != Plain {
		return name + " " + string(t.part)
	}
	return name
}

// Do asks everything that is not kept and returns the tallies of all.
func (r *Run) Do(ctx context.Context) (Report, error) {
	if r.Same == 0 {
		r.Same = 2
	}
	report := Report{}
	tasks := map[*Row][]task{}
	total := 0
	for _, g := range r.groups() {
		row := &Row{Feature: g[0], Language: g[1]}
		report.Rows = append(report.Rows, row)
		tasks[row] = r.plan(g[0], g[1])
		total += len(tasks[row])
	}
	p := newPace(total)
	for _, row := range report.Rows {
		p.expect(row, r.open(tasks[row]))
	}
	for _, row := range report.Rows {
		for _, t := range tasks[row] {
			if row.NotOffered != "" {
				p.skip(row)
				continue
			}
			if err := r.step(ctx, row, t, p); err != nil {
				return report, fmt.Errorf("%s: %w", t.name(), err)
			}
		}
		row.close()
	}
	return report, nil
}

// open counts the tasks that were not asked before, as far as that is known.
func (r *Run) open(tasks []task) int {
	n := 0
	for _, t := range tasks {
		key, err := r.key(t)
		if _, kept := r.Store.answer(key); t.input == nil || err == nil && !kept {
			n++
		}
	}
	return n
}

// groups are the pairs of feature and language, in order.
func (r *Run) groups() [][2]string {
	var out [][2]string
	for _, s := range r.Set.Samples {
		g := [2]string{s.Feature, s.Language}
		if (r.Feature == "" || s.Feature == r.Feature) && (r.Language == "" || s.Language == r.Language) && !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(a, b [2]string) int { return strings.Compare(a[0]+a[1], b[0]+b[1]) })
	return out
}

// plan lists what is asked of a feature in a language: its samples, each followed
// by what builds on its answer, then the planted ones.
func (r *Run) plan(feature, language string) []task {
	samples := r.Set.group(feature, language)
	if r.N > 0 && r.N < len(samples) {
		samples = samples[:r.N]
	}
	var out []task
	for i, s := range samples {
		out = append(out, task{part: Plain, sample: s, input: s.Input})
		if feature == "proofread" && slices.Contains(r.Parts, Second) {
			out = append(out, task{part: Second, sample: s})
		}
		if i < r.Same && slices.Contains(r.Parts, Again) {
			out = append(out, task{part: Again, sample: s, input: s.Input})
		}
	}
	if slices.Contains(r.Parts, Planted) {
		out = append(out, r.planted(feature, language, samples)...)
	}
	return out
}

// planted pairs every canary with a sample: as many as were drawn.
func (r *Run) planted(feature, language string, samples []Sample) []task {
	canaries := r.Set.canaries(feature, language)
	if r.N > 0 && r.N < len(canaries) {
		canaries = canaries[:r.N]
	}
	var out []task
	for i := range canaries {
		s := samples[i%len(samples)]
		if input, ok := canaries[i].Plant(s); ok {
			out = append(out, task{part: Planted, sample: s, canary: &canaries[i], input: input})
		}
	}
	return out
}

func (r *Run) step(ctx context.Context, row *Row, t task, p *pace) error {
	if t.part == Second {
		plain, ok := row.plain[t.sample.ID]
		corrected := plain.Output.Text("corrected")
		if !ok || corrected == "" {
			p.skip(row)
			return nil
		}
		t.input = slices.Clone(t.sample.Input).Set("text", corrected)
	}
	a, kept, err := r.answer(ctx, t)
	if err != nil {
		return err
	}
	p.took(row, a, kept)
	var v Verdict
	if t.part == Plain {
		v = Judge(t.sample, a)
	}
	row.add(t, a, v)
	if r.Progress != nil {
		r.Progress(Step{Done: p.done, Of: p.of, Left: p.left(), Name: t.name(), Answer: a, Verdict: v, Kept: kept})
	}
	return nil
}

// answer is the kept one, or a new one.
func (r *Run) answer(ctx context.Context, t task) (Answer, bool, error) {
	if a, absent := r.absent(t.sample.Feature); absent {
		return a, true, nil
	}
	key, err := r.key(t)
	if err != nil {
		return Answer{}, false, err
	}
	if a, ok := r.Store.answer(key); ok {
		return a, true, nil
	}
	a, err := r.Ask(ctx, t.sample.Feature, t.sample.Language, t.input)
	if err != nil || !a.keeps() {
		return a, false, err
	}
	one := Result{Key: key, At: r.Now().Unix(), Feature: t.sample.Feature, Language: t.sample.Language, Sample: t.sample.ID, Part: t.part, Answer: a}
	if t.canary != nil {
		one.Canary = t.canary.ID
	}
	return a, false, r.Store.keep(one)
}

// absent answers for a feature that the packs do not have.
func (r *Run) absent(feature string) (Answer, bool) {
	_, err := r.Measured(feature)
	if err == nil {
		return Answer{}, false
	}
	return Answer{Code: landfall.CodeNotFound, Message: "no such feature"}, true
}

// key is the digest of all that shapes a task's answer.
func (r *Run) key(t task) (landfall.Digest, error) {
	measured, err := r.Measured(t.sample.Feature)
	if err != nil {
		return "", err
	}
	return landfall.DigestOf("quality/result/v1", landfall.Object{
		{Key: "measured", Value: string(measured)}, {Key: "part", Value: string(t.part)}, {Key: "language", Value: t.sample.Language},
		{Key: "input", Value: string(landfall.AppendJSON(nil, t.input))},
	})
}
