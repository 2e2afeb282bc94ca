package api

import "landfall"

// Request is the body of POST /v1/features/{id}. All but Input is optional.
type Request struct {
	Input landfall.Object `json:"input"`
	// Options are fields of the input that may stand here as well.
	Options        landfall.Object `json:"options,omitempty"`
	Locale         string          `json:"locale,omitempty"`
	OutputLanguage *string         `json:"output_language,omitempty"`
	Processing     string          `json:"processing,omitempty"` // device_only, private_ok or partner_ok
	Consent        *Consent        `json:"consent,omitempty"`
	Audience       *Audience       `json:"audience,omitempty"`
	GuardMode      string          `json:"guard_mode,omitempty"` // generate or transform
	Foreground     *bool           `json:"foreground,omitempty"`
	Seed           *int64          `json:"seed,omitempty"`
	DeadlineMS     int64           `json:"deadline_ms,omitempty"`
	IdempotencyKey string          `json:"idempotency_key,omitempty"`
	OffsetUnit     landfall.Unit   `json:"offset_unit,omitempty"`
}

// Consent says whether the user agreed that a partner answers.
type Consent struct {
	Partner  string `json:"partner,omitempty"` // ask, granted or denied
	RecordID string `json:"record_id,omitempty"`
}

// Audience is who reads the answer.
type Audience struct {
	AgeBand string `json:"age_band,omitempty"` // child, teen, adult or unknown
}
