package socket

import (
	"fmt"
	"slices"
	"time"
)

// FatalError means that Slack refuses connections until a person changes something: a
// token, a scope, or the Socket Mode switch.
type FatalError struct {
	// Code is Slack's code, for example "invalid_auth" or "link_disabled".
	Code string
}

// Error names the code.
func (e *FatalError) Error() string { return "Slack refuses Socket Mode connections: " + e.Code }

// FatalCodes returns the codes of FatalError: the errors of apps.connections.open
// that a retry cannot change
// (docs.slack.dev/reference/methods/apps.connections.open), and the disconnect
// reason link_disabled.
func FatalCodes() []string {
	return []string{
		"access_denied", "account_inactive", "ekm_access_denied", "enterprise_is_restricted", "forbidden_team",
		"invalid_auth", linkDisabled, "missing_scope", "no_permission", "not_allowed_token_type", "not_authed",
		"org_login_required", "team_access_not_granted", "token_expired", "token_revoked", "two_factor_setup_required",
	}
}

func isFatal(code string) bool { return slices.Contains(FatalCodes(), code) }

// OpenError is returned by an Opener when Slack answered without an address. Other
// errors of an Opener count as network trouble.
type OpenError struct {
	// Code is Slack's error, for example "invalid_auth"; empty if the answer had
	// none.
	Code string
	// Status is the HTTP status.
	Status int
	// RetryAfter is how long Slack asks to wait, or 0.
	RetryAfter time.Duration
}

// Error names the code and the status.
func (e *OpenError) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("Slack answered with status %d", e.Status)
	}
	return fmt.Sprintf("Slack answered %s (status %d)", e.Code, e.Status)
}

// Reasons of disconnect frames.
const (
	warning         = "warning"
	refreshRequest  = "refresh_requested"
	linkDisabled    = "link_disabled"
	tooManyWebsocks = "too_many_websockets"
)

// askedToLeave is a disconnect frame instead of a hello.
type askedToLeave struct{ reason string }

func (e *askedToLeave) Error() string { return "Slack sent disconnect before hello: " + e.reason }

// refusedUpgrade is an HTTP answer to the dial that is not a WebSocket upgrade.
type refusedUpgrade struct {
	status     int
	retryAfter time.Duration
}

func (e *refusedUpgrade) Error() string {
	return fmt.Sprintf("the upgrade was refused with status %d", e.status)
}
