package slackapp

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/commands"
)

// problem is what to say about an error of Intake. Every error has words: one
// that is not expected is our own fault, quoted by a token from the log.
func (a *App) problem(ctx context.Context, d delivery, err error) message {
	if e, ok := errors.AsType[*commands.InputError](err); ok {
		return inputErrorMessage(e, a.memory.keep(e.Values, fieldProblems(e)...), a.keepOffer(ctx, d, e))
	}
	if e, ok := errors.AsType[*intake.DeniedError](err); ok {
		return deniedMessage(e, a.wording())
	}
	if e, ok := errors.AsType[*intake.ChangedError](err); ok {
		return changedMessage(e, a.wording())
	}
	if e, ok := errors.AsType[*intake.DecidedError](err); ok {
		return decidedMessage(e.Operation, a.link(ctx, d, e.Operation.ID))
	}
	if e, ok := errors.AsType[*operation.BusyError](err); ok {
		return busyMessage(e, a.link(ctx, d, e.Operation.ID), d.Actor)
	}
	if e, ok := errors.AsType[*intake.PresentError](err); ok {
		return presentMessage(e)
	}
	if e, ok := errors.AsType[*intake.ExpiredError](err); ok {
		return expiredMessage(e.Operation)
	}
	if e, ok := errors.AsType[*operation.DuplicateError](err); ok {
		return duplicateMessage(e.Operation, a.link(ctx, d, e.Operation.ID))
	}
	if e, ok := errors.AsType[*operation.StaleError](err); ok {
		return staleMessage(e.Operation, a.link(ctx, d, e.Operation.ID))
	}
	if e, ok := errors.AsType[*intake.UncertainError](err); ok {
		a.Log.Error("acceptance is uncertain", zap.String("ref", e.Ref), zap.Error(err))
		return uncertainMessage(e)
	}
	if e, ok := errors.AsType[*intake.UnavailableError](err); ok {
		a.Log.Warn("a request could not be checked", zap.String("what", e.What), zap.Error(e.Err))
		return unavailableMessage(e, a.wording())
	}
	if e, ok := errors.AsType[*channelError](err); ok {
		return e.words
	}
	if errors.Is(err, operation.ErrNotFound) {
		return forgottenMessage()
	}
	token := a.NewID()
	a.metrics.faults.WithLabelValues("unanswered").Inc()
	a.Log.Error("a request failed unexpectedly", zap.String("token", token), zap.String("kind", d.Kind), zap.Error(err))
	return faultMessage(token, a.wording())
}

// link is the address of an operation's card. A view has no room for it, and
// no time to ask Slack.
func (a *App) link(ctx context.Context, d delivery, id string) string {
	if d.Kind == kindSubmit {
		return ""
	}
	return a.Board.cardLink(ctx, id)
}

// broken is what to say when the work on an envelope broke halfway. What is
// about an operation may have changed it, so the journal says what is true;
// "not added" is said only of what asked for something new.
func (a *App) broken(ctx context.Context, token string, r *answer) message {
	if r.about != "" {
		op, err := a.Journal.Operation(ctx, r.about)
		switch {
		case err != nil && !errors.Is(err, operation.ErrNotFound):
			return uncertainMessage(&intake.UncertainError{Ref: r.about, Err: err})
		case err == nil && op.State != operation.Draft:
			a.begin(ctx, op)
			return duplicateMessage(op, "")
		}
	}
	if r.asking {
		return faultMessage(token, a.wording())
	}
	return tryAgainMessage()
}

// begin starts an accepted operation that is not over.
func (a *App) begin(ctx context.Context, op operation.Operation) {
	if op.State.Open() {
		a.Intake.Start(ctx, op.ID)
	}
}
