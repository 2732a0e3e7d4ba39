package intake

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
)

// Send accepts the draft that a person looked at: it returns only after the
// operation is on disk. Whoever calls it tells the person, then calls Begin.
// Errors: *DeniedError, *ExpiredError, *StaleError when it was sent or
// cancelled before, *DuplicateError for a redelivery, *BusyError,
// *ChangedError (approval is needed now, or is not any more),
// *UnavailableError (not accepted), *UncertainError (nobody knows; the draft
// can be sent again). It blocks for a few seconds at most. An operation that
// other people must agree to is accepted as Waiting.
func (i *Intake) Send(ctx context.Context, c Click) (operation.Operation, error) {
	clicked := i.Now() // before anything that takes time: the promise counts from the click
	ctx, cancel := context.WithTimeoutCause(ctx, lookWithin, errLookWithin)
	defer cancel()
	op, err := i.draft(ctx, c)
	if err != nil {
		return operation.Operation{}, err
	}
	q := clickQuestion(op, c, clicked)
	d := i.Permission.Decide(ctx, q)
	if operation.LacksReason(d, op) {
		d.Allowed, d.Code = false, operation.DeniedReason
	}
	if d.Allowed != (op.Approval == nil) && (d.Allowed || d.Code == operation.DeniedApproval) {
		return operation.Operation{}, i.previewAgain(ctx, op, d, c)
	}
	if !d.Allowed && d.Code != operation.DeniedApproval {
		return operation.Operation{}, i.refuse(ctx, d, op, q)
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
	return i.enter(ctx, op, c, operation.EventAccepted, nil)
}

// enter accepts op for a click. data goes into its event.
func (i *Intake) enter(ctx context.Context, op operation.Operation, c Click, kind string, data map[string]string) (operation.Operation, error) {
	if c.Place.ResponseURL != "" {
		op.Place.ResponseURL, op.Place.ResponseBy = c.Place.ResponseURL, c.Place.ResponseBy
	}
	op.Run = operation.FirstRun
	facts := operation.WithPolicies(map[string]string{"delivery": c.Delivery, "purpose": op.Purpose}, op.Policies, op.PolicyDigest)
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
	err := i.accept(ctx, a)
	if e, ok := errors.AsType[*operation.LimitError](err); ok {
		err = i.tooMany(ctx, op, e)
	}
	return op, err
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
		return operation.Operation{}, i.deny(ctx, operation.Decision{Code: operation.DeniedNotRequester}, operation.Operation{ID: op.ID, Ref: op.Ref, Actor: c.Actor, Place: c.Place})
	case op.State != operation.Draft:
		return operation.Operation{}, &operation.StaleError{Operation: op}
	case op.DryRun:
		return operation.Operation{}, &operation.StaleError{Operation: op}
	case !i.Now().Before(op.ExpiresAt), i.Now().Add(operation.ClockSlack).Before(op.AskedAt): // a clock that was set back makes nothing young again
		return operation.Operation{}, &ExpiredError{op}
	}
	return op, nil
}

// accept commits, within acceptWithin. The limit is on a context of its own,
// so that a person who closes a view does not turn a commit into a riddle.
func (i *Intake) accept(ctx context.Context, a operation.Acceptance) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), acceptWithin, fmt.Errorf("the journal did not answer within %s", acceptWithin))
	defer cancel()
	err := i.Journal.Accept(ctx, a)
	if err == nil {
		i.Metrics.accepted.Inc()
		i.Log.Info("operation accepted", zap.String("operation", a.Operation.ID), zap.String("ref", a.Operation.Ref),
			zap.String("actor", a.Operation.Actor.UserID), zap.String("channel", a.Operation.Place.ChannelID),
			zap.String("listener", a.Operation.Request.ListenerID), zap.String("instance", a.Operation.Request.InstanceID))
		return nil
	}
	var duplicate *operation.DuplicateError
	var busy *operation.BusyError
	var stale *operation.StaleError
	var limit *operation.LimitError
	switch {
	case errors.As(err, &duplicate), errors.As(err, &busy), errors.As(err, &stale), errors.As(err, &limit):
		return err
	case nothingStored(err):
		return &UnavailableError{What: "journal", Err: err}
	}
	now, known := i.lookBack(ctx, a.Operation.ID)
	switch {
	case !known:
		return &UncertainError{Ref: a.Operation.Ref, Err: err}
	case now.Version >= a.Operation.Version && now.State != operation.Draft:
		i.Metrics.accepted.Inc()
		i.Log.Warn("operation accepted, although the journal reported an error", zap.String("operation", a.Operation.ID), zap.Error(err))
		return nil
	}
	return &UnavailableError{What: "journal", Err: err}
}

