package history

import (
	"context"
	"errors"
	"fmt"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/zenlayer"
)

// ErrPoolHidden says that the policy gives a person no right on a listener, so that
// they do not see which servers are on it.
var ErrPoolHidden = errors.New("the policy gives this person no right on the listener")

// Pool returns an operation and what is on its listener now, to a person who may
// look at the operation, see StatusFromMessage, and has asked for it or has some
// right on the listener. It blocks for lookWithin at most. Errors: ErrNotFound,
// *DeniedError, ErrPoolHidden with the operation, *UnavailableError.
func (r *Reader) Pool(ctx context.Context, id string, a operation.Actor, p operation.Place) (
	operation.Operation, []zenlayer.Backend, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, lookWithin, errLookWithin)
	defer cancel()
	op, err := r.StatusFromMessage(ctx, id, a, p)
	if err != nil {
		return operation.Operation{}, nil, err
	}
	if err := r.maySeePool(ctx, op, a, p); err != nil {
		return op, nil, err
	}
	asking := zenlayer.WithWaiting(ctx, zenlayer.Waiting{Rank: operation.RankPreview, AtMost: askWithin})
	asking, done := context.WithTimeoutCause(asking, askWithin, errAskWithin)
	defer done()
	pool, err := r.Pools.DescribeBackends(asking, op.Request.ListenerID, zenlayer.BackendFilter{})
	if err != nil {
		return operation.Operation{}, nil, intake.Unavailable(err)
	}
	return op, pool, nil
}

// maySeePool checks that a person asked for op, or may add to its listener, approve
// that, or see its history, from a place.
func (r *Reader) maySeePool(ctx context.Context, op operation.Operation, a operation.Actor, p operation.Place) error {
	if op.Actor.Owns(a) {
		return nil
	}
	hidden := ErrPoolHidden
	q := operation.NewQuestion(op, r.Now())
	q.Actor, q.Place = a, p
	for _, q.Action = range []operation.Action{operation.ActionRegister, operation.ActionApprove,
		operation.ActionViewHistory} {
		d := r.Permission.Decide(ctx, q)
		switch {
		case d.Allowed, d.Code == operation.DeniedApproval:
			return nil
		case d.Code == operation.DeniedUnchecked, d.PolicyUnknown():
			hidden = &intake.UnavailableError{What: "Slack", Err: fmt.Errorf("%s could not be read", d.What)}
		}
	}
	return hidden
}
