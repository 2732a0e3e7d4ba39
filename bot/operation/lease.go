package operation

import (
	"context"
	"errors"
)

// Lease says which process carries an operation out. Each take-over increases Run.
// A run writes only while Operation.Run is its own number, so a process that was
// paused during a take-over writes nothing and makes no call when it continues.
type Lease struct {
	Run    int64  // 0: not accepted, or accepted by lbbot 0.1
	Runner string // the process; empty: no run is under way
	Live   bool   // Runner is a replica with a recent heartbeat; always false on SQLite
}

// Beat is what a replica learns from storing its heartbeat.
type Beat struct {
	Alive  bool  // false: others have taken over from this replica, which is final
	Dead   int64 // how many other replicas it has declared dead
	Leases int64 // operations whose runner is this replica or a dead one
	Live   int64 // replicas that are not dead, this one included
}

// FirstRun is the number of the run that starts when an operation is accepted, in
// the process that accepts it.
const FirstRun = 1

// ErrSuperseded ends a run whose operation has a newer one.
var ErrSuperseded = errors.New("the operation has a newer run, perhaps in another process")

type leaseKey struct{}

// WithLease passes hold to a step. hold blocks until the heartbeat of this process
// is fresh enough that no other process takes its operations over, and returns an
// error if ctx ends first.
func WithLease(ctx context.Context, hold func(ctx context.Context) error) context.Context {
	return context.WithValue(ctx, leaseKey{}, hold)
}

// HoldLease must be called right before a call, and before a message that is
// posted only once: a process that was paused after it stored an attempt must not
// make the call if another process has settled that attempt in the meantime.
func HoldLease(ctx context.Context) error {
	if hold, ok := ctx.Value(leaseKey{}).(func(context.Context) error); ok {
		return hold(ctx)
	}
	return nil
}

// Update loads the operation, lets edit alter it and saves it, again if
// another change was stored in between. edit returns the event to store with
// it, which names who caused it, and false to leave everything as it is.
func Update(ctx context.Context, j Journal, id string, edit func(*Operation) (Event, bool)) (Operation, error) {
	for {
		op, err := j.Operation(ctx, id)
		if err != nil {
			return Operation{}, err
		}
		e, ok := edit(&op)
		if !ok {
			return op, nil
		}
		op.Version++
		err = j.Save(ctx, op, e)
		var stale *StaleError
		if !errors.As(err, &stale) {
			return op, err
		}
	}
}
