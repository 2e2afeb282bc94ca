package label

import (
	"fmt"
	"strings"

	"landfall"
)

// GB 45438-2025 clause 5.1: the words hold an AI element (人工智能 or AI) and a
// generation element (生成 or 合成).
func checkGB45438(w Words) error {
	for lang, text := range w.Text {
		ai := strings.Contains(text, "AI") || strings.Contains(text, "人工智能")
		made := strings.Contains(text, "生成") || strings.Contains(text, "合成")
		if !ai || !made {
			return fmt.Errorf("text.%s %q needs both elements of GB 45438 clause 5.1: AI or 人工智能, and 生成 or 合成", lang, text)
		}
	}
	if len(w.Text) == 0 {
		return fmt.Errorf("text is empty: GB 45438 clause 5.1 demands words")
	}
	// Annex E j): no space, quote, backslash or sign beyond ASCII in a value.
	for _, r := range w.Producer {
		if r <= 0x20 || r > 0x7E || r == '"' || r == '\\' {
			return fmt.Errorf("producer %q: %q is not allowed in a value (GB 45438 Annex E j); use the 27-character code", w.Producer, r)
		}
	}
	if w.Producer == "" {
		return fmt.Errorf("producer is missing: the provider's code")
	}
	return nil
}

// implicitGB45438 writes all seven keys of GB 45438 Annex E; at the first
// writing the distributor is the producer.
func implicitGB45438(w Words, a Answer) landfall.Object {
	return landfall.Object{{Key: "AIGC", Value: landfall.Object{
		{Key: "Label", Value: "1"},
		{Key: "ContentProducer", Value: w.Producer},
		{Key: "ProduceID", Value: a.ID},
		{Key: "ReservedCode1", Value: ""},
		{Key: "ContentPropagator", Value: w.Producer},
		{Key: "PropagateID", Value: a.ID},
		{Key: "ReservedCode2", Value: ""},
	}}}
}
