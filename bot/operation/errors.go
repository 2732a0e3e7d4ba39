package operation

import (
	"errors"
	"fmt"
	"time"

	"lbbot/zenlayer"
)

// Errors of the Journal and of Intake that carry no data.
var (
	ErrNotFound = errors.New("no such operation")
	ErrRefTaken = errors.New("reference is taken")
)

// DuplicateError says that the same Slack delivery was accepted before.
type DuplicateError struct{ Operation Operation }

func (e *DuplicateError) Error() string { return "already accepted as " + e.Operation.Ref }

// BusyError says that another open operation adds the same server to the same
// listener.
type BusyError struct{ Operation Operation }

func (e *BusyError) Error() string { return "already being added by " + e.Operation.Ref }

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

// DecidedError says that others have decided about an operation already, or
// that the time for it is over: the click changed nothing.
type DecidedError struct{ Operation Operation }

func (e *DecidedError) Error() string { return e.Operation.Ref + " is decided already" }

// ChangedError says that what a person looked at is not what would be done:
// Operation is the new draft, to be looked at again. Nothing was accepted.
type ChangedError struct{ Operation Operation }

func (e *ChangedError) Error() string {
	return "something changed since " + e.Operation.Ref + " was looked at"
}

// ExpiredError says that a preview is older than it may be.
type ExpiredError struct{ Operation Operation }

func (e *ExpiredError) Error() string { return e.Operation.Ref + " has expired" }

// DeniedError says that the person may not, and why.
type DeniedError struct {
	Decision  Decision
	Operation Operation // Listener and Server as far as they are known; Ref is set when it was noted under one

	// Can is who could do it here and now, for the codes of rules. Nil: nobody
	// was asked about, or Slack did not tell in time.
	Can *People
}

func (e *DeniedError) Error() string { return "denied: " + string(e.Decision.Code) }

// PresentError says that the server is already on the listener.
type PresentError struct {
	Operation Operation
	Backend   zenlayer.Backend
	Same      bool // the same ports and weight: nothing to do
}

func (e *PresentError) Error() string { return "already there as " + e.Backend.BackendID }

// UnavailableError says that something needed for an answer did not answer, or
// refused to. Nothing was changed.
type UnavailableError struct {
	What  string // "Zenlayer", "Slack" or "journal"
	Busy  bool   // it is asked too much right now; it may be well
	Fault Fault  // of Zenlayer: what it answered, see Fault.Answered
	Err   error
}

func (e *UnavailableError) Error() string { return e.What + " is not available: " + e.Err.Error() }
func (e *UnavailableError) Unwrap() error { return e.Err }

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

// UncertainError says that it is not known whether an operation was accepted,
// or, without a Ref, whether the click on one was stored. Asking again is safe:
// the same preview is accepted once, and the same click stored once.
type UncertainError struct {
	Ref string
	Err error
}

func (e *UncertainError) Error() string { return "not known whether stored: " + e.Ref }
func (e *UncertainError) Unwrap() error { return e.Err }

// The limits of promises, from the last click or the attempt they name.
const (
	StartWithin  = 5 * time.Minute  // last click to first call
	MaxRepeats   = 2                // repeats after an unanswered attempt
	RepeatWithin = 2 * time.Minute  // first unanswered attempt to last repeat
	ProofAfter   = 10 * time.Minute // last attempt to "certain that not"; a signed request stays valid for 5
	DraftLife    = 5 * time.Minute  // of a preview
	GiveUpAfter  = 2 * time.Minute  // of being asked to wait
)
