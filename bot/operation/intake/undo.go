package intake

import (
	"context"
	"errors"
	"slices"

	"lbbot/bot/operation"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// prepareUndo turns a request to take an addition back into a removal without a
// state: only an addition of this bot, and only as it was left.
func (i *Intake) prepareUndo(ctx, asking context.Context, a Request) (operation.Operation, error) {
	of, err := i.Journal.Operation(ctx, a.Registration.Ref)
	switch {
	case errors.Is(err, operation.ErrNotFound), err == nil && of.State == operation.Draft:
		return operation.Operation{}, operation.ErrNotFound
	case err != nil:
		return operation.Operation{}, &UnavailableError{What: "journal", Err: err}
	}
	if err := i.mayUndo(ctx, a, of); err != nil {
		return operation.Operation{}, err
	}
	if err := i.undoable(a, of); err != nil {
		return operation.Operation{}, err
	}
	l, gone, err := findListener(asking, i.Catalog, commands.ReadListener(of.Request.ListenerID), nil)
	if err != nil {
		return operation.Operation{}, i.lookupError(a, err)
	}
	if gone != nil || l.ID != of.Request.ListenerID {
		return operation.Operation{}, &GoneError{Operation: of, BackendID: of.BackendID}
	}
	now := present{op: of}
	if err := i.readPoolOf(asking, &now); err != nil {
		if i.goneListener(asking, a.Registration, l.ID, err) != nil {
			return operation.Operation{}, &GoneError{Operation: of, BackendID: of.BackendID}
		}
		return operation.Operation{}, i.lookupError(a, err)
	}
	b, err := i.left(ctx, of, now.pool, now.leaving)
	if err != nil {
		return operation.Operation{}, err
	}
	now.op = i.describeRemoval(a, l, of.Server, b)
	now.op.Undoes, now.op.Addition = of.ID, operation.AdditionOf(of)
	reg := a.Registration
	reg.Ref = of.Ref
	now.op.Command, a.Registration = reg.CommandLine(), reg
	return i.finishRemoval(ctx, a, now)
}

// left finds the entry that an addition left, if it is as it was left. leaving are the
// backends that are being taken off already.
func (i *Intake) left(ctx context.Context, of operation.Operation, pool []zenlayer.Backend, leaving []string) (
	zenlayer.Backend, error) {
	b, changed := of.Left(pool)
	gone := slices.ContainsFunc(changed, func(d operation.Difference) bool { return d.Code == operation.DiffGone })
	switch {
	case gone, slices.Contains(leaving, of.BackendID):
		e := &GoneError{Operation: of, BackendID: of.BackendID,
			By: i.takenOff(ctx, of, of.BackendID, of.FinishedAt)}
		for _, other := range operation.OfServer(of, pool) {
			if other.BackendID != of.BackendID {
				e.Other = other.BackendID
			}
		}
		return b, e
	case len(changed) > 0:
		return b, &UndoError{Code: UndoChanged, Operation: of, Changed: changed}
	}
	return b, nil
}

// mayUndo denies people without the right before they learn how an addition ended. The
// rules are asked about what was added.
func (i *Intake) mayUndo(ctx context.Context, a Request, of operation.Operation) error {
	q := operation.NewQuestion(of, i.Now())
	q.Action, q.Actor, q.Place = operation.ActionUndo, a.Actor, a.Place
	d := i.Permission.Decide(ctx, q)
	if d.Allowed || d.Code == operation.DeniedApproval {
		return nil
	}
	return i.refuse(ctx, d, operation.Operation{Change: operation.ChangeRemove, Undoes: of.ID, Listener: of.Listener,
		Server: of.Server, Actor: a.Actor, Place: a.Place}, q)
}

// undoable says why an operation can never be taken back, or not by this button.
func (i *Intake) undoable(a Request, of operation.Operation) error {
	code := UndoCode("")
	switch {
	case !of.Change.CanBeUndone():
		code = UndoNoAddition
	case !of.State.Final():
		code = UndoNotOver
	case of.State != operation.Done:
		code = UndoNothing
	case of.BackendID == "":
		code = UndoUnknown
	case a.FromCard && i.Now().After(of.FinishedAt.Add(operation.UndoButtonFor)):
		code = UndoLate
	default:
		return nil
	}
	return &UndoError{Code: code, Operation: of}
}
