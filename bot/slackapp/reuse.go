package slackapp

import (
	"context"
	"errors"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/memory"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/private"
	"lbbot/commands"
)

// change opens the form with the values of an operation.
func (a *App) change(ctx context.Context, d delivery.Delivery, c intake.Click) error {
	reg, err := a.registration(ctx, &d, c.OperationID)
	if err != nil {
		return err
	}
	if reg.Verb != "" { // no form has it
		return a.clickedPreview(ctx, d, reg, false)
	}
	a.openForm(ctx, d, reg.Values(), nil)
	return nil
}

// again makes a new preview of the same request, for whoever pressed.
func (a *App) again(ctx context.Context, d delivery.Delivery, c intake.Click) error {
	reg, err := a.registration(ctx, &d, c.OperationID)
	if err != nil {
		return err
	}
	return a.clickedPreview(ctx, d, reg, false)
}

// clickedPreview shows the preview that a click asks for, in place of the
// private message with the button. A second delivery shows what the first one
// stored. fromCard is as of intake.Request.
func (a *App) clickedPreview(ctx context.Context, d delivery.Delivery, reg commands.Registration,
	fromCard bool) error {
	place, err := a.resultPlace(ctx, d, reg)
	if err != nil {
		return err
	}
	op, err := a.Intake.Preview(ctx, intake.Request{Registration: reg, Actor: a.named(ctx, d.Actor), Place: place,
		Delivery: d.Key, Earlier: a.delivered(ctx, d).OperationID, FromCard: fromCard})
	if err == nil && op.State != operation.Draft {
		err = &operation.StaleError{Operation: op} // by an earlier delivery of this click
	}
	if err != nil {
		return err
	}
	a.replace(ctx, d, private.Preview(op, a.wording()))
	return nil
}

// look returns an operation to the person behind d. It returns their own at once,
// because a trigger expires soon, and those of others only if the person is allowed
// in this channel. Permission is checked again before any change.
func (a *App) look(ctx context.Context, d delivery.Delivery, id string) (operation.Operation, error) {
	op, err := a.Journal.Operation(ctx, id)
	switch {
	case errors.Is(err, operation.ErrNotFound):
		return operation.Operation{}, err
	case err != nil:
		return operation.Operation{}, &intake.UnavailableError{What: "journal", Err: err}
	case op.Actor.Owns(d.Actor) && op.Actor.EnterpriseID == d.Actor.EnterpriseID &&
		(d.Container.IsEphemeral || d.Place.NoChannel): // by a private message or the Home tab, which are theirs
		return op, nil
	}
	return a.Reader.StatusFromMessage(ctx, op.Ref, d.Actor, d.Place)
}

// registration reads back what an operation was asked for. d gets its thread, if it is
// in the same channel and in no thread itself.
func (a *App) registration(ctx context.Context, d *delivery.Delivery, id string) (commands.Registration, error) {
	op, err := a.look(ctx, *d, id)
	if err != nil {
		return commands.Registration{}, err
	}
	if op.Place.ChannelID == d.Place.ChannelID {
		d.Place.ThreadTS = render.FirstOf(d.Place.ThreadTS, op.Place.ThreadTS)
	}
	c, err := commands.Parse(trimName(op.Command))
	if err != nil {
		return commands.Registration{}, err
	}
	return commands.BuildChange(c.Verb, c.Values)
}

// openRemembered opens the form with what a person typed before.
func (a *App) openRemembered(ctx context.Context, d delivery.Delivery, value string) {
	key, _, err := render.ParseButtonValue(value)
	kept, ok := a.memory.Recall(key)
	if key == private.EmptyForm {
		kept, ok = memory.Item{Stranger: true}, true
	}
	if err != nil || !ok {
		kept = memory.Item{Values: commands.Values{}, Problems: []string{private.Forgotten().Text}}
	}
	d.Stranger, d.Searches = kept.Stranger, kept.Searches
	d.Place.ThreadTS = render.FirstOf(d.Place.ThreadTS, kept.Thread)
	a.openForm(ctx, d, kept.Values, kept.Problems)
}
