package slackapp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/socket"
)

// History is the audit trail as far as status shows it.
type History interface {
	// Events returns what happened to an operation, oldest first.
	Events(ctx context.Context, operationID string) ([]operation.Event, error)
}

// Config configures an App. All fields but Owner and ConsoleURL are required.
type Config struct {
	Web       *Web
	Board     *Board
	Directory *Directory
	Intake    *operation.Intake
	Journal   operation.Journal
	History   History
	Explainer operation.Explainer
	Confirm   operation.Confirm

	Owner      string
	ConsoleURL string
	Bot        string

	Now        func() time.Time
	NewID      func() string
	Log        *zap.Logger
	Registerer prometheus.Registerer
}

// App takes envelopes and answers them. Its Receive is given to the socket.
type App struct {
	Config
	lanes   *lanes
	memory  *memory
	metrics *metrics
	ctx     context.Context //nolint:containedctx // ends the work this value owns
	cancel  context.CancelCauseFunc
}

// maxTasks bounds the envelopes being worked on. Beyond it people are told
// that the bot is busy, which is better than silence.
const maxTasks = 512

// taskWithin bounds the work on one envelope.
const taskWithin = 30 * time.Second

type metrics struct {
	envelopes *prometheus.CounterVec
	ackTime   prometheus.Histogram
	acks      *prometheus.CounterVec
	faults    *prometheus.CounterVec
}

// New makes an App. It calls nothing.
func New(c Config) *App {
	a := &App{Config: c, lanes: newLanes(maxTasks), memory: newMemory(c.Now, c.NewID), metrics: newMetrics(c.Registerer)}
	a.ctx, a.cancel = context.WithCancelCause(context.Background())
	return a
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		envelopes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lbbot_envelopes_total", Help: "Envelopes from Slack by kind."}, []string{"kind"}),
		ackTime:   prometheus.NewHistogram(prometheus.HistogramOpts{Name: "lbbot_ack_seconds", Help: "Seconds from receipt of an envelope to its written ack.", Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 3}}),
		acks:      prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lbbot_acks_total", Help: "Acks by what came of writing them."}, []string{"result"}),
		faults:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lbbot_envelope_faults_total", Help: "Envelopes that could not be handled as meant."}, []string{"fault"}),
	}
	for _, k := range []string{kindCommand, kindClick, kindSubmit, kindClosed, kindSuggestion, kindShortcut, kindMessageAct, kindEvent, "other"} {
		m.envelopes.WithLabelValues(k)
	}
	for _, r := range []string{"written", "failed"} {
		m.acks.WithLabelValues(r)
	}
	for _, f := range []string{"undecodable", "unknown", "busy", "panic", "unanswered", "untold"} {
		m.faults.WithLabelValues(f)
	}
	reg.MustRegister(m.envelopes, m.ackTime, m.acks, m.faults)
	return m
}

// Receive takes one envelope and returns at once. It may be called from
// several goroutines.
func (a *App) Receive(e socket.Envelope) {
	d, err := decode(e)
	answer := &answer{app: a, envelope: e}
	if err != nil {
		a.metrics.faults.WithLabelValues("undecodable").Inc()
		a.Log.Error("envelope could not be decoded", zap.String("type", e.Type), zap.String("envelope", e.ID), zap.Error(err))
	}
	a.count(d.Kind)
	task := func() { a.work(d, answer, err == nil) }
	if a.lanes.run(d.Lane, task) {
		return
	}
	a.metrics.faults.WithLabelValues("busy").Inc()
	a.Log.Warn("too much work; a person is asked to try again", zap.String("kind", d.Kind))
	a.lanes.work.Add(1)
	go func() {
		defer a.lanes.work.Done()
		ctx, cancel := context.WithTimeout(a.ctx, taskWithin)
		defer cancel()
		a.sayBusy(ctx, d, answer)
	}()
}

func (a *App) count(kind string) {
	switch kind {
	case kindCommand, kindClick, kindSubmit, kindClosed, kindSuggestion, kindShortcut, kindMessageAct, kindEvent:
	default:
		kind = "other"
	}
	a.metrics.envelopes.WithLabelValues(kind).Inc()
}

// work handles one envelope: whatever happens in between, it is acked once,
// and a panic ends nothing but this answer.
func (a *App) work(d delivery, answer *answer, decoded bool) {
	ctx, cancel := context.WithTimeoutCause(a.ctx, taskWithin, fmt.Errorf("answering took longer than %s", taskWithin))
	defer cancel()
	defer answer.empty(ctx)
	defer func() {
		if problem := recover(); problem != nil {
			token := a.NewID()
			a.metrics.faults.WithLabelValues("panic").Inc()
			a.Log.Error("handling an envelope panicked", zap.String("kind", d.Kind), zap.String("token", token), zap.Any("problem", problem), zap.Stack("stack"))
			answer.empty(ctx)
			a.tell(ctx, d, faultMessage(token, a.wording()))
		}
	}()
	if !decoded {
		return
	}
	a.handle(ctx, d, answer)
}

// handle sends a delivery to the one who answers it.
func (a *App) handle(ctx context.Context, d delivery, answer *answer) {
	switch d.Kind {
	case kindCommand:
		a.command(ctx, d, answer)
	case kindSubmit:
		a.submit(ctx, d, answer)
	case kindClick:
		a.click(ctx, d, answer)
	case kindClosed:
		answer.empty(ctx)
	case kindSuggestion:
		answer.with(ctx, map[string]any{"options": []any{}})
	case kindShortcut, kindMessageAct:
		answer.empty(ctx)
		a.tell(ctx, d, notYetMessage(unofferedShortcut))
	case kindEvent:
		answer.empty(ctx)
		if d.Event.Type == "app_mention" && d.Event.BotID == "" && a.firstTime(ctx, d.Key) {
			a.tell(ctx, d, notYetMessage(unofferedMention))
		}
	default:
		answer.empty(ctx)
		a.metrics.faults.WithLabelValues("unknown").Inc()
		a.Log.Warn("unknown kind of envelope", zap.String("kind", d.Kind))
	}
}

// firstTime reports whether a delivery is new. A journal that does not answer
// makes it new: what it starts is safe to start twice.
func (a *App) firstTime(ctx context.Context, key string) bool {
	first, err := a.Journal.First(ctx, "seen:"+key, a.Now()) // apart from the keys of acceptances
	if err != nil {
		a.Log.Warn("a delivery's key could not be noted", zap.Error(err))
		return true
	}
	return first
}

// Close waits for the work on envelopes until ctx ends, then cuts it off. The
// socket must have stopped giving envelopes.
func (a *App) Close(ctx context.Context) {
	done := make(chan struct{})
	go func() { a.lanes.wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
	a.cancel(errors.New("the bot is stopping"))
	<-done
}

func (a *App) wording() wording {
	return wording{Bot: a.Bot, Owner: a.Owner, ConsoleURL: a.ConsoleURL, At: a.Now()}
}
