package runner

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
)

// current loads an operation for a run; ErrSuperseded if there is a newer one.
func (r *Runner) current(ctx context.Context, id string, run int64) (operation.Operation, error) {
	op, err := r.Journal.Operation(ctx, id)
	if err == nil && op.Run != run {
		err = operation.ErrSuperseded
	}
	return op, err
}

// changed reports whether the operation is another than the last step left.
func (w *execution) changed() (bool, error) {
	now, err := w.runner.Journal.Operation(w.ctx, w.id)
	return now.Version != w.op.Version || now.Run != w.op.Run, err
}

// recoverStep runs a step. After a panic the operation ends as NotDone if nothing
// was sent; otherwise a person has to settle it.
func (r *Runner) recoverStep(ctx context.Context, op *operation.Operation, name string, step step,
) (next operation.Next, err error) {
	defer func() {
		problem := recover()
		if problem == nil {
			return
		}
		r.Metrics.stepErrors.Inc()
		r.Log.Error("step of an operation panicked", zap.String("operation", op.ID), zap.String("step", name),
			zap.Any("problem", problem), zap.Stack("stack"))
		next, err = r.endBrokenStep(ctx, op, name)
	}()
	return step(ctx, op)
}

// endBrokenStep ends what a panic interrupted. If that breaks as well, the step is
// tried again.
func (r *Runner) endBrokenStep(
	ctx context.Context, op *operation.Operation, step string,
) (next operation.Next, err error) {
	id := op.ID
	defer func() {
		if problem := recover(); problem != nil {
			r.Log.Error("ending a broken step panicked", zap.String("operation", id), zap.String("step", step),
				zap.Any("problem", problem), zap.Stack("stack"))
			err = fmt.Errorf("ending the broken step %s of %s: panic", step, id)
		}
	}()
	if *op, err = r.Journal.Operation(ctx, id); err != nil {
		return operation.Next{}, err
	}
	switch {
	case step == stepWatch:
		return operation.Next{State: op.State}, nil // what was added is reported already
	case op.State.Final(), op.State == operation.NeedsPerson:
		return operation.Next{State: op.State, After: max(time.Minute, personPause(r.Now().Sub(op.ClickedAt)))}, nil
	case !op.MaybeSent():
		return r.finish(ctx, op, operation.NotDone, operation.ReasonInternal)
	}
	op.LookFault = "something broke in the bot"
	if next, err = r.needsPerson(ctx, op); err == nil && step == stepAttempt {
		next.After = 0 // settle waits for the person
	}
	return next, err
}

// beside starts do beside the steps of a run and returns a function that waits for its
// end. It is for what a run can do without: a panic is logged and do ends.
func (r *Runner) beside(id, name string, do func()) (wait func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if problem := recover(); problem != nil {
				r.Metrics.stepErrors.Inc()
				r.Log.Error("step of an operation panicked", zap.String("operation", id), zap.String("step", name),
					zap.Any("problem", problem), zap.Stack("stack"))
			}
		}()
		do()
	}()
	return func() { <-done }
}
