package slackapp

import (
	"context"
	"errors"
	"strconv"

	"go.uber.org/zap"

	"lbbot/bot/operation/suggest"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/memory"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/private"
	"lbbot/bot/slackapp/web"
	"lbbot/commands"
	"lbbot/commands/alert"
)

// shortcut answers a shortcut of the app, by its callback id in the manifest.
func (a *App) shortcut(ctx context.Context, d delivery.Delivery) {
	switch {
	case d.Kind == delivery.KindShortcut && d.CallbackID == commands.ShortcutGlobal:
		d.Stranger = true
		a.openForm(ctx, d, commands.Values{}, nil)
	case d.Kind == delivery.KindMessageAct && d.CallbackID == commands.ShortcutMessage:
		a.fromMessage(ctx, d)
	default:
		a.metrics.faults.WithLabelValues("unknown").Inc()
		a.Log.Warn("unknown shortcut", zap.String("callback", render.Clamp(d.CallbackID, 64)))
		a.tell(ctx, d, private.NotYet(private.UnofferedShortcut))
	}
}

// fromMessage opens the form for a message, such as an alert. A view is opened at
// once, because the trigger waits for nothing. Only then it is asked whether the
// person may be here and what they may change; the form takes the place of the view.
func (a *App) fromMessage(ctx context.Context, d delivery.Delivery) {
	id, hash, err := a.Web.OpenView(ctx, d.TriggerID, form.ReadingView())
	if web.AlreadyOpen(err) {
		a.Log.Info("form was opened by an earlier delivery", zap.Error(err))
		return
	}
	d.View = &delivery.View{ID: id, Hash: hash}
	if err := a.admitted(ctx, d); err != nil {
		words := a.problem(ctx, d, err)
		if id != "" {
			a.updateForm(ctx, id, form.FailedView(form.Title, words.Text))
		}
		a.tell(ctx, d, words)
		return
	}
	v, marks := a.alerted(ctx, &d)
	f := a.newForm(d, v, nil)
	f.Mark(marks)
	if err == nil {
		d.View.Hash, err = a.Web.UpdateView(ctx, id, hash, form.Register(f))
	}
	switch {
	case err == nil:
		a.formOpened(ctx, d, f, *d.View)
	case web.ErrorCode(err) == "not_found": // the person closed it
	default:
		a.Log.Info("form could not be opened for a message", zap.Error(err))
		a.tell(ctx, d, private.ExpiredTrigger(a.memory.Keep(memory.Item{Values: v, Stranger: d.Stranger,
			Thread: d.Place.ThreadTS})))
	}
}

// admitted refuses whom a command would refuse in the channel of a message.
func (a *App) admitted(ctx context.Context, d delivery.Delivery) error {
	place, err := a.resultPlace(ctx, d, commands.Registration{})
	if err != nil {
		return err
	}
	return a.Intake.Admit(ctx, d.Actor, place, "")
}

// alerted is what the form is filled with from the message of d, and the fields that
// are. d counts as a stranger's if it is not known what the person may change.
func (a *App) alerted(ctx context.Context, d *delivery.Delivery) (v commands.Values, marks []string) {
	v = commands.Values{}
	read := alert.Read(d.Message.Texts)
	read.Partial = read.Partial || d.Message.Cut
	found, err := a.Suggester.FromAlert(ctx, d.Actor, a.place(*d), read)
	if _, denied := errors.AsType[*suggest.DeniedError](err); err != nil {
		d.Stranger = true
		if !denied { // its lists say so
			a.Log.Info("the form is not filled from a message", zap.Error(err))
		}
	}
	if found.Listener != nil {
		v[commands.KeyListener] = found.Listener.ID
	}
	if found.Server != nil {
		v[commands.KeyServer] = found.Server.ID
	}
	if found.Port != 0 {
		v[commands.KeyPorts] = strconv.Itoa(found.Port)
	}
	for key := range v {
		marks = append(marks, key)
	}
	return v, marks
}
