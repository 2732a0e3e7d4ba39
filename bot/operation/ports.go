package operation

import (
	"context"
	"time"

	"lbbot/zenlayer"
)

// Acceptance asks the journal to accept an operation.
type Acceptance struct {
	Operation Operation // as it shall be stored, State Accepted
	Insert    bool      // true: no draft exists; false: the stored draft has Operation.ID and Version-1
	Delivery  string    // key of the Slack delivery that asks; a second use is a duplicate
	Previewed Event     // with Insert: of the preview that nobody had to look at
	Event     Event

	// Limit is how many operations the person may have accepted since Since,
	// this one included; 0: any number.
	Limit int
	Since time.Time

	// ListenerLimit is the same for the listener, whoever asks.
	ListenerLimit int
	ListenerSince time.Time

	// GlassLimit is how many operations with break-glass the person may have
	// accepted since GlassSince, this one included; 0 disables break-glass.
	GlassLimit int
	GlassSince time.Time
}

// Journal is the durable truth about operations. Every method is one
// transaction, is safe for concurrent use, and returns only after the
// database confirmed the commit. Errors other than those named mean that
// nothing is known to be stored.
type Journal interface {
	// SaveDraft inserts a draft, with its event, which is bounded as that of
	// RecordBounded. A person's drafts that expired are forgotten when they make
	// more than are stored alone. A Ref that is taken is ErrRefTaken.
	// *DuplicateError, see Event.Delivery, has the earlier draft.
	SaveDraft(ctx context.Context, op Operation, e Event) error

	// Accept stores an accepted operation: the draft changes state by
	// compare-and-set, or the operation is inserted. Errors: *DuplicateError
	// when the delivery was accepted before, *BusyError when another open
	// operation has the same Subject, *StaleError when the draft moved on,
	// *LimitError when the person, the listener or the person's break-glass has
	// had its limit accepted, ErrRefTaken for an insert. It also records that the
	// post of the operation's own card begins, which this process is to make.
	Accept(ctx context.Context, a Acceptance) error

	// Save stores a changed operation if the stored version is op.Version-1 and
	// its run is op.Run, with its event; otherwise *StaleError. An EventAttempt is
	// not stored while the bot is paused: *PausedError.
	Save(ctx context.Context, op Operation, e Event) error

	// Paused is Pauses.Paused.
	Paused(ctx context.Context) (*Pause, error)

	// Operation returns the operation with this ID or Ref, or ErrNotFound.
	Operation(ctx context.Context, idOrRef string) (Operation, error)

	// Record appends an event that changes no operation, such as a question.
	// Errors: *DuplicateError, see Event.Delivery.
	Record(ctx context.Context, e Event) error

	// RecordBounded is Record for an event that a person can cause by typing, of
	// a kind with a SummaryOf: see StoredAlone. The count is committed with each
	// call, so a process that dies loses none.
	RecordBounded(ctx context.Context, e Event) error

	// Delivered returns what is known of the answer to a Slack delivery.
	Delivered(ctx context.Context, delivery string) (Delivered, error)

	// Claim takes the answering of a delivery for this process. It reports
	// false when the delivery is answered already, or while another process that
	// is alive answers it.
	Claim(ctx context.Context, delivery string) (bool, error)

	// Told notes that the person has the answer to a delivery that this process
	// has claimed.
	Told(ctx context.Context, delivery string) error

	// Unreported lists operations that were accepted before the given time and
	// whose card does not show a final state yet, by their ids, which is the
	// order of their making, from the one after this id, at most limit.
	Unreported(ctx context.Context, acceptedBefore time.Time, after string, limit int) ([]Operation, error)

	// AcceptedSince returns when this person's operations since the given time
	// were accepted, oldest first.
	AcceptedSince(ctx context.Context, userID string, since time.Time) ([]time.Time, error)

	// BrokenSince is the same for operations with break-glass.
	BrokenSince(ctx context.Context, userID string, since time.Time) ([]time.Time, error)

	// Leaving returns the removals that are taking a backend off a listener, or have
	// done so since the given time, in no order. Drafts and removals that wait for
	// approval do not count. Two removals that are both accepted see each other, if
	// each reads this after it was accepted. Read it before the pool. instanceID leaves
	// out other servers; empty: all servers.
	Leaving(ctx context.Context, account, listenerID, instanceID string, since time.Time) ([]Operation, error)
}

