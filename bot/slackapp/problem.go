package slackapp

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/memory"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/private"
	"lbbot/commands"
)

// problem is the answer for an error of Intake. An unexpected error is a fault of
// the bot; the answer has a token that finds it in the log.
func (a *App) problem(ctx context.Context, d delivery.Delivery, err error) render.Message {
	if e, ok := errors.AsType[*commands.InputError](err); ok {
		kept := a.memory.Keep(memory.Item{Values: e.Values, Problems: form.Problems(e), Stranger: d.Stranger,
			Searches: form.SearchesFor(e), Thread: d.Place.ThreadTS})
		return private.InputErrors(e, kept, a.keepOffer(ctx, d, e))
	}
	if e, ok := errors.AsType[*intake.DeniedError](err); ok {
		return private.Denied(e, a.wording())
	}
	if words, ok := a.overtaken(ctx, d, err); ok {
		return words
	}
	if e, ok := errors.AsType[*intake.UncertainError](err); ok {
		a.Log.Error("acceptance is uncertain", zap.String("ref", e.Ref), zap.Error(err))
		return private.Uncertain(e)
	}
	if e, ok := errors.AsType[*intake.UnavailableError](err); ok {
		a.Log.Warn("a request could not be checked", zap.String("what", e.What), zap.Error(e.Err))
		return private.Unavailable(e, a.wording(), d.Question)
	}
	if e, ok := errors.AsType[*wordsError](err); ok {
		return e.words
	}
	if e, ok := errors.AsType[*channelError](err); ok {
		return e.words
	}
	if errors.Is(err, operation.ErrNotFound) {
		return private.Forgotten()
	}
	token := a.NewID()
	a.metrics.faults.WithLabelValues("unanswered").Inc()
	a.Log.Error("a request failed unexpectedly", zap.String("token", token), zap.String("kind", d.Kind), zap.Error(err))
	return private.Fault(token, a.wording(), d.Question)
}

// overtaken is the answer to a request that something else made pointless, or different from
// what its reader saw.
func (a *App) overtaken(ctx context.Context, d delivery.Delivery, err error) (render.Message, bool) {
	if e, ok := errors.AsType[*intake.ChangedError](err); ok {
		return private.Changed(e, a.wording()), true
	}
	if e, ok := errors.AsType[*intake.DecidedError](err); ok {
		return private.Decided(e.Operation, a.link(ctx, d, e.Operation.ID)), true
	}
	if e, ok := errors.AsType[*operation.BusyError](err); ok {
		return private.Busy(e, a.link(ctx, d, e.Operation.ID), d.Actor), true
	}
	if e, ok := errors.AsType[*intake.PresentError](err); ok {
		return private.Present(e), true
	}
	if e, ok := errors.AsType[*intake.ExpiredError](err); ok {
		words := private.Expired(e.Operation)
		if d.View != nil && d.View.CallbackID == render.ViewPreview { // a view that only says something has no buttons
			words.Text += " " + wayOn(*d.View)
		}
		return words, true
	}
	if e, ok := errors.AsType[*operation.DuplicateError](err); ok {
		return private.Duplicate(e.Operation, a.link(ctx, d, e.Operation.ID)), true
	}
	if e, ok := errors.AsType[*operation.StaleError](err); ok {
		return private.Stale(e.Operation, a.link(ctx, d, e.Operation.ID)), true
	}
	if e, ok := errors.AsType[*intake.GoneError](err); ok {
		return private.Gone(e, a.linkOf(ctx, d, e.By)), true
	}
	if e, ok := errors.AsType[*intake.UndoError](err); ok {
		return private.NotUndone(e, a.link(ctx, d, e.Operation.ID)), true
	}
	return render.Message{}, false
}

// wayOn says how to get to another preview from a view with one that expired. The
// form is under it, unless a slow check replaced the form.
func wayOn(v delivery.View) string {
	if v.Root == v.ID {
		return private.CloseAndType
	}
	return private.CloseAndCheck
}

// link is the address of an operation's card. A view has no room for it, and
// no time to ask Slack.
func (a *App) link(ctx context.Context, d delivery.Delivery, id string) string {
	if d.Kind == delivery.KindSubmit {
		return ""
	}
	return a.Board.CardLink(ctx, id)
}

// linkOf is link of an operation; empty for nil.
func (a *App) linkOf(ctx context.Context, d delivery.Delivery, op *operation.Operation) string {
	if op == nil {
		return ""
	}
	return a.link(ctx, d, op.ID)
}

// broken is the answer when the work on an envelope failed halfway. An envelope
// about an operation may have changed it, so the answer is its stored state. Only
// an envelope that asked for something new is answered with "not added".
func (a *App) broken(ctx context.Context, token string, r *answer) render.Message {
	if r.about != "" {
		op, err := a.Journal.Operation(ctx, r.about)
		switch {
		case err != nil && !errors.Is(err, operation.ErrNotFound):
			return private.Uncertain(&intake.UncertainError{Ref: r.about, Err: err})
		case err == nil && op.State != operation.Draft:
			a.begin(ctx, op)
			return private.Duplicate(op, "")
		}
	}
	if r.asking {
		return private.Fault(token, a.wording(), false)
	}
	return private.TryAgain()
}

// begin starts an accepted operation that is not over. Where many commands came at once, it first waits for
// their acks.
func (a *App) begin(ctx context.Context, op operation.Operation) {
	if op.State.Open() {
		a.backlog.wait(ctx)
		a.Intake.Start(ctx, op.ID)
	}
}
