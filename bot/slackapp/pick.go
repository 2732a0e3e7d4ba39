package slackapp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/private"
	"lbbot/commands"
)

// Choices keeps, for a bounded time, what buttons offer to pick: a button
// carries the key only, and any replica may get its click.
type Choices interface {
	// KeepChoices stores data for a person under a new key.
	KeepChoices(ctx context.Context, key, person string, data []byte) error

	// KeptChoices returns what was stored, or operation.ErrNotFound when it is
	// not kept any more.
	KeptChoices(ctx context.Context, key string) (person string, data []byte, err error)
}

// keepOffer stores what a private answer offers and returns its key; none if
// there is nothing to pick or it cannot be stored.
func (a *App) keepOffer(ctx context.Context, d delivery.Delivery, e *commands.InputError) (key string) {
	o := private.OfferOf(e)
	o.Thread = d.Place.ThreadTS
	if len(o.Picks) == 0 || d.Kind == delivery.KindSubmit { // a view has no room for buttons
		return ""
	}
	data, err := json.Marshal(o)
	if err == nil {
		key = a.NewID()
		ctx, cancel := noting(ctx)
		defer cancel()
		err = a.Choices.KeepChoices(ctx, key, chooser(d.Actor), data)
	}
	if err != nil {
		a.Log.Warn("suggestions could not be kept and are shown without buttons", zap.Error(err))
		return ""
	}
	return key
}

// chooser is the key of the person for whom an offer is stored.
func chooser(a operation.Actor) string { return a.TeamID + "/" + a.UserID }

// pick shows the preview of a request with what was picked put in place of the
// name that was not found. It never sends, whatever the settings say.
func (a *App) pick(ctx context.Context, d delivery.Delivery, index int, value string) {
	reg, err := a.picked(ctx, &d, index, value)
	if err == nil {
		err = a.clickedPreview(ctx, d, reg, false)
	}
	if _, ok := errors.AsType[*commands.InputError](err); ok { // another name is still unknown
		a.replace(ctx, d, a.problem(ctx, d, err))
	} else if err != nil {
		a.tell(ctx, d, a.problem(ctx, d, err))
	}
}

// picked is what was typed, with one choice of what was kept for the person. d gets
// its thread, if it is in none itself.
func (a *App) picked(
	ctx context.Context, d *delivery.Delivery, index int, value string,
) (commands.Registration, error) {
	key, _, err := render.ParseButtonValue(value)
	if err != nil {
		return commands.Registration{}, operation.ErrNotFound
	}
	person, data, err := a.Choices.KeptChoices(ctx, key)
	switch {
	case errors.Is(err, operation.ErrNotFound):
		return commands.Registration{}, err
	case err != nil:
		return commands.Registration{}, &intake.UnavailableError{What: "journal", Err: err}
	case person != chooser(d.Actor):
		return commands.Registration{}, a.Intake.Refuse(ctx, operation.DeniedNotRequester, d.Actor, d.Place)
	}
	var o private.Offer
	if err := json.Unmarshal(data, &o); err != nil {
		return commands.Registration{}, fmt.Errorf("reading kept suggestions %s: %w", key, err)
	}
	if index >= len(o.Picks) {
		return commands.Registration{}, operation.ErrNotFound
	}
	d.Place.ThreadTS = render.FirstOf(d.Place.ThreadTS, o.Thread)
	values := maps.Clone(o.Asked)
	values[o.Picks[index].Field] = o.Picks[index].Value
	reg, err := commands.BuildChange(o.Verb, values)
	reg.Picked = []string{o.Picks[index].Field}
	return reg, err
}
