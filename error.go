package landfall

import (
	"context"
	"errors"
	"fmt"
)

// Code says what a caller can do about an error. One table, in the room of the
// wire forms, maps codes to HTTP.
type Code string

const (
	CodeUnavailable          Code = "unavailable"
	CodeModelRefusal         Code = "model_refusal"
	CodeUnsupportedLanguage  Code = "unsupported_language"
	CodeContextExceeded      Code = "context_exceeded"
	CodeInputInvalid         Code = "input_invalid"
	CodeSchemaInvalid        Code = "schema_invalid"
	CodeOutputContractFailed Code = "output_contract_failed"
	CodeRateLimited          Code = "rate_limited"
	CodeQuotaReached         Code = "quota_reached"
	CodeAssetsMissing        Code = "assets_missing"
	CodePartnerError         Code = "partner_error"
	CodeTimeout              Code = "timeout"
	CodeCancelled            Code = "cancelled"
	CodeNeedsConsent         Code = "needs_consent"
	CodeUnauthenticated      Code = "unauthenticated"
	CodeNotFound             Code = "not_found"
	CodeBodyTooLarge         Code = "body_too_large"
	CodeConflict             Code = "conflict"
	CodeInternal             Code = "internal"
	CodeOverloaded           Code = "overloaded"
)

// Error is a fault as a caller may see it. Message is safe to show; Err is for
// the log only.
type Error struct {
	Code    Code
	Message string
	// Params are the parameters of the code: field, limit, count, check, stage,
	// retriable, retry_after_ms.
	Params Object
	// Reasons explain unavailable, all of them.
	Reasons []Reason
	Err     error
}

func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Message
	for _, r := range e.Reasons {
		s += "; " + r.Code + ": " + r.Message
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf returns an error with a code and a message that is safe to show.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// With adds a parameter.
func (e *Error) With(key string, value any) *Error {
	e.Params = append(e.Params, Member{key, value})
	return e
}

// Because sets the cause, for the log.
func (e *Error) Because(err error) *Error {
	e.Err = err
	return e
}

// AsError returns err as an *Error: itself, a cancellation or time-out as such,
// and anything unforeseen as internal without its words.
func AsError(err error) *Error {
	var e *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.DeadlineExceeded):
		return Errorf(CodeTimeout, "the deadline passed").With("stage", "answer").Because(err)
	case errors.Is(err, context.Canceled):
		return Errorf(CodeCancelled, "the caller went away").Because(err)
	}
	return Errorf(CodeInternal, "something went wrong on our side").Because(err)
}

// Reason is one of the reasons why a feature is unavailable.
type Reason struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	// Actor is who can change it: operator, regulator, developer, user, time.
	Actor string `json:"actionable_by"`
	// Waiting says whether it passes by itself; Permanent that nothing but another
	// approval, version or grant ends it.
	Waiting   bool `json:"waiting_helps"`
	Permanent bool `json:"permanent"`
	// Percent is set for model_downloading, Language for language_unsupported, ResetsAt
	// (RFC 3339, UTC) for quota_exhausted.
	Percent  *int   `json:"pct,omitempty"`
	Language string `json:"lang,omitempty"`
	ResetsAt string `json:"resets_at,omitempty"`
}

// Reasons of unavailability; see [NewReason].
const (
	ReasonNotApproved      = "market_not_approved"
	ReasonNotOffered       = "feature_not_offered"
	ReasonExpired          = "approval_expired"
	ReasonMismatch         = "approval_digest_mismatch"
	ReasonPolicyMissing    = "policy_bundle_missing"
	ReasonPolicyStale      = "policy_bundle_stale"
	ReasonLanguage         = "language_unsupported"
	ReasonLanguagePair     = "language_pair_unsupported"
	ReasonConsent          = "consent_required"
	ReasonAge              = "age_restricted"
	ReasonQuota            = "quota_exhausted"
	ReasonNotEntitled      = "app_not_entitled"
	ReasonModelDownloading = "model_downloading"
	ReasonNotReady         = "not_ready"
	ReasonPartnerDown      = "partner_down"
)

// NewReason fills in who can act on a reason and whether waiting helps.
func NewReason(code, format string, args ...any) Reason {
	r := Reason{Code: code, Message: fmt.Sprintf(format, args...), Actor: "operator"}
	switch code {
	case ReasonNotApproved:
		r.Actor, r.Permanent = "regulator", true
	case ReasonNotOffered:
		r.Permanent = true
	case ReasonLanguage, ReasonLanguagePair, ReasonNotEntitled:
		r.Actor, r.Permanent = "developer", true
	case ReasonConsent, ReasonAge:
		r.Actor = "user"
	case ReasonModelDownloading, ReasonNotReady, ReasonQuota:
		r.Actor, r.Waiting = "time", true
	case ReasonPartnerDown:
		r.Waiting = true
	}
	return r
}

// ReasonOf names a refusal of the gate for a caller.
func ReasonOf(err error) Reason {
	switch {
	case errors.Is(err, ErrDigestMismatch):
		return NewReason(ReasonMismatch, "%s: what would answer is not what was approved", err)
	case errors.Is(err, ErrExpired), errors.Is(err, ErrPermitEnded):
		return NewReason(ReasonExpired, "%s", err)
	}
	return NewReason(ReasonNotApproved, "%s", err)
}