// nothingStored reports whether an error of a write proves that it stored
// nothing.
func nothingStored(err error) bool {
	moved, ok := errors.AsType[*operation.JournalMovedError](err)
	return ok && !moved.Committed
}

// lookBack reads an operation after a write that failed, or of which only the
// confirmation was lost: the journal knows, unless it does not answer.
func (i *Intake) lookBack(ctx context.Context, id string) (operation.Operation, bool) {
	if ctx.Err() != nil {
		return operation.Operation{}, false
	}
	now, err := i.Journal.Operation(ctx, id)
	return now, err == nil
}

// sameRecord reports whether the journal keeps the same of both.
func sameRecord(a, b operation.Operation) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// Start starts carrying out an accepted operation. A failure is only logged:
// the sweeper starts what was left behind.
func (i *Intake) Start(ctx context.Context, id string) {
	if err := i.Engine.Start(ctx, id); err != nil {
		i.Log.Warn("operation is left to the sweeper", zap.String("operation", id), zap.Error(err))
	}
}

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
		op.StopBy = c.Actor.UserID
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
	within, cancel := context.WithTimeoutCause(ctx, pressWithin, fmt.Errorf("the journal did not answer within %s", pressWithin))
	defer cancel()
	op, err := i.Journal.Operation(within, c.OperationID)
	if err == nil && op.State != operation.NeedsPerson && op.State != operation.Unconfirmed {
		return op, &operation.StaleError{Operation: op}
	}
	if err == nil {
		err = i.Engine.Poke(within, op.ID, c.Delivery)
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
		return i.deny(ctx, operation.Decision{Code: operation.DeniedNotRequester}, operation.Operation{ID: op.ID, Ref: op.Ref, Actor: c.Actor, Place: c.Place})
	}
	if d := i.Permission.Admit(ctx, c.Actor, c.Place); !d.Allowed {
		return i.deny(ctx, d, operation.Operation{ID: op.ID, Ref: op.Ref, Listener: op.Listener, Server: op.Server, Actor: c.Actor, Place: c.Place})
	}
	if op.Actor.Owns(c.Actor) {
		return nil
	}
	q := operation.NewQuestion(op, i.Now())
	q.Actor, q.Place, q.Fresh = c.Actor, c.Place, true
	if d := i.Permission.Decide(ctx, q); !d.Allowed && d.Code != operation.DeniedApproval {
		return i.deny(ctx, d, operation.Operation{ID: op.ID, Ref: op.Ref, Listener: op.Listener, Server: op.Server, Actor: c.Actor, Place: c.Place})
	}
	return nil
}

// press changes an operation for a click and wakes its run. Errors:
// *UnavailableError when the journal has nothing of it, *UncertainError when
// nobody knows.
func (i *Intake) press(ctx context.Context, c Click, edit func(*operation.Operation) (operation.Event, bool)) (operation.Operation, error) {
	within, cancel := context.WithTimeoutCause(ctx, pressWithin, fmt.Errorf("the journal did not answer within %s", pressWithin))
	defer cancel()
	op, err := operation.Update(within, i.Journal, c.OperationID, edit)
	unsaved := op.ID == "" // it could not even be read
	switch {
	case err == nil:
	case nothingStored(err), unsaved && within.Err() == nil:
		return op, &UnavailableError{What: "journal", Err: err}
	default:
		now, known := i.lookBack(within, c.OperationID)
		switch {
		case known && now.Version < op.Version: // as in accept
			return op, &UnavailableError{What: "journal", Err: err}
		case !known || !sameRecord(now, op): // others may have changed it since
			return op, &UncertainError{Err: err}
		}
		i.Log.Warn("click stored, although the journal reported an error", zap.String("operation", op.ID), zap.Error(err))
	}
	if !op.State.Open() {
		return op, nil
	}
	if err := i.Engine.Poke(within, op.ID, c.Delivery); err != nil {
		i.Log.Warn("run could not be woken; it goes on by itself", zap.String("operation", op.ID), zap.Error(err))
	}
	return op, nil
}

