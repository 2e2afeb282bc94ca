package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"landfall"
	"landfall/api"
	"landfall/internal/feature"
	"landfall/internal/pack"
)

type tryCmd struct {
	Feature string `arg:"" optional:"" help:"Id of the feature."`
	All     bool   `help:"Ask every feature for its example and print a table; fails unless all are complete."`
	Market  string `help:"Market whose demo key is used. Defaults to the first in rehearsal/apps.json." placeholder:"ID"`
	Gateway string `help:"Address of the gateway." default:"http://127.0.0.1:8460" placeholder:"URL"`
	Key     string `help:"App key. Defaults to the market's demo key." placeholder:"KEY"`
	Locale  string `help:"Locale of the request, zh-Hans-CN." placeholder:"TAG"`
	Input   string `help:"The feature's input as JSON, instead of text on standard input." placeholder:"JSON"`
}

// Run asks the gateway and streams the answer to the terminal, with its label.
func (t *tryCmd) Run(ctx context.Context, cfg *Config) error {
	packs, err := cfg.packs()
	if err != nil {
		return err
	}
	switch {
	case t.All && t.Feature != "":
		return fmt.Errorf("--all asks every feature: leave %q out", t.Feature)
	case t.Feature == "" && !t.All:
		return listExamples(os.Stdout, packs)
	}
	key, err := t.key(cfg)
	if err != nil {
		return err
	}
	if t.All {
		return t.tryAll(ctx, api.Client{URL: t.Gateway, Key: key}, packs)
	}
	def, err := readDefinition(packs, t.Feature)
	if err != nil {
		return err
	}
	body, err := t.body(cfg, def)
	if err != nil {
		return err
	}
	return t.ask(ctx, api.Client{URL: t.Gateway, Key: key}, body)
}

// key is the one given, or the demo key of the market.
func (t *tryCmd) key(cfg *Config) (string, error) {
	if t.Key != "" {
		return t.Key, nil
	}
	b, err := os.ReadFile(cfg.dir().Apps())
	if err != nil {
		return "", fmt.Errorf("no demo keys in %s: `make run` or `landfall serve` makes them, or give --key: %w", cfg.Data, err)
	}
	var apps landfall.Object
	if err := json.Unmarshal(b, &apps); err != nil {
		return "", fmt.Errorf("%s: %w", cfg.dir().Apps(), err)
	}
	var known []string
	for _, m := range apps {
		if t.Market == "" || m.Key == t.Market {
			t.Market = m.Key
			key, _ := m.Value.(string)
			return key, nil
		}
		known = append(known, m.Key)
	}
	return "", fmt.Errorf("no demo key for the market %q: there are %s", t.Market, strings.Join(known, ", "))
}

// body takes the input as JSON, or standard input as the feature's main text, or
// the feature's example when standard input is a terminal.
func (t *tryCmd) body(cfg *Config, def feature.Definition) ([]byte, error) {
	var input landfall.Object
	switch {
	case t.Input != "":
		v, err := landfall.ParseJSON([]byte(t.Input))
		if err != nil {
			return nil, fmt.Errorf("--input: %w", err)
		}
		o, ok := v.(landfall.Object)
		if !ok {
			return nil, fmt.Errorf("--input: want an object, have %s", landfall.KindOf(v))
		}
		input = o
	case isTerminal(os.Stdin):
		input = example(def, t.language(cfg))
		fmt.Fprintf(os.Stderr, "(no text on standard input: the example of %s)\n%s\n\n", def.ID, landfall.AppendJSON(nil, input))
	default:
		text, err := io.ReadAll(io.LimitReader(os.Stdin, 4<<20))
		if err != nil {
			return nil, err
		}
		input = example(def, "en").Set(def.Main, strings.TrimSpace(string(text)))
	}
	body := landfall.Object{{Key: "input", Value: input}}
	if t.Locale != "" {
		body = body.Set("locale", t.Locale)
	}
	return landfall.AppendJSON(nil, body), nil
}

// language of the example: the locale's, else the market's first.
func (t *tryCmd) language(cfg *Config) string {
	lang, _, _ := strings.Cut(t.Locale, "-")
	if packs, err := cfg.packs(); err == nil && lang == "" {
		if m, err := packs.Market(t.Market); err == nil {
			lang = m.Languages[0]
		}
	}
	return firstOf(lang, "en")
}

