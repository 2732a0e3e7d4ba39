package zenlayer

import (
	"errors"
	"net/http"
)

// Outcome is what a failed call of RegisterBackend or DeregisterBackend may
// have done on the server.
type Outcome int

const (
	// OutcomeUnknown: the call may or may not have had its effect. Look before
	// anything else. It is the zero value and the answer to every error that is
	// not recognised.
	OutcomeUnknown Outcome = iota
	// OutcomeRefused: it is certain that this call changed nothing, and
	// repeating it is useless.
	OutcomeRefused
	// OutcomeRetry: it is certain that this call changed nothing, and the same
	// request with the same client token may succeed later.
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

// Codes of the API's common error table that are decided on.
const (
	CodeSignatureExpired       = "AUTHFAILURE_SIGNATURE_EXPIRED"
	CodeRequestLimitExceeded   = "REQUEST_LIMIT_EXCEEDED"
	CodeTemporarilyUnavailable = "SERVICE_TEMPORARY_UNAVAILABLE"
)

// OutcomeOf says what the failed call that returned err may have done. It is
// meant for a non-nil error; nil, like anything not recognised, is unknown.
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

// Outcome decides by status and code; the message never counts. A refusal
// without a code comes from something between the client and the API, which may
// have passed the call on before it answered, so it proves nothing. Two such
// answers are known to stop a call: Blocked, and 429, which asks to repeat it.
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

// IsClockSkew reports that the server found the request's timestamp more than
// five minutes off. APIError.ServerDate has the server's clock.
func IsClockSkew(err error) bool {
	api, ok := errors.AsType[*APIError](err)
	return ok && api.Status == http.StatusUnauthorized && api.Code == CodeSignatureExpired
}

// said reports whether the API itself, by a code of its own, answered with status.
func said(err error, status int) bool {
	api, ok := errors.AsType[*APIError](err)
	return ok && api.Status == status && api.Code != ""
}

// IsCredentials reports that credentials or permissions were refused.
func IsCredentials(err error) bool {
	return said(err, http.StatusUnauthorized) && !IsClockSkew(err)
}

// IsNotFound reports that the API does not know something the request names.
func IsNotFound(err error) bool { return said(err, http.StatusNotFound) }

// IsConflict reports status 409: this call changed nothing, but an earlier
// attempt may have. Look before reporting a failure.
func IsConflict(err error) bool { return said(err, http.StatusConflict) }

// IsBlocked reports that a network rule in front of the API stopped the request.
func IsBlocked(err error) bool {
	api, ok := errors.AsType[*APIError](err)
	return ok && api.Blocked
}
