package feature_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"landfall"
	"landfall/internal/feature"
)

func TestTry(t *testing.T) {
	port := os.Getenv("TRY_PORT")
	if port == "" {
		t.Skip()
	}
	model := map[string]string{"18105": "qwen2.5-coder-0.5b", "18115": "qwen2.5-coder-1.5b"}[port]
	src, _ := os.ReadFile("../../quality/inputs.yaml")
	if x := os.Getenv("TRY_FILE"); x != "" {
		src, _ = os.ReadFile(x)
	}
	jsonSrc, err := yaml.YAMLToJSON(src)
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		ID, Feature, Language string
		Input                 landfall.Object
		Expect                struct {
			Contains []string
			Clean    bool
		}
	}
	if err := json.Unmarshal(jsonSrc, &all); err != nil {
		t.Fatal(err)
	}
	n, valid, good := 0, 0, 0
	for _, q := range all {
		if !strings.HasPrefix(q.ID, os.Getenv("TRY_ID")) {
			continue
		}
		f, err := feature.Compile(shipped(t, q.Feature))
		if err != nil {
			t.Fatal(err)
		}
		rel := &landfall.Release{Model: landfall.Model{ID: model}, Languages: []string{"zh", "en"}}
		call, e := f.Admit(landfall.Request{Input: q.Input, Feature: q.Feature}, rel, "zh")
		if e != nil {
			fmt.Println(q.ID, "REFUSED", e)
			continue
		}
		began := time.Now()
		calls := 0
		var raws []string
		ask := func(p landfall.Prompt) iter.Seq2[landfall.Draft, error] {
			return func(yield func(landfall.Draft, error) bool) {
				calls++
				body := map[string]any{"messages": p.Messages(), "temperature": 0.2, "top_p": 0.9, "max_tokens": 1024, "seed": 7}
				if p.Repair > 0 {
					body["temperature"] = 0.7
				}
				if p.MaxTokens > 0 {
					body["max_tokens"] = p.MaxTokens
				}
				if p.Seed != nil {
					body["seed"] = *p.Seed
				}
				if p.Schema != nil {
					body["response_format"] = map[string]any{"type": "json_schema", "json_schema": map[string]any{"name": "o", "schema": p.Schema, "strict": true}}
				}
				b, _ := json.Marshal(body)
				resp, err := http.Post("http://127.0.0.1:"+port+"/v1/chat/completions", "application/json", bytes.NewReader(b))
				if err != nil {
					yield(landfall.Draft{}, err)
					return
				}
				rb, _ := io.ReadAll(resp.Body)
				resp.Body.Close()
				var r struct {
					Choices []struct {
						Message      struct{ Content string }
						FinishReason string `json:"finish_reason"`
					}
				}
				json.Unmarshal(rb, &r)
				if len(r.Choices) == 0 {
					yield(landfall.Draft{}, fmt.Errorf("%s", rb))
					return
				}
				raws = append(raws, r.Choices[0].Message.Content)
				if yield(landfall.Draft{Text: r.Choices[0].Message.Content}, nil) {
					yield(landfall.Draft{Finish: landfall.Finish(r.Choices[0].FinishReason)}, nil)
				}
			}
		}
		var text strings.Builder
		var out landfall.Object
		var warns []string
		for d, err := range f.Shape(call, ask) {
			if err != nil {
				warns = append(warns, "ERROR "+err.Error())
			}
			text.WriteString(d.Text)
			if d.Output != nil {
				out = d.Output
			}
			if d.Warning != nil {
				warns = append(warns, d.Warning.Code)
			}
		}
		n++
		all := text.String() + string(landfall.AppendJSON(nil, out))
		if out != nil && len(warns) == 0 || len(warns) == 1 && (warns[0] == "extractive" || warns[0] == "shortened") {
			valid++
		}
		ok := out != nil
		for _, c := range q.Expect.Contains {
			ok = ok && strings.Contains(strings.ToLower(all), strings.ToLower(c))
		}
		if v, _ := out.Get("clean"); q.Expect.Clean && v != true {
			ok = false
		}
		if ok {
			good++
		}
		fmt.Printf("%s ok=%v calls=%d %.1fs %v\n   %s\n   %s\n", q.ID, ok, calls, time.Since(began).Seconds(), warns, text.String(), landfall.AppendJSON(nil, out))
		if os.Getenv("TRY_RAW") != "" || len(warns) > 0 {
			fmt.Printf("   RAW %q\n", raws)
		}
	}
	fmt.Printf("%s: valid %d/%d good %d/%d\n", model, valid, n, good, n)
}
