package slackapp

import (
	"context"
	"slices"

	"github.com/slack-go/slack"
	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/home"
	"lbbot/bot/slackapp/render"
	homeview "lbbot/bot/slackapp/render/home"
	"lbbot/bot/slackapp/web"
	"lbbot/commands"
)

// newHomes keeps the Home tabs up to date.
func (a *App) newHomes() *home.Homes {
	return home.New(home.Config{Web: a.Web, Journal: a.Reader.Archive, Pauses: a.Intake.Journal,
		Permission: a.Intake.Permission, Link: a.homeLink, State: a.State, Words: a.wording,
		Code: web.ErrorCode, Now: a.Now, Log: a.Log})
}

// homeOpened notes that a person looks at the Home tab. It has no channel, like the
// clicks in it.
func (a *App) homeOpened(d delivery.Delivery) {
	if d.Event.Tab == "home" {
		a.homes.Opened(d.Actor, operation.Place{TeamID: d.Place.TeamID, NoChannel: true})
	}
}

func (a *App) homeLink(ctx context.Context, op operation.Operation, approvers bool) string {
	if approvers {
		return a.Board.ApprovalLink(ctx, op)
	}
	return a.Board.CardLink(ctx, op.ID)
}

// overHome shows an answer to a click on the Home tab over it, where a direct message
// would come unseen. An answer with buttons is one all the same, because they need a
// message, and is announced over the tab.
func (a *App) overHome(d delivery.Delivery, m render.Message) way {
	buttons := func(b slack.Block) bool { return b.BlockType() == slack.MBTAction }
	if !onHome(d) {
		return way{}
	}
	over := func(ctx context.Context, m render.Message) error {
		_, _, err := a.Web.OpenView(ctx, d.TriggerID, homeview.Over(m))
		return err
	}
	if !slices.ContainsFunc(m.Blocks, buttons) {
		return way{within: tellWithin, send: func(ctx context.Context) error { return over(ctx, m) }}
	}
	return way{within: tellWithin, send: func(ctx context.Context) error {
		_, _, err := a.Web.Post(ctx, d.Actor.UserID, "", m)
		if err == nil {
			if err := over(ctx, homeview.Sent()); err != nil {
				a.Log.Info("a direct message could not be announced on the Home tab", zap.Error(err))
			}
		}
		return err
	}}
}

// onHome reports whether d is a click on the Home tab.
func onHome(d delivery.Delivery) bool {
	return d.Kind == delivery.KindClick && d.View != nil && d.View.CallbackID == render.ViewHome
}

// homeAdd opens the form from the Home tab.
func (a *App) homeAdd(ctx context.Context, d delivery.Delivery, _ string) {
	d.Stranger = true
	a.openForm(ctx, d, commands.Values{}, nil)
}
