package board

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
)

// placeAfter is how long only this process knows where a posted card is. Most requests
// end within it, and then one commit stores the place and the end. After a crash in
// between, the next process finds the card by its metadata, as after any post whose
// answer was lost.
const placeAfter = time.Second

// posted is a card whose place is not stored.
type posted struct {
	operation.Card
	at time.Time
}

// unplacedCard returns the card of an operation that was posted and whose place is not
// stored; the zero Card if there is none.
func (b *Board) unplacedCard(id string) operation.Card {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.unplaced[id].Card
}

// setUnplaced remembers where a card is until its place is stored; the zero Card says
// that it is.
func (b *Board) setUnplaced(id string, c operation.Card) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.TS == "" {
		delete(b.unplaced, id)
		return
	}
	b.unplaced[id] = posted{c, time.Now()}
}

// cardNow returns the card of an operation, also if its place is not stored yet.
func (b *Board) cardNow(ctx context.Context, id string) (operation.Card, error) {
	if c := b.unplacedCard(id); c.TS != "" {
		return c, nil
	}
	c, err := b.Cards.Card(ctx, id)
	if err != nil {
		return operation.Card{}, fmt.Errorf("looking up the card: %w", err)
	}
	return c, nil
}

// bring makes one step towards op: it shows op if shown is older, and otherwise
// stores the place of the card. It returns the version that the card shows then.
func (b *Board) bring(s *slot, op operation.Operation, shown int64) (int64, error) {
	if op.Version > shown {
		version, err := b.show(op)
		return max(shown, version), err
	}
	if b.mayRest(s, op) {
		b.rest(s, placeAfter)
	}
	if b.newest(op).Version > op.Version {
		return shown, nil // stored with the next edit
	}
	version, _, err := b.storePlace(b.ctx, op)
	return version, err
}

// mayRest reports whether the place of op's card needs no commit of its own yet:
// nobody waits for it and it is not the end.
func (b *Board) mayRest(s *slot, op operation.Operation) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-s.wake: // of what is shown already
	default:
	}
	return len(s.waiters) == 0 && !b.closed && s.want.Version <= op.Version && !op.State.Final()
}

// storePlace stores where op's card was posted, if it is not stored yet, and returns
// the version that the card shows. other says that another replica has posted one in
// the meantime: then that one is the card, and this one is removed.
func (b *Board) storePlace(ctx context.Context, op operation.Operation) (version int64, other bool, err error) {
	card := b.unplacedCard(op.ID)
	if card.TS == "" {
		return op.Version, false, nil
	}
	before, err := b.place(ctx, op.ID, card, "")
	if err != nil {
		return 0, false, err
	}
	b.setUnplaced(op.ID, operation.Card{})
	if isOther(before, card.TS, "") {
		b.remove(ctx, op, card.Channel, card.TS)
		return before.Shown, true, nil
	}
	return card.Shown, false, nil
}

// placeBeside stores the place of op's card placeAfter its post, while an edit that
// would store it as well waits for Slack. The function it returns ends that; other is
// as of storePlace.
func (b *Board) placeBeside(ctx context.Context, op operation.Operation) (end func() (other bool)) {
	b.mu.Lock()
	card := b.unplaced[op.ID]
	b.mu.Unlock()
	if card.TS == "" {
		return func() bool { return false }
	}
	done, other := make(chan struct{}), false
	t := time.AfterFunc(time.Until(card.at.Add(placeAfter)), func() {
		defer close(done)
		var err error
		if _, other, err = b.storePlace(ctx, op); err != nil { // it is stored after the edit
			b.Log.Info("place of a card is not stored yet", zap.String("operation", op.ID), zap.Error(err))
		}
	})
	return func() bool {
		if t.Stop() {
			return false
		}
		<-done
		return other
	}
}

// isOther reports whether the stored card is another message than ts and the message
// that ts replaces: then the stored one stays.
func isOther(stored operation.Card, ts, gone string) bool {
	return stored.TS != "" && stored.TS != ts && stored.TS != gone
}
