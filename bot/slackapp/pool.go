package slackapp

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/private"
	"lbbot/bot/slackapp/web"
)

// poolNow reads the pool of an operation that the person behind d may look at.
func (a *App) poolNow(ctx context.Context, d delivery.Delivery, op operation.Operation) render.Message {
	d.Question = true
	now, pool, err := a.Reader.Pool(ctx, op.ID, d.Actor, d.Place)
	if e, ok := errors.AsType[*intake.UnavailableError](err); ok && e.What == "Zenlayer" {
		a.Log.Info("pool could not be read for a person", zap.String("operation", op.ID), zap.Error(e.Err))
		return private.PoolUnread(op, e)
	}
	if errors.Is(err, history.ErrPoolHidden) {
		return private.PoolHidden(now)
	}
	if err != nil {
		return a.problem(ctx, d, err)
	}
	return private.Pool(now, pool, a.Now())
}

// showPool puts the pool over the preview that is a view. The trigger waits for
// nothing: the pool is filled in afterwards.
func (a *App) showPool(ctx context.Context, d delivery.Delivery, value string) {
	id, _, err := render.ParseButtonValue(value)
	if err != nil {
		a.tell(ctx, d, private.Forgotten())
		return
	}
	viewID, err := a.Web.PushView(ctx, d.TriggerID, private.PoolReading())
	if err != nil {
		a.Log.Info("pool could not be shown over a preview", zap.String("operation", id), zap.Error(err))
		if !web.AlreadyOpen(err) {
			a.tell(ctx, d, private.NotSent(private.TriggerAgain))
		}
		return
	}
	op, err := a.Journal.Operation(ctx, id)
	if err == nil && op.Actor.UserID == d.Actor.UserID && d.Place.ChannelID == "" {
		d.Place = from(d.Place, op.Place)
	}
	op.ID = id
	a.updateForm(ctx, viewID, private.PoolView(a.poolNow(ctx, d, op)))
}
