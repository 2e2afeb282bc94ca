package api

import "landfall"

// Record is what the log holds of one request, without its content: the answer of
// GET /v1/requests/{id}. Times are RFC 3339 in UTC, durations milliseconds.
type Record struct {
	ID      string `json:"id"`
	Feature string `json:"feature"`
	Market  string `json:"market"`
	At      string `json:"at"`
	// Outcome is an answer's status, or running, abandoned, interrupted or replayed.
	Outcome string        `json:"outcome"`
	Code    landfall.Code `json:"code,omitempty"` // of the error
	Stage   string        `json:"stage,omitempty"`
	Check   string        `json:"check,omitempty"`
	Reasons []string      `json:"reasons,omitempty"`
	Rules   []string      `json:"rules,omitempty"`
	// RulesHit is how many rules were hit where Rules names the first of them alone.
	RulesHit         int             `json:"rules_hit,omitempty"`
	Warnings         []string        `json:"warnings,omitempty"`
	Release          landfall.Digest `json:"release,omitempty"`
	ApprovalSequence int64           `json:"approval_sequence,omitempty"`
	Rehearsal        bool            `json:"rehearsal"`
	Device           string          `json:"device,omitempty"`
	User             string          `json:"user,omitempty"`
	Form             string          `json:"form"`
	// ReplayOf is the first request, where this one was answered from memory.
	ReplayOf string         `json:"replay_of,omitempty"`
	Model    string         `json:"model,omitempty"` // as the partner named it
	Attempts int            `json:"attempts"`
	Usage    landfall.Usage `json:"usage"`
	// The commitments are HMAC-SHA-256 over the body as it came and the text as it was
	// shown, under a salt that whoever runs the server holds.
	InputCommitment  landfall.Digest `json:"input_commitment,omitempty"`
	OutputCommitment landfall.Digest `json:"output_commitment,omitempty"`
	ShownLength      int             `json:"shown_length"` // code points
	FirstTextMS      int64           `json:"first_text_ms,omitempty"`
	TotalMS          int64           `json:"total_ms,omitempty"`
	Appeals          []Case          `json:"appeals"`
}

// Appeal is the body of POST /v1/appeals: the token of a withheld entry, and what the
// user wants to say, at most [MaxAppeal] characters.
type Appeal struct {
	Token   string `json:"appeal_token"`
	Message string `json:"message,omitempty"`
}

// MaxAppeal is the longest message of an appeal in code points.
const MaxAppeal = 2000

// Case is an appeal that was kept. The same token again gives the same case.
type Case struct {
	Case   string `json:"case"`
	Record string `json:"record"`
	RuleID string `json:"rule_id"`
	At     string `json:"at"`
}

// Count is how long a feature's input is, and how long it may be: the answer of POST
// /v1/count. A limit of 0 is none.
type Count struct {
	Feature    string          `json:"feature"`
	Release    landfall.Digest `json:"release"`
	Language   string          `json:"language"` // of the answer, which decides the limit
	Characters Length          `json:"characters"`
	Tokens     Tokens          `json:"tokens"`
	// Fits says that no limit that is known beforehand refuses the input.
	Fits bool `json:"fits"`
}

// Length is a count of code points of the feature's main field.
type Length struct {
	Count int `json:"count"`
	Limit int `json:"limit"`
}

// Tokens are those of the feature's main field, without the prompt around it. By is
// tokenizer where the model's own counted them, else estimate: rather more than fewer.
type Tokens struct {
	Count int    `json:"count"`
	By    string `json:"by"`
}
