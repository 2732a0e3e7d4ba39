package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"strconv"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
)

// Send accepts the draft that a person looked at: it returns only after the
// operation is on disk. The caller tells the person, then calls Start.
// Errors: *DeniedError, *ExpiredError, *StaleError when it was sent or
// cancelled before, *DuplicateError for a redelivery, *BusyError,
// *ChangedError (something that matters is different: it has to be looked at
// again), *PresentError (the server is there now), *GoneError (the entry is gone),
// *UndoError (the entry is not as it was left any more), *commands.InputError (the
// listener does not take its ports any more), *UnavailableError (not accepted),
// *UncertainError (nobody knows; the draft can be sent again). It blocks for a
// few seconds at most. An operation that other people must agree to is accepted
// as Waiting.
func (i *Intake) Send(ctx context.Context, c Click) (operation.Operation, error) {
	clicked := i.Now() // before anything that takes time: the promise counts from the click
	ctx, cancel := context.WithTimeoutCause(ctx, lookWithin, errLookWithin)
	defer cancel()
	op, err := i.draft(ctx, c)
	if err != nil {
		return operation.Operation{}, err
	}
	if c.unread(op) {
		return operation.Operation{}, &ChangedError{Operation: op}
	}
	q := clickQuestion(op, c, clicked)
	d := i.decideSend(ctx, q, op)
	if !d.Allowed && d.Code != operation.DeniedApproval {
		return operation.Operation{}, i.refuse(ctx, d, op, q)
	}
	now := present{op: op}
	if op.Shown != nil || d.Allowed != (op.Approval == nil) {
		now = i.lookAgain(ctx, op)
	}
	if err := i.leavingAlready(ctx, now); err != nil {
		return operation.Operation{}, err
	}
	d = now.decided(d)
	if otherwise := d.Allowed != (op.Approval == nil); otherwise || len(now.moved) > 0 {
		return operation.Operation{}, i.previewAgain(ctx, now, d, c)
	}
	if op.Approval != nil && !op.Approval.Who.Sufficient(d.Approvals) {
		d.Code = operation.DeniedNobody
		return operation.Operation{}, i.deny(ctx, d, op)
	}
	op.State, op.ClickedAt, op.ExpiresAt = operation.Accepted, clicked, time.Time{}
	op.DecidedBy(d)
	op.Version++
	if op.Approval != nil {
		op.State, op.Approval.Needed = operation.Waiting, d.Approvals
		op.Approval.Ask(clicked, i.Settings.Approval.Within, op.Version, nil)
	}
	return i.enter(ctx, i.acceptance(op, c, operation.EventAccepted, nil))
}

// decideSend decides about sending op. It denies it if op has no reason and needs one.
func (i *Intake) decideSend(ctx context.Context, q operation.Question, op operation.Operation) operation.Decision {
	d := i.Permission.Decide(ctx, q)
	if operation.LacksReason(d, op) {
		d.Allowed, d.Code = false, operation.DeniedReason
	}
	return d
}

// acceptance asks to accept op for a click. data goes into its event.
func (i *Intake) acceptance(op operation.Operation, c Click, kind string,
	data map[string]string) operation.Acceptance {
	if c.Place.ResponseURL != "" {
		op.Place.ResponseURL, op.Place.ResponseBy = c.Place.ResponseURL, c.Place.ResponseBy
	}
	op.Run = operation.FirstRun
	facts := operation.WithPolicies(map[string]string{"delivery": c.Delivery, "purpose": op.Purpose}, op.Policies,
		op.PolicyDigest)
	if op.Approval != nil && op.State == operation.Waiting {
		facts["approvals"] = strconv.Itoa(op.Approval.Needed)
	}
	maps.Copy(facts, data)
	a := operation.Acceptance{Operation: op, Delivery: c.Delivery, Event: i.event(kind, op, c.Actor, c.Place, facts),
		Limit: i.Settings.Rate, Since: op.ClickedAt.Add(-i.Settings.RateIn),
		ListenerLimit: i.Settings.ListenerRate, ListenerSince: op.ClickedAt.Add(-i.Settings.ListenerRateIn)}
	if op.Glass != nil {
		a.GlassLimit, a.GlassSince = i.Settings.Glass, op.ClickedAt.Add(-i.Settings.GlassIn)
	}
	return a
}

// enter accepts an operation.
func (i *Intake) enter(ctx context.Context, a operation.Acceptance) (operation.Operation, error) {
	err := i.accept(ctx, a)
	if e, ok := errors.AsType[*operation.LimitError](err); ok {
		err = i.tooMany(ctx, a.Operation, e)
	}
	return a.Operation, err
}

