package board

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
	"lbbot/bot/slackapp/web"
)

// Boards shows each operation on its own card. If approvers have a channel of
// their own, a second card there asks them. Both follow the operation to its end.
type Boards struct {
	*Board
	Approvals *Board

	telling sync.Mutex      // of what follows
	told    map[string]bool // who was told of which operation, by this process
}

// New makes boards that deliver until Close.
func New(c Config) *Boards {
	p := newPace()
	return &Boards{
		Board: newKind(c, kind{name: "operation", event: render.CardEvent, render: card.Of, target: resultSpot,
			sayMoved: true,
			instead:  func(op operation.Operation) []spot { return []spot{{channel: op.Actor.UserID}} },
			asks: func(op operation.Operation) bool {
				return op.State == operation.NeedsPerson ||
					op.State == operation.Waiting && op.Approval != nil && !card.AsksElsewhere(op)
			}}, p),
		Approvals: newKind(withCards(c, c.Approvals),
			kind{name: "approval", event: card.ApprovalEvent, render: card.Approval,
				target: func(op operation.Operation) spot { return spot{channel: op.Approval.Channel} },
				instead: func(op operation.Operation) []spot {
					return []spot{resultSpot(op), {channel: op.Actor.UserID}}
				},
				asks: func(op operation.Operation) bool { return op.State == operation.Waiting }}, p),
		told: map[string]bool{},
	}
}

func withCards(c Config, cards Cards) Config {
	c.Cards = cards
	return c
}

// Announce implements operation.Reporter.
func (b *Boards) Announce(op operation.Operation) {
	b.want(op, nil, true)
	if card.AsksElsewhere(op) {
		b.Approvals.Show(op)
	}
}

// Show implements operation.Reporter.
func (b *Boards) Show(op operation.Operation) {
	b.Board.Show(op)
	if card.AsksElsewhere(op) {
		b.Approvals.Show(op)
	}
}

// Report implements operation.Reporter: it returns nil only when Slack has
// taken every card that op has.
func (b *Boards) Report(ctx context.Context, op operation.Operation) error {
	if !card.AsksElsewhere(op) {
		return b.Board.Report(ctx, op)
	}
	b.Approvals.Show(op) // at the same time as the other card
	return errors.Join(b.Board.Report(ctx, op), b.Approvals.Report(ctx, op))
}

// Close waits until every card is up to date or ctx ends, and then ends the
// deliveries. The rest is shown after the next start.
func (b *Boards) Close(ctx context.Context) {
	b.Board.Close(ctx)
	b.Approvals.Close(ctx)
}

// asking is the board whose card has the buttons to approve.
func (b *Boards) asking(op operation.Operation) *Board {
	if card.AsksElsewhere(op) {
		return b.Approvals
	}
	return b.Board
}

// ApprovalLink returns the address of the card on which op is approved, empty
// if there is none.
func (b *Boards) ApprovalLink(ctx context.Context, op operation.Operation) string {
	return b.asking(op).CardLink(ctx, op.ID)
}

// Remind implements operation.Reporter: a reply under the card, with mentions.
func (b *Boards) Remind(ctx context.Context, op operation.Operation) error {
	board := b.asking(op)
	return board.reply(ctx, op, card.Reminder(op))
}

// Question implements operation.Reporter: a reply under the card that mentions
// the asker and the approver.
func (b *Boards) Question(ctx context.Context, op operation.Operation, by operation.Actor) error {
	return b.asking(op).reply(ctx, op, card.Question(op, by))
}

// reply posts under the card, which is posted first if it is not there yet; a thread
// has no threads, so for a card in a thread that is the same thread. Where the card
// or the thread is gone, it is a message of its own.
func (b *Board) reply(ctx context.Context, op operation.Operation, m render.Message) error {
	card, err := b.Cards.Card(ctx, op.ID)
	if err == nil && card.TS == "" {
		if err = b.Report(ctx, op); err == nil {
			card, err = b.Cards.Card(ctx, op.ID)
		}
	}
	if err != nil {
		return fmt.Errorf("looking up the card to reply to: %w", err)
	}
	if err := b.Lane(card.Channel).Wait(ctx); err != nil {
		return fmt.Errorf("waiting for %s to take a message: %w", card.Channel, err)
	}
	thread := card.TS
	if in := resultSpot(op); in.thread != "" && in.channel == card.Channel {
		thread = in.thread
	}
	_, _, err = b.Web.Post(ctx, card.Channel, thread, m)
	if web.ThreadRefused(err) {
		_, _, err = b.Web.Post(ctx, card.Channel, "", m)
	}
	return err
}

// maxTold is how many people get a direct message about one operation.
const maxTold = 20

// TellSkipped implements operation.Reporter. If the approvers have a channel,
// their card tells them. Otherwise each gets one direct message from this process.
func (b *Boards) TellSkipped(ctx context.Context, op operation.Operation) (told int, err error) {
	if card.AsksElsewhere(op) {
		if err := b.Approvals.Report(ctx, op); err != nil {
			return 0, err
		}
		card, err := b.Approvals.Cards.Card(ctx, op.ID)
		if err != nil {
			return 0, fmt.Errorf("looking up the approvers' card: %w", err)
		}
		if card.Channel == op.Approval.Channel {
			return len(op.Approval.Who.IDs), nil
		}
	}
	if op.Approval == nil {
		return 0, nil
	}
	var faults []error
	list := op.Approval.Who.IDs[:min(len(op.Approval.Who.IDs), maxTold)]
	for _, id := range list {
		faults = append(faults, b.tellOne(ctx, op, id))
	}
	return len(list), errors.Join(faults...)
}

// tellOne sends one person a direct message. Someone whom Slack will never
// give one, such as a deactivated person, is skipped.
func (b *Boards) tellOne(ctx context.Context, op operation.Operation, id string) error {
	key := op.ID + " " + id
	if b.wasTold(key) || !render.SlackID(id, "UW") {
		return nil
	}
	if err := b.Lane(id).Wait(ctx); err != nil {
		return fmt.Errorf("waiting to tell %s: %w", id, err)
	}
	_, _, err := b.Web.Post(ctx, id, "", card.SkippedNotice(op))
	if err != nil && (!web.CertainlyNotDone(err) || web.ErrorCode(err) == "ratelimited") {
		return err
	}
	if err != nil {
		b.Log.Warn("a person whose approval was skipped cannot be told", zap.String("operation", op.ID),
			zap.String("person", id), zap.Error(err))
	}
	b.noteTold(key)
	return nil
}

func (b *Boards) wasTold(key string) bool {
	b.telling.Lock()
	defer b.telling.Unlock()
	return b.told[key]
}

func (b *Boards) noteTold(key string) {
	b.telling.Lock()
	defer b.telling.Unlock()
	if len(b.told) > 10_000 {
		clear(b.told) // forgetting costs a second message at worst
	}
	b.told[key] = true
}

var _ operation.Reporter = (*Boards)(nil)
