package board

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/web"
)

// Cards remembers where cards are. It is durable: a card is found again after
// a restart.
type Cards interface {
	// Card returns the card of an operation, the zero Card if it has none.
	Card(ctx context.Context, operationID string) (operation.Card, error)
	// BeginPost records that a post has begun and returns the previous card.
	BeginPost(ctx context.Context, operationID string, at time.Time) (operation.Card, error)
	// PlaceCard stores where the card was posted, and returns the previous card,
	// atomically. The first place counts: another place that is stored stays unless it
	// is the message gone.
	PlaceCard(ctx context.Context, operationID string, c operation.Card, gone string) (operation.Card, error)
	// SaveCard stores the version that Slack shows and returns the previous card,
	// atomically. An older version never replaces a newer one.
	SaveCard(ctx context.Context, operationID string, c operation.Card) (operation.Card, error)
}

// Config configures Boards. All fields but Owner, ConsoleURL and
// Reminders are required.
type Config struct {
	Web        *web.Client
	Cards      Cards
	Approvals  Cards // the second cards, in the channels where approval is asked for
	Stored     func(ctx context.Context, id string) (operation.Operation, error)
	Reminders  []time.Duration // after asking for approval; for the words of its card
	Owner      string          // channel id for what needs an owner; empty: nobody is told
	ConsoleURL string
	Bot        string // how people mention the bot
	Now        func() time.Time
	Log        *zap.Logger
	Registerer prometheus.Registerer
}

// Board shows operations in Slack: one message each, posted once and edited
// as the operation moves. Changes that come faster than Slack takes them are
// coalesced: the last one is shown. Boards makes them.
//
// Slack may permanently refuse an edit at any time. Therefore a card is posted in
// words that stay true (render.Wording.Posted), and an edit before the end names
// its time. After a refused edit, nothing is shown until the operation has ended.
// Then one more message says the result and that it replaces the earlier card,
// which is deleted if Slack allows it. Later changes, such as Zenlayer's status,
// are not shown. A request to people does not wait for the end: if the current
// card does not show it, the card is replaced at once, once per request (see due).
type Board struct {
	Config
	kind      kind
	pace      *pace
	delivered *prometheus.CounterVec

	mu    sync.Mutex
	slots map[string]*slot
	// operations whose card may be older than the stored state: an edit began and was not compared yet
	unsure map[string]bool
	// cards that were posted and whose place is not stored yet: see placeAfter
	unplaced map[string]posted
	// of operations whose channel refuses the card: what the person read where they asked
	told   map[string]operation.State
	closed bool
	ends   chan struct{} // closed by Close: nothing is retried
	work   sync.WaitGroup
	ctx    context.Context //nolint:containedctx // ends the deliveries this value owns
	cancel context.CancelCauseFunc
}

// Slack takes one message a second in a channel and short bursts
// (docs.slack.dev/apis/web-api/rate-limits): the card and its result make one.
const (
	perSecond = 1
	burst     = 3
)

// kind is the kind of a board's cards. An operation has at most one card of each
// kind.
type kind struct {
	name     string // for the metrics
	event    string // names the metadata by which a card is found again
	render   func(operation.Operation, render.Wording) render.Message
	target   func(operation.Operation) spot   // where it should be
	instead  func(operation.Operation) []spot // where it goes when that refuses, in this order
	asks     func(operation.Operation) bool   // it has buttons that people must press
	sayMoved bool                             // the asker is told that it went elsewhere
}

// spot is a place for a message.
type spot struct {
	channel string // or the ID of a person
	thread  string // timestamp of the first message of a thread; empty: none
}

// resultSpot is where the result of op goes.
func resultSpot(op operation.Operation) spot {
	return spot{channel: op.Place.ResultID, thread: op.Place.ThreadTS}
}

// newKind makes a board of one kind. Boards with the same pace share the rate
// limit of each channel.
func newKind(c Config, k kind, p *pace) *Board {
	b := &Board{Config: c, kind: k, pace: p, slots: map[string]*slot{}, unsure: map[string]bool{},
		unplaced: map[string]posted{}, told: map[string]operation.State{}, ends: make(chan struct{}),
		delivered: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lbbot_cards_total",
			Help:        "Tries to show a card, by what came of it.",
			ConstLabels: prometheus.Labels{"card": k.name}}, []string{"result"})}
	for _, r := range []string{"posted", "edited", "found", "moved", "reposted", "withheld", "failed"} {
		b.delivered.WithLabelValues(r)
	}
	c.Registerer.MustRegister(b.delivered, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "lbbot_cards_waiting",
		Help:        "Operations whose card is being brought up to date.",
		ConstLabels: prometheus.Labels{"card": k.name}}, b.waiting))
	b.ctx, b.cancel = context.WithCancelCause(context.Background())
	return b
}

// Close waits until every card is up to date or ctx ends, and then ends the
// deliveries. The rest is shown after the next start.
func (b *Board) Close(ctx context.Context) {
	b.mu.Lock()
	if !b.closed {
		b.closed = true
		close(b.ends)
	}
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

// Show makes the card show op soon and does not block.
func (b *Board) Show(op operation.Operation) { b.want(op, nil, false) }

// Report makes the card show op. It blocks until Slack has taken it, a try has
// failed, or ctx ends.
func (b *Board) Report(ctx context.Context, op operation.Operation) error {
	w := waiter{version: op.Version, done: make(chan error, 1)}
	b.want(op, &w, false)
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("showing %s: %w", op.Ref, context.Cause(ctx))
	}
}

// Lane returns the limiter of a channel.
func (b *Board) Lane(channel string) *rate.Limiter { return b.pace.lane(channel) }
