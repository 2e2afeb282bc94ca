package landfall_test

import (
	"reflect"
	"strings"
	"testing"

	"landfall"
)

const zeros = "sha256:0000000000000000000000000000000000000000000000000000000000000000"

// release is a good one, for tests to spoil.
func release() *landfall.Release {
	return &landfall.Release{
		Market: "XA", Feature: "summarize", FeatureVersion: "1",
		Partner:    landfall.Partner{ID: "scripted", Tier: "local", Endpoint: "embedded", DataRegion: "local"},
		Model:      landfall.Model{ID: "made-up-1b", Identity: "made-up"},
		Languages:  []string{"xa"},
		Definition: zeros, Prompt: zeros, Policy: zeros, Label: zeros, Notices: zeros,
	}
}

// full is a release with every field set.
func full() *landfall.Release {
	r := release()
	r.Model = landfall.Model{ID: "made-up-1b", Identity: "made-up", Fingerprint: "fp", Weights: zeros, Engine: "engine 1", ChatTemplate: zeros}
	r.Parameters = []landfall.Parameter{{Name: "temperature", Value: "0.2"}}
	r.Caller = []landfall.Range{{Name: "seed", Min: 1, Max: 9}}
	r.Limits = []landfall.Limit{{Language: "xa", Input: 2000}}
	r.Dependencies = []landfall.Dependency{{Kind: "search", ID: "made-up", Digest: zeros}}
	r.Rehearsal = true
	return r
}

func digestOf(t testing.TB, r *landfall.Release) landfall.Digest {
	t.Helper()
	d, err := r.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// What was approved stays approved: a new field of the type must not change the
// digest of a release that lacks it. Never change these; give the field omitempty.
func TestReleaseDigestIsPinned(t *testing.T) {
	for name, c := range map[string]struct {
		r    *landfall.Release
		want landfall.Digest
	}{
		"only what is needed": {release(), "sha256:60eda6bc18fd035513f9f5d037359fcba5c176676083778a85d1fab986372a95"},
		"every field":         {full(), "sha256:563eee0e51113bf317ab9a8cadbdc7e64558b64f74739d64a0482fc10d29c621"},
	} {
		if got := digestOf(t, c.r); got != c.want {
			t.Errorf("%s: the digest is now %s, want %s", name, got, c.want)
		}
	}
}

// Whatever shapes an answer is in the digest: no field can change unnoticed.
func TestEveryFieldIsInTheDigest(t *testing.T) {
	base := digestOf(t, full())
	n := 0
	var walk func(change reflect.Value, name string, r *landfall.Release)
	walk = func(v reflect.Value, name string, r *landfall.Release) {
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				walk(v.Field(i), name+"."+v.Type().Field(i).Name, r)
			}
			return
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i), name, r)
			}
			return
		}
		old := reflect.ValueOf(v.Interface())
		switch v.Kind() {
		case reflect.String:
			v.SetString(v.String() + "x")
		case reflect.Bool:
			v.SetBool(!v.Bool())
		default:
			v.SetInt(v.Int() + 1)
		}
		if digestOf(t, r) == base {
			t.Errorf("%s is not in the digest", name)
		}
		v.Set(old)
		n++
	}
	r := full()
	walk(reflect.ValueOf(r).Elem(), "Release", r)
	if n < 25 || digestOf(t, r) != base {
		t.Errorf("the test itself is wrong: %d fields", n)
	}
}

func TestReleaseValidate(t *testing.T) {
	if err := release().Validate(); err != nil {
		t.Error(err)
	}
	for want, spoil := range map[string]func(*landfall.Release){
		"market is missing":              func(r *landfall.Release) { r.Market = "" },
		"feature is missing":             func(r *landfall.Release) { r.Feature = "" },
		"feature_version is missing":     func(r *landfall.Release) { r.FeatureVersion = "" },
		"partner.id is missing":          func(r *landfall.Release) { r.Partner.ID = "" },
		"partner.tier is missing":        func(r *landfall.Release) { r.Partner.Tier = "" },
		"partner.endpoint is missing":    func(r *landfall.Release) { r.Partner.Endpoint = "" },
		"partner.data_region is missing": func(r *landfall.Release) { r.Partner.DataRegion = "" },
		"model.id is missing":            func(r *landfall.Release) { r.Model.ID = "" },
		"model.identity is missing":      func(r *landfall.Release) { r.Model.Identity = "" },
		"definition is no sha256 digest": func(r *landfall.Release) { r.Definition = "" },
		"prompt is no sha256 digest":     func(r *landfall.Release) { r.Prompt = "sha256:0" },
		"policy is no sha256 digest":     func(r *landfall.Release) { r.Policy = "" },
		"label is no sha256 digest":      func(r *landfall.Release) { r.Label = "" },
		"notices is no sha256 digest":    func(r *landfall.Release) { r.Notices = "" },
		"languages is empty":             func(r *landfall.Release) { r.Languages = nil },
	} {
		r := release()
		spoil(r)
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestReleaseLooksUp(t *testing.T) {
	r := full()
	if r.Parameter("temperature") != "0.2" || r.Parameter("top_p") != "" {
		t.Error("Parameter")
	}
	if c, ok := r.CallerRange("seed"); !ok || c.Max != 9 {
		t.Error("CallerRange")
	}
	if _, ok := r.CallerRange("temperature"); ok {
		t.Error("a parameter of the release is no caller's")
	}
	if r.InputLimit("xa") != 2000 || r.InputLimit("xb") != 0 {
		t.Error("InputLimit")
	}
}

func TestPurposeValid(t *testing.T) {
	for p, want := range map[landfall.Purpose]bool{
		landfall.Serve: true, landfall.Shadow: true, landfall.Assess: true, landfall.Probe: true, "": false, "Serve": false, "all": false,
	} {
		if p.Valid() != want {
			t.Errorf("%q: %t", p, !want)
		}
	}
}
