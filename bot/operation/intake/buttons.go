package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"go.uber.org/zap"

	"lbbot/bot/operation"
)

// Cancel ends a draft that its person does not want. Errors as of Send.
func (i *Intake) Cancel(ctx context.Context, c Click) (operation.Operation, error) {
	if _, err := i.draft(ctx, c); err != nil {
		return operation.Operation{}, err
	}
	gone := false // another replica may accept it in between
	op, err := i.press(ctx, c, func(op *operation.Operation) (operation.Event, bool) {
		if gone = op.State != operation.Draft; gone {
			return operation.Event{}, false
		}
		op.ExpiresAt = i.Now()
		return i.event(operation.EventCancelled, *op, c.Actor, c.Place, nil), true
	})
	if err == nil && gone {
		err = &operation.StaleError{Operation: op}
	}
	return op, err
}

// Stop keeps an operation from making any further attempt. What was sent is
// still settled. Errors: *DeniedError, *StaleError when it is over,
// *UnavailableError.
func (i *Intake) Stop(ctx context.Context, c Click) (operation.Operation, error) {
	if err := i.admit(ctx, c); err != nil {
		return operation.Operation{}, err
	}
	over := false
	op, err := i.press(ctx, c, func(op *operation.Operation) (operation.Event, bool) {
		if over = op.State.Final() || op.State == operation.Draft; over || op.StopBy != "" {
			return operation.Event{}, false
		}
		op.StopBy, op.StopAt = c.Actor.UserID, i.Now()
		return i.event(operation.EventStopped, *op, c.Actor, c.Place, nil), true
	})
	if err == nil && over {
		err = &operation.StaleError{Operation: op}
	}
	return op, err
}

// CheckNow ends the pause before the next look at an operation that is not
// settled. Errors: *DeniedError, *StaleError when it is settled,
// *UnavailableError.
func (i *Intake) CheckNow(ctx context.Context, c Click) (operation.Operation, error) {
	if err := i.admit(ctx, c); err != nil {
		return operation.Operation{}, err
	}
	within, cancel := context.WithTimeoutCause(ctx, pressWithin,
		fmt.Errorf("the journal did not answer within %s", pressWithin))
	defer cancel()
	op, err := i.Journal.Operation(within, c.OperationID)
	if err == nil && op.State != operation.NeedsPerson && op.State != operation.Unconfirmed {
		return op, &operation.StaleError{Operation: op}
	}
	if err == nil {
		err = i.Engine.Poke(within, op.ID)
	}
	if err != nil {
		return op, &UnavailableError{What: "journal", Err: err}
	}
	return op, nil
}

// Answer stores what a person saw in the console, AnswerThere or
// AnswerNotThere; the bot reads again before it believes it. Errors as of
// CheckNow.
func (i *Intake) Answer(ctx context.Context, c Click, answer string) (operation.Operation, error) {
	if err := i.admit(ctx, c); err != nil {
		return operation.Operation{}, err
	}
	open := false
	op, err := i.press(ctx, c, func(op *operation.Operation) (operation.Event, bool) {
		if open = op.State == operation.NeedsPerson; !open {
			return operation.Event{}, false
		}
		op.Answer, op.AnswerBy, op.Mismatch = answer, c.Actor.UserID, false
		return i.event(operation.EventPerson, *op, c.Actor, c.Place, map[string]string{"answer": answer}), true
	})
	if err == nil && !open {
		err = &operation.StaleError{Operation: op}
	}
	return op, err
}

// MayPress reports whether a person may press the buttons of a running operation:
// nil, or a *DeniedError that is in the audit trail, ErrNotFound or an
// *UnavailableError.
func (i *Intake) MayPress(ctx context.Context, c Click) error { return i.admit(ctx, c) }

// admit checks that a person who presses a button of a running operation may
// be here and could have asked for it.
func (i *Intake) admit(ctx context.Context, c Click) error {
	ctx, cancel := context.WithTimeoutCause(ctx, lookWithin, errLookWithin)
	defer cancel()
	op, err := i.Journal.Operation(ctx, c.OperationID)
	if err != nil {
		if errors.Is(err, operation.ErrNotFound) {
			return err
		}
		return &UnavailableError{What: "journal", Err: err}
	}
	if op.State == operation.Draft && !op.Actor.Owns(c.Actor) {
		return i.deny(ctx, operation.Decision{Code: operation.DeniedNotRequester},
			operation.Operation{ID: op.ID, Ref: op.Ref, Actor: c.Actor, Place: c.Place})
	}
	if d := i.Permission.Admit(ctx, c.Actor, c.Place); !d.Allowed {
		return i.deny(ctx, d, operation.Operation{ID: op.ID, Ref: op.Ref, Listener: op.Listener, Server: op.Server,
			Actor: c.Actor, Place: c.Place})
	}
	if op.Actor.Owns(c.Actor) {
		return nil
	}
	q := operation.NewQuestion(op, i.Now())
	q.Actor, q.Place, q.Fresh = c.Actor, c.Place, true
	if d := i.Permission.Decide(ctx, q); !d.Allowed && d.Code != operation.DeniedApproval {
		return i.deny(ctx, d, operation.Operation{ID: op.ID, Ref: op.Ref, Listener: op.Listener, Server: op.Server,
			Actor: c.Actor, Place: c.Place})
	}
	return nil
}

// press changes an operation for a click and wakes its run. Errors:
// *UnavailableError when nothing was stored, *UncertainError when that is not
// known.
func (i *Intake) press(
	ctx context.Context, c Click, edit func(*operation.Operation) (operation.Event, bool),
) (operation.Operation, error) {
	within, cancel := context.WithTimeoutCause(ctx, pressWithin,
		fmt.Errorf("the journal did not answer within %s", pressWithin))
	defer cancel()
	op, err := operation.Update(within, i.Journal, c.OperationID, edit)
	err = withCause(within, err)
	unsaved := op.ID == "" // it could not even be read
	switch {
	case err == nil:
	case nothingStored(err), unsaved && within.Err() == nil:
		return op, &UnavailableError{What: "journal", Err: err}
	default:
		now, unread := i.Journal.Operation(within, c.OperationID)
		switch {
		case unread == nil && now.Version < op.Version && !mayStillCommit(err): // as in accept
			return op, &UnavailableError{What: "journal", Err: err}
		case unread != nil || !sameRecord(now, op): // others may have changed it since
			return op, &UncertainError{Err: err}
		}
		i.Log.Warn("click stored, although the journal reported an error", zap.String("operation", op.ID),
			zap.Error(err))
	}
	if !op.State.Open() {
		return op, nil
	}
	if err := i.Engine.Poke(within, op.ID); err != nil {
		i.Log.Warn("run could not be woken; it goes on by itself", zap.String("operation", op.ID), zap.Error(err))
	}
	return op, nil
}

// sameRecord reports whether the journal keeps the same of both.
func sameRecord(a, b operation.Operation) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
