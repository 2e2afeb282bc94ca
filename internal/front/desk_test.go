package front_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"landfall"
	"landfall/api"
	"landfall/internal/front"
)

// desk is what the wire hands on.
type desk struct {
	id     string
	appeal api.Appeal
	count  landfall.Request
	err    *landfall.Error
}

func (d *desk) handler() http.Handler {
	return handler(&line{}, func(c *front.Config) {
		c.Record = func(_ context.Context, app landfall.App, id string) (api.Record, *landfall.Error) {
			d.id = id
			return api.Record{ID: id, Market: app.Market, Appeals: []api.Case{}}, d.err
		}
		c.Appeal = func(_ context.Context, _ landfall.App, a api.Appeal) (api.Case, *landfall.Error) {
			d.appeal = a
			return api.Case{Case: "case_1"}, d.err
		}
		c.Count = func(_ context.Context, r landfall.Request) (api.Count, *landfall.Error) {
			d.count = r
			return api.Count{Feature: r.Feature}, d.err
		}
	})
}

func post(h http.Handler, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer good")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestDesk(t *testing.T) {
	d := &desk{}
	h := d.handler()
	if w := get(h, "GET", "/v1/requests/lf_7", "Bearer good"); w.Code != 200 || d.id != "lf_7" || !strings.Contains(w.Body.String(), `"appeals":[]`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := post(h, "/v1/appeals", `{"appeal_token":"lf_7:r","message":"我不同意。"}`); w.Code != 200 || d.appeal.Token != "lf_7:r" || d.appeal.Message != "我不同意。" || !strings.Contains(w.Body.String(), `"case":"case_1"`) {
		t.Errorf("%d %s %+v", w.Code, w.Body, d.appeal)
	}
	w := post(h, "/v1/count", `{"feature":"summarize","input":{"text":"x"},"options":{"length":"short"},"locale":"zh"}`)
	if w.Code != 200 || d.count.Feature != "summarize" || d.count.Input.Text("text") != "x" || d.count.Options.Text("length") != "short" || d.count.App.ID != "app_1" {
		t.Errorf("%d %s %+v", w.Code, w.Body, d.count)
	}
	d.err = landfall.Errorf(landfall.CodeNotFound, "none")
	for _, w := range []*httptest.ResponseRecorder{get(h, "GET", "/v1/requests/lf_8", "Bearer good"), post(h, "/v1/appeals", `{"appeal_token":"x"}`), post(h, "/v1/count", `{"feature":"x","input":{}}`)} {
		if w.Code != 404 || !strings.Contains(w.Body.String(), `"code":"not_found"`) || strings.Contains(w.Body.String(), `"feature":"lf_8"`) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
}

func TestDeskRefusesBadInput(t *testing.T) {
	for _, tt := range []struct{ path, body, says string }{
		{"/v1/appeals", `{`, `"field":""`},
		{"/v1/appeals", `[]`, "want an object"},
		{"/v1/appeals", `{}`, `"field":"/appeal_token"`},
		{"/v1/appeals", `{"appeal_token":7}`, `"field":"/appeal_token"`},
		{"/v1/appeals", `{"appeal_token":"a:b","more":1}`, `"field":"/more"`},
		{"/v1/appeals", `{"appeal_token":"a:b","message":"` + strings.Repeat("字", 2001) + `"}`, `"limit":2000,"count":2001`},
		{"/v1/appeals", `{"appeal_token":"` + strings.Repeat("a", 513) + `"}`, `"field":"/appeal_token"`},
		{"/v1/count", `{"input":{}}`, `"field":"/feature"`},
		{"/v1/count", `{"feature":"summarize"}`, `"field":"/input"`},
		{"/v1/count", `{"feature":"summarize","input":{},"market":"XA"}`, `"field":"/market"`},
	} {
		d := &desk{}
		w := post(d.handler(), tt.path, tt.body)
		if w.Code != 400 || !strings.Contains(w.Body.String(), `"code":"input_invalid"`) || !strings.Contains(w.Body.String(), tt.says) {
			t.Errorf("%s %.80s: %d %s", tt.path, tt.body, w.Code, w.Body)
		}
		if d.appeal.Token != "" || d.count.Feature != "" {
			t.Errorf("%s %.80s was handed on", tt.path, tt.body)
		}
	}
	if w := get((&desk{}).handler(), "GET", "/v1/requests/lf_7", "Bearer bad"); w.Code != 401 {
		t.Errorf("without a key: %d", w.Code)
	}
}
