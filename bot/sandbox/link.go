package sandbox

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// envelopeKind is the type of an envelope on the socket.
type envelopeKind string

// The kinds of envelopes Slack sends over Socket Mode.
const (
	slashEnvelope       envelopeKind = "slash_commands"
	interactiveEnvelope envelopeKind = "interactive"
	eventEnvelope       envelopeKind = "events_api"
)

// ackResult is how one delivery ended.
type ackResult struct {
	Payload      json.RawMessage // nil if the ack had none
	Acked        bool
	TimedOut     bool
	NoConnection bool
	After        time.Duration
}

// deliverOptions are the variations of a delivery that the people half asks for.
type deliverOptions struct {
	// EnvelopeID is used as it is; empty means a new one.
	EnvelopeID string
	// RetryAttempt and RetryReason go out with events.
	RetryAttempt int
	RetryReason  string
}

// socketLink is the Socket Mode half as the rest of the package sees it.
type socketLink interface {
	http.Handler
	// openURL makes an address with a ticket that works once.
	openURL(baseWS string) string
	// deliver sends one envelope and blocks until it is acked, until Slack's
	// patience ends, or at once if there is no connection.
	deliver(ctx context.Context, kind envelopeKind, payload any, acceptsResponse bool, o deliverOptions) ackResult
	close()
}
