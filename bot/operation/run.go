package operation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"
)

// Lease says which process carries an operation out. Each take-over increases Run.
// A run writes only while Operation.Run is its own number, so a process that was
// paused during a take-over writes nothing and makes no call when it continues.
type Lease struct {
	Run    int64  // 0: not accepted, or accepted by lbbot 0.1
	Runner string // the process; empty: no run is under way
	Live   bool   // Runner is a replica with a recent heartbeat; always false on SQLite
}

// FirstRun is the number of the run that starts when an operation is accepted, in
// the process that accepts it.
const FirstRun = 1

// ErrSuperseded ends a run whose operation has a newer one.
var ErrSuperseded = errors.New("the operation has a newer run, perhaps in another process")

// current loads an operation for a run; ErrSuperseded if there is a newer one.
func (r *Runner) current(ctx context.Context, id string, run int64) (Operation, error) {
	op, err := r.Journal.Operation(ctx, id)
	if err == nil && op.Run != run {
		err = ErrSuperseded
	}
	return op, err
}

type leaseKey struct{}

// WithLease passes hold to a step. hold blocks until the heartbeat of this process
// is fresh enough that no other process takes its operations over, and returns an
// error if ctx ends first.
func WithLease(ctx context.Context, hold func(ctx context.Context) error) context.Context {
	return context.WithValue(ctx, leaseKey{}, hold)
}

// holdLease must be called right before a call, and before a message that is
// posted only once: a process that was paused after it stored an attempt must not
// make the call if another process has settled that attempt in the meantime.
func holdLease(ctx context.Context) error {
	if hold, ok := ctx.Value(leaseKey{}).(func(context.Context) error); ok {
		return hold(ctx)
	}
	return nil
}

// recoverStep runs a step. After a panic the operation ends as NotAdded if nothing
// was sent; otherwise a person has to settle it.
func (r *Runner) recoverStep(ctx context.Context, op Operation, name string,
	step func(context.Context, Operation) (Next, error)) (next Next, err error) {
	defer func() {
		problem := recover()
		if problem == nil {
			return
		}
		r.Metrics.stepErrors.Inc()
		r.Log.Error("step of an operation panicked", zap.String("operation", op.ID), zap.String("step", name),
			zap.Any("problem", problem), zap.Stack("stack"))
		next, err = r.endBrokenStep(ctx, op.ID, name)
	}()
	return step(ctx, op)
}

// endBrokenStep ends what a panic interrupted. If that breaks as well, the step is
// tried again.
func (r *Runner) endBrokenStep(ctx context.Context, id, step string) (next Next, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			r.Log.Error("ending a broken step panicked", zap.String("operation", id), zap.String("step", step),
				zap.Any("problem", problem), zap.Stack("stack"))
			err = fmt.Errorf("ending the broken step %s of %s: panic", step, id)
		}
	}()
	op, err := r.Journal.Operation(ctx, id)
	if err != nil {
		return Next{}, err
	}
	if step == stepAnnounce {
		return Next{State: op.State}, nil // the card is shown again with every change
	}
	switch {
	case step == stepWatch:
		return Next{State: op.State}, nil // what was added is reported already
	case op.State.Final(), op.State == NeedsPerson:
		return Next{State: op.State, After: max(time.Minute, personPause(r.Now().Sub(op.ClickedAt)))}, nil
	case !op.maybeSent():
		return r.finish(ctx, &op, NotAdded, ReasonInternal)
	}
	op.LookFault = "something broke in the bot"
	if next, err = r.needsPerson(ctx, &op); err == nil && step == stepAttempt {
		next.After = 0 // settle waits for the person
	}
	return next, err
}
