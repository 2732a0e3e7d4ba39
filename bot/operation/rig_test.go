package operation_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	"lbbot/bot/operation/intake"
	"lbbot/bot/operation/runner"
	"lbbot/bot/operation/sweep"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// points are the places where a process can die: before and after every step,
// journal write and outside call.
type points struct {
	mu    sync.Mutex
	armed bool
	kill  func(n int, name string) bool
	aside func(n int, name string) // what happens meanwhile
	seen  []string
}

func (p *points) hit(name string) {
	p.mu.Lock()
	die := false
	if p.armed {
		p.seen = append(p.seen, name)
		die = p.kill != nil && p.kill(len(p.seen), name)
	}
	n, aside := len(p.seen), p.aside
	p.mu.Unlock()
	if aside != nil {
		aside(n, name)
	}
	if die {
		runtime.Goexit()
	}
}

func (p *points) arm(kill func(n int, name string) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed, p.kill, p.seen = true, kill, nil
}

// reporter records what was shown, and closes cards in the journal.
type reporter struct {
	mu      sync.Mutex
	at      *points
	journal *memory
	shown   []operation.Operation
	told    []operation.Operation
	said    []string // reminders, questions and lines about skipped approval, with the reference
	fault   func(name string) fault
}

func (r *reporter) Announce(op operation.Operation) { r.Show(op) }

func (r *reporter) Show(op operation.Operation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shown = append(r.shown, op)
}

func (r *reporter) do(ctx context.Context, name string, work func()) error {
	r.at.hit("before " + name)
	var f fault
	if r.fault != nil {
		f = r.fault(name)
	}
	if err := f.start(ctx); err != nil {
		return err
	}
	r.mu.Lock()
	work()
	r.mu.Unlock()
	r.at.hit("after " + name)
	return f.after
}

func (r *reporter) Report(ctx context.Context, op operation.Operation) error {
	return r.do(ctx, "Report", func() {
		r.shown = append(r.shown, op)
		if op.State.Final() {
			r.journal.mu.Lock()
			r.journal.closed[op.ID] = true
			r.journal.mu.Unlock()
		}
	})
}

func (r *reporter) TellOwner(ctx context.Context, op operation.Operation) error {
	return r.do(ctx, "TellOwner", func() { r.told = append(r.told, op) })
}

func (r *reporter) say(ctx context.Context, what string, op operation.Operation) error {
	return r.do(ctx, what, func() { r.said = append(r.said, what+" "+op.Ref) })
}

func (r *reporter) Remind(ctx context.Context, op operation.Operation) error {
	return r.say(ctx, "Remind", op)
}

func (r *reporter) TellSkipped(ctx context.Context, op operation.Operation) (int, error) {
	return min(len(op.Approval.Who.IDs), 20), r.say(ctx, "TellSkipped", op)
}

func (r *reporter) Question(ctx context.Context, op operation.Operation, _ operation.Actor) error {
	return r.say(ctx, "Question", op)
}

// heard lists what was said so far.
func (r *reporter) heard() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.said)
}

// states lists the states that were shown, repetitions left out.
func (r *reporter) states() []operation.State {
	r.mu.Lock()
	defer r.mu.Unlock()
	var states []operation.State
	for _, op := range r.shown {
		states = append(states, op.State)
	}
	return slices.Compact(states)
}

// gate is a Permission that tests switch.
type gate struct {
	private   map[string]bool // channels
	publicErr error
	mu        sync.Mutex
	admit     func(operation.Actor) operation.Decision
	place     func(operation.Place) bool // whether a channel can be seen
	decide    func(operation.Question) operation.Decision
	asked     []operation.Question

	who     operation.People // who may approve
	whoErr  error
	counted []operation.Question // what Who was asked
}

var yes = operation.Decision{Allowed: true, Person: true, Channel: true, Policies: []string{"everyone"}}

// rules changes the decisions while something is under way.
func (g *gate) rules(decide func(operation.Question) operation.Decision) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.decide = decide
}

func (g *gate) Decide(ctx context.Context, q operation.Question) operation.Decision {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, q)
	switch {
	case ctx.Err() != nil:
		return operation.Decision{Code: operation.DeniedUnchecked}
	case g.decide != nil:
		return g.decide(q)
	}
	return yes
}

// Who implements operation.Roster.
func (g *gate) Who(_ context.Context, q operation.Question, _ operation.Action) (operation.People, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.counted = append(g.counted, q)
	return g.who, g.whoErr
}

func (g *gate) Public(_ context.Context, channelID string) (bool, error) {
	return !g.private[channelID], g.publicErr
}

