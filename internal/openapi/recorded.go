package openapi

import (
	"embed"

	"landfall"
	"landfall/internal/feature"
)

// recordings hold what the gateway answered to the features' examples, a scripted
// partner behind it: NAME.json whole, NAME.sse as events. A test makes them, and fails
// when the gateway would answer otherwise.
//
//go:embed all:recorded
var recordings embed.FS

// recorded returns the answers to a feature's examples, whole and as events; nil when
// there is none.
func recorded(d feature.Definition, language string) (whole, streams landfall.Object) {
	for _, lang := range d.Languages {
		name := "recorded/" + d.ID + "." + lang
		j, err := recordings.ReadFile(name + ".json")
		s, err2 := recordings.ReadFile(name + ".sse")
		if err != nil || err2 != nil {
			continue
		}
		v, err := landfall.ParseJSON(j)
		if err != nil {
			continue
		}
		whole = append(whole, landfall.Member{Key: lang, Value: landfall.Object{{Key: "value", Value: v}}})
		streams = append(streams, landfall.Member{Key: lang, Value: landfall.Object{{Key: "value", Value: string(s)}}})
	}
	return whole, streams
}
