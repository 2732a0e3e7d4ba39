package history

import (
	"context"
	"errors"
	"fmt"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/commands"
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
	pool, err := r.pool(ctx, op.Request.ListenerID)
	if err != nil {
		return operation.Operation{}, nil, err
	}
	return op, pool, nil
}

// On is what is on a listener.
type On struct {
	Listener operation.Listener
	Pool     []zenlayer.Backend
}

// ServersOn returns the listener that ref names exactly and what is on it now, to a
// person who has some right on it. It blocks for lookWithin at most. Errors:
// *DeniedError, *commands.InputError if ref does not name one listener,
// ErrPoolHidden with the listener, *UnavailableError.
func (r *Reader) ServersOn(ctx context.Context, ref commands.ListenerRef, a operation.Actor, p operation.Place) (
	On, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, lookWithin, errLookWithin)
	defer cancel()
	if err := r.Gate.Admit(ctx, a, p, ""); err != nil {
		return On{}, err
	}
	l, problem, err := intake.FindListener(ctx, r.Catalog, ref)
	switch {
	case err != nil:
		return On{}, intake.Unavailable(err)
	case problem != nil:
		return On{}, &commands.InputError{Problems: []commands.Problem{*problem}}
	}
	on := On{Listener: l}
	about := operation.Operation{Account: r.Account, Listener: l, Server: intake.NoServer()}
	about.Request.ListenerID = l.ID
	if !r.mayChange(ctx, l, a, p) {
		if err := r.maySeePool(ctx, about, a, p); err != nil {
			return on, err
		}
	}
	on.Pool, err = r.pool(ctx, l.ID)
	return on, err
}

// mayChange reports whether a person may add some server to a listener, with whatever
// weight and ports.
func (r *Reader) mayChange(ctx context.Context, l operation.Listener, a operation.Actor, p operation.Place) bool {
	may, d := r.Offers.MayChange(ctx, operation.Question{Action: operation.ActionRegister, Actor: a, Place: p,
		Account: r.Account, At: r.Now()}, []operation.Listener{l})
	return d.Allowed && len(may) == 1 && may[0]
}

// pool reads what is on a listener now.
func (r *Reader) pool(ctx context.Context, listenerID string) ([]zenlayer.Backend, error) {
	asking := zenlayer.WithWaiting(ctx, zenlayer.Waiting{Rank: operation.RankPreview, AtMost: askWithin})
	asking, done := context.WithTimeoutCause(asking, askWithin, errAskWithin)
	defer done()
	pool, err := r.Pools.DescribeBackends(asking, listenerID, zenlayer.BackendFilter{})
	if err != nil {
		return nil, intake.Unavailable(err)
	}
	return pool, nil
}

// maySeePool checks that a person asked for op, or may change its listener, approve
// that, or see its history, from a place.
func (r *Reader) maySeePool(ctx context.Context, op operation.Operation, a operation.Actor, p operation.Place) error {
	if op.Actor.Owns(a) {
		return nil
	}
	hidden := ErrPoolHidden
	q := operation.NewQuestion(op, r.Now())
	q.Actor, q.Place = a, p
	for _, q.Action = range []operation.Action{operation.ActionRegister, operation.ActionApprove,
		operation.ActionUndo, operation.ActionRemove, operation.ActionViewHistory} {
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
