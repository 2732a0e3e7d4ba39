package slackapp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	"lbbot/bot/operation/intake"
	"lbbot/bot/operation/suggest"
	"lbbot/bot/slackapp/board"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/home"
	"lbbot/bot/slackapp/memory"
	"lbbot/bot/slackapp/render"
	homeview "lbbot/bot/slackapp/render/home"
	"lbbot/bot/slackapp/render/private"
	"lbbot/bot/slackapp/socket"
	"lbbot/bot/slackapp/web"
)

// Deliveries notes which Slack deliveries are answered, across replicas.
// operation.Journal has the contracts of its methods.
type Deliveries interface {
	Delivered(ctx context.Context, delivery string) (operation.Delivered, error)
	Claim(ctx context.Context, delivery string) (bool, error)
	Told(ctx context.Context, delivery string) error
}

// Journal is the part of the journal that an App uses.
type Journal interface {
	Deliveries
	// Operation returns the operation with this ID or Ref, or operation.ErrNotFound.
	Operation(ctx context.Context, idOrRef string) (operation.Operation, error)
}

// History is the audit trail as far as status shows it.
type History interface {
	// Events returns what happened to an operation, oldest first.
	Events(ctx context.Context, operationID string) ([]operation.Event, error)
}

// Names finds in the lists of the form what a text names exactly, as in a command;
// false: nothing, or several. It does not block.
type Names interface {
	NamedListener(text string) (operation.Listener, bool)
	NamedServer(text string) (operation.Server, bool)
}

// Config configures an App. Owner, ConsoleURL and AppID are optional.
type Config struct {
	Web       *web.Client
	Board     *board.Boards
	Directory *web.Directory
	Intake    *intake.Intake
	Reader    *history.Reader
	Suggester *suggest.Suggester
	Journal   Journal
	History   History
	Choices   Choices
	Names     Names
	Explainer operation.Explainer
	Confirm   intake.Confirm
	State     func() homeview.State                // for owners, on their Home tab
	Examine   func(context.Context) []render.Check // for owners; blocks until all checks are played

	Owner      string
	ConsoleURL string
	Bot        string
	AppID      string // envelopes of another app are acked and dropped; empty: not checked

	Now        func() time.Time
	NewID      func() string
	Log        *zap.Logger
	Registerer prometheus.Registerer
}

// App takes envelopes and answers them. Its Receive is given to the socket.
type App struct {
	Config
	lanes       *lanes
	excuses     *lanes // what is said when the lanes are full
	backlog     backlog
	memory      *memory.Items
	asked       *memory.Claims
	lastActions *memory.LastActions
	metrics     *metrics
	homes       *home.Homes
	ctx         context.Context //nolint:containedctx // ends the work this value owns
	cancel      context.CancelCauseFunc
}

// maxTasks bounds the envelopes in work. Beyond it, people are told that the bot
// is busy.
const maxTasks = 512

const (
	maxExcuses = 64               // people being told so at the same time
	taskWithin = 30 * time.Second // the work on one envelope
	noteWithin = time.Second      // asking the journal about a delivery, and noting its answer
)

// New makes an App. It calls nothing.
func New(c Config) *App {
	a := &App{Config: c, memory: memory.NewItems(c.Now, c.NewID), asked: memory.NewClaims(c.Now),
		lastActions: memory.NewLastActions(c.Now), metrics: newMetrics(c.Registerer)}
	panicked := func(cause any) { // while it answered for another panic
		c.Log.Error("answering for a fault panicked", zap.Any("problem", cause), zap.Stack("stack"))
	}
	c.Registerer.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "lbbot_envelopes_unacked",
		Help: "Envelopes that were received and not acked yet."}, a.backlog.gauge))
	a.homes = a.newHomes()
	a.lanes, a.excuses = newLanes(maxTasks, panicked), newLanes(maxExcuses, panicked)
	a.ctx, a.cancel = context.WithCancelCause(context.Background())
	return a
}

// Receive takes one envelope and returns at once. It is safe for concurrent use.
func (a *App) Receive(e socket.Envelope) {
	d, err := a.read(e)
	a.count(d.Kind)
	a.backlog.enter()
	r := a.newAnswer(e, d)
	stop := r.ackDeadline(a.ctx)
	if a.lanes.run(d.Lane, func() { defer stop(); a.work(d, r, err) }) {
		return
	}
	a.metrics.faults.WithLabelValues("busy").Inc()
	a.Log.Warn("too much work; a person is asked to try again", zap.String("kind", d.Kind))
	if a.excuses.run("", func() { defer stop(); a.work(d, r, errBusy) }) {
		return
	}
	// No room for a message either: only ack. Slack limits how many acks can be
	// open.
	a.lanes.work.Go(func() { defer stop(); r.with(a.ctx, r.late) })
}

// errBusy says that an envelope is answered without any work on it.
var errBusy = errors.New("too much work")

