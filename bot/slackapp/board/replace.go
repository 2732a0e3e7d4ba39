package board

import (
	"context"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/web"
)

// uneditable lists Slack's codes for a message that cannot be edited any more.
func uneditable() []string {
	return []string{web.CodeMessageNotFound, "cant_update_message", "edit_window_closed", web.CodeChannelNotFound,
		"is_inactive",
		"not_in_channel", "is_archived"}
}

// replace handles a card that Slack permanently refuses to edit; why is Slack's
// error. It posts a further message if one is due. Otherwise it does nothing, and
// op counts as shown.
func (b *Board) replace(ctx context.Context, op operation.Operation, card operation.Card, why error) (int64, error) {
	b.setUnsure(op.ID, false) // it was certainly not edited
	if op = b.newest(op); !b.due(ctx, op, card, web.ErrorCode(why)) {
		b.withhold(op, web.ErrorCode(why))
		return op.Version, nil
	}
	b.Log.Info("card cannot be edited and is replaced", zap.String("operation", op.ID),
		zap.String("why", web.ErrorCode(why)))
	version, err := b.first(ctx, op, true, card.TS)
	if err != nil {
		return 0, err
	}
	b.delivered.WithLabelValues("reposted").Inc()
	if now, err := b.Cards.Card(ctx, op.ID); err == nil && now.TS != card.TS {
		b.remove(ctx, op, card.Channel, card.TS)
	}
	return version, nil
}

// due reports whether op has to be shown in a further message when Slack
// refuses to edit its card: when it is over, once; and when people are asked to
// do something that the card does not ask, because it was posted before or is
// deleted.
func (b *Board) due(ctx context.Context, op operation.Operation, card operation.Card, why string) bool {
	switch {
	case card.Closed:
		return false
	case op.State.Final():
		return true
	case !b.kind.asks(op):
		return false
	case op.State == operation.Waiting && op.Approval.Since > card.Shown,
		op.State == operation.NeedsPerson && op.PersonSince > card.Shown:
		return true
	}
	return why == web.CodeMessageNotFound && b.Web.Deleted(ctx, card.Channel, card.TS)
}

// withhold records that the card stays as it is.
func (b *Board) withhold(op operation.Operation, why string) {
	b.delivered.WithLabelValues("withheld").Inc()
	b.Log.Info("card cannot be edited and keeps what it says", zap.String("operation", op.ID),
		zap.Int64("version", op.Version), zap.String("why", why))
}
