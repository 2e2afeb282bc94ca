package partner

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// CanonicalBase returns the one form of a partner's base address: scheme and host
// in lower case, no default port, no slash and no "/chat/completions" at the end.
// Writings that mean the same give the same form (RFC 3986 section 6.2); what could
// mean something else is refused.
func CanonicalBase(s string) (string, error) {
	s = strings.TrimSpace(s)
	u, err := url.Parse(s)
	switch {
	case err != nil:
		// The parser's words quote the address, which may hold a password.
		return "", errors.New("the address does not parse; want one like https://host/v1")
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Opaque != "":
		return "", errors.New("the address needs http:// or https:// and a host")
	case u.User != nil:
		return "", errors.New("the address holds credentials; they belong in the token")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(s, "#"):
		return "", errors.New("the address holds a query or a fragment; want one like https://host/v1")
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	for strings.HasSuffix(path, "/chat/completions") {
		path = strings.TrimRight(strings.TrimSuffix(path, "/chat/completions"), "/")
	}
	for _, part := range strings.Split(strings.TrimPrefix(path, "/"), "/") {
		if path != "" && part == "" || part == "." || part == ".." {
			return "", fmt.Errorf("the path %q of the address holds an empty or a dot segment", path)
		}
	}
	return u.Scheme + "://" + canonicalHost(u) + path, nil
}

func canonicalHost(u *url.URL) string {
	host := strings.ToLower(u.Host)
	for scheme, port := range map[string]string{"http": ":80", "https": ":443"} {
		if u.Scheme == scheme {
			host = strings.TrimSuffix(host, port)
		}
	}
	return strings.TrimSuffix(host, ":")
}

// CanonicalToken returns a token without the white space that files and variables
// leave around it. What no header field may carry (RFC 9110 section 5.5) is
// refused; the error does not show the value.
func CanonicalToken(s string) (string, error) {
	s = strings.TrimSpace(s)
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return "", errors.New("the token holds white space, a control character or a letter outside ASCII")
		}
	}
	return s, nil
}
