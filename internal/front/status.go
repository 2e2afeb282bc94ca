package front

import (
	"net/http"

	"landfall"
)

// statuses is the one table from a code to HTTP.
var statuses = map[landfall.Code]int{
	landfall.CodeModelRefusal:         http.StatusOK,
	landfall.CodeNeedsConsent:         http.StatusOK,
	landfall.CodeInputInvalid:         http.StatusBadRequest,
	landfall.CodeSchemaInvalid:        http.StatusBadRequest,
	landfall.CodeUnauthenticated:      http.StatusUnauthorized,
	landfall.CodeNotFound:             http.StatusNotFound,
	landfall.CodeConflict:             http.StatusConflict,
	landfall.CodeBodyTooLarge:         http.StatusRequestEntityTooLarge,
	landfall.CodeContextExceeded:      http.StatusRequestEntityTooLarge,
	landfall.CodeUnsupportedLanguage:  http.StatusUnprocessableEntity,
	landfall.CodeRateLimited:          http.StatusTooManyRequests,
	landfall.CodeQuotaReached:         http.StatusTooManyRequests,
	landfall.CodePartnerError:         http.StatusBadGateway,
	landfall.CodeOutputContractFailed: http.StatusBadGateway,
	landfall.CodeAssetsMissing:        http.StatusServiceUnavailable,
	landfall.CodeOverloaded:           http.StatusServiceUnavailable,
	landfall.CodeTimeout:              http.StatusGatewayTimeout,
	landfall.CodeInternal:             http.StatusInternalServerError,
	landfall.CodeCancelled:            499, // the caller went away; nobody reads it
}

// passing are the reasons of unavailability that pass by themselves: alone they
// make it a 503, with any other reason it is a 403.
var passing = map[string]bool{
	landfall.ReasonModelDownloading: true,
	landfall.ReasonNotReady:         true,
	landfall.ReasonPartnerDown:      true,
	"partner_switching":             true,
	"background_deferred":           true,
}

func statusOf(d *landfall.Done) int {
	if d.Err == nil || d.Status == landfall.Complete || d.Status == landfall.StatusHeld {
		return http.StatusOK
	}
	if d.Err.Code != landfall.CodeUnavailable {
		return statuses[d.Err.Code]
	}
	if len(d.Err.Reasons) == 0 {
		return http.StatusForbidden
	}
	for _, r := range d.Err.Reasons {
		if !passing[r.Code] {
			return http.StatusForbidden
		}
	}
	return http.StatusServiceUnavailable
}
