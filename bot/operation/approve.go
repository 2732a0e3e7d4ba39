package operation

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"lbbot/commands"
	"lbbot/zenlayer"
)

// need takes what the rules say into a draft: nothing more, the agreement of
// others, or a no.
func (i *Intake) need(ctx context.Context, op *Operation, d Decision) error {
	op.DecidedBy(d)
	op.Approval, op.MayBreak = nil, false
	if d.Allowed {
		return nil
	}
	if d.Code != DeniedApproval || d.Approvals < 1 {
		return i.refuse(ctx, d, *op, NewQuestion(*op, i.Now()))
	}
	a := &Approval{Needed: d.Approvals, Channel: ApproversChannel(ctx, i.Permission, i.Log, *op, d.ApproversChannel, i.Settings.Approval.Channel),
		Picture: Picture{Settings: SettingsOf(op.Listener)}}
	people, err := i.Roster.Who(ctx, ApprovalQuestion(*op, a.Channel, i.Now()), ActionApprove)
	if err != nil {
		return &UnavailableError{What: "Slack", Err: err}
	}
	a.Who, op.Approval = people, a
	q := NewQuestion(*op, i.Now())
	q.Action = ActionBreakGlass
	op.MayBreak = i.Settings.Glass > 0 && i.Permission.Decide(ctx, q).Allowed
	if !people.Sufficient(d.Approvals) && !op.MayBreak {
		d.Code = DeniedNobody
		return i.deny(ctx, d, *op)
	}
	return nil
}

// lookAgain shows a draft anew whose need for approval changed since the
// person looked at it.
func (i *Intake) lookAgain(ctx context.Context, op Operation, d Decision, c Click) error {
	if err := i.need(ctx, &op, d); err != nil {
		return err
	}
	if op.Approval != nil { // those who are asked see the listener as it is
		if pool, err := i.Pools.DescribeBackends(ctx, op.Request.ListenerID, zenlayer.BackendFilter{}); err == nil {
			op.Listener.Servers, op.Approval.Picture = len(pool), PictureOf(op, pool)
		}
	}
	op.ExpiresAt = i.Now().Add(DraftLife)
	op.Version++
	err := i.Journal.Save(ctx, op, i.event(EventPreviewed, op, c.Actor, c.Place, WithPolicies(map[string]string{"again": AgainRules}, op.Policies, op.PolicyDigest)))
	if stale, ok := errors.AsType[*StaleError](err); ok {
		return stale
	}
	if err != nil {
		return &UnavailableError{What: "journal", Err: err}
	}
	return &ChangedError{Operation: op}
}

// Approve notes that a person agrees to an operation that waits for it. When
// they are enough, it goes on at once. Agreeing twice is agreeing once. Errors:
// *DeniedError, *DecidedError when the click came too late, *StaleError when
// it was on an older picture, ErrNotFound, *UnavailableError.
func (i *Intake) Approve(ctx context.Context, c Click) (Operation, error) {
	op, err := i.decide(ctx, c, func(op *Operation, v Vote) Event {
		e := said(EventApproved, *op, v)
		if op.Approval.Voted(v.By) {
			return Event{}
		}
		op.Approval.Votes = append(op.Approval.Votes, v)
		e.Data["missing"] = strconv.Itoa(op.Approval.Missing())
		if op.Approval.Missing() == 0 {
			op.State, op.ClickedAt = Accepted, v.At
		}
		return e
	})
	if late, ok := errors.AsType[*DecidedError](err); ok && counted(late.Operation.Approval, c.Actor) {
		return late.Operation, nil // their own second click
	}
	return op, err
}

// Deny notes that a person who could agree says no, and why: that ends it.
// Errors as of Approve, and *commands.InputError for an empty reason.
func (i *Intake) Deny(ctx context.Context, c Click, reason string) (Operation, error) {
	if reason = strings.TrimSpace(reason); reason == "" {
		return Operation{}, inputError(commands.Registration{}, commands.Problem{Field: commands.KeyReason, Text: "Say why in one line, so that the next request can be better."})
	}
	if commands.LooksLikeToken(reason) {
		return Operation{}, inputError(commands.Registration{}, commands.Problem{Field: commands.KeyReason, Text: commands.TokenText})
	}
	return i.decide(ctx, c, func(op *Operation, v Vote) Event {
		v.Reason = Clip(reason, 300)
		op.Approval.Denied = &v
		e := said(EventNotApproved, *op, v)
		e.Data["reason"] = v.Reason
		return e
	})
}

// said makes the event of what a person who was asked said.
func said(kind string, op Operation, v Vote) Event {
	data := map[string]string{"asked": op.Approval.AskedAt.UTC().Format(time.RFC3339Nano)}
	return NewEvent(v.At, kind, op, v.By, v.Place, WithPolicies(data, v.Policies, v.Digest))
}

