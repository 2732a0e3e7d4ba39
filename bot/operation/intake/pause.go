package intake

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"lbbot/bot/operation"
)

// PauseAnswer says what came of a pause or of its end.
type PauseAnswer struct {
	// Pause holds now, or was ended. nil: there is none, or the command was delivered
	// before.
	Pause *operation.Pause
	// Changed is false if it was as asked already.
	Changed bool
	// Again says that the command was delivered before: then Sending is not known.
	Again bool
	// Sending are the operations that were being sent when it was paused: they go on.
	Sending []operation.Operation
}

// Pause stops the sending of new requests, on all replicas. Once it has returned, no
// attempt is stored until somebody resumes. It blocks for Slack and the database.
// Errors: *DeniedError, *UnavailableError.
func (i *Intake) Pause(ctx context.Context, by operation.Actor, from operation.Place, why, delivery string,
) (PauseAnswer, error) {
	by, err := i.MayPause(ctx, by, from)
	if err != nil {
		return PauseAnswer{}, err
	}
	if words := []rune(why); len(words) > operation.MaxPauseWhy {
		why = string(words[:operation.MaxPauseWhy])
	}
	p := operation.Pause{By: by, At: i.Now(), Why: why}
	e := i.pauseEvent(operation.EventPaused, by, from, delivery, map[string]string{"why": why})
	already, sending, err := i.Pauses.Pause(ctx, p, e)
	switch {
	case duplicate(err):
		is, err := i.Pauses.Paused(ctx)
		return PauseAnswer{Pause: is, Changed: is != nil && is.By.Is(by), Again: true}, unavailable(err)
	case err != nil:
		return PauseAnswer{}, unavailable(err)
	case already != nil:
		return PauseAnswer{Pause: already}, nil
	}
	i.Log.Warn("paused: no new request is sent until somebody resumes", zap.String("actor", by.UserID),
		zap.Int("sending", len(sending)))
	return PauseAnswer{Pause: &p, Changed: true, Sending: sending}, nil
}

// Resume lets new requests be sent again. Errors as of Pause.
func (i *Intake) Resume(ctx context.Context, by operation.Actor, from operation.Place, delivery string,
) (PauseAnswer, error) {
	by, err := i.MayPause(ctx, by, from)
	if err != nil {
		return PauseAnswer{}, err
	}
	ended, err := i.Pauses.Resume(ctx, i.pauseEvent(operation.EventPauseOver, by, from, delivery, nil))
	if duplicate(err) {
		is, err := i.Pauses.Paused(ctx)
		return PauseAnswer{Changed: is == nil, Pause: is, Again: true}, unavailable(err)
	}
	if err != nil {
		return PauseAnswer{}, unavailable(err)
	}
	if ended != nil {
		i.Log.Info("resumed: new requests are sent again", zap.String("actor", by.UserID))
	}
	return PauseAnswer{Pause: ended, Changed: ended != nil}, nil
}

// MayPause asks the policy and returns the person with their id in the organization. Who may
// pause the bot is one of its owners. Errors as of Pause.
func (i *Intake) MayPause(ctx context.Context, by operation.Actor, from operation.Place) (operation.Actor, error) {
	q := operation.Question{Action: operation.ActionPause, Account: i.Settings.Account, Actor: by, Place: from,
		At: i.Now(), Fresh: true}
	d := i.Permission.Decide(ctx, q)
	by.PersonID = d.PersonID
	if d.Allowed {
		return by, nil
	}
	d.Action = operation.ActionPause
	return by, i.refuse(ctx, d, operation.Operation{Actor: by, Place: from}, q)
}

func (i *Intake) pauseEvent(kind string, by operation.Actor, from operation.Place, delivery string,
	data map[string]string) operation.Event {
	e := i.event(kind, operation.Operation{}, by, from, data)
	e.Delivery = delivery
	return e
}

func duplicate(err error) bool {
	_, ok := errors.AsType[*operation.DuplicateError](err)
	return ok
}

func unavailable(err error) error {
	if err == nil {
		return nil
	}
	return &UnavailableError{What: "journal", Err: err}
}

// pauseNow is the pause that a preview tells of; nil if there is none or it cannot
// be read: the same journal then takes no draft either.
func (i *Intake) pauseNow(ctx context.Context) *operation.Pause {
	p, err := i.Journal.Paused(ctx)
	if err != nil {
		i.Log.Warn("pause could not be read for a preview", zap.Error(err))
	}
	return p
}
