package runner

import (
	"context"
	"errors"
	"strconv"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
)

// approval waits for the people who are asked. What they say is written down
// by Intake, which also wakes the run: waiting needs no memory.
func (r *Runner) approval(ctx context.Context, op *operation.Operation) (operation.Next, error) {
	// What people said since is shown by whoever runs the operation, so that two
	// processes never edit one card against each other.
	r.Reporter.Show(*op)
	if op.State != operation.Waiting {
		return operation.Next{State: op.State}, nil
	}
	now := r.Now()
	switch {
	case op.StopBy != "":
		return r.finish(ctx, op, operation.NotDone, operation.ReasonStopped)
	case op.Approval.Denied != nil:
		return r.finish(ctx, op, operation.NotDone, operation.ReasonNotApproved)
	case !now.Before(op.Approval.ExpiresAt):
		return r.finish(ctx, op, operation.NotDone, operation.ReasonUnanswered)
	}
	if due := op.Approval.Due(r.Asking.Reminders, now); due > op.Approval.Reminders {
		if err := r.remind(ctx, op, due); err != nil {
			return operation.Next{}, err
		}
	}
	// A clock that was set back must not make it wait longer than it said.
	return operation.Next{State: op.State, After: min(op.Approval.Next(r.Asking.Reminders, now), r.Asking.Within)}, nil
}

// remind says once more what is waited for. It is noted first: nobody needs a
// reminder twice, and one that is lost hurts nobody.
func (r *Runner) remind(ctx context.Context, op *operation.Operation, due int) error {
	op.Approval.Reminders = due
	if err := r.save(ctx, op, operation.EventReminded, map[string]string{"reminder": strconv.Itoa(due)}); err != nil {
		return err
	}
	r.postReminder(ctx, *op)
	return nil
}

// postReminder makes one bounded try to have those who are asked look at the card.
func (r *Runner) postReminder(ctx context.Context, op operation.Operation) {
	within, cancel := context.WithTimeoutCause(ctx, tellWithin,
		errors.New("Slack did not take the reminder within "+tellWithin.String()))
	defer cancel()
	err := operation.HoldLease(within)
	if err == nil {
		err = r.Reporter.Remind(within, op)
	}
	if err != nil && ctx.Err() == nil {
		r.Log.Warn("reminder was not posted", zap.String("operation", op.ID), zap.Error(err))
	}
}

// askAgain takes op back to those who must agree, or ends it when there is
// nobody who could.
func (r *Runner) askAgain(ctx context.Context, op *operation.Operation, v verdict, now operation.Picture,
	moved []operation.Difference) (operation.Next, error) {
	if op.Approval == nil {
		op.Approval = &operation.Approval{Channel: operation.ApproversChannel(ctx, r.Permission, r.Log, *op, v.channel,
			r.Asking.Channel)}
	}
	a := op.Approval
	if people, err := r.Roster.Who(ctx, operation.ApprovalQuestion(*op, a.Channel, r.Now()),
		operation.ActionApprove); err == nil {
		a.Who = people
	} else if ctx.Err() == nil {
		r.Log.Warn("who may approve could not be read again", zap.String("operation", op.ID), zap.Error(err))
	}
	a.Needed, a.Lost = v.needed, v.lost
	if !a.Who.Sufficient(a.Needed - operation.VotesOf(v.votes, a.Who.IDs)) {
		op.Denial = &operation.Decision{Code: operation.DeniedNobody, Approvals: a.Needed, Policies: v.why.Policies,
			Person:  true,
			Channel: true}
		return r.finish(ctx, op, operation.NotDone, operation.ReasonDenied)
	}
	op.State, op.WaitUntil, op.WaitFor = operation.Waiting, time.Time{}, ""
	op.FirstTry, op.Tries, op.Fault = time.Time{}, 0, operation.Fault{} // what comes after is a new beginning
	a.Ask(r.Now(), r.Asking.Within, op.Version+1, v.votes)
	a.Picture, a.Moved, a.Changes, a.Again = now, moved, nil, operation.AgainRules
	data := map[string]string{"needed": strconv.Itoa(a.Needed), "votes": strconv.Itoa(len(a.Votes)),
		"again": operation.AgainRules, "no_longer": a.NoLonger()}
	if len(moved) > 0 {
		a.Again = operation.AgainPicture
		data["again"] = operation.AgainPicture
	}
	if err := r.save(ctx, op, operation.EventApprovalAsked, data); err != nil {
		return operation.Next{}, err
	}
	r.postReminder(ctx, *op) // an edited card calls nobody
	r.Log.Info("operation waits for approval again", zap.String("operation", op.ID), zap.String("ref", op.Ref),
		zap.String("why", a.Again))
	return operation.Next{State: op.State}, nil
}
