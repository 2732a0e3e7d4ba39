package history

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
)

// Status returns an operation by its reference to a person who may be here. A
// request whose card is in a private channel is found only from there, or by
// those who asked and decided about it: whether anybody else is in the channel
// is not known. Errors: ErrNotFound, *DeniedError, *UnavailableError.
func (r *Reader) Status(
	ctx context.Context, ref string, a operation.Actor, p operation.Place,
) (operation.Operation, error) {
	op, err := r.StatusFromMessage(ctx, ref, a, p)
	if err != nil || concerns(op, a) || within(op, p.ChannelID) {
		return op, err
	}
	public, err := r.Permission.Public(ctx, cardChannel(op))
	switch {
	case err != nil:
		return operation.Operation{}, &intake.UnavailableError{What: "Slack", Err: err}
	case !public:
		return operation.Operation{}, operation.ErrNotFound
	}
	return op, nil
}

// StatusFromMessage is Status for a click on a message about the operation: whoever sees
// the message sees what it says.
func (r *Reader) StatusFromMessage(ctx context.Context, ref string, a operation.Actor,
	p operation.Place) (operation.Operation, error) {
	if err := r.Gate.Admit(ctx, a, p, ref); err != nil {
		return operation.Operation{}, err
	}
	op, err := r.Journal.Operation(ctx, ref)
	switch {
	case errors.Is(err, operation.ErrNotFound), err == nil && op.State == operation.Draft && !op.Actor.Owns(a):
		return operation.Operation{}, operation.ErrNotFound
	case err != nil:
		return operation.Operation{}, &intake.UnavailableError{What: "journal", Err: err}
	}
	return op, nil
}

// How far Last looks back, and through how many of a person's requests.
const (
	lastWithin = 30 * 24 * time.Hour
	maxLast    = 50
)

// Last returns the last request of a person that was accepted in a channel and fits.
// Errors: ErrNotFound, *intake.UnavailableError. Nobody is asked whether the person may
// be here: it is their own.
func (r *Reader) Last(ctx context.Context, a operation.Actor, p operation.Place,
	fits func(operation.Operation) bool) (operation.Operation, error) {
	past, err := r.Archive.Past(ctx, Page{Actor: a.UserID, Since: r.Now().Add(-lastWithin), Limit: maxLast})
	if err != nil {
		return operation.Operation{}, &intake.UnavailableError{What: "journal", Err: err}
	}
	for _, one := range past {
		op := one.Operation
		if op.Actor.Owns(a) && op.Place.ChannelID == p.ChannelID && fits(op) {
			return op, nil
		}
	}
	return operation.Operation{}, operation.ErrNotFound
}

// cardChannel is where the result of op is seen.
func cardChannel(o operation.Operation) string { return cmp.Or(o.Place.ResultID, o.Place.ChannelID) }

// within reports whether those in a channel see op there anyway.
func within(o operation.Operation, channel string) bool {
	return channel != "" && (channel == o.Place.ChannelID || channel == cardChannel(o) || o.Approval != nil &&
		channel == o.Approval.Channel)
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
	return slices.Contains(o.Approval.Who.IDs, a.UserID) ||
		slices.ContainsFunc(said, func(v operation.Vote) bool { return v.By.Is(a) })
}
