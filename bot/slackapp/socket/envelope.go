package socket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// maxAckBytes is the size from which Slack drops a frame or closes the connection.
const maxAckBytes = 20480

// Errors of Envelope.Ack. After each of them, this call has sent nothing to Slack.
var (
	// ErrAckTooLarge means that the frame would have 20,480 bytes or more. The
	// envelope may still be acked: send an empty ack and deliver the content
	// through the Web API.
	ErrAckTooLarge = errors.New("ack is larger than a frame may be")
	// ErrConnectionGone means that the envelope's connection has ended or is being
	// closed.
	ErrConnectionGone = errors.New("the envelope's connection has ended")
	// ErrAlreadyAcked means that an ack for this envelope was written or is being
	// written.
	ErrAlreadyAcked = errors.New("the envelope was acked before")
)

// Envelope is one delivery from Slack. Copies share its one ack.
type Envelope struct {
	// ID is Slack's envelope_id. Redeliveries may or may not have a new one.
	ID string
	// Type is "slash_commands", "interactive", "events_api" or something newer.
	Type string
	// Payload is the JSON that an HTTP app would get.
	Payload json.RawMessage
	// RetryAttempt counts from 0; only events have it.
	RetryAttempt int
	// RetryReason says why Slack sends an event again, for example "timeout".
	RetryReason string
	// ReceivedAt is when the frame was read. Slack's 3 seconds began earlier.
	ReceivedAt time.Time

	delivery *delivery
}

// Ack writes the one answer to e on its connection; a nil payload is an empty ack. It
// blocks until the frame is written, for at most Config.AckTimeout. Callers decide by
// ErrAckTooLarge, ErrConnectionGone and ErrAlreadyAcked; after any other error nothing
// was written either. It is safe for concurrent use.
func (e *Envelope) Ack(ctx context.Context, payload any) error {
	if e.delivery == nil {
		return fmt.Errorf("acking envelope %s: %w", e.ID, ErrConnectionGone)
	}
	if err := e.delivery.ack(ctx, e.ID, payload); err != nil {
		return fmt.Errorf("acking envelope %s: %w", e.ID, err)
	}
	return nil
}

// ackFrame encodes the frame, without the key payload if it is nil.
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
