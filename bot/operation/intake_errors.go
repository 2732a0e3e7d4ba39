package operation

import "lbbot/zenlayer"

// DecidedError says that others have decided about an operation already, or
// that the time for it is over: the click changed nothing.
type DecidedError struct{ Operation Operation }

// ChangedError says that what a person looked at is not what would be done:
// Operation is the new draft, to be looked at again. Nothing was accepted.
type ChangedError struct{ Operation Operation }

// ExpiredError says that a preview is older than it may be.
type ExpiredError struct{ Operation Operation }

// DeniedError says that the person may not, and why.
type DeniedError struct {
	Decision  Decision
	Operation Operation // Listener and Server as far as they are known; Ref is set when it was noted under one

	// Can is who could do it here and now, for the codes of rules. Nil: nobody
	// was asked about, or Slack did not tell in time.
	Can *People
}

// PresentError says that the server is already on the listener.
type PresentError struct {
	Operation Operation
	Backend   zenlayer.Backend
	Same      bool // the same ports and weight: nothing to do
}

// UnavailableError says that something needed for an answer did not answer, or
// refused to. Nothing was changed.
type UnavailableError struct {
	What  string // "Zenlayer", "Slack" or "journal"
	Busy  bool   // it is asked too much right now; it may be well
	Fault Fault  // of Zenlayer: what it answered, see Fault.Answered
	Err   error
}

// UncertainError says that it is not known whether an operation was accepted,
// or, without a Ref, whether the click on one was stored. Asking again is safe:
// the same preview is accepted once, and the same click stored once.
type UncertainError struct {
	Ref string
	Err error
}
