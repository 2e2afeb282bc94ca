package local_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"landfall/internal/local"
)

// The pinned engine and the small model themselves, where an earlier pull has
// left them in the cache.
func TestRealEngine(t *testing.T) {
	cat, _ := shipped(t)
	cache, err := local.OpenCache(os.Getenv("LANDFALL_CACHE"))
	if err != nil {
		t.Skip(err)
	}
	small, _ := cat.Find("small")
	if _, err := os.Stat(cache.Path(small)); err != nil || testing.Short() {
		t.Skip("the small model is not in the cache: landfall model pull small")
	}
	e, err := local.Open(local.Config{Catalogue: cat, Model: "small"})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	e.Start(t.Context())
	base, token := ready(t, e)
	var said struct {
		Model       string `json:"model"`
		Fingerprint string `json:"system_fingerprint"`
		Choices     []struct {
			Message struct{ Content string } `json:"message"`
		} `json:"choices"`
	}
	body := chat(t, base, token, `{"messages":[{"role":"user","content":"Name a colour."}],"max_tokens":40,"temperature":0,
		"response_format":{"type":"json_schema","json_schema":{"name":"answer","strict":true,"schema":{"type":"object",
		"properties":{"colour":{"type":"string","enum":["ochre"]}},"required":["colour"],"additionalProperties":false}}}}`)
	if err := json.Unmarshal(body, &said); err != nil {
		t.Fatal(err)
	}
	if id := e.Identity(); said.Model != id.Identity || said.Fingerprint != id.Fingerprint {
		t.Errorf("reported %q and %q, the catalogue says %q and %q", said.Model, said.Fingerprint, id.Identity, id.Fingerprint)
	}
	if strings.Join(strings.Fields(said.Choices[0].Message.Content), "") != `{"colour":"ochre"}` {
		t.Errorf("answer %s", body)
	}
}

func chat(t *testing.T, base, token, body string) []byte {
	req, _ := http.NewRequestWithContext(deadline(t), http.MethodPost, base+"/chat/completions", strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s %v: %s", res.Status, err, b)
	}
	return b
}
