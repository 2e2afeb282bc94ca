package safety

import (
	"encoding/json"
	"strconv"
	"strings"

	"landfall"
)

// RulePersonal is the rule by which personal data is kept from those who are not
// entitled to it.
const RulePersonal = "privacy.personal_data"

// mask returns a value with its personal data masked, and the places. A number cannot
// be masked and stay one: ok is false, and at is its place.
func mask(path string, v any) (out any, places []string, at string, ok bool) {
	switch v := v.(type) {
	case string:
		s, hit := masked(v)
		if hit {
			places = append(places, path)
		}
		return s, places, "", true
	case json.Number:
		return v, nil, path, len(personal(v.String())) == 0
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			m, more, at, ok := mask(path+"/"+strconv.Itoa(i), e)
			if !ok {
				return nil, nil, at, false
			}
			list[i], places = m, append(places, more...)
		}
		return list, places, "", true
	case landfall.Object:
		o := make(landfall.Object, len(v))
		for i, e := range v {
			m, more, at, ok := mask(path+"/"+landfall.EscapePointer(e.Key), e.Value)
			if !ok {
				return nil, nil, at, false
			}
			o[i], places = landfall.Member{Key: e.Key, Value: m}, append(places, more...)
		}
		return o, places, "", true
	}
	return v, nil, "", true
}

// maskOutput masks a whole output, saying where; what cannot be masked is withheld.
func (r *release) maskOutput(o landfall.Object) (landfall.Object, bool) {
	out, places, at, ok := mask("", o)
	if !ok {
		w := r.p.Foreign("output", "privacy", RulePersonal, r.o.Record, r.o.Language)
		w.Path, w.Span = at, r.shown()
		r.chunks = append(r.chunks, Chunk{Withheld: w})
		r.ended = true
		return nil, false
	}
	if len(places) > 0 {
		r.chunks = append(r.chunks, Chunk{Warning: &landfall.Warning{Code: "personal_data_masked",
			Message: "the digits of personal data are masked at " + strings.Join(places, ", ") + ": this app is not entitled to them"}})
	}
	masked := out.(landfall.Object)
	if len(places) > 0 && r.o.Masked != nil {
		masked = r.o.Masked(masked)
	}
	return masked, true
}
