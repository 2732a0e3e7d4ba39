package intake

import (
	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// DecidedError says that others have decided about an operation already, or
// that the time for it is over: the click changed nothing.
type DecidedError struct{ Operation operation.Operation }

func (e *DecidedError) Error() string { return e.Operation.Ref + " is decided already" }

// ChangedError says that what a person looked at is not what would be done:
// Operation is the new draft, to be looked at again. Nothing was accepted.
type ChangedError struct{ Operation operation.Operation }

func (e *ChangedError) Error() string {
	return "something changed since " + e.Operation.Ref + " was looked at"
}

// ExpiredError says that a preview is older than it may be.
type ExpiredError struct{ Operation operation.Operation }

func (e *ExpiredError) Error() string { return e.Operation.Ref + " has expired" }

// ReasonRequired is for a person whose request lacks a reason that the rules want.
const ReasonRequired = "A reason is required for this listener. One line is enough."

// DeniedError says that the person may not, and why.
type DeniedError struct {
	Decision operation.Decision
	// Listener and Server as far as they are known; Ref is set when it was noted under one
	Operation operation.Operation

	// Can is who could do it here and now, for the codes of rules. Nil: nobody
	// was asked about, or Slack did not tell in time.
	Can *operation.People
}

func (e *DeniedError) Error() string { return "denied: " + string(e.Decision.Code) }

// PresentError says that the server is already on the listener, as far as the list shows it.
type PresentError struct {
	Operation operation.Operation
	Backend   zenlayer.Backend
	Same      bool // the same ports and weight: nothing to do

	// the removal that took it off a moment ago, so that only the list still shows it; nil: none
	By *operation.Operation
}

func (e *PresentError) Error() string { return "already there as " + e.Backend.BackendID }

// GoneError says that an entry that was to be removed is not on the listener any more,
// or is being taken off by another removal: there is nothing to do.
type GoneError struct {
	Operation operation.Operation // the addition that was to be taken back, or else the preview
	BackendID string
	By        *operation.Operation // the removal that takes or took it off; nil: none of this bot is known
	Other     string               // another entry of its server that is on the listener; empty: none is
}

func (e *GoneError) Error() string { return e.BackendID + " is not on the listener" }

// UndoCode names why an operation cannot be taken back.
type UndoCode string

// The codes of UndoError.
const (
	UndoNoAddition UndoCode = "no_addition" // it took a server off
	UndoNotOver    UndoCode = "not_over"    // it is not over
	UndoNothing    UndoCode = "nothing"     // it added nothing
	UndoUnknown    UndoCode = "unknown"     // it is not known which entry it added
	UndoLate       UndoCode = "late"        // the button's time is over; the command has none
	UndoChanged    UndoCode = "changed"     // the entry is not as it was left: Changed
)

// UndoError says that an operation cannot be taken back. Nothing was changed.
type UndoError struct {
	Code      UndoCode
	Operation operation.Operation // that was to be taken back
	Changed   []operation.Difference
}

func (e *UndoError) Error() string {
	return e.Operation.Ref + " cannot be taken back: " + string(e.Code)
}

// UnavailableError says that something needed for an answer did not answer, or
// refused to. Nothing was changed.
type UnavailableError struct {
	What  string          // "Zenlayer", "Slack", "journal" or "the policy"
	Busy  bool            // it is asked too much right now; it may be well
	Fault operation.Fault // of Zenlayer: what it answered, see Fault.Answered
	Err   error
}

func (e *UnavailableError) Error() string {
	return e.What + " is not available: " + e.Err.Error()
}
func (e *UnavailableError) Unwrap() error { return e.Err }

// UncertainError says that it is not known whether an operation was accepted,
// or, without a Ref, whether the click on one was stored. Asking again is safe:
// the same preview is accepted once, and the same click stored once.
type UncertainError struct {
	Ref string
	Err error
}

func (e *UncertainError) Error() string { return "not known whether stored: " + e.Err.Error() }
func (e *UncertainError) Unwrap() error { return e.Err }
