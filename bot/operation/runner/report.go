package runner

import (
	"context"
	"errors"
	"strconv"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
)

// tellBeside tells those whose approval was skipped while the checks and the call go
// on. The function it returns waits for that and reports whether there was anybody to
// tell; it may be called twice. What fails is tried again by report.
func (r *Runner) tellBeside(ctx context.Context, op operation.Operation) (wait func() bool) {
	if !op.State.Open() || op.Approval == nil || !op.Approval.Skipped || !op.Approval.ToldAt.IsZero() {
		return func() bool { return false }
	}
	told := r.beside(op.ID, "tell", func() {
		if _, err := r.tellSkipped(ctx, &op); err != nil && ctx.Err() == nil {
			r.Log.Warn("who was told of a skipped approval is not stored yet", zap.String("operation", op.ID),
				zap.Error(err))
		}
	})
	return func() bool { told(); return true }
}

// report makes the card show the final state, however long Slack is away.
func (r *Runner) report(ctx context.Context, op *operation.Operation) (operation.Next, error) {
	within, cancel := context.WithTimeoutCause(ctx, 30*time.Second,
		errors.New("Slack did not take the card within 30s"))
	defer cancel()
	if err := r.Reporter.Report(within, *op); err != nil {
		if ctx.Err() != nil {
			return operation.Next{}, context.Cause(ctx)
		}
		late := r.Now().Sub(op.FinishedAt)
		r.Metrics.reportErrors.Inc()
		if late > operation.OverdueAfter {
			err = r.alarm(ctx, op, late, err)
		} else {
			r.Log.Warn("result is not in Slack yet", zap.String("operation", op.ID), zap.Duration("late", late),
				zap.Error(err))
			err = nil
		}
		return operation.Next{State: op.State, After: reportPause(late)}, err
	}
	if told, err := r.tellSkipped(ctx, op); err != nil || !told {
		return operation.Next{State: op.State, After: reportPause(r.Now().Sub(op.FinishedAt))}, err
	}
	if op.State == operation.NotDone && isForOwner(op.Reason) {
		if err := r.tellOwner(ctx, op); err != nil {
			return operation.Next{}, err
		}
	}
	if err := r.noteTakenBack(ctx, *op); err != nil {
		return operation.Next{}, err
	}
	return operation.Next{State: op.State, Watch: op.State == operation.Done && toWatch(*op)}, nil
}

// noteTakenBack has the addition that op took back say so on its card, which would
// offer Undo otherwise.
func (r *Runner) noteTakenBack(ctx context.Context, op operation.Operation) error {
	if op.State != operation.Done || op.Undoes == "" {
		return nil
	}
	noted := false
	of, err := operation.Update(ctx, r.Journal, op.Undoes, func(of *operation.Operation) (operation.Event, bool) {
		if of.TakenBack != nil {
			return operation.Event{}, false
		}
		noted = true
		of.TakenBack = &operation.TakenBack{Ref: op.Ref, By: op.Actor, At: op.FinishedAt}
		return operation.SystemEvent(r.Now(), operation.EventTakenBack, *of,
			map[string]string{"undone_by": op.Ref}), true
	})
	if errors.Is(err, operation.ErrNotFound) { // its retention is over
		return nil
	}
	if err == nil && noted {
		r.Reporter.Show(of)
	}
	return err
}

// alarm raises it about a result that nobody could be told: an error
// in the log at each try, and a line for the owner, once. An error means that
// the journal did not take it.
func (r *Runner) alarm(ctx context.Context, op *operation.Operation, late time.Duration, why error) error {
	r.Log.Error("result has been kept out of Slack for more than a day", zap.String("operation", op.ID),
		zap.String("ref", op.Ref),
		zap.String("state", string(op.State)), zap.String("channel", op.Place.ResultID), zap.String("actor",
			op.Actor.UserID),
		zap.Duration("late", late), zap.Error(why))
	return r.tellOwner(ctx, op)
}

