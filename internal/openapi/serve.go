package openapi

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Handler serves /openapi.json and /docs; ?lang= picks the language, else for the page
// what the reader's browser asks for, else the first.
func Handler(languages []Language) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, asked := w.Header(), []string{r.URL.Query().Get("lang")}
		page := !strings.HasSuffix(r.URL.Path, ".json")
		if page {
			asked = append(asked, strings.Split(r.Header.Get("Accept-Language"), ",")...)
			h.Set("Vary", "Accept-Language")
		}
		l := choose(languages, asked)
		h.Set("Content-Language", l.ID)
		h.Set("X-Content-Type-Options", "nosniff")
		name, body := "openapi.json", l.JSON
		h.Set("Content-Type", "application/json; charset=utf-8")
		if page {
			name, body = "docs.html", addressed(l.Page, r)
			h.Set("Content-Type", "text/html; charset=utf-8")
			// The page carries its style and nothing else: no script, no other host.
			h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		}
		h.Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(body)))
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(body))
	})
}

// address is where the page's examples ask.
const address = "http://127.0.0.1:8460"

// host is what may stand for it: a name or an address, with a port or without.
var host = regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]{1,5})?$|^\[[0-9a-fA-F:]+\](:[0-9]{1,5})?$`)

// addressed lets the examples ask where the page was asked for, so that they can be
// pasted as they stand.
func addressed(page []byte, r *http.Request) []byte {
	if !host.MatchString(r.Host) {
		return page
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return bytes.ReplaceAll(page, []byte(address), []byte(scheme+r.Host))
}

// choose returns the first language asked for that there is.
func choose(languages []Language, asked []string) Language {
	for _, tag := range asked {
		tag, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(tag)), ";")
		tag, _, _ = strings.Cut(tag, "-")
		for _, l := range languages {
			if l.ID == tag {
				return l
			}
		}
	}
	return languages[0]
}
