package audit

import (
	"bytes"
	"encoding/json"
	"fmt"

	"landfall"
)

// Kind says what an entry does to its record. A record is opened and closed once, and
// each of its rules is appealed against at most once.
type Kind string

const (
	Opened Kind = "opened"
	Closed Kind = "closed"
	// Appealed is an appeal of a user's against what a rule withheld.
	Appealed Kind = "appealed"
)

// Outcome is how a record ended: an answer's status, or one of three that no
// answer has.
type Outcome string

const (
	Complete     Outcome = "complete"
	Withheld     Outcome = "withheld"
	Refused      Outcome = "refused"
	NeedsConsent Outcome = "needs_consent"
	Failed       Outcome = "error"
	// Abandoned is a caller that went away before the end.
	Abandoned Outcome = "abandoned"
	// Interrupted is a process that ended before the answer did.
	Interrupted Outcome = "interrupted"
	// Replayed is an answer given a second time for the same idempotency key.
	Replayed Outcome = "replayed"
)

// Form is the wire form of an answer.
type Form string

const (
	JSON     Form = "json"
	SSE      Form = "sse"
	ChatJSON Form = "chat-json" // of the OpenAI-compatible front
	ChatSSE  Form = "chat-sse"
)

// Entry is one step of a record. Empty fields are left out of its stored form,
// so a later version may add fields without changing entries that exist.
type Entry struct {
	Kind   Kind   `json:"kind"`
	Record string `json:"record"` // the id of the answer
	At     int64  `json:"at"`     // Unix milliseconds

	// Who asked for what, said by the entry that opens. Device and User are
	// pseudonyms that the app chose.
	App     string `json:"app,omitempty"`
	Market  string `json:"market,omitempty"`
	Feature string `json:"feature,omitempty"`
	Device  string `json:"device,omitempty"`
	User    string `json:"user,omitempty"`
	Form    Form   `json:"form,omitempty"`
	// ShowsLabels: the app declared that it shows the words of the label itself.
	ShowsLabels bool `json:"shows_labels,omitempty"`
	// Under which approval: empty when nothing approved was found.
	Release          landfall.Digest  `json:"release,omitempty"`
	ApprovalSequence int64            `json:"approval_sequence,omitempty"`
	Purpose          landfall.Purpose `json:"purpose,omitempty"`
	Rehearsal        bool             `json:"rehearsal,omitempty"`
	// InputCommitment is over the body as it came.
	InputCommitment landfall.Digest `json:"input_commitment,omitempty"`

	// How it ended, said by the entry that closes. Code is an error class, or one
	// of a safety stage's (guardrail_input, market_rule …).
	Outcome Outcome       `json:"outcome,omitempty"`
	Code    landfall.Code `json:"code,omitempty"`
	Check   string        `json:"check,omitempty"`
	Reasons []string      `json:"reasons,omitempty"` // codes, of what was unavailable
	Stage   string        `json:"stage,omitempty"`
	Rules   []string      `json:"rules,omitempty"`
	// RulesHit is how many rules were hit where Rules names the first of them alone.
	RulesHit int      `json:"rules_hit,omitempty"`
	Warnings []string `json:"warnings,omitempty"` // codes
	// Of is the record whose answer was given again, for an outcome replayed.
	Of string `json:"of,omitempty"`
	// Case is the number of an appeal; its rule stands in Rules, and InputCommitment is
	// over the message.
	Case string `json:"case,omitempty"`
	// What the partner said of the model that answered.
	ReportedModel       string         `json:"reported_model,omitempty"`
	ReportedFingerprint string         `json:"reported_fingerprint,omitempty"`
	Attempts            int            `json:"attempts,omitempty"`
	Usage               landfall.Usage `json:"usage,omitzero"`
	// OutputCommitment is over the text shown, of which ShownLength is the length
	// in code points.
	OutputCommitment landfall.Digest `json:"output_commitment,omitempty"`
	ShownLength      int             `json:"shown_length,omitempty"`
	FirstTextMS      int64           `json:"first_text_ms,omitempty"`
	TotalMS          int64           `json:"total_ms,omitempty"`

	// Salt is the record's, given with the entry that opens it. It is stored beside
	// the log, never in it.
	Salt []byte `json:"-"`
	// Message is what a user wrote to an appeal, stored like the salt.
	Message string `json:"-"`
}

// MaxEntry is the longest stored form in bytes: a leaf of a tiled log has a
// length of 16 bits (C2SP tlog-tiles).
const MaxEntry = 1<<16 - 1

// Canonical returns the stored form (RFC 8785). An entry that no store may take
// is an error that wraps [ErrRefused].
func (e *Entry) Canonical() ([]byte, error) {
	if e.Record == "" || e.Kind == "" {
		return nil, fmt.Errorf("%w: record and kind are both needed", ErrRefused)
	}
	b, err := landfall.Canonical(e)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if len(b) > MaxEntry {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrRefused, len(b), MaxEntry)
	}
	return b, nil
}

// ParseEntry reads a stored form. It refuses anything but the very bytes that
// [Entry.Canonical] writes: a field it would not show, or another spelling.
func ParseEntry(b []byte) (Entry, error) {
	var e Entry
	if err := json.Unmarshal(b, &e); err != nil {
		return Entry{}, fmt.Errorf("entry: %w", err)
	}
	again, err := e.Canonical()
	if err != nil {
		return Entry{}, fmt.Errorf("entry: %w", err)
	}
	if !bytes.Equal(again, b) {
		return Entry{}, fmt.Errorf("entry of record %q: not in the form it was written", e.Record)
	}
	return e, nil
}

// size is about what an entry occupies while it waits, in bytes.
func (e *Entry) size() int {
	n := 512
	for _, s := range []string{e.Record, e.App, e.Market, e.Feature, e.Device, e.User, string(e.Release),
		string(e.InputCommitment), e.Of, e.Check, e.Stage, e.ReportedModel, e.ReportedFingerprint, string(e.OutputCommitment), e.Case, e.Message} {
		n += len(s)
	}
	for _, list := range [][]string{e.Rules, e.Warnings, e.Reasons} {
		for _, s := range list {
			n += 16 + len(s)
		}
	}
	return n
}

// Appeal is an appeal and what the user wrote; Message is "" once it was erased.
type Appeal struct {
	Entry   Entry  `json:"entry"`
	Message string `json:"message,omitempty"`
}

// Record is what the log holds of one request. Closed is nil while the request
// runs, and after a crash until the next start.
type Record struct {
	Seq    int64  `json:"seq"` // the number of the entry that opened it
	Opened *Entry `json:"opened"`
	Closed *Entry `json:"closed,omitempty"`
}
