package runner

import (
	"context"
	"time"

	"lbbot/bot/operation"
)

// pausePoll is how often an operation looks whether the bot is paused still.
const pausePoll = 3 * time.Second

// heldBack makes op wait if the bot is paused, before its last checks. Journal.Save
// is what keeps the promise: no attempt is stored during a pause.
func (r *Runner) heldBack(ctx context.Context, op *operation.Operation) (*ended, error) {
	p, err := r.Journal.Paused(ctx)
	if err != nil {
		return nil, err
	}
	if p != nil {
		return end(r.waitPaused(ctx, op, *p))
	}
	if op.WaitFor == operation.WaitPaused {
		op.WaitFor = ""
	}
	op.Pause = nil
	return nil, nil
}

// waitPaused notes that op waits for the end of a pause, and has its card say so.
func (r *Runner) waitPaused(ctx context.Context, op *operation.Operation, p operation.Pause) (operation.Next, error) {
	if op.WaitFor != operation.WaitPaused || op.Pause == nil || !op.Pause.At.Equal(p.At) {
		op.WaitFor, op.WaitUntil, op.Pause = operation.WaitPaused, time.Time{}, &p
		op.InLine, op.Others = time.Time{}, 0
		if err := r.save(ctx, op, operation.EventWaiting,
			map[string]string{"for": operation.WaitPaused, "by": p.By.UserID}); err != nil {
			return operation.Next{}, err
		}
	}
	return operation.Next{State: op.State, After: pausePoll}, nil
}

// paused goes on with an operation whose attempt was not stored because of a pause:
// it waits, or is settled by reading alone if an earlier attempt has no answer.
func (r *Runner) paused(ctx context.Context, op *operation.Operation, p operation.Pause) (operation.Next, error) {
	if op.State == operation.Unconfirmed {
		return r.lookAgain(ctx, op)
	}
	return r.waitPaused(ctx, op, p)
}