// read is decode; a panic in it affects this envelope only.
func (a *App) read(e socket.Envelope) (d delivery.Delivery, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			d, err = delivery.Delivery{Kind: e.Type}, fmt.Errorf("decoding a %s envelope panicked: %v", e.Type, cause)
		}
	}()
	return delivery.Decode(e)
}

// work handles one envelope and acks it exactly once, even after a panic, which
// ends only this answer. trouble is why the envelope cannot be handled.
func (a *App) work(d delivery.Delivery, r *answer, trouble error) {
	ctx, cancel := context.WithTimeoutCause(a.ctx, taskWithin, fmt.Errorf("answering took longer than %s", taskWithin))
	defer cancel()
	defer r.empty(ctx)
	defer func() {
		if cause := recover(); cause != nil {
			a.broke(ctx, d, r, "panic", zap.Any("problem", cause), zap.Stack("stack"))
		}
	}()
	switch {
	case errors.Is(trouble, errBusy):
		a.sayBusy(ctx, d, r)
	case trouble != nil:
		a.broke(ctx, d, r, "undecodable", zap.Error(trouble))
	case a.AppID != "" && d.APIAppID != "" && d.APIAppID != a.AppID:
		r.empty(ctx)
		a.metrics.faults.WithLabelValues("foreign").Inc()
		a.Log.Error("envelope is for another app; it is not handled",
			zap.String("app_id", render.Clamp(d.APIAppID, 32)),
			zap.String("kind", d.Kind))
	default:
		a.handle(ctx, d, r)
	}
}

// broke answers an envelope that could not be handled: the person gets a message
// with a token that finds the cause in the log.
func (a *App) broke(ctx context.Context, d delivery.Delivery, r *answer, fault string, why ...zap.Field) {
	token := a.NewID()
	a.metrics.faults.WithLabelValues(fault).Inc()
	a.Log.Error("an envelope could not be handled", append(why, zap.String("fault", fault), zap.String("kind", d.Kind),
		zap.String("envelope", r.envelope.ID), zap.String("token", token))...)
	words := private.Fault(token, a.wording(), false)
	if fault == "panic" {
		words = a.broken(ctx, token, r)
	}
	switch {
	case d.Kind == delivery.KindCommand:
		a.say(ctx, d, r, words)
	case d.Kind == delivery.KindSubmit && d.View != nil:
		a.refuseSubmit(ctx, d, r, words, nil)
	case d.Kind == delivery.KindSuggestion:
		r.with(ctx, r.late)
	case d.Kind == delivery.KindClick || d.Kind == delivery.KindShortcut || d.Kind == delivery.KindMessageAct,
		mentions(d):
		a.tell(ctx, d, words)
	}
}

// handle passes a delivery to its handler. Slack is acked when the handler is done
// or ackBudget expires. If the process ends before, nothing was acked, and Slack
// delivers again or says that it failed.
func (a *App) handle(ctx context.Context, d delivery.Delivery, answer *answer) {
	switch d.Kind {
	case delivery.KindCommand:
		a.command(ctx, d, answer)
	case delivery.KindSubmit:
		a.submit(ctx, d, answer)
	case delivery.KindClick:
		a.click(ctx, d, answer)
	case delivery.KindClosed:
		answer.empty(ctx)
	case delivery.KindSuggestion:
		a.suggest(ctx, d, answer)
	case delivery.KindShortcut, delivery.KindMessageAct:
		answer.empty(ctx) // it stores nothing; a second delivery finds the trigger used up
		a.shortcut(ctx, d)
	case delivery.KindEvent:
		a.groupsChanged(d) // before the ack, so that an acked change is in effect
		a.homeOpened(d)
		a.mention(ctx, d, answer)
	default:
		answer.empty(ctx)
		a.metrics.faults.WithLabelValues("unknown").Inc()
		a.Log.Warn("unknown kind of envelope", zap.String("kind", render.Clamp(d.Kind, 64)))
	}
}

// groupsChanged drops the cached user groups when an event says that one
// changed, so that the next question reads them. Nothing else is taken from the
// event.
func (a *App) groupsChanged(d delivery.Delivery) {
	if strings.HasPrefix(d.Event.Type, "subteam_") {
		a.Directory.ForgetGroups()
	}
}

// Close waits for the work on envelopes until ctx ends, then cuts it off. The
// socket must have stopped giving envelopes.
func (a *App) Close(ctx context.Context) {
	done := make(chan struct{})
	go func() { a.lanes.wait(); a.excuses.wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
	a.cancel(errors.New("the bot is stopping"))
	<-done
	a.homes.Close()
}

func (a *App) wording() render.Wording {
	return render.Wording{Bot: a.Bot, Owner: a.Owner, ConsoleURL: a.ConsoleURL, At: a.Now(),
		Within: a.Intake.Settings.Approval.Within}
}
