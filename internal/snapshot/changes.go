package snapshot

import (
	"fmt"

	"landfall/internal/feature"
	"landfall/internal/safety"
)

// Words reads an operator's list.
func Words(file string, src []byte) ([]string, error) {
	l, err := safety.ParseList(file, src)
	if err != nil {
		return nil, err
	}
	return l.Words, nil
}

// Changes says in words what differs between two states of a feature's release.
func Changes(was, is Market, id string) []string {
	before, after := was.offered(id), is.offered(id)
	if before == nil || after == nil {
		return nil
	}
	out := feature.Changed(before.Definition, after.Definition)
	a, b := before.Release, after.Release
	for _, f := range []struct {
		name    string
		was, is any
	}{
		{"model", a.Model, b.Model},
		{"partner", a.Partner, b.Partner},
		{"parameters", a.Parameters, b.Parameters},
		{"parameters an app may set", a.Caller, b.Caller},
		{"languages", a.Languages, b.Languages},
		{"label", was.Label, is.Label},
		{"notices", was.Notices, is.Notices},
		{"policy classes", was.Policy.Classes, is.Policy.Classes},
		{"consent", was.Pack.Consent, is.Pack.Consent},
		{"ages", was.Pack.Ages, is.Pack.Ages},
	} {
		if x, y := fmt.Sprint(f.was), fmt.Sprint(f.is); x != y {
			out = append(out, fmt.Sprintf("%s: %s -> %s", f.name, x, y))
		}
	}
	out = append(out, limitChanges(before, after)...)
	if lost := len(safety.Lost(was.Floor, is.Floor)); lost > 0 {
		out = append(out, fmt.Sprintf("word list: %d words removed", lost))
	}
	if gained := len(safety.Lost(is.Floor, was.Floor)); gained > 0 {
		out = append(out, fmt.Sprintf("word list: %d words added to the floor", gained))
	}
	return out
}

// limitChanges says how long an input may be now, and was.
func limitChanges(before, after *Offered) (out []string) {
	for _, lang := range after.Release.Languages {
		was, is := before.limit(lang), after.limit(lang)
		if was != is {
			out = append(out, fmt.Sprintf("longest input in %s: %d -> %d characters, by what the model finishes in time on this machine", lang, was, is))
		}
	}
	return out
}

// limit is the feature's own, or the release's where that is less.
func (o *Offered) limit(language string) int {
	n := o.Definition.Limits[language]
	if l := o.Release.InputLimit(language); l > 0 && l < n {
		return l
	}
	return n
}

func (m Market) offered(id string) *Offered {
	for i := range m.Features {
		if m.Features[i].Release.Feature == id {
			return &m.Features[i]
		}
	}
	return nil
}
