package zenlayer

import (
	"errors"
	"net/http"
)

// Outcome is what a failed call of RegisterBackend or DeregisterBackend may
// have done on the server.
type Outcome int

const (
	// OutcomeUnknown: the call may have had its effect. Read the listener before
	// anything else. It is the zero value and the outcome of any unknown error.
	OutcomeUnknown Outcome = iota
	// OutcomeRefused: the call certainly changed nothing. Do not retry it.
	OutcomeRefused
	// OutcomeRetry: the call certainly changed nothing. The same request with the
	// same client token may succeed later.
	OutcomeRetry
)

// String returns "unknown", "refused" or "retry".
func (o Outcome) String() string {
	switch o {
	case OutcomeRefused:
		return "refused"
	case OutcomeRetry:
		return "retry"
	default:
		return "unknown"
	}
}

// Codes of the API's common error table that decide the outcome.
const (
	CodeSignatureExpired       = "AUTHFAILURE_SIGNATURE_EXPIRED"
	CodeRequestLimitExceeded   = "REQUEST_LIMIT_EXCEEDED"
	CodeTemporarilyUnavailable = "SERVICE_TEMPORARY_UNAVAILABLE"
)

// OutcomeOf returns what the call that returned err may have done. A nil error is
// OutcomeUnknown.
func OutcomeOf(err error) Outcome {
	if api, ok := errors.AsType[*APIError](err); ok {
		return api.Outcome()
	}
	if transport, ok := errors.AsType[*TransportError](err); ok && !transport.Sent {
		return OutcomeRetry
	}
	if _, ok := errors.AsType[*InvalidError](err); ok {
		return OutcomeRefused
	}
	return OutcomeUnknown
}

// Outcome depends on status and code, never on the message. An error without a
// code comes from a proxy, which may have forwarded the call before it answered, so
// it proves nothing. Two exceptions certainly stop a call: Blocked and status 429.
func (e *APIError) Outcome() Outcome {
	switch {
	case e.Contradictory:
		return OutcomeUnknown
	case e.Status == http.StatusTooManyRequests, e.Code == CodeRequestLimitExceeded:
		return OutcomeRetry
	case e.Blocked:
		return OutcomeRefused
	case e.Code == "":
		return OutcomeUnknown
	case e.Status == http.StatusUnauthorized && e.Code == CodeSignatureExpired,
		e.Status == http.StatusServiceUnavailable && e.Code == CodeTemporarilyUnavailable:
		return OutcomeRetry
	}
	switch e.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict:
		return OutcomeRefused
	}
	return OutcomeUnknown
}

// IsClockSkew reports that the request's timestamp was more than five minutes off
// the server's clock, which is in APIError.ServerDate.
func IsClockSkew(err error) bool {
	api, ok := errors.AsType[*APIError](err)
	return ok && api.Status == http.StatusUnauthorized && api.Code == CodeSignatureExpired
}

// answered reports whether the API itself, with a code, answered with status.
func answered(err error, status int) bool {
	api, ok := errors.AsType[*APIError](err)
	return ok && api.Status == status && api.Code != ""
}

// IsCredentials reports that credentials or permissions were refused.
func IsCredentials(err error) bool {
	return answered(err, http.StatusUnauthorized) && !IsClockSkew(err)
}

// IsNotFound reports that the API does not know something the request names.
func IsNotFound(err error) bool { return answered(err, http.StatusNotFound) }

// IsConflict reports status 409: this call changed nothing, but an earlier attempt
// may have. Read the listener before reporting a failure.
func IsConflict(err error) bool { return answered(err, http.StatusConflict) }

// IsBlocked reports that a network rule in front of the API stopped the request.
func IsBlocked(err error) bool {
	api, ok := errors.AsType[*APIError](err)
	return ok && api.Blocked
}
