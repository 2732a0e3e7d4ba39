package intake

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/commands"
)

// requireApproval stores in a draft what the policy decided: allowed, or allowed
// once others approve. Otherwise it returns the denial.
func (i *Intake) requireApproval(ctx context.Context, op *operation.Operation, d operation.Decision) error {
	op.DecidedBy(d)
	op.Approval, op.MayBreak = nil, false
	if d.Allowed {
		return nil
	}
	if d.Code != operation.DeniedApproval || d.Approvals < 1 {
		return i.refuse(ctx, d, *op, operation.NewQuestion(*op, i.Now()))
	}
	a := &operation.Approval{Needed: d.Approvals, Channel: operation.ApproversChannel(ctx, i.Permission, i.Log, *op,
		d.ApproversChannel, i.Settings.Approval.Channel),
		Picture: operation.Picture{Settings: operation.SettingsOf(op.Listener)}}
	people, err := i.Roster.Who(ctx, operation.ApprovalQuestion(*op, a.Channel, i.Now()), operation.ActionApprove)
	if err != nil {
		return &UnavailableError{What: "Slack", Err: err}
	}
	a.Who, op.Approval = people, a
	q := operation.NewQuestion(*op, i.Now())
	q.Action = operation.ActionBreakGlass
	op.MayBreak = op.Change.MayBreakGlass() && i.Settings.Glass > 0 && i.Permission.Decide(ctx, q).Allowed
	if !people.Sufficient(d.Approvals) && !op.MayBreak {
		d.Code = operation.DeniedNobody
		return i.deny(ctx, d, *op)
	}
	return nil
}

// Approve stores that a person approves an operation. When enough people have,
// it goes on at once. A person's second approval is not counted. Errors:
// *DeniedError, *DecidedError when the click came too late, *StaleError when
// it was on an older picture, ErrNotFound, *UnavailableError.
func (i *Intake) Approve(ctx context.Context, c Click) (operation.Operation, error) {
	op, err := i.decide(ctx, c, func(op *operation.Operation, v operation.Vote) operation.Event {
		e := decisionEvent(operation.EventApproved, *op, v)
		if op.Approval.Voted(v.By) {
			return operation.Event{}
		}
		op.Approval.Votes = append(op.Approval.Votes, v)
		e.Data["missing"] = strconv.Itoa(op.Approval.Missing())
		if op.Approval.Missing() == 0 {
			op.State, op.ClickedAt = operation.Accepted, v.At
		}
		return e
	})
	if late, ok := errors.AsType[*DecidedError](err); ok && counted(late.Operation.Approval, c.Actor) {
		return late.Operation, nil // their own second click
	}
	return op, err
}

// Deny stores that a person who could approve denies it, and why: that ends it.
// Errors as of Approve, and *commands.InputError for an empty reason.
func (i *Intake) Deny(ctx context.Context, c Click, reason string) (operation.Operation, error) {
	if reason = strings.TrimSpace(reason); reason == "" {
		return operation.Operation{}, inputError(commands.Registration{},
			commands.Problem{Field: commands.KeyReason,
				Text: "Say why in one line, so that the next request can be better."})
	}
	if commands.LooksLikeToken(reason) {
		return operation.Operation{}, inputError(commands.Registration{},
			commands.Problem{Field: commands.KeyReason, Text: commands.TokenText})
	}
	return i.decide(ctx, c, func(op *operation.Operation, v operation.Vote) operation.Event {
		v.Reason = operation.Clip(reason, 300)
		op.Approval.Denied = &v
		e := decisionEvent(operation.EventNotApproved, *op, v)
		e.Data["reason"] = v.Reason
		return e
	})
}

// decisionEvent makes the event of what a person who was asked said.
func decisionEvent(kind string, op operation.Operation, v operation.Vote) operation.Event {
	data := map[string]string{"asked": op.Approval.AskedAt.UTC().Format(time.RFC3339Nano)}
	return operation.NewEvent(v.At, kind, op, v.By, v.Place, operation.WithPolicies(data, v.Policies, v.Digest))
}