func (g *gate) Admit(_ context.Context, a operation.Actor, p operation.Place) operation.Decision {
	if g.place != nil && !g.place(p) {
		return operation.Decision{Code: operation.DeniedChannel}
	}
	if g.admit != nil {
		return g.admit(a)
	}
	return yes
}

// engine is an Engine whose runs are killed. As with the real one, the run after
// that has a higher number and begins at the first step.
type engine struct {
	mu      sync.Mutex
	at      *points
	runs    map[string]*record
	started []string
	err     error
}

type record struct{ pokes, missed chan struct{} }

func (e *engine) record(id string) *record {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.runs[id] == nil {
		e.runs[id] = &record{pokes: make(chan struct{}, 1), missed: make(chan struct{}, 1)}
	}
	return e.runs[id]
}

func (e *engine) Start(_ context.Context, id string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err == nil {
		e.started = append(e.started, id)
	}
	return e.err
}

// begun lists what was started.
func (e *engine) begun() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.started)
}

func (e *engine) Poke(_ context.Context, id string) error {
	r := e.record(id)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err == nil {
		select {
		case r.pokes <- struct{}{}:
		default:
		}
	}
	return e.err
}

// run is one run of an operation, in one process.
type run struct {
	*record
	ctx    context.Context //nolint:containedctx // it is the life of the process
	at     *points
	number int64
	lost   func() bool // another process has taken over
}

// lease is what the engine passes to a run.
func (r *run) lease() context.Context {
	return operation.WithLease(r.ctx, func(ctx context.Context) error {
		if r.lost() {
			<-ctx.Done() // as in a process that waits for a heartbeat which never counts
		}
		return context.Cause(ctx)
	})
}

func (r *run) Number() int64 { return r.number }

