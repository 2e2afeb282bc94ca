package landfall

import (
	"time"
	"unicode/utf8"
)

// App is an authenticated caller. Its market comes from its key, never from a
// request.
type App struct {
	ID     string
	Name   string
	Market string
	// ShowsLabels says that the app shows the explicit label itself, so that a wire
	// whose clients read only text does not put it in front of the text.
	ShowsLabels bool
	// PersonalData says that the app may be given personal data that an answer found.
	PersonalData bool
	// Features are those the app may use; none means all of its market.
	Features []string
	// Allowances limit the app's requests instead of the general ones.
	Allowances []Allowance
}

// Request is one call of a feature, decoded and not yet admitted.
type Request struct {
	// ID is the id of the answer and of its record.
	ID      string
	App     App
	Feature string
	Input   Object
	Options Object
	// Instructions are the app's own words about the task: data in the prompt, never
	// instead of it.
	Instructions string
	// MaxTokens and Stop cut the answer where the caller wants it; 0 and none leave it whole.
	MaxTokens int
	Stop      []string
	// Locale is a BCP 47 tag or ""; OutputLanguage a language or "" for the input's.
	Locale         string
	OutputLanguage string
	Processing     string // device_only, private_ok or partner_ok
	Consent        string // ask, granted or denied
	GuardMode      string // generate, transform or ""
	AgeBand        string // child, teen, adult, unknown or ""
	Seed           *int64
	Deadline       time.Duration // 0: the feature's
	IdempotencyKey string
	Unit           Unit
	// Device and User are pseudonyms and never reach a partner.
	Device, User string
	// Body is the body as it came, for the record's commitment and for replay.
	Body []byte
	// Stream says that the caller reads the answer as it comes; Chat that it came over
	// the OpenAI-compatible front.
	Stream, Chat bool
	// Retracts says that the client takes back what the event retract names.
	Retracts bool
	// Warnings are what decoding passed over; they go in front of the answer's.
	Warnings []Warning
	// Err is what decoding found wrong: such a request is recorded and goes no further.
	Err *Error
}

// Unit is what offsets count.
type Unit string

const (
	UTF16     Unit = "utf16"
	CodePoint Unit = "codepoint"
	Byte      Unit = "byte"
)

// Len returns the length of s in the unit; invalid bytes count as one sign each.
func (u Unit) Len(s string) int {
	switch u {
	case Byte:
		return len(s)
	case CodePoint:
		return utf8.RuneCountInString(s)
	}
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// Offset converts a byte offset in s to the unit.
func (u Unit) Offset(s string, byteOffset int) int { return u.Len(s[:byteOffset]) }
