package operation

import (
	"errors"
	"fmt"
	"time"
)

// Errors of the Journal and of Intake that carry no data.
var (
	ErrNotFound = errors.New("no such operation")
	ErrRefTaken = errors.New("reference is taken")
)

// DuplicateError says that the same Slack delivery was accepted before.
type DuplicateError struct{ Operation Operation }

func (e *DuplicateError) Error() string { return "already accepted as " + e.Operation.Ref }

// BusyError says that another open operation is about the same server on the same
// listener.
type BusyError struct{ Operation Operation }

func (e *BusyError) Error() string { return "already under way as " + e.Operation.Ref }

// StaleError says that the operation has moved on since it was read.
type StaleError struct{ Operation Operation }

func (e *StaleError) Error() string {
	return fmt.Sprintf("%s is %s by now", e.Operation.Ref, e.Operation.State)
}

// LimitError says that too much was accepted lately.
type LimitError struct {
	Of    string      // LimitPerson, LimitListener or LimitGlass
	Times []time.Time // when, oldest first
}

// What a limit counts.
const (
	LimitPerson   = "person"   // what one person had accepted
	LimitListener = "listener" // what was accepted for one listener
	LimitGlass    = "glass"    // a person's operations with break-glass
)

func (e *LimitError) Error() string { return fmt.Sprintf("%d accepted already", len(e.Times)) }

// JournalMovedError says that the journal's file is not the one at its path any
// more: it was deleted, moved, replaced or overwritten. Nothing is stored,
// unless Committed is true: then the write is in the file, wherever that is.
type JournalMovedError struct {
	What      string // what happened
	Advice    string // what to do
	Committed bool
}

func (e *JournalMovedError) Error() string { return e.What + ": " + e.Advice }

// SetupError says that something cannot be asked until a person changes how the
// bot is set up.
type SetupError struct {
	Remedy string // what to change, as the rest of a sentence
	Err    error
}

func (e *SetupError) Error() string { return e.Err.Error() + ": " + e.Remedy }
func (e *SetupError) Unwrap() error { return e.Err }

// The limits of promises, from the last click or the attempt they name.
const (
	StartWithin  = 5 * time.Minute  // last click to first call
	MaxRepeats   = 2                // repeats after an unanswered attempt
	RepeatWithin = 2 * time.Minute  // first unanswered attempt to last repeat
	ProofAfter   = 10 * time.Minute // last attempt to "certain that not"; a signed request stays valid for 5
	DraftLife    = 5 * time.Minute  // of a preview
	GiveUpAfter  = 2 * time.Minute  // of being asked to wait
	StillListed  = 10 * time.Minute // how long a list may still show a removed backend
)

// ClockSlack is how far the clock may step back before it is not believed any
// more: what a time server corrects in passing.
const ClockSlack = 5 * time.Second

// OverdueAfter is how long a result may be kept out of Slack before that is an
// alarm. It is tried on all the same, for as long as it takes.
const OverdueAfter = 24 * time.Hour
