package socket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// maxAckBytes is the frame Slack still takes from a client; larger ones end the
// connection or vanish.
const maxAckBytes = 20480

// Errors of Envelope.Ack. In all cases nothing reached Slack with this call.
var (
	// ErrAckTooLarge means that the frame would have 20,480 bytes or more.
	// Nothing was written and the envelope may still be acked: send an empty
	// ack and deliver the content through the Web API.
	ErrAckTooLarge = errors.New("ack is larger than a frame may be")
	// ErrConnectionGone means that the envelope's connection has ended or is
	// being closed. Slack will not learn of this ack.
	ErrConnectionGone = errors.New("the envelope's connection is gone")
	// ErrAlreadyAcked means that an ack for this envelope was written, or is
	// being written.
	ErrAlreadyAcked = errors.New("the envelope was acked before")
)

// Envelope is one delivery from Slack. Copies share the one ack it has.
type Envelope struct {
	// ID is Slack's envelope_id. Redeliveries may or may not have a new one.
	ID string
	// Type is "slash_commands", "interactive", "events_api" or something newer.
	Type string
	// Payload is the JSON an HTTP app would get.
	Payload json.RawMessage
	// AcceptsResponsePayload is Slack's flag; a payload in the ack has an effect
	// only for slash commands, view submissions and block suggestions.
	AcceptsResponsePayload bool
	// RetryAttempt counts from 0 and is present on events only.
	RetryAttempt int
	// RetryReason says why an event comes again, for example "timeout".
	RetryReason string
	// ReceivedAt is when the frame was read. Slack's 3 seconds began earlier.
	ReceivedAt time.Time

	delivery *delivery
}

// Ack writes the one answer for e on the connection it came from; payload nil
// is an empty ack. It returns nil after the frame was written, or an error
// within 2 seconds (or the context, if that ends sooner). The errors to decide
// on are ErrAckTooLarge, ErrConnectionGone and ErrAlreadyAcked; after any other
// error nothing was written either. It may be called from any goroutine.
func (e *Envelope) Ack(ctx context.Context, payload any) error {
	if e.delivery == nil {
		return fmt.Errorf("acking envelope %s: %w", e.ID, ErrConnectionGone)
	}
	if err := e.delivery.ack(ctx, e.ID, payload); err != nil {
		return fmt.Errorf("acking envelope %s: %w", e.ID, err)
	}
	return nil
}

// ackFrame renders the frame; the key payload is left out if there is none.
func ackFrame(id string, payload any) ([]byte, error) {
	frame, err := json.Marshal(struct {
		EnvelopeID string `json:"envelope_id"`
		Payload    any    `json:"payload,omitempty"`
	}{id, payload})
	if err != nil {
		return nil, fmt.Errorf("encoding the payload: %w", err)
	}
	if len(frame) >= maxAckBytes {
		return nil, ErrAckTooLarge
	}
	return frame, nil
}
