package slackapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/slack-go/slack"
	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"lbbot/bot/operation"
)

// Cards remembers where cards are. It is durable: a card is found again after
// a restart.
type Cards interface {
	// Card returns the card of an operation, the zero Card if it has none.
	Card(ctx context.Context, operationID string) (operation.Card, error)
	// BeginPost notes that a post is begun and returns the card as it was.
	BeginPost(ctx context.Context, operationID string, at time.Time) (operation.Card, error)
	// SaveCard stores what Slack has taken. It never goes back.
	SaveCard(ctx context.Context, operationID string, c operation.Card) error
}

// BoardConfig configures a Board. All fields but Owner and ConsoleURL are
// required.
type BoardConfig struct {
	Web        *Web
	Cards      Cards
	Owner      string // channel id for what needs an owner; empty: nobody is told
	ConsoleURL string
	Bot        string // how people mention the bot
	Now        func() time.Time
	Log        *zap.Logger
	Registerer prometheus.Registerer
}

// Board shows operations in Slack: one message each, posted once and edited
// as the operation moves. Changes that come faster than Slack takes them are
// coalesced: the last one is shown.
type Board struct {
	BoardConfig
	delivered *prometheus.CounterVec

	mu     sync.Mutex
	slots  map[string]*slot
	lanes  map[string]*rate.Limiter // by channel
	closed bool
	work   sync.WaitGroup
	ctx    context.Context //nolint:containedctx // ends the deliveries this value owns
	cancel context.CancelCauseFunc
}

// slot is an operation with something to show.
type slot struct {
	want    operation.Operation
	waiters []waiter
}

type waiter struct {
	version int64
	done    chan error // buffered
}

// Slack takes one message a second in a channel and short bursts
// (docs.slack.dev/apis/web-api/rate-limits): the card and its result make one.
const (
	perSecond = 1
	burst     = 3
)

