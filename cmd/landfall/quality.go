package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"landfall"
	"landfall/api"
	"landfall/internal/pack"
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

// publish prints the report and writes it into the page.
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
	if err := os.WriteFile(q.Markdown, []byte(quality.Page(string(page), m.model.ID, section)), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "written: %s; answers: %s\n", q.Markdown, q.Results)
	if valid, asked := r.Valid(); asked == 0 || float64(valid) < q.Least*float64(asked) {
		return fmt.Errorf("%d of %d answers are contract-valid, want a share of %.2f", valid, asked, q.Least)
	}
	return nil
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

// measured is what answers: packs and model as they stand.
type measured struct {
	packs      *pack.Packs
	model      landfall.Model
	parameters []landfall.Parameter
	known      map[string]landfall.Digest
}

func newMeasured(cfg *Config, market string) (*measured, error) {
	packs, err := cfg.packs()
	if err != nil {
		return nil, err
	}
	engine, err := cfg.engine(packs, nil, nil)
	if err != nil {
		return nil, err
	}
	m, err := packs.Market(market)
	if err != nil {
		return nil, err
	}
	p, err := packs.Partner(m.Partner)
	if err != nil {
		return nil, err
	}
	return &measured{packs, engine.Identity(), p.Parameters, map[string]landfall.Digest{}}, nil
}

// digest is of one feature's definition, prompts, parameters and model.
func (m *measured) digest(feature string) (landfall.Digest, error) {
	if d, ok := m.known[feature]; ok {
		return d, nil
	}
	def, err := readDefinition(m.packs, feature)
	if err != nil {
		return "", err
	}
	template, err := def.Template()
	if err != nil {
		return "", err
	}
	definition, err := def.Digest()
	if err != nil {
		return "", err
	}
	m.known[feature], err = landfall.DigestOf("quality/measured/v1", struct {
		Definition landfall.Digest      `json:"definition"`
		Prompt     landfall.Digest      `json:"prompt"`
		Model      landfall.Model       `json:"model"`
		Parameters []landfall.Parameter `json:"parameters"`
	}{definition, template.Digest(), m.model, m.parameters})
	return m.known[feature], err
}

// all is the digest of everything that was measured, the inputs included.
func (m *measured) all(set quality.Set) (landfall.Digest, error) {
	inputs, err := set.Digest()
	if err != nil {
		return "", err
	}
	return landfall.DigestOf("quality/run/v1", struct {
		Inputs   landfall.Digest            `json:"inputs"`
		Features map[string]landfall.Digest `json:"features"`
	}{inputs, m.known})
}

// asker asks through the feature API as an app would. It refuses answers of another
// model than the one that is measured, and asks once more where the engine failed.
func asker(c api.Client, model string) quality.Asker {
	return func(ctx context.Context, feature, language string, input landfall.Object) (quality.Answer, error) {
		locale := map[string]string{"zh": "zh-Hans-CN", "en": "en-US"}[language]
		body := landfall.AppendJSON(nil, landfall.Object{{Key: "input", Value: input}, {Key: "locale", Value: locale}})
		a, err := askOnce(ctx, c, feature, body)
		if err == nil && a.Code == landfall.CodePartnerError && waitReady(ctx, c, time.Minute) == nil {
			a, err = askOnce(ctx, c, feature, body)
		}
		if err == nil && a.Model != "" && a.Model != model {
			err = fmt.Errorf("the gateway answers with %s, measured is %s: set LANDFALL_MODEL as for the gateway", a.Model, model)
		}
		return a, err
	}
}

func askOnce(ctx context.Context, c api.Client, feature string, body []byte) (quality.Answer, error) {
	var a quality.Answer
	began := time.Now()
	for event, err := range c.Stream(ctx, feature, body) {
		if err != nil {
			return a, err
		}
		if a.FirstMS == 0 && (event.Name == "delta" || event.Name == "snapshot") {
			a.FirstMS = max(1, time.Since(began).Milliseconds())
		}
		if event.Name == "done" {
			if err := fillAnswer(&a, event.Data); err != nil {
				return a, err
			}
		}
	}
	a.TookMS = time.Since(began).Milliseconds()
	return a, nil
}

// fillAnswer reads the envelope. That the gateway cannot answer now is an error.
func fillAnswer(a *quality.Answer, done []byte) error {
	var e api.Envelope
	if err := json.Unmarshal(done, &e); err != nil {
		return err
	}
	a.Status, a.Attempts, a.Repairs, a.InputTokens, a.OutputTokens = e.Status, e.Attempts, e.Repairs, e.Usage.Input, e.Usage.Output
	if e.ServedBy != nil {
		a.Model = e.ServedBy.Model
	}
	for _, w := range e.Warnings {
		a.Warnings = append(a.Warnings, w.Code)
	}
	if err := e.Err(); err != nil {
		failed := landfall.AsError(err)
		a.Code, a.Message = failed.Code, failed.Message
		for _, r := range failed.Reasons {
			if failed.Code == landfall.CodeUnavailable && r.Code != landfall.ReasonNotOffered && r.Code != landfall.ReasonNotApproved {
				return failed
			}
		}
		var params struct {
			Check string `json:"check"`
		}
		_ = json.Unmarshal(e.Error, &params)
		a.Check = params.Check
		return nil
	}
	return json.Unmarshal(e.Output, &a.Output)
}

func waitReady(ctx context.Context, c api.Client, patience time.Duration) error {
	deadline := time.Now().Add(patience)
	for {
		err := c.Ready(ctx)
		if err == nil || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(300 * time.Millisecond):
		}
	}
}
