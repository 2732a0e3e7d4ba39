package slackapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
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
	// PlaceCard stores where the card was posted, unless it stands elsewhere
	// than in the message that is gone: the first place counts. It returns the
	// card as it is then.
	PlaceCard(ctx context.Context, operationID string, c operation.Card, gone string) (operation.Card, error)
	// SaveCard stores what Slack has taken. It never goes back.
	SaveCard(ctx context.Context, operationID string, c operation.Card) error
}

// BoardConfig configures Boards. All fields but Owner, ConsoleURL and
// Reminders are required.
type BoardConfig struct {
	Web        *Web
	Cards      Cards
	Approvals  Cards           // the second cards, in the channels where approval is asked for
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
type Board struct {
	BoardConfig
	kind      kind
	pace      *pace
	delivered *prometheus.CounterVec

	mu     sync.Mutex
	slots  map[string]*slot
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

// kind is what the cards of a board are: of each kind, an operation has one at
// most.
type kind struct {
	name     string // for the metrics
	event    string // names the metadata by which a card is found again
	render   func(operation.Operation, wording) message
	target   func(operation.Operation) string   // the channel it should be in
	instead  func(operation.Operation) []string // where it goes when that refuses, in this order
	sayMoved bool                               // the asker is told that it went elsewhere
}

// newKind makes a board of one kind. Boards that share a pace share what Slack
// takes in a channel.
func newKind(c BoardConfig, k kind, p *pace) *Board {
	b := &Board{BoardConfig: c, kind: k, pace: p, slots: map[string]*slot{},
		delivered: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lbbot_cards_total", Help: "Tries to show a card, by what came of it.",
			ConstLabels: prometheus.Labels{"card": k.name}}, []string{"result"})}
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

// Show makes the card show op soon and does not block.
func (b *Board) Show(op operation.Operation) { b.want(op, nil) }

// Report makes the card show op and returns when Slack has taken it, or with
// the error that kept it from that, or when ctx ends.
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
		version, err := b.show(op)
		b.mu.Lock()
		if err != nil {
			b.delivered.WithLabelValues("failed").Inc()
			b.Log.Warn("card could not be shown", zap.String("operation", id), zap.Int64("version", op.Version), zap.Error(err))
			over := s.want.Version <= op.Version || b.ctx.Err() != nil
			if over {
				delete(b.slots, id)
				b.settle(s, s.want.Version, err)
			} else {
				b.settle(s, op.Version, err) // something newer came meanwhile, and nobody may ask for it again
			}
			b.mu.Unlock()
			if over {
				return
			}
			continue
		}
		shown = max(shown, version)
		b.settle(s, shown, nil)
		b.mu.Unlock()
	}
}

// newest returns what is wanted of an operation by now: whatever waits for its
// turn sends that.
func (b *Board) newest(op operation.Operation) operation.Operation {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s, ok := b.slots[op.ID]; ok && s.want.Version > op.Version {
		return s.want
	}
	return op
}

// settle tells those who wait for a version up to this one what came of it.
func (b *Board) settle(s *slot, version int64, err error) {
	s.waiters = slices.DeleteFunc(s.waiters, func(w waiter) bool {
		if w.version > version {
			return false
		}
		w.done <- err
		return true
	})
}

// wording is what the words of op's card need to know.
func (b *Board) wording(op operation.Operation) wording {
	w := wording{Bot: b.Bot, Owner: b.Owner, ConsoleURL: b.ConsoleURL, At: b.Now(), Reminders: b.Reminders}
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
	_, _, err := b.Web.post(ctx, b.Owner, ownerMessage(op, b.wording(op)))
	return err
}

// lane returns the limiter of a channel.
func (b *Board) lane(channel string) *rate.Limiter { return b.pace.lane(channel) }

// pace is what Slack takes in each channel.
type pace struct {
	mu    sync.Mutex
	lanes map[string]*rate.Limiter
}

func newPace() *pace { return &pace{lanes: map[string]*rate.Limiter{}} }

func (p *pace) lane(channel string) *rate.Limiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, ok := p.lanes[channel]
	if !ok {
		if len(p.lanes) > 10_000 {
			clear(p.lanes) // forgetting costs a 429 at worst, which is waited for
		}
		l = rate.NewLimiter(perSecond, burst)
		p.lanes[channel] = l
	}
	return l
}

var _ operation.Directory = (*Directory)(nil)

// cardLink returns the address of an operation's card, empty if there is none.
func (b *Board) cardLink(ctx context.Context, id string) string {
	card, err := b.Cards.Card(ctx, id)
	if err != nil {
		return ""
	}
	return b.Web.permalink(ctx, card.Channel, card.TS)
}