// NewBoard makes a board that delivers until Close.
func NewBoard(c BoardConfig) *Board {
	b := &Board{BoardConfig: c, slots: map[string]*slot{}, lanes: map[string]*rate.Limiter{},
		delivered: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lbbot_cards_total", Help: "Tries to show a card, by what came of it."}, []string{"result"})}
	for _, r := range []string{"posted", "edited", "found", "moved", "reposted", "failed"} {
		b.delivered.WithLabelValues(r)
	}
	c.Registerer.MustRegister(b.delivered)
	b.ctx, b.cancel = context.WithCancelCause(context.Background())
	return b
}

// Close waits until everything wanted is shown or ctx ends, and then ends the
// deliveries. What is not shown is shown after the next start.
func (b *Board) Close(ctx context.Context) {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	done := make(chan struct{})
	go func() { b.work.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
	b.cancel(errors.New("the bot is stopping"))
	<-done
}

// Show implements operation.Reporter.
func (b *Board) Show(op operation.Operation) { b.want(op, nil) }

// Report implements operation.Reporter.
func (b *Board) Report(ctx context.Context, op operation.Operation) error {
	w := waiter{version: op.Version, done: make(chan error, 1)}
	b.want(op, &w)
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("showing %s: %w", op.Ref, context.Cause(ctx))
	}
}

// want puts op up for showing and starts a delivery if none is under way.
func (b *Board) want(op operation.Operation, w *waiter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, busy := b.slots[op.ID]
	if !busy {
		if b.closed {
			if w != nil {
				w.done <- errors.New("the bot is stopping")
			}
			return
		}
		s = &slot{want: op}
		b.slots[op.ID] = s
		b.work.Add(1)
		go b.deliver(op.ID, s)
	}
	if op.Version > s.want.Version {
		s.want = op
	}
	if w != nil {
		s.waiters = append(s.waiters, *w)
	}
}

// deliver shows what a slot wants until there is nothing newer, or it fails:
// then those who wait are told, and whoever must have it shown asks again.
func (b *Board) deliver(id string, s *slot) {
	defer b.work.Done()
	shown := int64(-1)
	for {
		b.mu.Lock()
		op := s.want
		if op.Version <= shown {
			delete(b.slots, id)
			b.settle(s, shown, nil)
			b.mu.Unlock()
			return
		}
		b.mu.Unlock()
		version, err := b.show(b.ctx, op)
		b.mu.Lock()
		if err != nil {
			b.delivered.WithLabelValues("failed").Inc()
			b.Log.Warn("card could not be shown", zap.String("operation", id), zap.Int64("version", op.Version), zap.Error(err))
			delete(b.slots, id)
			b.settle(s, shown, err)
			b.mu.Unlock()
			return
		}
		shown = max(version, op.Version)
		b.settle(s, shown, nil)
		b.mu.Unlock()
	}
}

// settle tells the waiters whose version is shown, or all of them about err.
func (b *Board) settle(s *slot, shown int64, err error) {
	s.waiters = slices.DeleteFunc(s.waiters, func(w waiter) bool {
		switch {
		case w.version <= shown:
			w.done <- nil
		case err != nil:
			w.done <- err
		default:
			return false
		}
		return true
	})
}

// show makes the card show op and returns the version it shows.
func (b *Board) show(ctx context.Context, op operation.Operation) (int64, error) {
	card, err := b.Cards.Card(ctx, op.ID)
	if err != nil {
		return 0, fmt.Errorf("looking up the card: %w", err)
	}
	if card.TS != "" && card.Shown >= op.Version {
		return card.Shown, nil
	}
	if card.TS != "" {
		return b.update(ctx, op, card)
	}
	return b.first(ctx, op, wording{})
}

// update edits the card where it is; a card that is gone is posted anew.
func (b *Board) update(ctx context.Context, op operation.Operation, card operation.Card) (int64, error) {
	if err := b.lane(card.Channel).Wait(ctx); err != nil {
		return 0, err
	}
	w := b.wording(op)
	if card.Closed {
		w.Late = 0 // the result was there in time; this is a later line on it
	}
	if card.Channel != op.Place.ResultID {
		w.Refused = op.Place.ResultID
	}
	err := b.Web.edit(ctx, card.Channel, card.TS, cardMessage(op, w))
	switch errorCode(err) {
	case "message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found", "is_inactive", "not_in_channel", "is_archived":
		b.Log.Info("card is gone and is posted anew", zap.String("operation", op.ID), zap.String("why", errorCode(err)))
		b.delivered.WithLabelValues("reposted").Inc()
		return b.first(ctx, op, wording{Continues: true})
	}
	if err != nil {
		return 0, err
	}
	b.delivered.WithLabelValues("edited").Inc()
	return op.Version, b.save(ctx, op, card.Channel, card.TS)
}

// first posts the card. chat.postMessage has no idempotency key, so a post is
// noted before it is made, and when an earlier one was noted without an answer
// we look for our own message before we post again.
func (b *Board) first(ctx context.Context, op operation.Operation, w wording) (int64, error) {
	before, err := b.Cards.BeginPost(ctx, op.ID, b.Now())
	if err != nil {
		return 0, fmt.Errorf("noting the post: %w", err)
	}
	if !before.Posting.IsZero() {
		channel, ts, looked := b.find(ctx, op, before.Posting)
		if ts != "" {
			b.delivered.WithLabelValues("found").Inc()
			return b.update(ctx, op, operation.Card{Channel: channel, TS: ts})
		}
		w.Continues = w.Continues || !looked
	}
	base := b.wording(op)
	base.Continues = w.Continues
	return b.post(ctx, op, base)
}

// post tries the channel asked for, and then the person.
func (b *Board) post(ctx context.Context, op operation.Operation, w wording) (int64, error) {
	if err := b.lane(op.Place.ResultID).Wait(ctx); err != nil {
		return 0, err
	}
	ts, err := b.Web.post(ctx, op.Place.ResultID, cardMessage(op, w))
	channel := op.Place.ResultID
	if refusedChannel(errorCode(err)) {
		b.Log.Warn("channel refuses the card; it goes to the person", zap.String("operation", op.ID), zap.String("channel", op.Place.ResultID), zap.String("why", errorCode(err)))
		b.delivered.WithLabelValues("moved").Inc()
		b.sayMoved(ctx, op)
		w.Refused = op.Place.ResultID
		channel, ts, err = b.postDirect(ctx, op, w)
	}
	if err != nil {
		if certainlyNotDone(err) {
			// Nothing was posted, so nothing has to be looked for next time.
			if saveErr := b.Cards.SaveCard(ctx, op.ID, operation.Card{}); saveErr != nil {
				b.Log.Warn("failed post could not be noted", zap.String("operation", op.ID), zap.Error(saveErr))
			}
		}
		return 0, err
	}
	b.delivered.WithLabelValues("posted").Inc()
	return op.Version, b.save(ctx, op, channel, ts)
}

// postDirect posts to the person; Slack answers with the channel of the direct
// message, which is where the card is edited from then on.
func (b *Board) postDirect(ctx context.Context, op operation.Operation, w wording) (channel, ts string, err error) {
	m := cardMessage(op, w)
	options := []slack.MsgOption{slack.MsgOptionText(m.Text, false), slack.MsgOptionBlocks(m.Blocks...)}
	if m.Metadata != nil {
		options = append(options, slack.MsgOptionMetadata(*m.Metadata))
	}
	channel, ts, err = b.Web.patient.PostMessageContext(ctx, op.Actor.UserID, options...)
	if err != nil {
		return "", "", fmt.Errorf("posting to %s: %w", op.Actor.UserID, scrub(err))
	}
	return channel, ts, nil
}

// sayMoved tells the person, where they asked, that the card goes to them.
func (b *Board) sayMoved(ctx context.Context, op operation.Operation) {
	if op.Place.ResponseURL == "" || !b.Now().Before(op.Place.ResponseBy) {
		return
	}
	m := movedMessage(op, b.wording(op))
	if err := b.Web.respond(ctx, op.Place.ResponseURL, response{Text: m.Text, Blocks: m.Blocks, ResponseType: "ephemeral"}); err != nil {
		b.Log.Info("person could not be told where the card goes", zap.String("operation", op.ID), zap.Error(err))
	}
}

// find looks for a card that was posted without our learning of it. looked is
// false when Slack does not let us look: the scope for it is optional.
func (b *Board) find(ctx context.Context, op operation.Operation, since time.Time) (channel, ts string, looked bool) {
	h, err := b.Web.patient.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
		ChannelID: op.Place.ResultID, Oldest: fmt.Sprintf("%d.000000", since.Add(-time.Minute).Unix()), Limit: 200, IncludeAllMetadata: true})
	if err != nil {
		b.Log.Info("channel cannot be searched for an earlier card", zap.String("operation", op.ID), zap.String("why", errorCode(err)))
		return "", "", false
	}
	for _, m := range h.Messages {
		if m.Metadata.EventType == metadataEvent && m.Metadata.EventPayload["id"] == op.ID {
			return op.Place.ResultID, m.Timestamp, true
		}
	}
	return "", "", true
}

