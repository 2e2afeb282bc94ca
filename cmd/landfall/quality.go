package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"landfall/api"
	"landfall/internal/quality"
)

type qualityCmd struct {
	Inputs   string        `help:"Folder of the inputs, FEATURE.LANGUAGE.yaml." default:"quality" placeholder:"DIR"`
	Results  string        `help:"File of the answers: what is in it is not asked again." default:"data/quality/results.jsonl" placeholder:"FILE"`
	Markdown string        `help:"Page whose section of the model is written anew." default:"data/quality/quality.md" placeholder:"FILE"`
	Gateway  string        `help:"Address of the gateway." default:"http://127.0.0.1:8460" placeholder:"URL"`
	Market   string        `help:"Market whose demo key is used." placeholder:"ID"`
	Wait     time.Duration `help:"How long to wait until the gateway is ready." default:"0s"`
	Feature  string        `help:"Only this feature." placeholder:"ID"`
	Language string        `help:"Only this language." placeholder:"LANG"`
	N        int           `help:"How many inputs and canaries of each feature and language; 0 is all." name:"n" short:"n" placeholder:"N"`
	Skip     []string      `help:"Parts to leave out: canary, second, again." placeholder:"PART"`
	Wrong    bool          `help:"List each answer that is not right, and why."`
	Least    float64       `help:"Fail if the share of contract-valid answers over all is below." placeholder:"SHARE"`
	As       string        `help:"The command that the page names." default:"landfall quality" placeholder:"TEXT"`
}

// Run asks every input that was not asked before and prints, per feature and
// language, what the answers are worth.
func (q *qualityCmd) Run(ctx context.Context, cfg *Config) error {
	set, err := quality.Read(os.DirFS(q.Inputs))
	if err != nil {
		return fmt.Errorf("%s: %w", q.Inputs, err)
	}
	if err := waitReady(ctx, api.Client{URL: q.Gateway}, q.Wait); err != nil {
		return err
	}
	try := tryCmd{Market: q.Market}
	key, err := try.key(cfg)
	if err != nil {
		return err
	}
	m, err := newMeasured(cfg, try.Market)
	if err != nil {
		return err
	}
	store, err := quality.OpenStore(q.Results)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	run := quality.Run{
		Set: set, N: q.N, Feature: q.Feature, Language: q.Language, Store: store, Now: time.Now, Progress: showStep,
		Measured: m.digest, Ask: asker(api.Client{URL: q.Gateway, Key: key}, m.model.ID), Parts: q.parts(),
	}
	report, err := run.Do(ctx)
	if err != nil {
		return err
	}
	return q.publish(report, m, set)
}

func (q *qualityCmd) parts() []quality.Part {
	var out []quality.Part
	for _, p := range []quality.Part{quality.Planted, quality.Second, quality.Again} {
		if !strings.Contains(strings.Join(q.Skip, ","), string(p)) {
			out = append(out, p)
		}
	}
	return out
}

// publish prints the report, writes it into the page where everything was
// measured, and holds it to the least share.
func (q *qualityCmd) publish(r quality.Report, m *measured, set quality.Set) error {
	if err := r.Print(os.Stdout); err != nil {
		return err
	}
	if q.Wrong {
		for _, row := range r.Rows {
			for _, w := range row.Wrong {
				fmt.Printf("%s.%s %s\n", row.Feature, row.Language, w)
			}
		}
	}
	if q.Feature != "" || q.Language != "" {
		fmt.Fprintf(os.Stderr, "answers: %s; the page is written when all features and languages are measured\n", q.Results)
	} else if err := q.writePage(r, m, set); err != nil {
		return err
	}
	valid, asked := r.Valid()
	switch {
	case asked == 0:
		return errors.New("nothing was measured: see the reasons above")
	case float64(valid) < q.Least*float64(asked):
		return fmt.Errorf("%d of %d answers are contract-valid, want a share of %.2f", valid, asked, q.Least)
	}
	return nil
}

func (q *qualityCmd) writePage(r quality.Report, m *measured, set quality.Set) error {
	digest, err := m.all(set)
	if err != nil {
		return err
	}
	section := r.Markdown(quality.Heading{Model: m.model.ID, Command: q.As, At: time.Now(), Digest: digest})
	page, err := os.ReadFile(q.Markdown)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(q.Markdown), 0o755); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "written: %s; answers: %s\n", q.Markdown, q.Results)
	return os.WriteFile(q.Markdown, []byte(quality.Page(string(page), m.model.ID, section)), 0o644)
}

func showStep(s quality.Step) {
	if s.Kept {
		return
	}
	state := string(s.Answer.Status)
	switch {
	case s.Answer.Message != "":
		state += ": " + s.Answer.Message
	case s.Verdict.Trivial != "":
		state += ", trivial: " + s.Verdict.Trivial
	case len(s.Verdict.Missed) > 0:
		state += ", " + strings.Join(s.Verdict.Missed, "; ")
	}
	fmt.Fprintf(os.Stderr, "%d/%d %s %.1f s %s (%s left)\n", s.Done, s.Of, s.Name, float64(s.Answer.TookMS)/1000, state, s.Left.Round(time.Second))
}
