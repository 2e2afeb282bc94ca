package openapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"landfall"
)

var update = flag.Bool("update", false, "write the recorded answers and the list of fields anew")

// marketOf a language's examples: any that offers all features in it.
var marketOf = map[string]string{"zh": "CN", "en": "EU"}

// Every documented example is sent through the front and the line, a scripted partner
// behind them: each answer, and each event of it, is what the document describes, and
// what the page shows is what came.
func TestEveryExample(t *testing.T) {
	schemas := newDocumented(t)
	features, _ := shipped(t)
	for _, d := range features {
		for _, lang := range d.Languages {
			t.Run(d.ID+"."+lang, func(t *testing.T) {
				says := said(t, d.ID, lang)
				if says == nil {
					return
				}
				body := string(landfall.AppendJSON(nil, landfall.Object{{Key: "input", Value: d.Examples[lang].Input}}))
				schemas.check(t, pascal(d.ID)+"Request", []byte(body))
				synctest.Test(t, func(t *testing.T) {
					g := newGateway(t, marketOf[lang])
					g.says = says
					path := "/v1/features/" + d.ID
					whole, stream := g.ask(path, body), g.ask(path, body, streamed)
					var answer struct{ Status string }
					if err := json.Unmarshal(whole.Body.Bytes(), &answer); err != nil || answer.Status != "complete" {
						t.Fatalf("%d %s", whole.Code, whole.Body)
					}
					schemas.check(t, pascal(d.ID)+"Answer", whole.Body.Bytes())
					checkEvents(t, schemas, pascal(d.ID), eventsOf(t, stream.Body.String()))
					compare(t, d.ID+"."+lang+".json", whole.Body.String())
					compare(t, d.ID+"."+lang+".sse", stream.Body.String())
				})
			})
		}
	}
}

// eventSchemas are the components of events that have one of their own.
var eventSchemas = map[string]string{"meta": "Meta", "delta": "Delta", "hold": "Hold", "retract": "Retract", "withheld": "Withheld", "usage": "Usage"}

func checkEvents(t *testing.T, schemas documented, feature string, events []event) {
	t.Helper()
	for i, e := range events {
		name := eventSchemas[e.name]
		switch e.name {
		case "snapshot":
			name = feature + "Output"
		case "done":
			name = feature + "Answer"
			if feature == "" {
				name = "Envelope"
			}
		}
		if name == "" {
			t.Errorf("an event %s is sent and not described", e.name)
			continue
		}
		schemas.check(t, name, e.data)
		if (e.name == "done") != (i == len(events)-1) || (e.name == "meta") && i > 0 {
			t.Errorf("event %d of %d is %s", i, len(events), e.name)
		}
	}
}

// varying is what depends on the packs' digests.
var varying = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`sha256:[0-9a-f]{64}`), "sha256:" + strings.Repeat("3fa9c0d1", 8)},
	{regexp.MustCompile(`"policy_version":"[^"]*"`), `"policy_version":"5e2a90c41b7d"`},
}

// compare holds an answer against the recorded one.
func compare(t *testing.T, name, have string) {
	t.Helper()
	for _, v := range varying {
		have = v.pattern.ReplaceAllString(have, v.instead)
	}
	file := filepath.Join("recorded", name)
	if *update {
		if err := os.WriteFile(file, []byte(have), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(want, []byte(have)) {
		t.Errorf("the page shows another answer than the gateway gives: go test ./internal/openapi -update\n%s", have)
	}
}

func pascal(id string) string {
	var out strings.Builder
	for word := range strings.SplitSeq(id, "_") {
		out.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return out.String()
}

// Every ending is described: what a rule withholds, in or out, and each error.
func TestEveryEnding(t *testing.T) {
	schemas := newDocumented(t)
	const path = "/v1/features/summarize"
	for name, c := range map[string]struct {
		path, body, says, status string
		code                     int
	}{
		"withheld in":      {path, `{"input":{"text":"The sign says ` + word + ` and nothing else today."}}`, "x", "withheld", 200},
		"withheld out":     {path, `{"input":{"text":"The library opens longer from Monday, and until nine on weekdays.","type":"paragraph"}}`, "The library opens longer. It says " + word + " too.", "withheld", 200},
		"input":            {path, `{"input":{}}`, "x", "error", 400},
		"too long":         {path, `{"input":{"text":"` + strings.Repeat("long words here ", 20_000) + `"}}`, "x", "error", 400},
		"unknown field":    {path, `{"input":{"text":"x"},"market":"EU"}`, "x", "error", 400},
		"language":         {path, `{"input":{"text":"The library opens longer."},"output_language":"fr"}`, "x", "error", 422},
		"no such feature":  {"/v1/features/none", `{"input":{"text":"x"}}`, "x", "error", 404},
		"no such address":  {"/v1/none", `{}`, "x", "error", 404},
		"a schema":         {"/v1/features/extract", `{"input":{"text":"The library opens longer.","json_schema":{"type":"array"}}}`, "x", "error", 400},
		"contract refused": {"/v1/features/extract", `{"input":{"text":"The library opens longer.","json_schema":{"type":"object","properties":{"a":{"type":"string"}}}}}`, "no record", "error", 502},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGateway(t, "EU")
				g.says = []string{c.says}
				w := g.ask(c.path, c.body)
				var e struct{ Status string }
				_ = json.Unmarshal(w.Body.Bytes(), &e)
				if w.Code != c.code || e.Status != c.status {
					t.Errorf("%d %s, want %d %s: %s", w.Code, e.Status, c.code, c.status, w.Body)
				}
				schemas.check(t, "Envelope", w.Body.Bytes())
				if stream := g.ask(c.path, c.body, streamed); strings.HasPrefix(stream.Header().Get("Content-Type"), "text/event-stream") {
					checkEvents(t, schemas, "", eventsOf(t, stream.Body.String()))
				}
			})
		})
	}
}
