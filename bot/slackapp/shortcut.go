package slackapp

import (
	"context"

	"go.uber.org/zap"

	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/private"
	"lbbot/commands"
)

// shortcut answers a shortcut of the app, by its callback id in the manifest.
func (a *App) shortcut(ctx context.Context, d delivery.Delivery) {
	switch {
	case d.Kind == delivery.KindShortcut && d.CallbackID == commands.ShortcutGlobal:
		d.Stranger = true
		a.openForm(ctx, d, commands.Values{}, nil)
	default:
		a.metrics.faults.WithLabelValues("unknown").Inc()
		a.Log.Warn("unknown shortcut", zap.String("callback", render.Clamp(d.CallbackID, 64)))
		a.tell(ctx, d, private.NotYet(private.UnofferedShortcut))
	}
}
