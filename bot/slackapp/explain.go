package slackapp

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/render/private"
	"lbbot/commands"
)

// doctorWithin bounds an examination, so that the answer is posted within taskWithin.
const doctorWithin = 25 * time.Second

// doctor examines the bot for one of its owners. The command is acked before: Slack waits
// for three seconds only, and an answer that is lost changes nothing.
func (a *App) doctor(ctx context.Context, d delivery.Delivery, answer *answer) {
	answer.empty(ctx)
	if a.delivered(ctx, d).Told {
		return
	}
	if _, err := a.Intake.MayPause(ctx, a.named(ctx, d.Actor), a.place(d)); err != nil {
		a.tell(ctx, d, private.OwnersOnly(a.problem(ctx, d, err)))
		return
	}
	within, cancel := context.WithTimeoutCause(ctx, doctorWithin,
		errors.New("the examination took longer than "+doctorWithin.String()))
	defer cancel()
	a.tell(ctx, d, private.Doctor(a.Examine(within)))
}

// why answers whoami why.
func (a *App) why(ctx context.Context, d delivery.Delivery, values commands.Values) {
	reg, err := commands.BuildWhy(values)
	if err == nil {
		var w intake.WhyAnswer
		if w, err = a.Intake.Why(ctx, reg, d.Actor, a.place(d)); err == nil {
			a.tell(ctx, d, private.Account(w, a.wording()))
			return
		}
	}
	if e, ok := errors.AsType[*commands.InputError](err); ok {
		e.Values, e.Asked = nil, nil // a question is no request: there is no form or preview to go on in
	}
	a.tell(ctx, d, a.problem(ctx, d, err))
}

// limits is how much a person may still do, or nothing if it cannot be read.
func (a *App) limits(ctx context.Context, d delivery.Delivery) []intake.LimitLeft {
	left, err := a.Intake.LimitsLeft(ctx, d.Actor, "")
	if err != nil {
		a.Log.Warn("limits could not be read", zap.Error(err))
	}
	return left
}
