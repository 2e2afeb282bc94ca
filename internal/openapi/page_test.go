package openapi_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"landfall/internal/openapi"
)

// The page reads without scripts and asks no other host for anything, and every link
// inside it leads somewhere.
func TestPageStandsAlone(t *testing.T) {
	for _, d := range documents(t) {
		page := string(d.Page)
		for _, forbidden := range []string{"<script", "<link", "<img", "<iframe", "@import", "url(", "src="} {
			if strings.Contains(page, forbidden) {
				t.Errorf("%s: the page has %s", d.ID, forbidden)
			}
		}
		ids := map[string]int{}
		for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(page, -1) {
			ids[m[1]]++
		}
		for id, n := range ids {
			if n > 1 {
				t.Errorf("%s: id %s stands %d times", d.ID, id, n)
			}
		}
		for _, m := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			to, inside := strings.CutPrefix(m[1], "#")
			if inside && ids[to] == 0 || !inside && !strings.HasPrefix(to, "?lang=") && !strings.HasPrefix(to, "/openapi.json") {
				t.Errorf("%s: the link %s leads nowhere", d.ID, m[1])
			}
		}
	}
}

// What one language says the other says too.
func TestWordsInAllLanguages(t *testing.T) {
	all := texts(t)
	if len(all) < 2 {
		t.Fatalf("%d languages, want two", len(all))
	}
	for _, other := range all[1:] {
		for _, f := range reflect.VisibleFields(reflect.TypeFor[openapi.Texts]()) {
			a, b := reflect.ValueOf(all[0]).FieldByIndex(f.Index), reflect.ValueOf(other).FieldByIndex(f.Index)
			if a.Kind() == reflect.Map {
				sameKeys(t, all[0].Language, other.Language, f.Name, a, b)
				sameKeys(t, other.Language, all[0].Language, f.Name, b, a)
			}
		}
		for id, words := range all[0].Features {
			sameKeys(t, all[0].Language, other.Language, id, reflect.ValueOf(words.Fields), reflect.ValueOf(other.Features[id].Fields))
			sameKeys(t, other.Language, all[0].Language, id, reflect.ValueOf(other.Features[id].Fields), reflect.ValueOf(words.Fields))
		}
	}
}

func sameKeys(t *testing.T, in, missing, table string, a, b reflect.Value) {
	t.Helper()
	for _, k := range a.MapKeys() {
		if !b.MapIndex(k).IsValid() {
			t.Errorf("%s has words for %s.%s, %s has none", in, table, k, missing)
		}
	}
}

func TestHandler(t *testing.T) {
	all := documents(t)
	h := openapi.Handler(all)
	for _, c := range []struct{ url, accept, language, kind string }{
		{"/openapi.json", "", "en", "application/json"},
		{"/openapi.json", "zh-CN", "en", "application/json"}, // tools get one document
		{"/openapi.json?lang=zh", "", "zh", "application/json"},
		{"/docs", "", "en", "text/html"},
		{"/docs", "fr, zh-Hans-CN;q=0.8", "zh", "text/html"},
		{"/docs?lang=en", "zh", "en", "text/html"},
		{"/docs?lang=none", "", "en", "text/html"},
	} {
		r := httptest.NewRequest(http.MethodGet, c.url, nil)
		r.Header.Set("Accept-Language", c.accept)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK || w.Header().Get("Content-Language") != c.language || !strings.HasPrefix(w.Header().Get("Content-Type"), c.kind) {
			t.Errorf("%s for %q: %d %v", c.url, c.accept, w.Code, w.Header())
		}
		r.Header.Set("If-None-Match", w.Header().Get("ETag"))
		again := httptest.NewRecorder()
		h.ServeHTTP(again, r)
		if again.Code != http.StatusNotModified {
			t.Errorf("%s again: %d", c.url, again.Code)
		}
	}
}

// The examples ask where the page was asked for; a host that is none changes nothing.
func TestExamplesAskThePagesHost(t *testing.T) {
	h := openapi.Handler(documents(t))
	for host, want := range map[string]string{
		"gateway.example:9000": "http://gateway.example:9000/v1/", "[::1]:8460": "http://[::1]:8460/v1/",
		`"><script>`: "http://127.0.0.1:8460/v1/", "a.example/../": "http://127.0.0.1:8460/v1/",
	} {
		r := httptest.NewRequest(http.MethodGet, "/docs", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if body := w.Body.String(); !strings.Contains(body, want) || strings.Contains(body, "<script>") {
			t.Errorf("%s: the page does not ask %s", host, want)
		}
	}
}

// The same packs give the same bytes.
func TestDeterministic(t *testing.T) {
	first, second := documents(t), documents(t)
	for i := range first {
		if !bytes.Equal(first[i].JSON, second[i].JSON) || !bytes.Equal(first[i].Page, second[i].Page) {
			t.Errorf("%s: two documents of the same packs differ", first[i].ID)
		}
	}
}

// The example asks an address that is served and reads events that are sent.
func TestExamplePage(t *testing.T) {
	doc := string(documents(t)[0].JSON)
	for _, m := range regexp.MustCompile(`(?m)^  (\w+): data =>`).FindAllStringSubmatch(openapi.ExamplePage, -1) {
		if !strings.Contains(doc, `"`+m[1]+`":{"description"`) {
			t.Errorf("the example reads an event %s that is not described", m[1])
		}
	}
	if lines := strings.Count(openapi.ExamplePage, "\n"); lines > 40 {
		t.Errorf("the example has %d lines", lines)
	}
}