func (b *Board) save(ctx context.Context, op operation.Operation, channel, ts string) error {
	c := operation.Card{Channel: channel, TS: ts, Shown: op.Version, Closed: op.State.Final()}
	// The message is there: not storing its place would post it again.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := b.Cards.SaveCard(ctx, op.ID, c); err != nil {
		return fmt.Errorf("storing the place of the card: %w", err)
	}
	return nil
}

// refusedChannel reports whether a code means that the bot cannot post there,
// however often it tries.
func refusedChannel(code string) bool {
	return slices.Contains([]string{"not_in_channel", "channel_not_found", "is_archived", "restricted_action",
		"restricted_action_read_only_channel", "restricted_action_thread_only_channel", "restricted_action_non_threadable_channel",
		"restricted_action_thread_locked", "messages_tab_disabled"}, code)
}

// wording is what the words of op's card need to know.
func (b *Board) wording(op operation.Operation) wording {
	w := wording{Bot: b.Bot, Owner: b.Owner, ConsoleURL: b.ConsoleURL, At: b.Now()}
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
	if err := b.lane(b.Owner).Wait(ctx); err != nil {
		return err
	}
	_, err := b.Web.post(ctx, b.Owner, ownerMessage(op, b.wording(op)))
	return err
}

// lane returns the limiter of a channel.
func (b *Board) lane(channel string) *rate.Limiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	l, ok := b.lanes[channel]
	if !ok {
		if len(b.lanes) > 10_000 {
			clear(b.lanes) // forgetting costs a 429 at worst, which is waited for
		}
		l = rate.NewLimiter(perSecond, burst)
		b.lanes[channel] = l
	}
	return l
}

var (
	_ operation.Reporter  = (*Board)(nil)
	_ operation.Directory = (*Directory)(nil)
)

// cardLink returns the address of an operation's card, empty if there is none.
func (b *Board) cardLink(ctx context.Context, id string) string {
	card, err := b.Cards.Card(ctx, id)
	if err != nil {
		return ""
	}
	return b.Web.permalink(ctx, card.Channel, card.TS)
}
