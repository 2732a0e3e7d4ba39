package intake

import (
	"context"
	"errors"

	"lbbot/bot/operation"
)

// Submit answers a typed command: with a preview, or, where the settings allow
// it, with an operation that is accepted already, without a draft. Errors as of
// Preview and Send.
func (i *Intake) Submit(ctx context.Context, a Request) (op operation.Operation, accepted bool, err error) {
	a.unseen = i.Settings.Confirm == ConfirmNever || i.Settings.Confirm == ConfirmProtected
	if a.Earlier != "" || !a.unseen {
		op, err = i.Preview(ctx, a)
		return op, err == nil && op.State != operation.Draft, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, lookWithin, errLookWithin)
	defer cancel()
	if op, err = i.prepare(ctx, a); err != nil {
		return operation.Operation{}, false, err
	}
	asks := op.Change != operation.ChangeAdd || op.DryRun || op.Listener.Protected || op.Approval != nil ||
		op.Unsearched != (operation.Fault{})
	if !asks {
		var sent operation.Operation
		if sent, asks, err = i.sendPrepared(ctx, a, op); !asks {
			return sent, err == nil, err
		}
	}
	op.Unseen = false // somebody looks at it now
	op, err = i.keepDraft(ctx, a, op)
	return op, err == nil && op.State != operation.Draft, err
}

// sendPrepared accepts what was prepared just now, without a draft. asks says that it
// needs an approval all the same: the policy changed meanwhile. Errors as of Send, but
// for a delivery that was accepted before it returns what was accepted.
func (i *Intake) sendPrepared(ctx context.Context, a Request, op operation.Operation) (
	sent operation.Operation, asks bool, err error) {
	clicked := i.Now()
	c := Click{OperationID: op.ID, Actor: a.Actor, Place: a.Place, Delivery: a.Delivery}
	q := clickQuestion(op, c, clicked)
	q.Fresh, q.Last = false, true // nobody clicked: the command was checked just now
	d := i.decideSend(ctx, q, op)
	if !d.Allowed && d.Code == operation.DeniedApproval {
		return op, true, nil
	}
	if op.Ref = i.NewRef(); !d.Allowed {
		return operation.Operation{}, false, i.refuse(ctx, d, op, q)
	}
	op.State, op.ClickedAt = operation.Accepted, clicked
	op.DecidedBy(d)
	op.Version++
	for tries := 0; ; tries++ {
		now := i.acceptance(op, c, operation.EventAccepted, nil)
		now.Insert, now.Previewed = true, i.previewed(op, a)
		sent, err = i.enter(ctx, now)
		if first, ok := errors.AsType[*operation.DuplicateError](err); ok {
			return first.Operation, false, nil
		}
		if !errors.Is(err, operation.ErrRefTaken) || tries >= 10 {
			return sent, false, err
		}
		op.Ref = i.NewRef()
	}
}
