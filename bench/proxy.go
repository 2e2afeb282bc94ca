package main

import (
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
)

// proxy is the baseline: what passing bytes on costs in Go, and nothing else. Its
// transport keeps as many connections as there are callers; with the default of
// two it would dial anew for most requests and look slower than it is.
//
// It is left bare otherwise, so now and then it cuts an answer off: the transport
// looks for more of the request while the server has closed it for the answer
// (golang/go#40747). Such answers are counted, and not logged one by one.
func proxy(partner string) (http.Handler, error) {
	to, err := url.Parse(partner)
	if err != nil {
		return nil, err
	}
	return &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(to) },
		FlushInterval: -1,
		ErrorLog:      log.New(io.Discard, "", 0),
		Transport:     &http.Transport{MaxIdleConnsPerHost: 128, DisableCompression: true},
	}, nil
}
