package operation

import (
	"context"
	"fmt"
	"time"
)

// MaxPauseWhy is how long the reason of a pause may be, in characters.
const MaxPauseWhy = 300

// Pause says that no new request is sent to Zenlayer, on any replica, until
// somebody resumes.
type Pause struct {
	By  Actor     `json:"by"`
	At  time.Time `json:"at"`
	Why string    `json:"why,omitempty"`
}

// PausedError says that an attempt was not stored, because the bot is paused.
type PausedError struct{ Pause Pause }

func (e *PausedError) Error() string {
	return fmt.Sprintf("paused by %s at %s UTC", e.Pause.By.UserID, e.Pause.At.UTC().Format("2006-01-02 15:04:05"))
}

// Pauses keeps whether new requests are sent. Each method is one transaction and
// blocks for the database. A second call for one Slack delivery, Event.Delivery, is a
// *DuplicateError without an operation.
type Pauses interface {
	// Paused returns the pause, nil if there is none.
	Paused(ctx context.Context) (*Pause, error)

	// Pause stops the sending and stores the event, or returns the pause that there
	// is already. Once it has returned, Journal.Save commits no attempt, in no
	// process. sending are the operations whose attempt was stored before and has no
	// answer yet, at most MaxSendingShown.
	Pause(ctx context.Context, p Pause, e Event) (already *Pause, sending []Operation, err error)

	// Resume ends the pause and stores the event. It returns the pause that was
	// ended, nil if there was none: then nothing is stored.
	Resume(ctx context.Context, e Event) (ended *Pause, err error)
}

// MaxSendingShown is how many operations that are being sent Pause returns.
const MaxSendingShown = 20