// decide checks that a person may decide about an operation and lets say write
// down what they said.
func (i *Intake) decide(ctx context.Context, c Click, say func(*Operation, Vote) Event) (Operation, error) {
	clicked := i.Now() // before anything that takes time: the promise counts from the click
	v, err := i.mayDecide(ctx, c)
	if err != nil {
		return Operation{}, err
	}
	var late error
	op, err := i.press(ctx, c, func(op *Operation) (Event, bool) {
		v.At = clicked
		if late = undecided(*op, c, i.Now()); late != nil {
			return Event{}, false
		}
		e := say(op, v)
		return e, e.Kind != ""
	})
	if err == nil {
		err = late
	}
	return op, err
}

// counted reports whether a person's agreement was one of those that decided.
func counted(a *Approval, who Actor) bool {
	return a != nil && a.Denied == nil && a.Missing() == 0 && a.Voted(who)
}

// undecided returns nil while a click can decide about op.
func undecided(op Operation, c Click, now time.Time) error {
	switch {
	case op.Approval == nil || op.Approval.Skipped:
		return &StaleError{op}
	case op.State != Waiting, op.Approval.Denied != nil, op.StopBy != "", !now.Before(op.Approval.ExpiresAt):
		return &DecidedError{op}
	case c.Version != 0 && c.Version < op.Approval.Since:
		return &StaleError{op}
	}
	return nil
}

// mayDecide asks whether a person may agree to an operation, where they
// pressed the button.
func (i *Intake) mayDecide(ctx context.Context, c Click) (Vote, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, lookWithin, errLookWithin)
	defer cancel()
	op, err := i.Journal.Operation(ctx, c.OperationID)
	switch {
	case errors.Is(err, ErrNotFound), err == nil && op.State == Draft: // a draft is its asker's alone
		return Vote{}, ErrNotFound
	case err != nil:
		return Vote{}, &UnavailableError{What: "journal", Err: err}
	}
	about := Operation{ID: op.ID, Ref: op.Ref, Listener: op.Listener, Server: op.Server, Actor: c.Actor, Place: c.Place}
	if op.Actor.Is(c.Actor) {
		d := i.Permission.Admit(ctx, c.Actor, c.Place)
		if d.Allowed {
			d = Decision{Code: DeniedSelf, Person: true, Channel: true}
		}
		d.Action = ActionApprove
		return Vote{}, i.deny(ctx, d, about)
	}
	q := NewQuestion(op, i.Now())
	q.Action, q.Actor, q.Place, q.Fresh = ActionApprove, c.Actor, c.Place, true
	d := i.Permission.Decide(ctx, q)
	who := c.Actor
	who.PersonID = d.PersonID
	if d.Allowed && who.PersonID != "" {
		d = i.otherThan(ctx, op, who, d)
	}
	if !d.Allowed {
		d.Action = ActionApprove
		return Vote{}, i.deny(ctx, d, about)
	}
	where := Place{TeamID: c.Place.TeamID, ChannelID: c.Place.ChannelID, ChannelName: c.Place.ChannelName}
	return Vote{By: who, Place: where, Policies: d.Policies, Digest: d.Digest}, nil
}

// WhatAsker is the fact, of a decision with DeniedUnchecked, who asked: in an
// organization that may be the one who decides, under another id.
const WhatAsker = "asker"

// otherThan is the decision d, unless who asked for op under another id.
func (i *Intake) otherThan(ctx context.Context, op Operation, who Actor, d Decision) Decision {
	asker := op.Actor
	if asker.PersonID == "" { // accepted before people were told apart by it
		asker.PersonID = i.Permission.Admit(ctx, asker, op.Place).PersonID
	}
	switch {
	case asker.PersonID == "":
		return Decision{Code: DeniedUnchecked, What: WhatAsker, Person: true, Channel: true}
	case asker.Is(who):
		return Decision{Code: DeniedSelf, Person: true, Channel: true}
	}
	return d
}

// Question opens a talk between a person who may agree and the asker, in the
// thread of the card. Errors as of Approve.
func (i *Intake) Question(ctx context.Context, c Click) error {
	v, err := i.mayDecide(ctx, c)
	if err != nil {
		return err
	}
	op, err := i.Journal.Operation(ctx, c.OperationID)
	if err != nil {
		return &UnavailableError{What: "journal", Err: err}
	}
	if late := undecided(op, c, i.Now()); late != nil {
		return late
	}
	v.At = i.Now()
	e := said(EventQuestion, op, v)
	e.Delivery = c.Delivery
	err = i.Journal.Record(ctx, e)
	if _, again := errors.AsType[*DuplicateError](err); again {
		if mine, err := i.Journal.Claim(ctx, c.Delivery); err == nil && !mine {
			return nil
		}
		err = nil // the process that recorded it ended before it was posted
	}
	if err != nil {
		return &UnavailableError{What: "journal", Err: err}
	}
	if err := i.Reporter.Question(ctx, op, c.Actor); err != nil {
		return &UnavailableError{What: "Slack", Err: err}
	}
	if err := i.Journal.Told(ctx, c.Delivery); err != nil {
		i.Log.Warn("a question could not be noted as posted", zap.String("operation", op.ID), zap.Error(err))
	}
	return nil
}