// isForOwner reports whether an operation failed for a reason that only the
// bot's owners can mend.
func isForOwner(why operation.Reason) bool {
	switch why {
	case operation.ReasonCredentials, operation.ReasonClockSkew, operation.ReasonBlocked, operation.ReasonInternal:
		return true
	}
	return false
}

// reportPause is how long to wait before the next try to post a result that is
// this late. After a day it is not about seconds any more. Negative lateness (the clock was set back)
// counts as lateness, so that the result is not posted each second until the
// clock catches up.
func reportPause(late time.Duration) time.Duration {
	if late > operation.OverdueAfter {
		return time.Hour
	}
	return min(max(late.Abs(), time.Second), 5*time.Minute)
}

// tellSkippedFor bounds how long the bot tries to tell the approvers whom
// break-glass bypassed.
const tellSkippedFor = 24 * time.Hour

// tellSkipped tells those whose approval was skipped, once, and reports
// whether that is done.
func (r *Runner) tellSkipped(ctx context.Context, op *operation.Operation) (bool, error) {
	if op.Approval == nil || !op.Approval.Skipped || !op.Approval.ToldAt.IsZero() {
		return true, nil
	}
	within, cancel := context.WithTimeoutCause(ctx, tellWithin,
		errors.New("Slack did not take the line for the approvers within "+tellWithin.String()))
	defer cancel()
	told, err := 0, operation.HoldLease(within)
	if err == nil {
		told, err = r.Reporter.TellSkipped(within, *op)
	}
	if err != nil {
		if ctx.Err() == nil {
			r.Log.Warn("people whose approval was skipped could not be told yet", zap.String("operation", op.ID),
				zap.Error(err))
		}
		return r.Now().Sub(op.ClickedAt) > tellSkippedFor, nil
	}
	at := r.Now()
	stored, err := operation.Update(ctx, r.Journal, op.ID, func(now *operation.Operation) (operation.Event, bool) {
		now.Approval.ToldAt = at
		return operation.SystemEvent(at, operation.EventBreakGlass, *now,
			map[string]string{"told": strconv.Itoa(told)}), now.Run == op.Run
	})
	if err != nil {
		return false, err
	}
	if stored.Version == op.Version+1 {
		op.Version, op.Approval = stored.Version, stored.Approval
	}
	r.Reporter.Show(stored)
	return true, nil
}

// tellWithin bounds how long telling the owner may hold things up: a person's
// answer must not wait for Slack.
const tellWithin = 10 * time.Second

// tellOwner tells the owner once. That is stored at once and in a change of
// its own: a click that came in between must not make it twice.
func (r *Runner) tellOwner(ctx context.Context, op *operation.Operation) error {
	if !op.OwnerTold.IsZero() || !r.tell(ctx, *op) {
		return nil
	}
	at := r.Now()
	stored, err := operation.Update(ctx, r.Journal, op.ID, func(now *operation.Operation) (operation.Event, bool) {
		now.OwnerTold = at
		return operation.SystemEvent(at, operation.EventLook, *now, map[string]string{"owner": "told"}),
			now.Run == op.Run
	})
	if err != nil {
		return err
	}
	r.Reporter.Show(stored)
	// What this look found goes on top of it, unless a click came in between:
	// then saving finds op stale and the step is entered again.
	if stored.Version == op.Version+1 {
		op.Version, op.OwnerTold = stored.Version, at
	}
	return nil
}

// tell makes one bounded try to tell the owner about op.
func (r *Runner) tell(ctx context.Context, op operation.Operation) bool {
	within, cancel := context.WithTimeoutCause(ctx, tellWithin,
		errors.New("Slack did not take the line for the owner within "+tellWithin.String()))
	defer cancel()
	err := operation.HoldLease(within)
	if err == nil {
		err = r.Reporter.TellOwner(within, op)
	}
	if err != nil {
		r.Log.Warn("owner could not be told", zap.String("operation", op.ID), zap.Error(err))
		return false
	}
	return true
}
