package openapi_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"landfall"
	"landfall/api"
	"landfall/internal/audit"
	"landfall/internal/feature"
	"landfall/internal/front"
	line "landfall/internal/gateway"
	"landfall/internal/openapi"
	"landfall/internal/pack"
	"landfall/internal/partner"
	"landfall/internal/snapshot"
	"landfall/internal/storetest"
	"landfall/packs"
)

// shipped are the features and the words of the packs that ship.
func shipped(t testing.TB) ([]feature.Definition, []openapi.Texts) {
	t.Helper()
	p, err := theShipped()
	if err != nil {
		t.Fatal(err)
	}
	return p.features, p.texts
}

type contents struct {
	features []feature.Definition
	texts    []openapi.Texts
}

var theShipped = sync.OnceValues(func() (c contents, err error) {
	p, err := pack.Open(packs.Files, "")
	if err != nil {
		return c, err
	}
	if c.features, err = openapi.ReadFeatures(p); err != nil {
		return c, err
	}
	c.texts, err = openapi.ReadTexts(p, c.features)
	return c, err
})

func texts(t testing.TB) []openapi.Texts {
	t.Helper()
	_, all := shipped(t)
	return all
}

// documents are made of the packs that ship and the routes that are served.
func documents(t testing.TB) []openapi.Language {
	t.Helper()
	features, texts := shipped(t)
	out, err := openapi.New(openapi.Config{Routes: front.Routes(), Statuses: front.Statuses(), Features: features, Texts: texts})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// gateway is the real front over the real line, in one market, with a partner that
// says what a test wants. It runs on the clock of a bubble, so that its answers are
// the same each time.
type gateway struct {
	http.Handler
	says  []string // one for each call of the model, the last for all further ones
	asked int
	ids   int
	saw   func(landfall.Prompt) // told of each call; may be nil
	cut   int                   // the partner's pieces, in code points
}

const (
	key  = "key"
	word = "碎月令" // what the list withholds
)

func newGateway(t testing.TB, market string) *gateway {
	t.Helper()
	g := &gateway{cut: 12}
	signer := ed25519.NewKeyFromSeed(bytes.Repeat([]byte("k"), ed25519.SeedSize))
	public := signer.Public().(ed25519.PublicKey)
	gate := landfall.NewGate(landfall.Trust{
		Authorities: []landfall.Authority{{Name: "authority", Key: public, Markets: []string{market}}}, Snapshot: public, Rehearsal: true,
	}, nil)
	holder := snapshot.NewHolder(gate, nil)
	if err := holder.Load(source(t, market, signer)); err != nil {
		t.Fatal(err)
	}
	partners, err := partner.New(partner.Config{Gate: gate, Script: func(_ landfall.Redeemed, p landfall.Prompt) partner.Script { return g.script(p) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(partners.Close)
	writer := audit.NewWriter(&storetest.Memory{}, audit.WriterConfig{})
	t.Cleanup(func() { _ = writer.Close(context.Background()) })
	g.Handler = front.Config{
		Line:  line.New(line.Config{Snapshots: holder, Partners: partners, Recorder: writer, Rehearsal: true}),
		NewID: g.newID, Rehearsal: true,
		App:        func(k string) (landfall.App, bool) { return landfall.App{ID: "app_1", Market: market}, k == key },
		Definition: func(_ landfall.App, id string) (feature.Definition, bool) { return definition(t, id) },
		Availability: func(landfall.Request) api.Availability {
			return api.Availability{Features: []api.Feature{{ID: "summarize", OfferUI: true}}}
		},
	}.Handler()
	return g
}

func definition(t testing.TB, id string) (feature.Definition, bool) {
	t.Helper()
	features, _ := shipped(t)
	for _, d := range features {
		if d.ID == id {
			return d, true
		}
	}
	return feature.Definition{}, false
}

func (g *gateway) newID() string {
	g.ids++
	return fmt.Sprintf("lf_%026d", g.ids)
}

// source is a market of the shipped packs, everything in it approved for an hour.
func source(t testing.TB, market string, signer ed25519.PrivateKey) []byte {
	t.Helper()
	p, err := pack.Open(packs.Files, "")
	if err != nil {
		t.Fatal(err)
	}
	m, err := snapshot.Compose(p, market, snapshot.Parts{
		Model: landfall.Model{ID: "example-model", Identity: "example-model"}, Words: []string{word}, Rehearsal: true,
		Partner: &pack.Partner{ID: "scripted", Tier: "local", Endpoint: "scripted", DataRegion: "local",
			DisplayName: map[string]string{"en": "Example model", "zh": "示例模型"},
			Caller:      []landfall.Range{{Name: "seed", Min: 0, Max: 1 << 31}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for i := range m.Features {
		o := &m.Features[i]
		digest, err := o.Release.Digest()
		if err != nil {
			t.Fatal(err)
		}
		e, err := landfall.SignApproval(landfall.Approval{
			Authority: "authority", Market: market, Feature: o.Release.Feature, Purposes: []landfall.Purpose{landfall.Serve},
			NotBefore: now.Unix(), Expires: now.Add(time.Hour).Unix(), Sequence: 1, Rehearsal: true,
		}, digest, signer)
		if err != nil {
			t.Fatal(err)
		}
		o.Approvals = []landfall.Envelope{e}
	}
	src := snapshot.Source{Sequence: 1, Issued: now.Unix(), Expires: now.Add(time.Hour).Unix(), Rehearsal: true, Markets: []snapshot.Market{m}}
	sealed, err := src.Seal(func(typ string, b []byte) landfall.Envelope { return landfall.Seal(typ, b, signer) })
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// script cuts what the model says into pieces, as a partner does.
func (g *gateway) script(p landfall.Prompt) (out partner.Script) {
	if g.saw != nil {
		g.saw(p)
	}
	text := []rune(g.says[min(g.asked, len(g.says)-1)])
	g.asked++
	for len(text) > 0 {
		n := min(g.cut, len(text))
		out, text = append(out, partner.Step{Text: string(text[:n])}), text[n:]
	}
	return append(out, partner.Step{Usage: &landfall.Usage{Input: 120, Output: 40}})
}

// ask calls a feature; headers are "Name: value".
func (g *gateway) ask(path, body string, headers ...string) *httptest.ResponseRecorder {
	g.asked = 0
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+key)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w
}

const streamed = "Accept: text/event-stream"

// said is what the model says to a feature's example, one part for each call.
func said(t testing.TB, id, lang string) []string {
	t.Helper()
	b, err := os.ReadFile("testdata/said/" + id + "." + lang + ".txt")
	if err != nil {
		t.Errorf("%v: write there what a model says to the example of %s in %s, one part for each call, --- between", err, id, lang)
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n---\n")
}

// documented validates values against the schemas of a document, closed: a field that
// is answered and not described is refused.
type documented struct {
	compiler *jsonschema.Compiler
}

func newDocumented(t testing.TB) documented {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(documents(t)[0].JSON))
	if err != nil {
		t.Fatal(err)
	}
	closeObjects(doc.(map[string]any)["components"].(map[string]any)["schemas"])
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("mem:///doc", doc); err != nil {
		t.Fatal(err)
	}
	return documented{c}
}

func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if fields, ok := v["properties"].(map[string]any); ok && v["type"] == "object" {
			if _, said := v["additionalProperties"]; !said {
				v["additionalProperties"] = false
			}
			for _, f := range fields {
				closeObjects(f)
			}
		}
		for key, inner := range v {
			if key != "properties" && key != "default" && key != "examples" {
				closeObjects(inner)
			}
		}
	case []any:
		for _, inner := range v {
			closeObjects(inner)
		}
	}
}

// check holds JSON against the schema of a name.
func (d documented) check(t testing.TB, name string, value []byte) {
	t.Helper()
	s, err := d.compiler.Compile("mem:///doc#/components/schemas/" + name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(value))
	if err != nil {
		t.Fatalf("%s: %v in %s", name, err, value)
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("what came is not what %s describes: %v\n%s", name, err, value)
	}
}

// event is one of a stream.
type event struct {
	name string
	data []byte
}

func eventsOf(t testing.TB, body string) (out []event) {
	t.Helper()
	for block := range strings.SplitSeq(strings.TrimSuffix(body, "\n\n"), "\n\n") {
		name, data, ok := strings.Cut(strings.TrimPrefix(block, "event: "), "\ndata: ")
		if ok {
			out = append(out, event{name, []byte(data)})
		} else if !strings.HasPrefix(block, ":") {
			t.Errorf("no event: %q", block)
		}
	}
	return out
}
