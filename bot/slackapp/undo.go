package slackapp

import (
	"context"
	"errors"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/render"
	homeview "lbbot/bot/slackapp/render/home"
	"lbbot/bot/slackapp/render/private"
	"lbbot/commands"
)

// undo shows the preview of taking back the addition whose card was clicked.
func (a *App) undo(ctx context.Context, d delivery.Delivery, c intake.Click) error {
	of, err := a.look(ctx, d, c.OperationID)
	if err != nil {
		return err
	}
	reg := commands.Registration{Verb: commands.VerbUndo, Ref: of.Ref}
	if !onHome(d) {
		return a.clickedPreview(ctx, d, reg, true)
	}
	reg.Channel = render.FirstOf(of.Place.ResultID, of.Place.ChannelID) // the tab has no channel
	err = a.clickedPreview(ctx, d, reg, true)
	if _, ok := errors.AsType[*channelError](err); ok {
		err = &wordsError{homeview.UndoThere(of)}
	}
	return err
}

// undone returns the ID of the addition that a command takes back: the one it names,
// if the person may see it, or else their last one in this channel.
func (a *App) undone(ctx context.Context, d delivery.Delivery, ref string) (string, error) {
	op, err := a.earlierRequest(ctx, d, ref, func(op operation.Operation) bool {
		return op.Change.CanBeUndone() && op.State == operation.Done
	})
	if errors.Is(err, operation.ErrNotFound) && ref == "" {
		err = &wordsError{private.NothingToUndo()}
	}
	return op.ID, err
}

// earlierRequest returns the request that a command names, if the person may see it.
// Without a name it is the person's last one in this channel that fits.
func (a *App) earlierRequest(ctx context.Context, d delivery.Delivery, ref string,
	fits func(operation.Operation) bool) (operation.Operation, error) {
	if ref == "" {
		return a.Reader.Last(ctx, d.Actor, d.Place, fits)
	}
	op, err := a.Reader.Status(ctx, ref, d.Actor, d.Place)
	if errors.Is(err, operation.ErrNotFound) {
		err = &wordsError{private.UnknownRef(ref)}
	}
	return op, err
}

// repeat opens the form with the values of an earlier request.
func (a *App) repeat(ctx context.Context, d delivery.Delivery, ref string) {
	op, err := a.earlierRequest(ctx, d, ref, func(op operation.Operation) bool {
		return op.Change.HasForm()
	})
	if errors.Is(err, operation.ErrNotFound) && ref == "" {
		err = &wordsError{private.NothingToRepeat()}
	}
	var values commands.Values
	if err == nil {
		values, err = again(op)
	}
	if err != nil {
		a.tell(ctx, d, a.problem(ctx, d, err))
		return
	}
	d.Stranger = false
	a.openForm(ctx, d, values, nil)
}

// again is what the form that adds a server begins with, for an earlier request. That
// of a removal which took its server off adds it again.
func again(op operation.Operation) (commands.Values, error) {
	if op.Change.HasForm() {
		c, err := commands.Parse(trimName(op.Command))
		return c.Values, err
	}
	if op.State != operation.Done {
		return nil, &wordsError{private.RemoveAgain(op)}
	}
	r := op.Request
	return commands.Registration{Listener: commands.ReadListener(r.ListenerID), Server: r.InstanceID,
		Type: r.InstanceType, Ports: r.PortList, Weight: r.Weight, Name: r.BackendName}.Values(), nil
}
