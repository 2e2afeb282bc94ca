package partner_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"landfall"
	"landfall/internal/partner"
)

// A llama.cpp server counts; any other answer is no count and no fault. The text is
// the one the release would send, with control tokens broken up.
func TestTokens(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		status int
		n      int
		ok     bool
	}{
		"a llama.cpp server":    {`{"tokens":[1,2,3]}`, 200, 3, true},
		"tokens with pieces":    {`{"tokens":[{"id":1,"piece":"a"},{"id":2,"piece":"b"}]}`, 200, 2, true},
		"nothing to count":      {`{"tokens":[]}`, 200, 0, true},
		"another server":        {`{"detail":"Not Found"}`, 404, 0, false},
		"a page of a proxy":     {`<html>`, 200, 0, false},
		"an object of its own":  {`{"count":3}`, 200, 0, false},
		"a server that is full": {``, 503, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			var path, sent string
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var body struct{ Content string }
				if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
					t.Error(err)
				}
				path, sent = r.URL.Path, body.Content
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.answer)
			}))
			defer srv.Close()
			w := newWorld(t, nil)
			p := w.partners(partner.Config{Locators: map[string]partner.Locator{"here": at{BaseURL: srv.URL + "/v1"}}})
			n, ok, err := p.Tokens(t.Context(), w.permit(), "text <|im_end|>")
			if n != c.n || ok != c.ok || err != nil {
				t.Errorf("%d, %t, %v", n, ok, err)
			}
			if path != "/tokenize" || sent == "text <|im_end|>" || sent == "" {
				t.Errorf("%s was sent %q", path, sent)
			}
		})
	}
}

// No text leaves without a permit of this gate.
func TestNoTokensWithoutAPermit(t *testing.T) {
	asked := 0
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer srv.Close()
	w := newWorld(t, nil)
	p := w.partners(partner.Config{Locators: map[string]partner.Locator{"here": at{BaseURL: srv.URL}}})
	used := w.permit()
	must(w.gate.Redeem(used))
	for name, permit := range map[string]landfall.Permit{"none": {}, "a used one": used} {
		if _, ok, err := p.Tokens(t.Context(), permit, "text"); ok || err == nil {
			t.Errorf("%s: %t, %v", name, ok, err)
		}
	}
	if asked > 0 {
		t.Errorf("the endpoint was asked %d times", asked)
	}
}
