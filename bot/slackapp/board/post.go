package board

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/web"
)

// first posts the card, or replaces a message that cannot be edited any more.
// chat.postMessage has no idempotency key, so each post is recorded just before
// it is sent. If an earlier post was recorded without an answer, first searches
// the channel for it before it posts again.
func (b *Board) first(ctx context.Context, op operation.Operation, replaces bool, gone string) (int64, error) {
	target := b.kind.target(op).channel
	if err := b.Lane(target).Wait(ctx); err != nil {
		return 0, fmt.Errorf("waiting for %s to take a message: %w", target, err)
	}
	before, err := b.beginPost(ctx, op.ID)
	if err != nil {
		return 0, fmt.Errorf("noting the post: %w", err)
	}
	if before.TS != gone { // another replica has posted it while this one waited
		b.unbegin(ctx, op)
		return before.Shown, nil
	}
	p := post{gone: gone, begun: before.Posting}
	if !before.Posting.IsZero() {
		found, looked, err := b.find(ctx, op, before)
		if err != nil {
			return 0, err
		}
		if found.TS != "" {
			version, refused, err := b.keepUp(ctx, op,
				operation.Card{Channel: target, TS: found.TS, Shown: before.Shown})
			if refused && !b.due(ctx, op, found, web.ErrorCode(err)) {
				b.withhold(op, web.ErrorCode(err))
				_, err = b.place(ctx, op.ID, found, gone)
				version, refused = op.Version, false
			}
			if !refused {
				b.delivered.WithLabelValues("found").Inc()
				return version, err
			}
		}
		p.looked = looked
		replaces = replaces || !looked || found.TS != "" && !b.remove(ctx, op, target, found.TS)
	}
	return b.post(ctx, op, p, replaces)
}

// beginPost records that a post begins and returns the card as it was. For the first
// post by the process that accepted the operation, the acceptance has recorded it.
func (b *Board) beginPost(ctx context.Context, id string) (operation.Card, error) {
	if b.takeBegun(id) {
		card, err := b.Cards.Card(ctx, id)
		if err != nil || !card.Posting.IsZero() {
			card.Posting = time.Time{} // no earlier try to look for
			return card, err
		}
	}
	return b.Cards.BeginPost(ctx, id, b.Now())
}

// post is one try to post a card.
type post struct {
	gone   string    // the message that it replaces
	begun  time.Time // when an earlier try began that may have come through; zero: none did
	looked bool      // the channel was searched for what that one posted
}

// post posts the card and stores where it is, or has deliver do that.
func (b *Board) post(ctx context.Context, op operation.Operation, p post, replaces bool) (int64, error) {
	op = b.newest(op)
	again := !p.begun.IsZero()
	channel, ts, moved, err := b.anywhere(ctx, op, replaces, again)
	if err != nil {
		if web.CertainlyNotDone(err) && !again {
			b.unbegin(ctx, op)
		}
		return 0, err
	}
	b.delivered.WithLabelValues("posted").Inc()
	if moved {
		b.delivered.WithLabelValues("moved").Inc()
	}
	card := cardOf(op, channel, ts)
	if op.State.Open() && op.WaitFor != "" {
		card.Shown-- // words that stay true do not say what it waits for: an edit does
	}
	if !again && p.gone == "" {
		b.setUnplaced(op.ID, card)
		return card.Shown, nil // deliver has the place stored
	}
	before, err := b.place(ctx, op.ID, card, p.gone)
	if err == nil && isOther(before, ts, p.gone) {
		b.remove(ctx, op, channel, ts)
		return before.Shown, nil
	}
	if p.looked {
		b.tidy(ctx, op, operation.Card{TS: ts, Posting: p.begun})
	}
	return card.Shown, err
}

// anywhere posts the card where it should be, and where that is refused, elsewhere:
// for a thread in its channel, for a channel in the other places. again says that an
// earlier try may have posted it.
//
// Before it sends the card to the person instead, the response URL tells them where
// they asked. A message through a response URL is fast, but it disappears on reload,
// cannot be edited later, and the URL expires after 30 minutes. Therefore the card is
// always posted as well, and only the card counts. Cards of earlier tries in those
// other places were not searched for.
func (b *Board) anywhere(
	ctx context.Context, op operation.Operation, replaces, again bool,
) (channel, ts string, moved bool, err error) {
	target, w := b.kind.target(op), b.wording(op)
	w.Posted, w.Replaces = true, replaces
	channel, ts, err = b.send(ctx, op, target, w)
	if target.thread != "" && web.ThreadRefused(err) {
		b.Log.Warn("thread refuses the card; it goes into the channel", zap.String("operation", op.ID),
			zap.String("channel", target.channel), zap.String("why", web.ErrorCode(err)))
		w.NoThread = true
		channel, ts, err = b.send(ctx, op, spot{channel: target.channel}, w)
	}
	for _, other := range b.kind.instead(op) {
		if !refusedChannel(web.ErrorCode(err)) {
			break
		}
		if !moved && b.kind.sayMoved {
			b.sayMoved(ctx, op)
		}
		moved = true
		b.Log.Warn("channel refuses the card; it goes elsewhere", zap.String("operation", op.ID),
			zap.String("card", b.kind.name), zap.String("channel", target.channel),
			zap.String("to", other.channel), zap.String("why", web.ErrorCode(err)))
		w.Refused, w.Replaces = target.channel, replaces || again
		channel, ts, err = b.send(ctx, op, other, w)
	}
	return channel, ts, moved, err
}

