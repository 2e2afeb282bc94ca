package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"landfall"
	"landfall/api"
	"landfall/internal/pack"
)

type qualityCmd struct {
	Inputs  string        `help:"The set of inputs." default:"quality/inputs.yaml" placeholder:"FILE"`
	Gateway string        `help:"Address of the gateway." default:"http://127.0.0.1:8460" placeholder:"URL"`
	Market  string        `help:"Market whose demo key is used." placeholder:"ID"`
	Wait    time.Duration `help:"How long to wait until the gateway is ready." default:"0s"`
	Feature string        `help:"Only this feature." placeholder:"ID"`
}

// sample is one input of the set.
type sample struct {
	ID       string          `json:"id"`
	Feature  string          `json:"feature"`
	Language string          `json:"language"`
	Input    landfall.Object `json:"input"`
	Expect   struct {
		// Contains are texts that a good answer holds; for reading, not for passing.
		Contains []string `json:"contains"`
		// Clean marks a text that has nothing to correct.
		Clean bool `json:"clean"`
	} `json:"expect"`
}

// tally is what one feature did in one language.
type tally struct {
	feature, language                 string
	n, first, valid, nontrivial, hits int
	wanted, warnings                  int
	skipped                           string
	output                            int
	took                              time.Duration
	firstText                         []time.Duration
	codes                             map[string]int
}

// Run asks every input and prints, per feature and language: the share of valid
// contracts at the first and at the last attempt, of answers that are no echo,
// copy or prefix, tokens a second and the time to the first text.
func (q *qualityCmd) Run(ctx context.Context, cfg *Config) error {
	src, err := os.ReadFile(q.Inputs)
	if err != nil {
		return err
	}
	var set []sample
	if err := pack.Decode(q.Inputs, src, &set); err != nil {
		return err
	}
	if err := waitReady(ctx, api.Client{URL: q.Gateway}, q.Wait); err != nil {
		return err
	}
	try := tryCmd{Market: q.Market}
	key, err := try.key(cfg)
	if err != nil {
		return err
	}
	client := api.Client{URL: q.Gateway, Key: key}
	var rows []*tally
	for i, s := range set {
		if q.Feature != "" && s.Feature != q.Feature {
			continue
		}
		at := slices.IndexFunc(rows, func(t *tally) bool { return t.feature == s.Feature && t.language == s.Language })
		if at < 0 {
			rows = append(rows, &tally{feature: s.Feature, language: s.Language, codes: map[string]int{}})
			at = len(rows) - 1
		}
		began := time.Now()
		state, err := rows[at].ask(ctx, client, s)
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%d/%d %s %s %.1f s\n", i+1, len(set), s.ID, state, time.Since(began).Seconds())
	}
	return printTallies(os.Stdout, rows)
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

// ask sends one input and counts the answer.
func (t *tally) ask(ctx context.Context, c api.Client, s sample) (string, error) {
	locale := map[string]string{"zh": "zh-Hans-CN", "en": "en-US"}[s.Language]
	body := landfall.AppendJSON(nil, landfall.Object{{Key: "input", Value: s.Input}, {Key: "locale", Value: locale}})
	began := time.Now()
	var first time.Duration
	var e api.Envelope
	for event, err := range c.Stream(ctx, s.Feature, body) {
		if err != nil {
			return "", err
		}
		if first == 0 && (event.Name == "delta" || event.Name == "snapshot") {
			first = time.Since(began)
		}
		if event.Name == "done" {
			if err := json.Unmarshal(event.Data, &e); err != nil {
				return "", err
			}
		}
	}
	state := string(e.Status)
	if err := e.Err(); err != nil {
		state = landfall.AsError(err).Error()
		code := landfall.AsError(err).Code
		if code == landfall.CodeUnsupportedLanguage || code == landfall.CodeNotFound {
			t.skipped = landfall.AsError(err).Message
			return state, nil
		}
		t.codes[string(code)]++
	}
	t.n++
	t.took += time.Since(began)
	t.output += e.Usage.Output
	if e.Status != landfall.Complete {
		return state, nil
	}
	t.valid++
	t.firstText = append(t.firstText, first)
	if e.Attempts == 1 && !slices.ContainsFunc(e.Warnings, func(w landfall.Warning) bool { return w.Code == "extractive" }) {
		t.first++
	}
	if !trivial(s, e.Output) {
		t.nontrivial++
	}
	for _, w := range e.Warnings {
		t.warnings++
		state += " +" + w.Code
	}
	for _, want := range s.Expect.Contains {
		t.wanted++
		if strings.Contains(string(e.Output), want) {
			t.hits++
		}
	}
	return state, nil
}

// trivial reports an answer that nobody needed a model for: the text again, a
// prefix of it, no edit, or no value.
func trivial(s sample, output []byte) bool {
	var o landfall.Object
	if json.Unmarshal(output, &o) != nil {
		return true
	}
	source := strings.TrimSpace(s.Input.Text("text"))
	if data, ok := o.Get("data"); ok {
		return empty(data)
	}
	if edits, ok := o.Get("edits"); ok {
		list, _ := edits.([]any)
		return (len(list) == 0) != s.Expect.Clean
	}
	text := strings.TrimSpace(o.Text("text"))
	return text == "" || strings.HasPrefix(source, strings.TrimRight(text, "。.!?！？…"))
}

func empty(v any) bool {
	switch v := v.(type) {
	case landfall.Object:
		return !slices.ContainsFunc(v, func(m landfall.Member) bool { return !empty(m.Value) })
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { return !empty(e) })
	}
	return v == nil || v == ""
}

func printTallies(w io.Writer, rows []*tally) error {
	tw := tabwriter.NewWriter(w, 2, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "feature\tlang\tinputs\tvalid, first attempt\tvalid, last\tnon-trivial\texpected texts\twarnings\ttokens/s\tfirst text, median\tfaults")
	for _, t := range rows {
		if t.n == 0 {
			fmt.Fprintf(tw, "%s\t%s\t-\t%s\n", t.feature, t.language, t.skipped)
			continue
		}
		slices.Sort(t.firstText)
		median := "-"
		if len(t.firstText) > 0 {
			median = fmt.Sprintf("%.1f s", t.firstText[len(t.firstText)/2].Seconds())
		}
		var faults []string
		for code, n := range t.codes {
			faults = append(faults, fmt.Sprintf("%s %d", code, n))
		}
		slices.Sort(faults)
		fmt.Fprintf(tw, "%s\t%s\t%d\t%s\t%s\t%s\t%s\t%d\t%.1f\t%s\t%s\n", t.feature, t.language, t.n,
			share(t.first, t.n), share(t.valid, t.n), share(t.nontrivial, t.n), share(t.hits, t.wanted), t.warnings,
			float64(t.output)/t.took.Seconds(), median, strings.Join(faults, ", "))
	}
	return tw.Flush()
}

func share(k, n int) string { return fmt.Sprintf("%d/%d", k, n) }
