package slackapp

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation/history"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/memory"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/private"
	"lbbot/bot/slackapp/web"
	"lbbot/commands"
)

// Keys of a remembered history in addition to those of its command, so that Older
// continues where the page ended. None of them decides what the person may see.
const (
	pastSince   = "past-since"
	pastOps     = "past-operations"
	pastDenials = "past-denials"
)

// history answers /lb-register history, and its Older button with what was
// remembered of the page before.
func (a *App) history(ctx context.Context, d delivery.Delivery, values commands.Values) {
	d.Question = true
	h, err := commands.BuildHistory(values)
	if err == nil && h.By == commands.ByMe {
		h.By, values[commands.KeyBy] = d.Actor.UserID, d.Actor.UserID
	}
	var page history.History
	ask := history.Query{Listener: h.Listener, By: h.By, Here: h.Here,
		Since: a.Now().Add(-time.Duration(h.Since) * time.Minute)}
	if err == nil {
		remembered(values, &ask)
		page, err = a.Reader.History(ctx, d.Actor, a.place(d), ask)
	}
	if err != nil {
		a.tell(ctx, d, a.problem(ctx, d, err))
		return
	}
	view := private.HistoryPage{History: page, Asked: h, By: a.named(ctx, d.Actor)}
	if h.Share && a.share(ctx, d, view) {
		return
	}
	if view.Kept = ""; page.More {
		view.Kept = a.memory.Keep(memory.Item{Values: keepHistory(values, ask, page.Next)})
	}
	a.tell(ctx, d, private.History(view))
}

// share posts a history to the channel in which it was asked for. The person
// is there, since Slack lets nobody type a command elsewhere. Whoever may not
// see all of it cannot share it, and denials are never shared.
func (a *App) share(ctx context.Context, d delivery.Delivery, v private.HistoryPage) (shared bool) {
	if v.Partial || v.Unread {
		return false
	}
	place, err := a.resultPlace(ctx, d, commands.Registration{})
	if err != nil {
		a.tell(ctx, d, a.problem(ctx, d, err))
		return true
	}
	v.Shared = true
	a.once(ctx, d, func() bool {
		if err = a.Board.Lane(place.ResultID).Wait(ctx); err == nil {
			_, _, err = a.Web.Post(ctx, place.ResultID, place.ThreadTS, private.History(v))
		}
		return err == nil
	})
	if err != nil {
		a.Log.Warn("a history could not be shared", zap.String("channel", place.ResultID), zap.Error(err))
		a.tell(ctx, d, a.cannotPostMessage(place.ResultID, err))
	}
	return true
}

func (a *App) cannotPostMessage(channel string, err error) render.Message {
	return private.ChannelRefused(channel, web.ErrorCode(err), a.wording())
}

// older shows the next page of a history, for whoever pressed.
func (a *App) older(ctx context.Context, d delivery.Delivery, value string) {
	key, _, err := render.ParseButtonValue(value)
	kept, ok := a.memory.Recall(key)
	if err != nil || !ok {
		a.tell(ctx, d, private.Forgotten())
		return
	}
	a.history(ctx, d, kept.Values)
}

// keepHistory stores what the Older button needs. The page is for the person who
// presses it.
func keepHistory(values commands.Values, ask history.Query, next history.Cursor) commands.Values {
	kept := commands.Values{pastSince: strconv.FormatInt(ask.Since.UnixMilli(), 10), pastOps: markText(next.Operations),
		pastDenials: markText(next.Denials)}
	for key, v := range values {
		if key != commands.KeyShare && kept[key] == "" {
			kept[key] = v
		}
	}
	return kept
}

// remembered continues after the previous page, if there was one.
func remembered(values commands.Values, ask *history.Query) {
	since, err := strconv.ParseInt(values[pastSince], 10, 64)
	if err != nil {
		return
	}
	ops, opsErr := markOf(values[pastOps])
	denials, denialsErr := markOf(values[pastDenials])
	if opsErr == nil && denialsErr == nil {
		ask.Since, ask.From = time.UnixMilli(since), history.Cursor{Operations: ops, Denials: denials}
	}
}

func markText(m history.Mark) string { return strconv.FormatInt(m.At.UnixMilli(), 10) + " " + m.ID }

var errMark = errors.New("not a place in the past")

func markOf(s string) (history.Mark, error) {
	at, id, ok := strings.Cut(s, " ")
	n, err := strconv.ParseInt(at, 10, 64)
	if !ok || err != nil {
		return history.Mark{}, errMark
	}
	return history.Mark{At: time.UnixMilli(n), ID: id}, nil
}
