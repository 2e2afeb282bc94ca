package api_test

import (
	"context"
	"errors"
	"iter"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"landfall"
	"landfall/api"
	"landfall/internal/front"
	"landfall/internal/safety"
)

type nobody struct{}

func (nobody) Serve(context.Context, landfall.Request) iter.Seq[safety.Chunk] {
	return func(func(safety.Chunk) bool) {}
}

// The client and the front speak of the same things.
func TestClientAndFrontAgree(t *testing.T) {
	var looks atomic.Int32
	srv := httptest.NewServer(front.Config{
		Line: nobody{}, NewID: func() string { return "lf_1" },
		App: func(key string) (landfall.App, bool) { return landfall.App{ID: "app_1", Market: "XA"}, key == "good" },
		Availability: func(r landfall.Request) api.Availability {
			state := "not_ready"
			if looks.Add(1) > 1 {
				state = "available"
			}
			return api.Availability{Market: r.Locale, Features: []api.Feature{{ID: r.Device, State: state}}}
		},
		Record: func(_ context.Context, _ landfall.App, id string) (api.Record, *landfall.Error) {
			if id != "lf a/b" {
				return api.Record{}, landfall.Errorf(landfall.CodeNotFound, "no %s", id)
			}
			return api.Record{ID: id}, nil
		},
		Appeal: func(_ context.Context, _ landfall.App, a api.Appeal) (api.Case, *landfall.Error) {
			return api.Case{Case: a.Token + a.Message}, nil
		},
		Count: func(_ context.Context, r landfall.Request) (api.Count, *landfall.Error) {
			return api.Count{Feature: r.Feature, Tokens: api.Tokens{Count: 3, By: "estimate"}}, nil
		},
	}.Handler())
	defer srv.Close()
	c := api.Client{URL: srv.URL, Key: "good"}
	ctx := t.Context()
	if r, err := c.Record(ctx, "lf a/b"); err != nil || r.ID != "lf a/b" {
		t.Errorf("%+v, %v", r, err)
	}
	var coded *landfall.Error
	if _, err := c.Record(ctx, "x"); !errors.As(err, &coded) || coded.Code != landfall.CodeNotFound {
		t.Errorf("%v", err)
	}
	if k, err := c.Appeal(ctx, api.Appeal{Token: "a:b", Message: "m"}); err != nil || k.Case != "a:bm" {
		t.Errorf("%+v, %v", k, err)
	}
	if n, err := c.Count(ctx, []byte(`{"feature":"tag","input":{"text":"x"}}`)); err != nil || n.Feature != "tag" || n.Tokens.Count != 3 {
		t.Errorf("%+v, %v", n, err)
	}
	looks.Store(0)
	if a, err := c.Features(ctx, "zh Hans"); err != nil || a.Market != "zh Hans" {
		t.Errorf("%+v, %v", a, err)
	}
	looks.Store(0)
	var states []string
	for a, err := range c.Watch(ctx, url.Values{"locale": {"zh"}, "device": {"d"}}) {
		if err != nil || a.Market != "zh" || a.Features[0].ID != "d" {
			t.Fatalf("%+v, %v", a, err)
		}
		if states = append(states, a.Features[0].State); len(states) == 2 {
			break
		}
	}
	if len(states) != 2 || states[0] != "not_ready" || states[1] != "available" {
		t.Errorf("states %q", states)
	}
	for _, err := range (api.Client{URL: srv.URL, Key: "bad"}).Watch(ctx, nil) {
		if !errors.As(err, &coded) || coded.Code != landfall.CodeUnauthenticated {
			t.Errorf("without a key: %v", err)
		}
	}
}
