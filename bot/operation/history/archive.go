package history

import (
	"context"
	"time"

	"lbbot/bot/operation"
)

// Archive is what is read of the past. Every method is one reading that uses
// an index, and is safe for concurrent use.
type Archive interface {
	// Past returns operations that were accepted, newest first.
	Past(ctx context.Context, p Page) ([]Past, error)

	// Open returns the open operations, the last accepted first; of more than
	// MaxOpen, any MaxOpen.
	Open(ctx context.Context) ([]Past, error)

	// Denials returns denials, newest first. Of p only Since, Before and Limit
	// count.
	Denials(ctx context.Context, p Page) ([]Denial, error)
}

// MaxOpen is how many open operations are read.
const MaxOpen = 1000

// Page chooses a page of the past. Of Listener, Channel and Actor the first
// that is not empty chooses; the others are the caller's to look at.
type Page struct {
	Listener string    // listener id
	Channel  string    // id of the channel in which it was asked for
	Actor    string    // user id of the asker
	Since    time.Time // nothing older
	Before   Mark      // only what is older than this; zero: from the newest
	Limit    int
}

// Mark is a place in the past, between two entries. What it holds is the
// archive's own.
type Mark struct {
	At time.Time
	ID string // of an operation, or the number of a denial
}

// Past is an operation with the time at which it was accepted.
type Past struct {
	At        time.Time
	Operation operation.Operation
}

// Denial is a denial as it was noted.
type Denial struct {
	Mark  Mark
	Event operation.Event
}
