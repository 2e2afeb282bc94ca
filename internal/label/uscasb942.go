package label

import (
	"errors"
	"time"

	"landfall"
)

// California Business and Professions Code 22757.3(b) (SB 942) wants the provider's
// name in a latent disclosure. It demands no words, and speaks of image, video and
// audio; on text the same fields are given all the same.
func checkUSCASB942(w Words) error {
	if w.Producer == "" {
		return errors.New("producer is missing: the provider's name (22757.3(b)(1)(A))")
	}
	return nil
}

// implicitUSCASB942 is the latent disclosure: provider, system and version, time of
// making, and a number of its own.
func implicitUSCASB942(w Words, a Answer) landfall.Object {
	return landfall.Object{
		{Key: "provider", Value: w.Producer},
		{Key: "system", Value: a.System},
		{Key: "version", Value: a.Version},
		{Key: "created_at", Value: a.Made.UTC().Format(time.RFC3339)},
		{Key: "content_id", Value: a.ID},
	}
}
