package feature_test

import (
	"cmp"
	"encoding/json"
	"iter"
	"os"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"landfall"
	"landfall/internal/feature"
)

// says is a model that gives these answers in turn, each cut into pieces of n bytes.
type says struct {
	answers []string
	n       int
	finish  landfall.Finish // of every answer; stop by default
	calls   []landfall.ToolCall
	asked   int
	prompts []landfall.Prompt
}

func (m *says) ask(p landfall.Prompt) iter.Seq2[landfall.Draft, error] {
	return func(yield func(landfall.Draft, error) bool) {
		text := m.answers[min(m.asked, len(m.answers)-1)]
		m.asked++
		m.prompts = append(m.prompts, p)
		for text != "" {
			n := len(text)
			if m.n > 0 {
				n = min(m.n, n)
			}
			if !yield(landfall.Draft{Text: text[:n]}, nil) {
				return
			}
			text = text[n:]
		}
		for _, c := range m.calls {
			if !yield(landfall.Draft{Call: &c}, nil) {
				return
			}
		}
		yield(landfall.Draft{Finish: cmp.Or(m.finish, landfall.FinishStop)}, nil)
	}
}

// call runs a shipped feature over an input and returns its output.
func call(t testing.TB, id, input string, m *says) (landfall.Object, *landfall.Error) {
	t.Helper()
	f, err := feature.Compile(shipped(t, id))
	if err != nil {
		t.Fatal(err)
	}
	v, err := landfall.ParseJSON([]byte(input))
	if err != nil {
		t.Fatal(err)
	}
	rel := &landfall.Release{Feature: id, Model: landfall.Model{ID: "qwen2.5-coder-1.5b"}, Languages: []string{"zh", "en"}}
	c, bad := f.Admit(landfall.Request{Feature: id, Input: v.(landfall.Object), Unit: landfall.UTF16}, rel, "zh")
	if bad != nil {
		return nil, bad
	}
	var out landfall.Object
	for d, err := range f.Shape(c, m.ask) {
		if err != nil {
			return nil, landfall.AsError(err)
		}
		if d.Output != nil {
			out = d.Output
		}
	}
	return out, nil
}

func field(o landfall.Object, key string) string {
	v, _ := o.Get(key)
	return string(landfall.AppendJSON(nil, v))
}

const order = `{"text":"苹果三个。备注：写着 标记。请联系小禾。","json_schema":{"type":"object","properties":{"name":{"type":"string"},"count":{"type":"integer"},"phone":{"type":"string"},"who":{"type":["string","null"]},"kind":{"type":"string","enum":["fruit","other"]}},"required":["name","count"]}}`

func TestExtractKeepsOnlyWhatTheTextSays(t *testing.T) {
	for _, tt := range []struct{ name, answer, data, missing, valid string }{
		{"all said", `{"name":"苹果","count":3,"phone":null,"who":"小禾","kind":"fruit"}`, `{"name":"苹果","count":3,"who":"小禾","kind":"fruit"}`, `["/phone"]`, "true"},
		{"invented", `{"name":"香蕉","count":7,"phone":"13800000000","who":"阿宁","kind":"fruit"}`, `{"name":null,"count":null,"who":null,"kind":"fruit"}`, `["/name","/count","/phone","/who"]`, "false"},
		{"the word null", `{"name":"苹果","count":3,"phone":"null","who":"无","kind":"fruit"}`, `{"name":"苹果","count":3,"who":null,"kind":"fruit"}`, `["/phone","/who"]`, "true"},
		{"other key, other enum", `{"name":"苹果","count":3,"colour":"red","kind":"car"}`, `{"name":"苹果","count":3,"who":null}`, `["/phone","/who","/kind"]`, "true"},
		{"width and space", `{"name":"苹 果","count":3}`, `{"name":"苹果","count":3,"who":null}`, `["/phone","/who","/kind"]`, "true"},
		{"escaped", `{"name":"\u82f9\u679c","count":3}`, `{"name":"苹果","count":3,"who":null}`, `["/phone","/who","/kind"]`, "true"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := call(t, "extract", order, &says{answers: []string{tt.answer}})
			if err != nil {
				t.Fatal(err)
			}
			if have := field(out, "data"); have != tt.data {
				t.Errorf("data %s, want %s", have, tt.data)
			}
			if have := field(out, "missing"); have != tt.missing {
				t.Errorf("missing %s, want %s", have, tt.missing)
			}
			if have := field(out, "valid"); have != tt.valid {
				t.Errorf("valid %s", have)
			}
		})
	}
}

