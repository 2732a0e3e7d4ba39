package board

import (
	"context"
	"fmt"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
)

// wording is what the words of op's card need to know.
func (b *Board) wording(op operation.Operation) render.Wording {
	w := render.Wording{Bot: b.Bot, Owner: b.Owner, ConsoleURL: b.ConsoleURL, At: b.Now(), Reminders: b.Reminders}
	if !op.FinishedAt.IsZero() {
		w.Late = b.Now().Sub(op.FinishedAt)
	}
	return w
}

// TellOwner implements operation.Reporter.
func (b *Board) TellOwner(ctx context.Context, op operation.Operation) error {
	if b.Owner == "" {
		return nil
	}
	w := b.wording(op)
	if w.Late > operation.OverdueAfter {
		card, err := b.Cards.Card(ctx, op.ID)
		if err != nil {
			return fmt.Errorf("looking up the card: %w", err)
		}
		w.Untold = !card.Closed
	}
	w.Link = b.CardLink(ctx, op.ID)
	LogUnknown(b.Log, op)
	return b.PostToOwners(ctx, card.OwnerNotice(op, w))
}

// PostToOwners posts a message in the owners' channel, if there is one, and returns when
// Slack has taken it.
func (b *Board) PostToOwners(ctx context.Context, m render.Message) error {
	if b.Owner == "" {
		return nil
	}
	if err := b.Lane(b.Owner).Wait(ctx); err != nil {
		return err
	}
	_, _, err := b.Web.Post(ctx, b.Owner, "", m)
	return err
}

// CardLink returns the address of an operation's card, empty if there is none.
func (b *Board) CardLink(ctx context.Context, id string) string {
	card, err := b.cardNow(ctx, id)
	if err != nil {
		return ""
	}
	return b.Web.Permalink(ctx, card.Channel, card.TS)
}