func (t *tryCmd) ask(ctx context.Context, c api.Client, body []byte) error {
	began := time.Now()
	var first time.Duration
	for e, err := range c.Stream(ctx, t.Feature, body) {
		if err != nil {
			return t.noGateway(err)
		}
		if first == 0 && (e.Name == "delta" || e.Name == "snapshot") {
			first = time.Since(began)
		}
		if e.Name == "done" {
			return finish(e.Data, first)
		}
		show(e)
	}
	return nil
}

// show writes an event for a person.
func show(e api.Event) {
	var v struct {
		Text   string          `json:"text"`
		Labels landfall.Labels `json:"labels"`
		Why    string          `json:"why"`
	}
	_ = json.Unmarshal(e.Data, &v)
	switch e.Name {
	case "meta":
		if v.Labels.Explicit.Text != "" {
			fmt.Printf("〔%s〕\n", v.Labels.Explicit.Text)
		}
	case "delta":
		fmt.Print(v.Text)
	case "snapshot":
		var o landfall.Object
		if json.Unmarshal(e.Data, &o) == nil {
			b, _ := json.MarshalIndent(o, "", "  ")
			fmt.Println(string(b))
		}
	case "hold":
		fmt.Fprintf(os.Stderr, "… %s\n", v.Why)
	case "withheld":
		var w landfall.Withheld
		_ = json.Unmarshal(e.Data, &w)
		fmt.Printf("\n[%s: %s] %s %s\n", w.Class, w.RuleID, w.Message, w.AppealToken)
	}
}

// finish ends with one line: release, approval, model, tokens, time to first text.
func finish(done []byte, first time.Duration) error {
	var e api.Envelope
	if err := json.Unmarshal(done, &e); err != nil {
		return fmt.Errorf("the answer is no envelope: %w", err)
	}
	if err := e.Err(); err != nil {
		return err
	}
	for _, w := range e.Warnings {
		fmt.Fprintf(os.Stderr, "\nwarning %s: %s", w.Code, w.Message)
	}
	model := "no model"
	if e.ServedBy != nil {
		model = e.ServedBy.Model
	}
	fmt.Printf("\n— %s · release %s, approved%s · %s · %d + %d tokens · first text %d ms · record %s\n",
		e.Status, e.Release.Short(), rehearsed(e.Rehearsal), model, e.Usage.Input, e.Usage.Output, first.Milliseconds(), e.ID)
	return nil
}

func rehearsed(r bool) string {
	if r {
		return " in rehearsal"
	}
	return ""
}

func readDefinition(p *pack.Packs, id string) (feature.Definition, error) {
	src, file, err := p.Read("feature/" + id + ".yaml")
	if err != nil {
		names, _ := p.List("feature")
		return feature.Definition{}, fmt.Errorf("no feature %q: there are %s", id, strings.Join(names, ", "))
	}
	return feature.Parse(file, src)
}

func listExamples(w io.Writer, p *pack.Packs) error {
	names, err := p.List("feature")
	if err != nil {
		return err
	}
	for _, id := range names {
		def, err := readDefinition(p, id)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\n  landfall try %s --market EU --input '%s'\n", id, id, strings.ReplaceAll(string(landfall.AppendJSON(nil, example(def, "en"))), "'", `'\''`))
	}
	return nil
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// verifyPacks reads every file of the packs and composes every market's releases.
func verifyPacks(cfg *Config, p *pack.Packs, check func(string, error, string)) {
	ids, err := p.List("feature")
	check("packs", err, fmt.Sprintf("%d features", len(ids)))
	for _, id := range ids {
		def, err := readDefinition(p, id)
		if err == nil {
			_, err = feature.Compile(def)
		}
		check("feature", err, id+" "+def.Version)
	}
	markets, err := p.List("market")
	check("markets", err, strings.Join(markets, " "))
	engine, err := cfg.engine(p, nil, nil)
	if err != nil {
		check("model", err, "")
		return
	}
	for _, m := range markets {
		check("market", newControl(cfg, p, engine).Check(m), m)
	}
}

// example is the feature's input to try, copied so that it may be changed.
func example(d feature.Definition, lang string) landfall.Object {
	return append(landfall.Object(nil), d.Examples[lang].Input...)
}