// A value counts as said where the text states all of it: no part of a number, no other
// sign or size of it, and nothing that merely follows from it.
func TestExtractKeepsWholeValues(t *testing.T) {
	for _, tt := range []struct{ text, schema, answer, want string }{
		{"共有15人报名", `{"type":"string"}`, `"1"`, ``},
		{"共有15人报名，限1组", `{"type":"string"}`, `"1"`, `"1"`},
		{"共有１５人报名", `{"type":"string"}`, `"1"`, ``},
		{"共有15人报名", `{"type":"string"}`, `"15人"`, `"15人"`},
		{"气温5度", `{"type":"number"}`, `-5`, ``},
		{"气温-5度", `{"type":"number"}`, `-5`, `-5`},
		{"气温零下五度", `{"type":"number"}`, `-5`, `-5`},
		{"It was minus 5 outside", `{"type":"number"}`, `-5`, `-5`},
		{"3-5度", `{"type":"number"}`, `-5`, ``},
		{"- 5 apples", `{"type":"number"}`, `-5`, ``},
		{"气温5度", `{"type":"number"}`, `5e10`, ``},
		{"气温5度", `{"type":"number"}`, `5.0`, `5.0`},
		{"大家三点开会", `{"type":"integer"}`, `0`, ``},
		{"大家三点开会", `{"type":"integer"}`, `3`, `3`},
		{"大家3:20开会", `{"type":"integer"}`, `20`, `20`},
		{"15人", `{"type":"array","items":{"type":"object","properties":{"x":{"type":"string"},"y":{"type":"array","items":{"type":"string"}}}}}`, `[{"x":"编造","y":["也是编造"]},{"x":"又一个","y":[]}]`, ``},
		{"15人", `{"type":"array","items":{"type":"string"}}`, `[]`, `[]`},
		{"15人", `{"type":"array","items":{"type":"string"}}`, `["编造","15人"]`, `["15人"]`},
	} {
		in := landfall.AppendJSON(nil, landfall.Object{{Key: "text", Value: tt.text}})
		in = append(in[:len(in)-1], `,"json_schema":{"type":"object","properties":{"v":`+tt.schema+`}}}`...)
		out, err := call(t, "extract", string(in), &says{answers: []string{`{"v":` + tt.answer + `}`}})
		data, missing := `{}`, `["/v"]`
		if tt.want != "" {
			data, missing = `{"v":`+tt.want+`}`, `[]`
		}
		if err != nil || field(out, "data") != data || field(out, "missing") != missing {
			t.Errorf("%s, %s: %v %s, missing %s", tt.text, tt.answer, err, field(out, "data"), field(out, "missing"))
		}
	}
}

// A right answer wrapped in talk and a code fence is found, however it is cut.
func TestExtractFindsTheRecordInTalk(t *testing.T) {
	b, err := os.ReadFile("testdata/fe-03.request.json")
	if err != nil {
		t.Fatal(err)
	}
	var req struct {
		Input json.RawMessage `json:"input"`
	}
	if err := json.Unmarshal(b, &req); err != nil {
		t.Fatal(err)
	}
	talk := "好的，{提取结果} 如下：\n\n```json\n{\"name\": \"苹果\", \"count\": 3, \"note\": \"写着 ``` 三个点\"}\n```\n希望有帮助 {笑}"
	for _, n := range []int{0, 1, 7} {
		out, bad := call(t, "extract", string(req.Input), &says{answers: []string{talk}, n: n})
		if bad != nil {
			t.Fatal(bad)
		}
		if have := field(out, "data"); have != "{\"name\":\"苹果\",\"count\":3,\"note\":\"写着 ``` 三个点\"}" || field(out, "valid") != "true" {
			t.Errorf("cut %d: data %s valid %s", n, have, field(out, "valid"))
		}
	}
}

