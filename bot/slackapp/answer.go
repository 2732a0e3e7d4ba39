package slackapp

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/socket"
	"lbbot/commands"
)

// answer is the one ack of an envelope.
type answer struct {
	app      *App
	envelope socket.Envelope
	once     sync.Once
}

// empty acks with nothing: Slack stops waiting, and shows nothing.
func (r *answer) empty(ctx context.Context) { r.with(ctx, nil) }

// with acks with a payload, and reports whether Slack was given it. Only the
// first call of an answer does anything.
func (r *answer) with(ctx context.Context, payload any) (written bool) {
	r.once.Do(func() {
		err := r.envelope.Ack(context.WithoutCancel(ctx), payload)
		if errors.Is(err, socket.ErrAckTooLarge) {
			r.app.Log.Error("ack is too large and goes out empty", zap.String("type", r.envelope.Type))
			err = r.envelope.Ack(context.WithoutCancel(ctx), nil)
		} else if err == nil {
			written = true
		}
		r.app.metrics.ackTime.Observe(r.app.Now().Sub(r.envelope.ReceivedAt).Seconds())
		if err != nil {
			r.app.metrics.acks.WithLabelValues("failed").Inc()
			r.app.Log.Warn("ack was not written", zap.String("type", r.envelope.Type), zap.Error(err))
			return
		}
		r.app.metrics.acks.WithLabelValues("written").Inc()
	})
	return written
}

// message acks a slash command with a private message.
func (r *answer) message(ctx context.Context, m message) bool {
	return r.with(ctx, struct {
		ResponseType string        `json:"response_type"`
		Text         string        `json:"text"`
		Blocks       []slack.Block `json:"blocks,omitempty"`
	}{"ephemeral", m.Text, m.Blocks})
}

// responseFor is how long a response URL works
// (docs.slack.dev/interactivity/handling-user-interaction).
const responseFor = 30 * time.Minute

// place completes where a delivery came from.
func (a *App) place(d delivery) operation.Place {
	p := d.Place
	if p.ResponseURL != "" {
		p.ResponseBy = a.Now().Add(responseFor - time.Minute)
	}
	return p
}

// tell says something to the person behind d only: through the interaction
// itself, else in the channel, else in a direct message. It must not be the
// answer that is lost, so the last failure is an error in the log.
func (a *App) tell(ctx context.Context, d delivery, m message) {
	a.reply(ctx, d, m, false)
}

// replace is tell, in place of the private message that was clicked on.
func (a *App) replace(ctx context.Context, d delivery, m message) {
	a.reply(ctx, d, m, d.Container.IsEphemeral)
}

func (a *App) reply(ctx context.Context, d delivery, m message, replace bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patientWithin)
	defer cancel()
	var errs []error
	if d.ResponseURL != "" {
		err := a.Web.respond(ctx, d.ResponseURL, response{Text: m.Text, Blocks: m.Blocks, ResponseType: "ephemeral", ReplaceOriginal: replace})
		if err == nil {
			return
		}
		errs = append(errs, err)
	}
	if d.Place.ChannelID != "" {
		err := a.Web.ephemeral(ctx, d.Place.ChannelID, d.Actor.UserID, m)
		if err == nil {
			return
		}
		errs = append(errs, err)
	}
	if d.Actor.UserID != "" {
		_, err := a.Web.post(ctx, d.Actor.UserID, m)
		if err == nil {
			return
		}
		errs = append(errs, err)
	}
	a.metrics.faults.WithLabelValues("untold").Inc()
	a.Log.Error("a person could not be answered", zap.String("actor", d.Actor.UserID), zap.Error(errors.Join(errs...)))
}

// remove takes away the private message that was clicked on.
func (a *App) remove(ctx context.Context, d delivery) {
	if d.ResponseURL == "" || !d.Container.IsEphemeral {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patientWithin)
	defer cancel()
	if err := a.Web.respond(ctx, d.ResponseURL, response{DeleteOriginal: true}); err != nil {
		a.Log.Info("a used preview could not be removed", zap.Error(err))
	}
}

// sayBusy answers when there is no room for the work itself.
func (a *App) sayBusy(ctx context.Context, d delivery, answer *answer) {
	switch d.Kind {
	case kindCommand:
		answer.message(ctx, tryAgainMessage())
	case kindSubmit:
		a.refuseSubmit(ctx, d, answer, tryAgainMessage().Text)
	default:
		answer.empty(ctx)
		a.tell(ctx, d, tryAgainMessage())
	}
}

// problem is what to say about an error of Intake. Every error has words: one
// that is not expected is our own fault, quoted by a token from the log.
func (a *App) problem(ctx context.Context, d delivery, err error) message {
	if e, ok := errors.AsType[*commands.InputError](err); ok {
		return inputErrorMessage(e, a.memory.keep(e.Values))
	}
	if e, ok := errors.AsType[*operation.DeniedError](err); ok {
		return deniedMessage(e, a.wording())
	}
	if e, ok := errors.AsType[*operation.BusyError](err); ok {
		return busyMessage(e, a.Board.cardLink(ctx, e.Operation.ID))
	}
	if e, ok := errors.AsType[*operation.PresentError](err); ok {
		return presentMessage(e)
	}
	if e, ok := errors.AsType[*operation.ExpiredError](err); ok {
		return expiredMessage(e.Operation)
	}
	if e, ok := errors.AsType[*operation.DuplicateError](err); ok {
		return duplicateMessage(e.Operation, a.Board.cardLink(ctx, e.Operation.ID))
	}
	if e, ok := errors.AsType[*operation.StaleError](err); ok {
		return staleMessage(e.Operation, a.Board.cardLink(ctx, e.Operation.ID))
	}
	if e, ok := errors.AsType[*operation.UncertainError](err); ok {
		a.Log.Error("acceptance is uncertain", zap.String("ref", e.Ref), zap.Error(err))
		return uncertainMessage(e)
	}
	if e, ok := errors.AsType[*operation.UnavailableError](err); ok {
		a.Log.Warn("a request could not be checked", zap.String("what", e.What), zap.Error(e.Err))
		return unavailableMessage(e)
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
