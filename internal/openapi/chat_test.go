package openapi_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"landfall"
)

// The OpenAI-compatible form is described as it is: whole, chunk by chunk, an error,
// the list of models.
func TestChatForms(t *testing.T) {
	schemas := newDocumented(t)
	const text = `"model":"summarize","messages":[{"role":"user","content":"The library opens longer from Monday, and until nine on weekdays."}]`
	for name, c := range map[string]struct {
		body, says string
		code       int
	}{
		"served":   {`{` + text + `,"temperature":0.5}`, "The library opens longer.", 200},
		"withheld": {`{` + text + `,"x_landfall":{"input":{"type":"paragraph"}}}`, "The library opens longer. It says " + word + " too.", 200},
		"refused":  {`{` + text + `,"logprobs":true}`, "x", 400},
		"no model": {`{"model":"none","messages":[{"role":"user","content":"x"}]}`, "x", 404},
		"a record": {`{"model":"extract","messages":[{"role":"user","content":"The library opens at nine."}],"response_format":{"type":"json_schema","json_schema":{"name":"r","schema":{"type":"object","properties":{"opens":{"type":"string"}}}}}}`, `{"opens":"nine"}`, 200},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGateway(t, "EU")
				g.says = []string{c.says}
				if c.code == http.StatusOK {
					schemas.check(t, "ChatRequest", []byte(c.body))
				}
				w := g.ask("/v1/chat/completions", c.body)
				want := "ChatCompletion"
				if c.code != http.StatusOK {
					want = "ChatError"
				}
				if w.Code != c.code {
					t.Errorf("%d, want %d: %s", w.Code, c.code, w.Body)
				}
				schemas.check(t, want, w.Body.Bytes())
				stream := g.ask("/v1/chat/completions", strings.Replace(c.body, "{", `{"stream":true,"stream_options":{"include_usage":true},`, 1))
				if c.code != http.StatusOK {
					return
				}
				lines := strings.Split(strings.TrimSuffix(stream.Body.String(), "\n\n"), "\n\n")
				for _, line := range lines[:len(lines)-1] {
					schemas.check(t, "ChatChunk", []byte(strings.TrimPrefix(line, "data: ")))
				}
				if lines[len(lines)-1] != "data: [DONE]" {
					t.Errorf("the stream ends with %s", lines[len(lines)-1])
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(t, "EU")
		for path, name := range map[string]string{"/v1/models": "ModelList", "/v1/models/summarize": "Model", "/v1/models/none": "ChatError"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Header.Set("Authorization", "Bearer "+key)
			w := httptest.NewRecorder()
			g.ServeHTTP(w, r)
			schemas.check(t, name, w.Body.Bytes())
		}
	})
}

// The parameters described are those that the front reads.
func TestChatParameters(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../front/chatdecode.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	read := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != "chatFields" {
			return true
		}
		for _, e := range spec.Values[0].(*ast.CompositeLit).Elts {
			name, _ := strconv.Unquote(e.(*ast.KeyValueExpr).Key.(*ast.BasicLit).Value)
			read[name] = true
		}
		return false
	})
	described := field(documents(t)[0].Document, "components", "schemas", "ChatRequest", "properties")
	if len(read) == 0 {
		t.Fatal("no table chatFields")
	}
	for _, m := range described {
		if !read[m.Key] {
			t.Errorf("%s is described and not read", m.Key)
		}
		delete(read, m.Key)
	}
	for name := range read {
		t.Errorf("%s is read and not described: add it to chat.json", name)
	}
}

// field walks into an object.
func field(o landfall.Object, path ...string) landfall.Object {
	for _, name := range path {
		v, _ := o.Get(name)
		o, _ = v.(landfall.Object)
	}
	return o
}
