package zenlayer

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// APIError is an answer that is not a success: an error of the API, an answer of a
// proxy or firewall in front of it, or an invalid 200.
type APIError struct {
	Action string
	// Status is the HTTP status.
	Status int
	// Code is the API's code in upper snake case; empty if the answer had none or
	// was not JSON.
	Code string
	// Message is the API's text for people. Do not decide by it.
	Message   string
	RequestID string
	// Excerpt is the beginning of a body that is not the API's JSON: one line,
	// at most 200 characters, secrets removed.
	Excerpt string
	// RetryAfter is how long the server asks to wait; 0 if it does not say.
	RetryAfter time.Duration
	// ServerDate is the Date header, the server's clock; zero if absent.
	ServerDate time.Time
	// Blocked means that a network rule in front of the API stopped the request:
	// status 451, or 403 with a cf-mitigated header.
	Blocked bool
	// Contradictory means that a 200 had both an error code and a response, so the
	// code proves nothing.
	Contradictory bool

	tooLarge bool // the answer was larger than maxAnswer
}

// Error names action, status, code, message and request id.
func (e *APIError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: HTTP %d", e.Action, e.Status)
	if e.Code != "" {
		b.WriteString(" " + e.Code)
	} else if text := http.StatusText(e.Status); text != "" {
		b.WriteString(" " + text)
	}
	if e.Blocked {
		b.WriteString(", blocked in front of the API")
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.Excerpt != "" {
		fmt.Fprintf(&b, " (body begins %q)", e.Excerpt)
	}
	if e.RequestID != "" {
		b.WriteString(" (request id " + e.RequestID + ")")
	}
	return b.String()
}

// TransportError means that no complete answer arrived.
type TransportError struct {
	Action string
	// Sent is false only if certainly no byte of the request was sent.
	Sent bool
	// Limited means that the client's own limiter did not admit the request in
	// time. Sent is false then.
	Limited bool
	// Err is the cause. If the caller's context ended it is the error of that
	// context; if the attempt timed out it wraps context.DeadlineExceeded.
	Err error

	timedOut bool // by the attempt's timeout or the caller's context
}

// Error says what happened and whether the request was sent.
func (e *TransportError) Error() string {
	if e.Sent {
		return fmt.Sprintf("%s: sent, no complete answer: %v", e.Action, e.Err)
	}
	return fmt.Sprintf("%s: not sent: %v", e.Action, e.Err)
}

// IsLimited reports that a request was not sent because the client's own limiter
// did not admit it in time. It says nothing about Zenlayer.
func IsLimited(err error) bool {
	transport, ok := errors.AsType[*TransportError](err)
	return ok && transport.Limited
}

// Unwrap returns the cause.
func (e *TransportError) Unwrap() error { return e.Err }

// InvalidError means that the request breaks a rule that the client checks. It was
// not sent.
type InvalidError struct {
	Action string
	Err    error
}

// Error names the action and the problems.
func (e *InvalidError) Error() string { return fmt.Sprintf("%s: invalid request: %v", e.Action, e.Err) }

// Unwrap returns the problems, joined.
func (e *InvalidError) Unwrap() error { return e.Err }

// IncompleteError means that a list could not be read completely: its pages
// contradict each other or its total. What is missing is unknown.
type IncompleteError struct {
	Action string
	Reason string
}

// Error names the action and the contradiction.
func (e *IncompleteError) Error() string {
	return fmt.Sprintf("%s: the list could not be read completely: %s", e.Action, e.Reason)
}
