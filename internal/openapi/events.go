package openapi

import (
	"landfall"
	"landfall/api"
	"landfall/internal/feature"
)

// eventNames of an answer, in the order in which they may come; done is the last.
var eventNames = []string{"meta", "hold", "delta", "snapshot", "retract", "withheld", "usage", "done"}

// eventSchemas are the data of each event. OpenAPI 3.1 has no words for a stream of
// events: they stand in x-events, and every one is a component.
func (b *builder) eventSchemas() map[string]landfall.Object {
	return map[string]landfall.Object{
		"meta": refOf[api.Meta](b), "hold": refOf[landfall.Hold](b), "delta": refOf[api.Delta](b),
		"snapshot": {{Key: "type", Value: "object"}}, "retract": refOf[landfall.Retract](b),
		"withheld": refOf[landfall.Withheld](b), "usage": refOf[landfall.Usage](b), "done": refOf[api.Envelope](b),
	}
}

// events says what each event is and what its data holds.
func (b *builder) events() (out landfall.Object) {
	schemas := b.eventSchemas()
	for _, name := range eventNames {
		out = append(out, landfall.Member{Key: name, Value: landfall.Object{
			{Key: "description", Value: b.word(b.texts.Events, "events", name)}, {Key: "data", Value: schemas[name]},
		}})
	}
	return out
}

// eventsOf are the events of one feature: text, or the output so far.
func (b *builder) eventsOf(d feature.Definition, name string) (out landfall.Object) {
	schemas := b.eventSchemas()
	schemas["snapshot"], schemas["done"] = refTo(name+"Output"), refTo(name+"Answer")
	for _, event := range eventNames {
		if event == "delta" && d.Stream != "delta" {
			continue
		}
		out = append(out, landfall.Member{Key: event, Value: schemas[event]})
	}
	return out
}
