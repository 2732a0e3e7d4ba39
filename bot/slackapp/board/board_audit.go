package board

import (
	"context"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render/trail"
)

// Audit posts the lines of some events, at most AuditLimit, as one message in
// a channel; events without a line are left out. skipped says how many older
// lines are left out for good. It waits for the channel's turn, once a second
// after a short burst, and for Slack.
func (b *Board) Audit(ctx context.Context, channel string, events []operation.Event, skipped int) error {
	LogUnknownEvents(b.Log, events)
	m := trail.Lines(events, skipped)
	if len(m.Blocks) == 0 {
		return nil
	}
	if err := b.Lane(channel).Wait(ctx); err != nil {
		return err
	}
	_, _, err := b.Web.Post(ctx, channel, "", m)
	return err
}

// LogUnknown logs a state or reason of op that this version does not know.
func LogUnknown(log *zap.Logger, op operation.Operation) {
	if !op.Known() {
		log.Error("operation has an unknown state or reason: was it stored by another version of lbbot?",
			zap.String("operation", op.ID), zap.String("ref", op.Ref), zap.String("state", string(op.State)),
			zap.String("reason", string(op.Reason)))
	}
}

// LogUnknownEvents logs event kinds that this version does not know.
func LogUnknownEvents(log *zap.Logger, events []operation.Event) {
	for _, e := range events {
		if !e.Known() {
			log.Error("event has an unknown kind: was it stored by another version of lbbot?",
				zap.String("operation", e.OperationID), zap.String("kind", e.Kind))
		}
	}
}