// place stores where the card is, unless another replica has posted one while this
// process was delayed, and returns the previous card.
func (b *Board) place(ctx context.Context, id string, c operation.Card, gone string) (operation.Card, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeWithin)
	defer cancel()
	before, err := b.Cards.PlaceCard(ctx, id, c, gone)
	if err != nil {
		return operation.Card{}, fmt.Errorf("storing the place of the card: %w", err)
	}
	return before, nil
}

// storeWithin bounds storing a place. The message exists already: without its
// place it would be posted again.
const storeWithin = 10 * time.Second

func cardOf(op operation.Operation, channel, ts string) operation.Card {
	return operation.Card{Channel: channel, TS: ts, Shown: op.Version, Closed: op.State.Final()}
}

// remove deletes a message of ours that is no longer the card, and reports
// whether it was deleted.
func (b *Board) remove(ctx context.Context, op operation.Operation, channel, ts string) bool {
	if err := b.Web.Remove(ctx, channel, ts); err != nil {
		b.Log.Warn("a second card could not be removed", zap.String("operation", op.ID), zap.String("channel", channel),
			zap.String("ts", ts), zap.Error(err))
		return false
	}
	b.Log.Info("a second card was removed", zap.String("operation", op.ID), zap.String("channel", channel))
	return true
}

// tidy removes a card that an earlier try posted after first had searched for it.
func (b *Board) tidy(ctx context.Context, op operation.Operation, card operation.Card) {
	if found, _, err := b.find(ctx, op, card); err == nil && found.TS != "" {
		b.remove(ctx, op, found.Channel, found.TS)
	}
}

// send posts the card. If Slack refuses its blocks, it is posted as one line.
func (b *Board) send(
	ctx context.Context, op operation.Operation, to spot, w render.Wording,
) (channel, ts string, err error) {
	m := b.kind.render(op, w)
	channel, ts, err = b.Web.Post(ctx, to.channel, to.thread, m)
	if unshowable(web.ErrorCode(err)) {
		b.tooMuch(op, err)
		channel, ts, err = b.Web.Post(ctx, to.channel, to.thread, oneLine(m))
	}
	return channel, ts, err
}

// unbegin withdraws a recorded post: nothing was posted, so the next try does not
// have to search for it.
func (b *Board) unbegin(ctx context.Context, op operation.Operation) {
	if _, err := b.Cards.SaveCard(ctx, op.ID, operation.Card{}); err != nil {
		b.Log.Warn("failed post could not be noted", zap.String("operation", op.ID), zap.Error(err))
	}
}

func (b *Board) tooMuch(op operation.Operation, err error) {
	b.Log.Error("Slack refuses the card as it is; it is shown as one line", zap.String("operation", op.ID),
		zap.String("state", string(op.State)), zap.Error(err))
}

// unshowable reports whether a code means that the message itself is at fault.
func unshowable(code string) bool {
	return slices.Contains([]string{"msg_too_long", "msg_blocks_too_long", "invalid_blocks", "invalid_blocks_format",
		"invalid_metadata_format", "invalid_metadata_schema", "metadata_too_large"}, code)
}

// oneLine reduces a message to its fallback text, which is complete.
func oneLine(m render.Message) render.Message {
	text := render.ClampMarkup(m.Text, render.MaxSection)
	return render.Message{Text: text, Blocks: render.Blocks(render.Section(text)), Metadata: m.Metadata}
}

// find searches for a card whose post was never confirmed, in its thread first. looked
// is false if Slack does not allow the search, because the scope for it is optional.
// An error means that the search may work later, so the post has to wait.
func (b *Board) find(
	ctx context.Context, op operation.Operation, before operation.Card,
) (found operation.Card, looked bool, err error) {
	target := b.kind.target(op)
	if target.thread != "" {
		if found, looked, err = b.findIn(ctx, op, target, before); err != nil || found.TS != "" || !looked {
			return found, looked, err
		}
	}
	return b.findIn(ctx, op, spot{channel: target.channel}, before)
}

func (b *Board) findIn(
	ctx context.Context, op operation.Operation, in spot, before operation.Card,
) (found operation.Card, looked bool, err error) {
	list, all, err := b.Web.History(ctx, in.channel, in.thread, before.Posting.Add(-time.Minute))
	if in.thread != "" && web.ThreadRefused(err) {
		return found, true, nil // a thread that is gone has no card
	}
	if err != nil && (!web.CertainlyNotDone(err) || web.ErrorCode(err) == web.CodeRateLimited) {
		return found, false, fmt.Errorf("looking for an earlier card: %w", err)
	}
	if err != nil {
		b.Log.Info("channel cannot be searched for an earlier card", zap.String("operation", op.ID),
			zap.String("why", web.ErrorCode(err)))
		return found, false, nil
	}
	for _, m := range list {
		if m.Event == b.kind.event && m.Operation == op.ID && m.TS != before.TS {
			return operation.Card{Channel: in.channel, TS: m.TS, Shown: m.Version,
				Closed: operation.State(m.State).Final()}, true, nil
		}
	}
	return found, all, nil
}

// refusedChannel reports whether a code means that the bot can never post there.
func refusedChannel(code string) bool {
	return slices.Contains([]string{"not_in_channel", web.CodeChannelNotFound, "is_archived", "restricted_action",
		"restricted_action_read_only_channel", "restricted_action_thread_only_channel",
		"restricted_action_non_threadable_channel",
		"restricted_action_thread_locked", "messages_tab_disabled"}, code)
}
