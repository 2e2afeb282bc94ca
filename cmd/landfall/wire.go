package main

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"landfall"
	"landfall/api"
	"landfall/internal/control"
	"landfall/internal/feature"
	"landfall/internal/front"
	"landfall/internal/gateway"
	"landfall/internal/local"
	"landfall/internal/openapi"
	"landfall/internal/pack"
	"landfall/internal/partner"
	"landfall/internal/snapshot"
	"landfall/internal/sqlite"
)

// newID makes an id that sorts by time: 48 bits of milliseconds and 80 of chance.
func newID() string {
	var b [16]byte
	ms := uint64(time.Now().UnixMilli())
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	_, _ = rand.Read(b[6:])
	return "lf_" + strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
}

// embedded hands the local engine to the partners as an endpoint.
type embedded struct{ engine *local.Engine }

func (e embedded) Locate(ctx context.Context) (partner.Endpoint, error) {
	url, token, err := e.engine.Locate(ctx)
	return partner.Endpoint{BaseURL: url, Token: token}, err
}

// keys finds an app by its key, in memory; the store is read when it changed.
type keys struct {
	apps    sqlite.Apps
	current atomic.Pointer[map[string]sqlite.App]
}

func (k *keys) load(ctx context.Context) error {
	active, err := k.apps.Active(ctx)
	if err == nil {
		k.current.Store(&active)
	}
	return err
}

func (k *keys) find(key string) (landfall.App, bool) {
	app, ok := (*k.current.Load())[sqlite.KeyHash(key)]
	return app.App, ok
}

// watch reloads the keys when another process changed the store.
func (k *keys) watch(ctx context.Context, every time.Duration, failed func(error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := k.load(ctx); err != nil && ctx.Err() == nil {
				failed(err)
			}
		}
	}
}

// demoApps makes one app for each market that has none yet, and writes their keys
// where scripts look: rehearsal/apps.json, market to key.
func demoApps(ctx context.Context, dir control.Dir, apps sqlite.Apps, markets []string) (map[string]string, error) {
	have := map[string]string{}
	b, err := os.ReadFile(dir.Apps())
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		if err := json.Unmarshal(b, &have); err != nil {
			return nil, fmt.Errorf("%s: %w", dir.Apps(), err)
		}
	}
	made := false
	for _, m := range markets {
		if have[m] != "" {
			continue
		}
		_, key, err := apps.New(ctx, landfall.App{Name: "rehearsal " + m, Market: m, PersonalData: true})
		if err != nil {
			return nil, err
		}
		have[m], made = key, true
	}
	if !made {
		return have, nil
	}
	return have, control.WriteJSON(dir.Apps(), have, 0o600)
}

// newControl opens the control plane over a data directory.
func newControl(cfg *Config, p *pack.Packs, engine *local.Engine) *control.Control {
	return &control.Control{Dir: cfg.dir(), Packs: p, Model: engine.Identity(), ModelLanguages: engine.Languages(), Shipped: engine.Speed()}
}

// availability words the line's states for the wire.
func availability(line *gateway.Line, engine *local.Engine, rehearsal bool) func(landfall.Request) api.Availability {
	return func(req landfall.Request) api.Availability {
		out := api.Availability{Market: req.App.Market, Rehearsal: rehearsal, Features: []api.Feature{}}
		states, err := line.States(req, func(*landfall.Release) []landfall.Reason { return engine.Reasons() })
		if err != nil {
			out.Reasons = err.Reasons
			return out
		}
		for _, s := range states {
			f := api.Feature{ID: s.Feature, Reasons: s.Reasons, NextCheckAt: line.NextCheck(s.Reasons), TierOrder: []string{}}
			f.Limits = api.Limits{MaxInputChars: map[string]int{}, Languages: []string{}}
			if s.Route != nil {
				describe(&f, s.Route)
			}
			f.OfferUI, f.State = offer(s.Reasons)
			if f.Reasons == nil {
				f.Reasons = []landfall.Reason{}
			}
			out.Features = append(out.Features, f)
		}
		return out
	}
}

func describe(f *api.Feature, route *snapshot.Route) {
	r, d := route.Release(), route.Feature.Definition()
	f.Version, f.Release, f.TierOrder = r.FeatureVersion, route.Digest(), []string{r.Partner.Tier}
	f.Limits = api.Limits{MaxInputChars: maxInput(d, r), Languages: r.Languages}
	if len(d.Unmet) > 0 {
		f.Unmet = d.Unmet
	}
}

// documents describes what is served, as the packs stand at the start.
func documents(p *pack.Packs) (http.Handler, error) {
	features, err := openapi.ReadFeatures(p)
	if err != nil {
		return nil, err
	}
	texts, err := openapi.ReadTexts(p, features)
	if err != nil {
		return nil, err
	}
	languages, err := openapi.New(openapi.Config{Routes: front.Routes(), Statuses: front.Statuses(), Features: features, Texts: texts})
	if err != nil {
		return nil, err
	}
	return openapi.Handler(languages), nil
}

// definition finds a feature of an app's market as the snapshot has it now.
func definition(holder *snapshot.Holder) func(landfall.App, string) (feature.Definition, bool) {
	return func(app landfall.App, id string) (feature.Definition, bool) {
		snap, unavailable := holder.Current()
		if unavailable != nil {
			return feature.Definition{}, false
		}
		r, unavailable := snap.Route(app.Market, id)
		if unavailable != nil {
			return feature.Definition{}, false
		}
		return r.Feature.Definition(), true
	}
}

// offer: the entry point is shown when nothing but time, or the user's consent, is
// missing.
func offer(reasons []landfall.Reason) (ui bool, state string) {
	ui, state = true, "available"
	for _, r := range reasons {
		switch {
		case r.Code == landfall.ReasonConsent:
			state = "not_ready"
		case !r.Waiting:
			return false, "unavailable"
		case r.Code == landfall.ReasonModelDownloading:
			state = "downloading"
		case state != "downloading":
			state = "not_ready"
		}
	}
	return ui, state
}

// maxInput is the longest input by language: the feature's, or the release's where
// that is smaller.
func maxInput(d feature.Definition, r *landfall.Release) map[string]int {
	out := map[string]int{}
	for _, lang := range r.Languages {
		out[lang] = d.Limits[lang]
		if n := r.InputLimit(lang); n > 0 && n < out[lang] {
			out[lang] = n
		}
	}
	return out
}
