package board

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render/card"
	"lbbot/bot/slackapp/web"
)

// showWithin bounds one try to show a card, including the wait for Slack.
const showWithin = 2 * time.Minute

// show makes the card show op, or a newer version that arrived in the meantime,
// and returns the version shown.
func (b *Board) show(op operation.Operation) (version int64, err error) {
	defer func() {
		if cause := recover(); cause != nil { // one card must not end the bot
			b.Log.Error("showing a card panicked", zap.String("operation", op.ID), zap.Any("problem", cause),
				zap.Stack("stack"))
			err = fmt.Errorf("showing the card panicked: %v", cause)
		}
	}()
	ctx, cancel := context.WithTimeoutCause(b.ctx, showWithin,
		fmt.Errorf("Slack did not take it within %s", showWithin))
	defer cancel()
	LogUnknown(b.Log, op)
	card, err := b.cardNow(ctx, op.ID)
	if err != nil {
		return 0, err
	}
	if card.TS == "" {
		return b.first(ctx, op, false, "")
	}
	if card.Shown >= op.Version && !b.isUnsure(op.ID) {
		return card.Shown, nil
	}
	version, refused, err := b.keepUp(ctx, op, card)
	if err == nil {
		return version, nil
	}
	if _, _, fault := b.storePlace(ctx, op); fault != nil {
		return 0, errors.Join(err, fault)
	}
	if !refused {
		return 0, err
	}
	return b.replace(ctx, op, card, err)
}

// keepUp edits the card until no other replica has edited it in the meantime,
// and reports as update does. An edit that was delayed overwrites a newer one.
// The replica that stores its edit second sees what the other has stored since
// it looked, whichever edit came last, and shows what is stored once more.
func (b *Board) keepUp(
	ctx context.Context, op operation.Operation, card operation.Card,
) (version int64, refused bool, err error) {
	for {
		if card.Shown > op.Version {
			if op, err = b.Stored(ctx, op.ID); err != nil {
				return 0, false, fmt.Errorf("reading what is newer than the card: %w", err)
			}
		}
		var behind bool
		if version, behind, refused, err = b.update(ctx, op, card); err != nil {
			return 0, refused, err
		}
		if !behind {
			b.setUnsure(op.ID, false)
			return version, false, nil
		}
		b.Log.Info("card was edited by another replica in the meantime and is shown again",
			zap.String("operation", op.ID), zap.Int64("version", version))
		if card, err = b.Cards.Card(ctx, op.ID); err != nil {
			return 0, false, fmt.Errorf("looking up the card: %w", err)
		}
	}
}

func (b *Board) isUnsure(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.unsure[id]
}

func (b *Board) setUnsure(id string, unsure bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !unsure {
		delete(b.unsure, id)
		return
	}
	if len(b.unsure) > 10_000 {
		clear(b.unsure) // forgetting costs one comparison
	}
	b.unsure[id] = true
}

// update edits the card where it is. behind says that another replica has stored
// another state of the card since it was looked up; refused, that Slack permanently
// refuses the edit.
func (b *Board) update(
	ctx context.Context, op operation.Operation, card operation.Card,
) (version int64, behind, refused bool, err error) {
	op, other, err := b.edit(ctx, op, card)
	if other {
		return 0, true, false, nil
	}
	if err != nil {
		return 0, false, slices.Contains(uneditable(), web.ErrorCode(err)), err
	}
	b.delivered.WithLabelValues("edited").Inc()
	behind, err = b.save(ctx, op, card)
	return op.Version, behind, false, err
}

// edit edits the card and returns what it shows. other is as of storePlace.
func (b *Board) edit(
	ctx context.Context, op operation.Operation, card operation.Card,
) (shown operation.Operation, other bool, err error) {
	end := b.placeBeside(ctx, op)
	defer func() { other = end() }()
	if err := b.Lane(card.Channel).Wait(ctx); err != nil {
		return op, false, fmt.Errorf("waiting for %s to take a message: %w", card.Channel, err)
	}
	op = b.newest(op)
	w := b.wording(op)
	if card.Closed {
		w.Late = 0 // the result was there in time; this is a later line on it
	}
	if target := b.kind.target(op).channel; card.Channel != target {
		w.Refused = target
	}
	if op.State == operation.Unconfirmed || op.State == operation.NeedsPerson {
		w.Link = b.Web.Permalink(ctx, card.Channel, card.TS)
	}
	m := b.kind.render(op, w)
	b.setUnsure(op.ID, true)
	err = b.Web.Edit(ctx, card.Channel, card.TS, m)
	if unshowable(web.ErrorCode(err)) {
		b.tooMuch(op, err)
		err = b.Web.Edit(ctx, card.Channel, card.TS, oneLine(m))
	}
	return op, false, err
}

// movedWithin bounds telling a person where their card goes.
const movedWithin = 5 * time.Second

// sayMoved tells the person, where they asked, the state and that the card is sent
// to them. It does so once, and again at the end if the card has not reached them,
// because a response URL works only five times.
func (b *Board) sayMoved(ctx context.Context, op operation.Operation) {
	if op.Place.ResponseURL == "" || !b.Now().Before(op.Place.ResponseBy) || !b.worthTelling(op) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, movedWithin)
	defer cancel()
	w := b.wording(op)
	w.Posted = true
	m := card.MovedNotice(op, w)
	if err := b.Web.Respond(ctx, op.Place.ResponseURL,
		web.Response{Text: m.Text, Blocks: m.Blocks, ResponseType: "ephemeral"}); err != nil {
		b.Log.Info("person could not be told where the card goes", zap.String("operation", op.ID), zap.Error(err))
	}
}

// worthTelling reports whether the state of op differs from what the person was
// told, and records the state as told.
func (b *Board) worthTelling(op operation.Operation) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	before, told := b.told[op.ID]
	if told && (before.Final() || !op.State.Final()) {
		return false
	}
	if len(b.told) > 10_000 {
		clear(b.told) // forgetting costs a line that was read before
	}
	b.told[op.ID] = op.State
	return true
}

// save stores that the card shows op, and where it is if that is not stored yet.
// behind says that another replica has stored another state since the card was looked
// up. If the stored card is another message, this one is removed.
func (b *Board) save(ctx context.Context, op operation.Operation, card operation.Card) (behind bool, err error) {
	var before operation.Card
	shows := cardOf(op, card.Channel, card.TS)
	if b.unplacedCard(op.ID).TS == card.TS {
		if before, err = b.place(ctx, op.ID, shows, ""); err != nil {
			return false, err
		}
		b.setUnplaced(op.ID, operation.Card{})
		if isOther(before, card.TS, "") {
			b.remove(ctx, op, card.Channel, card.TS)
		}
		behind = before.TS != ""
	} else {
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeWithin)
		defer cancel()
		if before, err = b.Cards.SaveCard(within, op.ID, shows); err != nil {
			return false, fmt.Errorf("storing the place of the card: %w", err)
		}
		behind = before.Shown != card.Shown
	}
	b.mu.Lock()
	delete(b.told, op.ID)
	b.mu.Unlock()
	return behind, nil
}
