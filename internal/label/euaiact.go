package label

import (
	"fmt"

	"landfall"
)

// trainedAlgorithmicMedia is IPTC's digital source type of content made by a model.
const trainedAlgorithmicMedia = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

// Regulation (EU) 2024/1689 article 50(1): a person is told, in words.
func checkEUAIAct(w Words) error {
	if len(w.Text) == 0 {
		return fmt.Errorf("text is empty: article 50(1) of Regulation (EU) 2024/1689 demands a notice")
	}
	return nil
}

// implicitIPTC is the machine-readable mark in the answer's own fields (article 50(2);
// with a notice, article 31(2) of the AI Basic Act of KR): the digital source type of
// IPTC, the maker, and the number.
func implicitIPTC(w Words, a Answer) landfall.Object {
	return landfall.Object{
		{Key: "digital_source_type", Value: trainedAlgorithmicMedia},
		{Key: "producer", Value: w.Producer},
		{Key: "content_id", Value: a.ID},
	}
}
