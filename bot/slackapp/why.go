package slackapp

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/render/private"
	"lbbot/commands"
)

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