// Status returns an operation by its reference to a person who may be here. A
// request whose card is in a private channel is found only from there, or by
// those who asked and decided about it: whether anybody else is in the channel
// is not known. Errors: ErrNotFound, *DeniedError, *UnavailableError.
func (i *Intake) Status(ctx context.Context, ref string, a operation.Actor, p operation.Place) (operation.Operation, error) {
	op, err := i.StatusFromMessage(ctx, ref, a, p)
	if err != nil || concerns(op, a) || within(op, p.ChannelID) {
		return op, err
	}
	public, err := i.Permission.Public(ctx, cardChannel(op))
	switch {
	case err != nil:
		return operation.Operation{}, &UnavailableError{What: "Slack", Err: err}
	case !public:
		return operation.Operation{}, operation.ErrNotFound
	}
	return op, nil
}

// Admit checks that a person may be here at all: nil, or a *DeniedError that is
// in the audit trail.
func (i *Intake) Admit(ctx context.Context, a operation.Actor, p operation.Place) error {
	if d := i.Permission.Admit(ctx, a, p); !d.Allowed {
		return i.deny(ctx, d, operation.Operation{Actor: a, Place: p})
	}
	return nil
}

// cardChannel is where the result of op is seen.
func cardChannel(o operation.Operation) string { return cmp.Or(o.Place.ResultID, o.Place.ChannelID) }

// within reports whether those in a channel see op there anyway.
func within(o operation.Operation, channel string) bool {
	return channel != "" && (channel == o.Place.ChannelID || channel == cardChannel(o) || o.Approval != nil && channel == o.Approval.Channel)
}

// concerns reports whether a person asked for op, or was asked or decided about
// it.
func concerns(o operation.Operation, a operation.Actor) bool {
	if o.Actor.Is(a) || a.UserID != "" && slices.Contains([]string{o.StopBy, o.AnswerBy}, a.UserID) {
		return true
	}
	if o.Approval == nil {
		return false
	}
	said := slices.Concat(o.Approval.Votes, o.Approval.Past)
	if o.Approval.Denied != nil {
		said = append(said, *o.Approval.Denied)
	}
	return slices.Contains(o.Approval.Who.IDs, a.UserID) || slices.ContainsFunc(said, func(v operation.Vote) bool { return v.By.Is(a) })
}

// StatusFromMessage is Status for a click on a message about the operation: whoever sees
// the message sees what it says.
func (i *Intake) StatusFromMessage(ctx context.Context, ref string, a operation.Actor, p operation.Place) (operation.Operation, error) {
	if d := i.Permission.Admit(ctx, a, p); !d.Allowed {
		return operation.Operation{}, i.deny(ctx, d, operation.Operation{Ref: ref, Actor: a, Place: p})
	}
	op, err := i.Journal.Operation(ctx, ref)
	switch {
	case errors.Is(err, operation.ErrNotFound), err == nil && op.State == operation.Draft && !op.Actor.Owns(a):
		return operation.Operation{}, operation.ErrNotFound
	case err != nil:
		return operation.Operation{}, &UnavailableError{What: "journal", Err: err}
	}
	return op, nil
}

// clickQuestion is questionOf for a click on one's own request: the workspace
// and the organization of the click count, not those of the request.
func clickQuestion(op operation.Operation, c Click, at time.Time) operation.Question {
	q := operation.NewQuestion(op, at)
	q.Actor, q.Place, q.Fresh = c.Actor, c.Place, true
	q.Actor.PersonID = op.Actor.PersonID
	return q
}
