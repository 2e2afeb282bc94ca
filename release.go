package landfall

import (
	"fmt"
	"time"
)

// Release is immutable: everything that shapes the answers of one feature in one
// market. Its digest is what an authority approves. A field that is empty is left
// out of the digest, so a later version of this type may add fields without
// changing the digest of a release that exists.
type Release struct {
	Market         string      `json:"market"`
	Feature        string      `json:"feature"`
	FeatureVersion string      `json:"feature_version"`
	Partner        Partner     `json:"partner"`
	Model          Model       `json:"model"`
	Parameters     []Parameter `json:"parameters,omitempty"`
	// Caller names the parameters an app may set and their range; every other
	// parameter belongs to the release.
	Caller []Range `json:"caller,omitempty"`
	// Limits are what this model finishes in time on the machine it was measured
	// on, at most the feature's own: code points of input by language.
	Limits    []Limit  `json:"limits,omitempty"`
	Languages []string `json:"languages"`
	// Definition is the feature's file: schemas, limits, contract checks.
	Definition Digest `json:"definition"`
	// Prompt is the digest of the prompt's [Template].
	Prompt Digest `json:"prompt"`
	// Policy is the policy contract: classes, actions, and the floor of words that
	// a later word list must keep.
	Policy Digest `json:"policy"`
	// Label and Notices are the market's words about AI content and about withheld text.
	Label   Digest `json:"label"`
	Notices Digest `json:"notices"`
	// Dependencies are other services a feature calls: search, OCR, classifiers.
	Dependencies []Dependency `json:"dependencies,omitempty"`
	Rehearsal    bool         `json:"rehearsal,omitempty"`
}

// Partner is the company and endpoint whose model answers.
type Partner struct {
	ID         string `json:"id"`
	Tier       string `json:"tier"` // device, local, private or partner
	Endpoint   string `json:"endpoint"`
	DataRegion string `json:"data_region"`
}

// Model is the pinned model and what it must say of itself.
type Model struct {
	ID string `json:"id"`
	// Identity is the name the endpoint must report in its answer.
	Identity    string `json:"identity"`
	Fingerprint string `json:"fingerprint,omitempty"`
	// Weights, Engine and ChatTemplate pin a model that we run ourselves.
	Weights      Digest `json:"weights,omitempty"`
	Engine       string `json:"engine,omitempty"`
	ChatTemplate Digest `json:"chat_template,omitempty"`
}

// Parameter is one sampling parameter; decimals are strings.
type Parameter struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Range is a parameter an app may set, between Min and Max, both allowed.
type Range struct {
	Name string `json:"name"`
	Min  int64  `json:"min"`
	Max  int64  `json:"max"`
}

// Limit is the longest input of one language, in code points.
type Limit struct {
	Language string `json:"language"`
	Input    int    `json:"input"`
}

// Dependency is another service that shapes an answer.
type Dependency struct {
	Kind   string `json:"kind"`
	ID     string `json:"id"`
	Digest Digest `json:"digest"`
}

// Digest returns the digest that an approval signs.
func (r *Release) Digest() (Digest, error) { return DigestOf("release/v1", r) }

// Parameter returns the value of a sampling parameter, or "".
func (r *Release) Parameter(name string) string {
	for _, p := range r.Parameters {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// CallerRange returns the range in which an app may set a parameter.
func (r *Release) CallerRange(name string) (Range, bool) {
	for _, c := range r.Caller {
		if c.Name == name {
			return c, true
		}
	}
	return Range{}, false
}

// InputLimit returns the longest input in code points for a language; 0 means none is set.
func (r *Release) InputLimit(language string) int {
	for _, l := range r.Limits {
		if l.Language == language {
			return l.Input
		}
	}
	return 0
}

// Validate names the first field without which a release cannot be approved.
func (r *Release) Validate() error {
	for _, f := range []struct{ name, value string }{
		{"market", r.Market}, {"feature", r.Feature}, {"feature_version", r.FeatureVersion},
		{"partner.id", r.Partner.ID}, {"partner.tier", r.Partner.Tier}, {"partner.endpoint", r.Partner.Endpoint},
		{"partner.data_region", r.Partner.DataRegion}, {"model.id", r.Model.ID}, {"model.identity", r.Model.Identity},
	} {
		if f.value == "" {
			return fmt.Errorf("release: %s is missing", f.name)
		}
	}
	for _, d := range []struct {
		name  string
		value Digest
	}{{"definition", r.Definition}, {"prompt", r.Prompt}, {"policy", r.Policy}, {"label", r.Label}, {"notices", r.Notices}} {
		if !d.value.Valid() {
			return fmt.Errorf("release: %s is no sha256 digest", d.name)
		}
	}
	if len(r.Languages) == 0 {
		return fmt.Errorf("release: languages is empty")
	}
	return nil
}

// Purpose is what an approval is for; leave for one is not leave for another.
type Purpose string

const (
	Serve  Purpose = "serve"
	Shadow Purpose = "shadow"
	Assess Purpose = "assess"
	// Probe is a fixed synthetic text whose answer reaches nobody.
	Probe Purpose = "probe"
)

// Valid reports whether p is one of the purposes.
func (p Purpose) Valid() bool { return p == Serve || p == Shadow || p == Assess || p == Probe }

// Unix is a time as signed things carry it: seconds, UTC.
func Unix(s int64) time.Time { return time.Unix(s, 0).UTC() }
