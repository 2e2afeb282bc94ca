package partner_test

import (
	"strings"
	"testing"

	"landfall/internal/partner"
)

func TestCanonicalBase(t *testing.T) {
	const base = "http://127.0.0.1:9400/case/st-20/v1"
	for _, c := range []struct{ in, want, hint string }{
		{base, base, ""},
		{base + "/", base, ""},
		{base + "//", base, ""},
		{base + "/chat/completions", base, ""},
		{base + "/chat/completions/", base, ""},
		{" " + base + "\n", base, ""},
		{"HTTP://LOCALHOST:9400/case/st-20/v1", "http://localhost:9400/case/st-20/v1", ""},
		{"https://Host.Example:443/V1", "https://host.example/V1", ""},
		{"http://host:80", "http://host", ""},
		{"http://host:", "http://host", ""},
		{"http://[::1]:8080/v1", "http://[::1]:8080/v1", ""},
		{"http://host:443/v1", "http://host:443/v1", ""},
		{"http://host//v1", "", "empty"},
		{"http://host/a/../v1", "", "dot"},
		{"http://host/v1?key=secret", "", "query"},
		{"http://host/v1#x", "", "fragment"},
		{"http://host/v1#", "", "fragment"},
		{"http://user:secret@host/v1", "", "credentials"},
		{"http://user:secret@ho st/v1", "", "parse"},
		{"http://host/v1\nsecret", "", "parse"},
		{"127.0.0.1:9400/v1", "", "parse"},
		{"host/v1", "", "http://"},
		{"ftp://host", "", "http://"},
		{"http:///v1", "", "host"},
		{"", "", "http://"},
	} {
		got, err := partner.CanonicalBase(c.in)
		if got != c.want || (err != nil) != (c.hint != "") || err != nil && !strings.Contains(err.Error(), c.hint) {
			t.Errorf("%q: got %q, %v", c.in, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error shows it: %v", c.in, err)
		}
	}
}

// One writing is canonical: a second pass changes nothing.
func FuzzCanonicalBase(f *testing.F) {
	for _, s := range []string{"HTTP://A:80//chat/completions", "https://a/%7e/chat/completions/chat/completions", "http://a:/v1/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once, err := partner.CanonicalBase(s)
		if err != nil {
			return
		}
		if twice, err := partner.CanonicalBase(once); err != nil || twice != once {
			t.Errorf("%q gives %q, and that gives %q, %v", s, once, twice, err)
		}
	})
}

func TestCanonicalToken(t *testing.T) {
	for _, c := range []struct {
		in, want string
		ok       bool
	}{
		{"sk-test-9f2c-loopback-only\n", "sk-test-9f2c-loopback-only", true},
		{"sk-9f2c\r\n", "sk-9f2c", true},
		{"", "", true},
		{"sk-\n9f2c", "", false},
		{"sk 9f2c", "", false},
		{"sk-9f2c\x00", "", false},
		{"sk-9f2cé", "", false},
	} {
		got, err := partner.CanonicalToken(c.in)
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("%q: got %q, %v", c.in, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "9f2c") {
			t.Errorf("%q: the error shows it: %v", c.in, err)
		}
	}
}