// draft loads the draft of a click, if it is still one and the clicker's own.
func (i *Intake) draft(ctx context.Context, c Click) (operation.Operation, error) {
	op, err := i.Journal.Operation(ctx, c.OperationID)
	switch {
	case errors.Is(err, operation.ErrNotFound):
		return operation.Operation{}, err
	case err != nil:
		return operation.Operation{}, &UnavailableError{What: "journal", Err: err}
	case !op.Actor.Owns(c.Actor):
		return operation.Operation{}, i.deny(ctx, operation.Decision{Code: operation.DeniedNotRequester},
			operation.Operation{ID: op.ID, Ref: op.Ref, Actor: c.Actor, Place: c.Place})
	case op.State != operation.Draft:
		return operation.Operation{}, &operation.StaleError{Operation: op}
	case op.DryRun:
		return operation.Operation{}, &operation.StaleError{Operation: op}
	// the clock was set back: the draft may be older than it seems
	case !i.Now().Before(op.ExpiresAt), i.Now().Add(operation.ClockSlack).Before(op.AskedAt):
		return operation.Operation{}, &ExpiredError{op}
	}
	return op, nil
}

// accept commits, within acceptWithin. The limit is on a context of its own,
// so that closing a view does not cancel a commit whose outcome nobody would know.
func (i *Intake) accept(ctx context.Context, a operation.Acceptance) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), acceptWithin,
		fmt.Errorf("the journal did not answer within %s", acceptWithin))
	defer cancel()
	err := withCause(ctx, i.Journal.Accept(ctx, a))
	if err == nil {
		i.Metrics.took(a.Operation)
		i.Log.Info("operation accepted", zap.String("operation", a.Operation.ID), zap.String("ref", a.Operation.Ref),
			zap.String("actor", a.Operation.Actor.UserID), zap.String("channel", a.Operation.Place.ChannelID),
			zap.String("listener", a.Operation.Request.ListenerID), zap.String("instance",
				a.Operation.Request.InstanceID))
		return nil
	}
	switch {
	case errors.As(err, new(*operation.DuplicateError)), errors.As(err, new(*operation.BusyError)),
		errors.As(err, new(*operation.StaleError)), errors.As(err, new(*operation.LimitError)),
		errors.Is(err, operation.ErrRefTaken):
		return err
	case nothingStored(err):
		return &UnavailableError{What: "journal", Err: err}
	}
	now, unread := i.Journal.Operation(ctx, a.Operation.ID) // only the confirmation may be lost
	// without a draft, nothing there means that nothing was stored
	known := unread == nil || a.Insert && errors.Is(unread, operation.ErrNotFound)
	switch {
	case known && now.Version >= a.Operation.Version && now.State != operation.Draft:
		i.Metrics.took(a.Operation)
		i.Log.Warn("operation accepted, although the journal reported an error",
			zap.String("operation", a.Operation.ID), zap.Error(err))
		return nil
	case !known || mayStillCommit(err):
		return &UncertainError{Ref: a.Operation.Ref, Err: err}
	}
	return &UnavailableError{What: "journal", Err: err}
}

// withCause adds to an error why ctx ended, if it did: the journal's own error does not say how long was too long.
func withCause(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	return fmt.Errorf("%w: %w", context.Cause(ctx), err)
}

// nothingStored reports whether an error of a write proves that it stored
// nothing.
func nothingStored(err error) bool {
	moved, ok := errors.AsType[*operation.JournalMovedError](err)
	return ok && !moved.Committed
}

// mayStillCommit reports whether the connection to the database was lost during
// a write: the database may commit later, so a reading that does not show the
// write proves nothing.
func mayStillCommit(err error) bool {
	var network interface{ Timeout() bool } // as net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// Start starts carrying out an accepted operation. A failure is only logged:
// the sweeper starts what was left behind.
func (i *Intake) Start(ctx context.Context, id string) {
	if err := i.Engine.Start(ctx, id); err != nil {
		i.Log.Warn("operation is left to the sweeper", zap.String("operation", id), zap.Error(err))
	}
}

// clickQuestion is operation.NewQuestion for a click on one's own request: the
// workspace and the organization of the click count, not those of the request.
func clickQuestion(op operation.Operation, c Click, at time.Time) operation.Question {
	q := operation.NewQuestion(op, at)
	q.Actor, q.Place, q.Fresh = c.Actor, c.Place, true
	q.Actor.PersonID = op.Actor.PersonID
	return q
}