func (r *run) Wait(d time.Duration, changed func() (bool, error)) error {
	r.at.hit("before a wait")
	if d == 0 {
		if r.ctx.Err() != nil {
			return context.Cause(r.ctx)
		}
		r.at.hit("after a wait")
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	for over := false; !over; {
		select {
		case <-r.ctx.Done():
			return context.Cause(r.ctx)
		case <-r.pokes:
			over = true
		case <-r.missed:
			over = true
			if changed != nil {
				over, _ = changed()
			}
		case <-t.C:
			over = true
		}
	}
	r.at.hit("after a wait")
	return nil
}

// house is everything around the heart.
type house struct {
	t        require.TestingT
	at       *points
	journal  *memory
	cloud    *cloud
	reporter *reporter
	gate     *gate
	engine   *engine
	intake   *intake.Intake
	history  *history.Reader
	runner   *runner.Runner
	sweeping *sweep.Metrics
	counts   *prometheus.Registry
	log      *observer.ObservedLogs // errors of the runner
	skew     atomic.Int64           // what the clock is off by, in nanoseconds
	number   atomic.Int64
	stop     context.CancelCauseFunc
	clicked  time.Time // when Send was called
	before   int       // outside calls made until then
}

var (
	ana = operation.Actor{UserID: "U0ANA", TeamID: "T1"}
	bo  = operation.Actor{UserID: "U0BO", TeamID: "T1"}

	here = operation.Place{TeamID: "T1", ChannelID: "C1", ResultID: "C1"}
)

func newHouse(t require.TestingT) *house {
	at := &points{}
	journal := newMemory(at)
	h := &house{t: t, at: at, journal: journal, gate: &gate{},
		cloud:    &cloud{at: at, tokens: map[string]token{}},
		reporter: &reporter{at: at, journal: journal},
		engine:   &engine{at: at, runs: map[string]*record{}}}
	h.cloud.balancers, h.cloud.instances = sample()
	h.cloud.add(zenlayer.Backend{ListenerID: "lst-1", BackendID: "be-1", Name: "web-99", Port: "8080", Weight: 20,
		InstanceID: "i-99"})
	now := func() time.Time { return time.Now().Add(time.Duration(h.skew.Load())) }
	h.counts = prometheus.NewRegistry()
	metrics := runner.NewMetrics(h.counts)
	core, log := observer.New(zap.ErrorLevel)
	h.sweeping, h.log = sweep.NewMetrics(h.counts), log
	next := func(kind string) func() string {
		return func() string { return fmt.Sprintf("%s-%06d", kind, h.number.Add(1)) }
	}
	asking := operation.ApprovalSettings{Within: 30 * time.Minute,
		Reminders: []time.Duration{5 * time.Minute, 15 * time.Minute}}
	h.intake = &intake.Intake{Journal: journal, Permission: h.gate, Roster: h.gate, Reporter: h.reporter,
		Catalog: h.cloud, Pools: h.cloud, Engine: h.engine,
		Settings: intake.Settings{Account: "acme", Approval: asking, Glass: 2,
			GlassIn: 7 * 24 * time.Hour}, Now: now, NewID: next("id"), NewToken: next("token"), NewRef: next("LBR"),
		Changes: map[operation.ChangeKind]operation.Change{operation.ChangeAdd: operation.Add{},
			operation.ChangeRemove: operation.Remove{}}, // nothing is sent by it
		Log: zap.NewNop(), Metrics: intake.NewMetrics(h.counts)}
	h.history = &history.Reader{Gate: h.intake, Permission: h.gate, Journal: journal, Catalog: h.cloud,
		Pools: h.cloud, Account: "acme", Now: now, Log: zap.NewNop()}
	h.runner = &runner.Runner{Journal: journal, Pools: h.cloud,
		Changes: map[operation.ChangeKind]operation.Change{operation.ChangeAdd: operation.Add{Registrar: h.cloud},
			operation.ChangeRemove: operation.Remove{Deregistrar: h.cloud}},
		Catalog: h.cloud, Permission: h.gate, Roster: h.gate, Reporter: h.reporter, Asking: asking,
		Now: now, Log: zap.New(core), Metrics: metrics}
	return h
}

// request asks for web-01 on lst-1, port 8080, weight 50.
func request() commands.Registration {
	return commands.Registration{Listener: named("lst-1"), Server: "web-01", Ports: []int{8080}, Weight: 50}
}

func named(id string) commands.ListenerRef {
	return commands.ListenerRef{Text: id, ID: id, Name: id}
}

// ours is the entry that a colleague makes when doing the same by hand.
func ours(id string) zenlayer.Backend {
	return zenlayer.Backend{ListenerID: "lst-1", BackendID: id, Name: "by-hand", Status: "Available", Port: "8080",
		Weight: 50, InstanceID: "i-1"}
}

func (h *house) ask(reg commands.Registration) intake.Request {
	return intake.Request{Registration: reg, Actor: ana, Place: here, Delivery: h.delivery()}
}

func (h *house) delivery() string {
	return fmt.Sprintf("delivery-%d", h.number.Add(1))
}

func (h *house) click(id string, who operation.Actor) intake.Click {
	return intake.Click{OperationID: id, Actor: who, Place: here, Delivery: h.delivery()}
}

// accepted previews and sends a request; nothing runs yet.
func (h *house) accepted(reg commands.Registration) string {
	draft, err := h.intake.Preview(context.Background(), h.ask(reg))
	require.NoError(h.t, err)
	h.clicked, h.before = time.Now(), len(h.cloud.calls)
	op, err := h.intake.Send(context.Background(), h.click(draft.ID, ana))
	require.NoError(h.t, err)
	require.Equal(h.t, operation.Accepted, op.State)
	return op.ID
}

var errKilled = errors.New("killed")

// process starts the next run of an operation in a new process; the channel has
// its end.
func (h *house) process(id string) <-chan error {
	ctx, stop := context.WithCancelCause(context.Background())
	h.stop = stop
	number := h.journal.takeLease(id)
	r := &run{record: h.engine.record(id), ctx: ctx, at: h.at, number: number,
		lost: func() bool { return h.journal.lease(id) != number }}
	done := make(chan error, 1)
	go func() {
		err := errKilled
		defer func() { stop(nil); done <- err }()
		err = h.runner.Execute(r.lease(), r, id)
	}()
	return done
}

// carry runs an operation to its end, with a new process after each that died.
func (h *house) carry(id string) operation.Operation {
	for range 1000 {
		err := <-h.process(id)
		if err == nil {
			return h.journal.now(id)
		}
		require.ErrorIs(h.t, err, errKilled)
	}
	require.Fail(h.t, "the run never ended")
	return operation.Operation{}
}

// pass lets time go by.
func pass(d time.Duration) {
	synctest.Wait()
	<-time.After(d)
	synctest.Wait()
}

// scene runs a test with time of its own.
func scene(t *testing.T, play func(t *testing.T, h *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { play(t, newHouse(t)) })
}

// oursOn counts the entries that RegisterBackend made.
func (h *house) oursOn() int {
	h.cloud.mu.Lock()
	defer h.cloud.mu.Unlock()
	n := 0
	for _, e := range h.cloud.entries {
		if e.ours {
			n++
		}
	}
	return n
}

func (h *house) isClosed(id string) bool {
	h.journal.mu.Lock()
	defer h.journal.mu.Unlock()
	return h.journal.closed[id]
}