// Pools lists the backends of a listener.
type Pools interface {
	DescribeBackends(ctx context.Context, listenerID string, f zenlayer.BackendFilter) ([]zenlayer.Backend, error)
}

// Catalog lists listeners, load balancers and servers, to resolve names.
type Catalog interface {
	DescribeListeners(ctx context.Context, f zenlayer.ListenerFilter) ([]zenlayer.Listener, error)
	DescribeLoadBalancers(ctx context.Context, f zenlayer.LoadBalancerFilter) ([]zenlayer.LoadBalancer, error)
	DescribeInstances(
		ctx context.Context, t zenlayer.InstanceType, f zenlayer.InstanceFilter,
	) ([]zenlayer.Instance, error)
}

// Permission decides. It never fails: what could not be checked is a denial
// that says so.
type Permission interface {
	// Decide answers one question with everything that is known.
	Decide(ctx context.Context, q Question) Decision

	// Admit asks only the gates before the policy: workspace, guest, bot,
	// deactivated, shared channel. It comes before anything is looked up for
	// a person, so that a stranger learns no names. Allowed means: go on.
	Admit(ctx context.Context, a Actor, p Place) Decision

	// Public reports whether every member of the workspace may read a channel.
	// An error means that it could not be read.
	Public(ctx context.Context, channelID string) (bool, error)
}

// Reporter shows an operation in Slack.
type Reporter interface {
	// Announce is Show for the first run of an operation, in the process that accepted
	// it: no card was posted before.
	Announce(op Operation)

	// Show makes the card show op soon and does not block. When several
	// versions wait, the last one is shown.
	Show(op Operation)

	// Report makes the card show op and returns when Slack has taken it, or
	// with the error that kept it from that, or when ctx ends. Calling it
	// again is harmless.
	Report(ctx context.Context, op Operation) error

	// TellOwner posts a line about op in the owner's channel, if there is
	// one, and returns when Slack has taken it.
	TellOwner(ctx context.Context, op Operation) error

	// Remind asks those who may approve op once more, where they were asked,
	// and returns when Slack has taken it.
	Remind(ctx context.Context, op Operation) error

	// TellSkipped tells those who may approve op that break-glass bypassed them, and
	// returns how many were told when Slack has taken it.
	TellSkipped(ctx context.Context, op Operation) (told int, err error)

	// Question posts a question of an approver to the requester of op, under the
	// card with the approval buttons, and returns when Slack has taken it.
	Question(ctx context.Context, op Operation, by Actor) error
}

// Engine runs Execute for each operation until it has ended, in one live process
// at a time.
type Engine interface {
	// Start makes sure that an operation has a run in a live process: it begins
	// one here if none is under way. Starting it again is harmless.
	Start(ctx context.Context, id string) error

	// Poke ends the current wait of an operation's run, in whichever process that
	// is, and begins a run if none is under way. A run that does not wait goes on to
	// its next wait, which ends at once. Repeating it is harmless.
	Poke(ctx context.Context, id string) error
}

// Run is one run of Execute, given by the engine. A run that ends before the
// operation does is followed by another one with a higher number, in this or
// another process, which begins at the first step.
type Run interface {
	// Number is what Operation.Run must be for this run to write.
	Number() int64

	// Wait must be called before each step, with 0 if there is nothing to wait for.
	// It returns after d, or earlier when the operation is poked, and never while
	// another process may have taken over from this one. Where a poke may have been
	// missed, it goes on waiting unless changed returns true; nil is true. Wait(0)
	// leaves a poke to the next wait: the step after it may know an older state. Its
	// error ends the run: the process stops.
	Wait(d time.Duration, changed func() (bool, error)) error
}

// Next is what a step found.
type Next struct {
	State State
	After time.Duration // enter the step again after this long; 0: it is done
	Watch bool          // look for the backend's status
}