// decide checks that a person may decide about an operation and lets say write
// down what they said.
func (i *Intake) decide(
	ctx context.Context, c Click, say func(*operation.Operation, operation.Vote) operation.Event,
) (operation.Operation, error) {
	clicked := i.Now() // before anything that takes time: the promise counts from the click
	v, err := i.mayDecide(ctx, c)
	if err != nil {
		return operation.Operation{}, err
	}
	var late error
	op, err := i.press(ctx, c, func(op *operation.Operation) (operation.Event, bool) {
		v.At = clicked
		if late = decisionError(*op, c, i.Now()); late != nil {
			return operation.Event{}, false
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
func counted(a *operation.Approval, who operation.Actor) bool {
	return a != nil && a.Denied == nil && a.Missing() == 0 && a.Voted(who)
}

// decisionError returns nil while a click can decide about op.
func decisionError(op operation.Operation, c Click, now time.Time) error {
	switch {
	case op.Approval == nil || op.Approval.Skipped:
		return &operation.StaleError{Operation: op}
	case op.State != operation.Waiting, op.Approval.Denied != nil, op.StopBy != "", !now.Before(op.Approval.ExpiresAt):
		return &DecidedError{op}
	case c.Version != 0 && c.Version < op.Approval.Since:
		return &operation.StaleError{Operation: op}
	}
	return nil
}

// mayDecide asks whether a person may agree to an operation, where they
// pressed the button.
func (i *Intake) mayDecide(ctx context.Context, c Click) (operation.Vote, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, lookWithin, errLookWithin)
	defer cancel()
	op, err := i.Journal.Operation(ctx, c.OperationID)
	switch {
	// a draft is its asker's alone
	case errors.Is(err, operation.ErrNotFound), err == nil && op.State == operation.Draft:
		return operation.Vote{}, operation.ErrNotFound
	case err != nil:
		return operation.Vote{}, &UnavailableError{What: "journal", Err: err}
	}
	about := operation.Operation{ID: op.ID, Ref: op.Ref, Listener: op.Listener, Server: op.Server, Actor: c.Actor,
		Place: c.Place}
	if op.Actor.Is(c.Actor) {
		d := i.Permission.Admit(ctx, c.Actor, c.Place)
		if d.Allowed {
			d = operation.Decision{Code: operation.DeniedSelf, Person: true, Channel: true}
		}
		d.Action = operation.ActionApprove
		return operation.Vote{}, i.deny(ctx, d, about)
	}
	q := operation.NewQuestion(op, i.Now())
	q.Action, q.Actor, q.Place, q.Fresh = operation.ActionApprove, c.Actor, c.Place, true
	d := i.Permission.Decide(ctx, q)
	who := c.Actor
	who.PersonID = d.PersonID
	if d.Allowed && who.PersonID != "" {
		d = i.otherThan(ctx, op, who, d)
	}
	if !d.Allowed {
		d.Action = operation.ActionApprove
		return operation.Vote{}, i.deny(ctx, d, about)
	}
	where := operation.Place{TeamID: c.Place.TeamID, ChannelID: c.Place.ChannelID, ChannelName: c.Place.ChannelName}
	return operation.Vote{By: who, Place: where, Policies: d.Policies, Digest: d.Digest}, nil
}

// otherThan returns the decision d, or a denial if who asked for op under another id.
func (i *Intake) otherThan(ctx context.Context, op operation.Operation, who operation.Actor,
	d operation.Decision) operation.Decision {
	asker := op.Actor
	if asker.PersonID == "" { // accepted before people were told apart by it
		asker.PersonID = i.Permission.Admit(ctx, asker, op.Place).PersonID
	}
	switch {
	case asker.PersonID == "":
		return operation.Decision{Code: operation.DeniedUnchecked, What: operation.FactAsker, Person: true,
			Channel: true}
	case asker.Is(who):
		return operation.Decision{Code: operation.DeniedSelf, Person: true, Channel: true}
	}
	return d
}

// Question posts a question of a person who may approve to the requester, in the
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
	if late := decisionError(op, c, i.Now()); late != nil {
		return late
	}
	v.At = i.Now()
	e := decisionEvent(operation.EventQuestion, op, v)
	e.Delivery = c.Delivery
	err = i.Journal.Record(ctx, e)
	if _, again := errors.AsType[*operation.DuplicateError](err); again {
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