func TestExtractRepairsWithinItsBound(t *testing.T) {
	m := &says{answers: []string{"no", "{", "nothing"}}
	_, err := call(t, "extract", order, m)
	if err == nil || err.Code != landfall.CodeOutputContractFailed || m.asked != 3 {
		t.Fatalf("asked %d times: %v", m.asked, err)
	}
	m = &says{answers: []string{"no", `{"name":"苹果","count":3}`}}
	if out, err := call(t, "extract", order, m); err != nil || m.asked != 2 || field(out, "valid") != "true" {
		t.Fatalf("asked %d times: %v", m.asked, err)
	}
	for _, p := range m.prompts[1:] {
		if p.Repair != 1 || !reflect.DeepEqual(p.Messages(), m.prompts[0].Messages()) {
			t.Error("a repair has another prompt, or does not count")
		}
	}
}

func TestExtractEvidenceIsWhereTheValueStands(t *testing.T) {
	in := `{"text":"🍎 苹果三个。","evidence":true,"json_schema":{"type":"object","properties":{"name":{"type":"string"},"count":{"type":"integer"}}}}`
	out, err := call(t, "extract", in, &says{answers: []string{`{"name":"苹果","count":3}`}})
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"path":"/name","start":3,"end":5},{"path":"/count","start":5,"end":6}]`
	if have := field(out, "evidence"); have != want {
		t.Errorf("evidence %s, want %s", have, want)
	}
}

// A hostile schema is refused before any call, with its place.
func TestExtractRefusesHostileSchemas(t *testing.T) {
	for file, place := range map[string]string{
		"fe-15.ref.json": "/input/json_schema/$defs", "fe-15.deep.json": "/input/json_schema", "fe-15.regex.json": "/input/json_schema/properties/b/pattern", "fe-15.remote.json": "/input/json_schema/$ref",
	} {
		b, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		v, err := landfall.ParseJSON(b)
		if err != nil {
			t.Fatal(file, err)
		}
		input, _ := v.(landfall.Object).Get("input")
		m := &says{answers: []string{"{}"}}
		_, bad := call(t, "extract", string(landfall.AppendJSON(nil, input)), m)
		if bad == nil || bad.Code != landfall.CodeSchemaInvalid || m.asked != 0 {
			t.Fatalf("%s: asked %d, %v", file, m.asked, bad)
		}
		if at, _ := bad.Params.Get("field"); !strings.HasPrefix(at.(string), place) {
			t.Errorf("%s: at %v, want %s", file, at, place)
		}
	}
}

// However a model's record looks, what comes out holds only what the text says.
func TestExtractInventsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[苹果梨桃a-z ]{0,6}`).Draw(t, "name")
		count := rapid.IntRange(0, 20).Draw(t, "count")
		answer := string(landfall.AppendJSON(nil, landfall.Object{{Key: "name", Value: name}, {Key: "count", Value: count}}))
		m := &says{answers: []string{answer}, n: rapid.IntRange(0, 5).Draw(t, "cut")}
		f, _ := feature.Compile(definition())
		v, _ := landfall.ParseJSON([]byte(order))
		rel := &landfall.Release{Model: landfall.Model{ID: "m"}, Languages: []string{"zh", "en"}}
		c, bad := f.Admit(landfall.Request{Input: v.(landfall.Object)}, rel, "zh")
		if bad != nil {
			t.Fatal(bad)
		}
		for d, err := range f.Shape(c, m.ask) {
			if err != nil {
				t.Fatal(err)
			}
			if d.Output == nil {
				continue
			}
			data, _ := d.Output.Get("data")
			if got := data.(landfall.Object).Text("name"); !strings.Contains("苹果三个。备注：写着 标记。请联系小禾。", got) {
				t.Fatalf("kept %q", got)
			}
			if n, _ := data.(landfall.Object).Get("count"); n != nil && n != json.Number("3") {
				t.Fatalf("kept %v", n)
			}
		}
	})
}

var extractDefinition feature.Definition

func definition() feature.Definition { return extractDefinition }

func TestMain(m *testing.M) {
	src, err := os.ReadFile("../../packs/feature/extract.yaml")
	if err == nil {
		extractDefinition, err = feature.Parse("extract.yaml", src)
	}
	if err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func FuzzFindRecord(f *testing.F) {
	f.Add("{\"name\":\"苹果\"}")
	f.Add("talk {x} ```json\n{\"name\":\"苹果\",\"count\":3}```")
	f.Add("{\"name\":{\"a\":[1,{}]}} }}{{")
	f.Fuzz(func(t *testing.T, answer string) {
		out, err := call(t, "extract", order, &says{answers: []string{strings.ToValidUTF8(answer, "?")}})
		if err == nil && out == nil {
			t.Error("neither an answer nor an error")
		}
	})
}
