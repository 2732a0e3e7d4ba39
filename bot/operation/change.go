package operation

import (
	"context"

	"lbbot/zenlayer"
)

// ChangeKind names what an operation does to its listener. It is also the key
// of the words for it. Stored; add, never change one.
type ChangeKind string

// ChangeAdd adds the server of the request to the listener. It is stored as
// nothing: operations of 0.1 could only add.
const ChangeAdd ChangeKind = ""

// ChangeRemove takes one entry off the listener, Operation.Target.
const ChangeRemove ChangeKind = "remove"

// Known reports whether this version knows the kind.
func (k ChangeKind) Known() bool { return k == ChangeAdd || k == ChangeRemove }

// What only some kinds have. Nothing of it holds for a kind that this version does
// not know.

// HasForm reports whether people fill in a form for it.
func (k ChangeKind) HasForm() bool { return k == ChangeAdd }

// MayBreakGlass reports whether break-glass stands in for the agreement of others. The
// last server is never removed by one person alone.
func (k ChangeKind) MayBreakGlass() bool { return k == ChangeAdd }

// CanBeUndone reports whether an undo takes it back.
func (k ChangeKind) CanBeUndone() bool { return k == ChangeAdd }

// Action is what the policy is asked about before o is carried out.
func (o Operation) Action() Action {
	switch {
	case o.Change == ChangeAdd:
		return ActionRegister
	case o.Change == ChangeRemove && o.Undoes != "":
		return ActionUndo
	}
	return Action(o.Change)
}

// Change is how one kind of operation is carried out: its call, and what a
// reading of the listener proves about it. When to call, when to repeat and when
// to ask a person is decided by the Runner, by the same rules for every kind.
// A call is made only after a reading that does not show the change as done. So a
// change whose request has no client token is not repeated blindly either.
//
// Only Send blocks. The methods are safe for concurrent use, and are given
// complete readings only.
type Change interface {
	// Send makes one call for op. It returns when the call was answered, or when
	// ctx ends; zenlayer.OutcomeOf tells what an error means.
	Send(ctx context.Context, op Operation) (Receipt, error)

	// Before compares op with the listener before a call.
	Before(op Operation, pool []zenlayer.Backend) Comparison

	// After compares op with the listener after a call that may have worked.
	After(op Operation, pool []zenlayer.Backend) Proof

	// SaysDone reports whether a refusal means that the listener is already as op
	// wants it. The Runner believes it only after a reading.
	SaysDone(err error) bool

	// Differences returns what is different since somebody looked at the listener
	// and matters to them; nothing if they would see the same.
	Differences(op Operation, shown, now Picture) []Difference
}

// Receipt is Zenlayer's answer to a call that worked.
type Receipt struct {
	BackendID string
	RequestID string
}

// Comparison is what a reading of the listener says before a call.
type Comparison struct {
	Done    bool             // there is nothing to do
	Differs bool             // the server is there in a way that prevents the call
	Backend zenlayer.Backend // the entry that shows it; zero if none does
}

// Proof is what a complete reading says after a call that may have worked.
type Proof struct {
	// Done says that the change was carried out.
	Done bool
	// Backends are the entries that show it, none for a removal. A person has to
	// say which one is meant if there are several.
	Backends []zenlayer.Backend
	// Unclear are entries that may show it: they prove neither that the change was
	// carried out nor that it was not.
	Unclear []zenlayer.Backend
	// Disputed is the entry that a removal was to take off, if it is there but was
	// changed meanwhile, or although Zenlayer said that it does not exist. It proves
	// nothing, and no call is repeated.
	Disputed *zenlayer.Backend
}
