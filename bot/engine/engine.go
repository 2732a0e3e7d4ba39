// Package engine runs each operation to its end, in one live process at a time.
//
// The journal stores which process runs an operation: a lease with a run number. An
// operation gets a new run with a higher number when its lease belongs to a dead
// process, or to this one and no run is active. Nothing else is stored: what a run
// waits for is in the journal, so a new run begins at the first step and waits
// again. Package operation decides what an operation means and what a step does when
// it is entered twice.
//
// On PostgreSQL several processes may run operations of one database. Each writes a
// heartbeat, by the database's clock. When one dies, the others take over its
// operations within 10 s; when one leaves, at once. A process that was paused for
// longer begins no step, makes no call and must end.
//
// Each run has a goroutine, which Stop ends; the others belong to Run. The package
// must not know Slack, Zenlayer, a database, or what the journal stores.
package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
)

// Config of an Engine. All fields are required, except Replicas.
type Config struct {
	Name     string   // of this process; new at each start
	Leases   Leases   // of this process, in the journal
	Replicas Replicas // nil on SQLite, where this process is alone

	Execute func(ctx context.Context, run operation.Run, id string) error // runs one operation
	Log     *zap.Logger
}

// Engine implements operation.Engine.
type Engine struct {
	name    string
	leases  Leases
	execute func(context.Context, operation.Run, string) error
	log     *zap.Logger
	replica *replica // nil on SQLite

	look      chan struct{} // asks for a look for operations without a run
	unresumed lastCause     // of resume; used by Run only

	mu      sync.Mutex
	running map[string]*run     // in this process, by operation
	failed  map[string]*failure // runs that have failed here, by operation
	over    []*run              // whose leases end with the next commit of endLease
	runs    sync.WaitGroup

	// stopping ends waits: no step begins after it. hard ends calls as well.
	stopping context.Context //nolint:containedctx // the stop signals of this engine's runs
	stop     context.CancelCauseFunc
	hard     context.Context //nolint:containedctx // the stop signals of this engine's runs
	hardStop context.CancelCauseFunc
}

var _ operation.Engine = (*Engine)(nil)

// New makes an engine. On PostgreSQL nothing runs before Join.
func New(c Config) *Engine {
	e := &Engine{name: c.Name, leases: c.Leases, execute: c.Execute, log: c.Log, look: make(chan struct{}, 1),
		running: map[string]*run{}, failed: map[string]*failure{}}
	e.hard, e.hardStop = context.WithCancelCause(context.Background())
	e.stopping, e.stop = context.WithCancelCause(e.hard)
	if c.Replicas != nil {
		e.replica = newReplica(c.Name, c.Replicas)
	}
	return e
}

var errStopping = errors.New("the engine is stopping")

// endWithin limits how long Stop waits for runs whose calls were cancelled.
const endWithin = 5 * time.Second

// Stop begins no further step, waits for running ones until ctx ends and cancels the
// rest. Cancelled operations continue in the next process, or in other replicas after
// Leave.
func (e *Engine) Stop(ctx context.Context) error {
	e.mu.Lock() // no run begins after this
	e.stop(errStopping)
	e.mu.Unlock()
	done := make(chan struct{})
	go func() { e.runs.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
		e.log.Warn("steps were cancelled at the stop; their operations continue in the next process")
	}
	e.hardStop(errStopping)
	select {
	case <-done:
		return nil
	case <-time.After(endWithin):
		return fmt.Errorf("runs did not end within %s after their calls were cancelled", endWithin)
	}
}

// Leave hands unfinished operations over to the other replicas at once. Call it
// after Stop, and only when this process does no more work for an operation:
// another replica may continue it immediately. Leave ignores the end of ctx and
// blocks for up to 2 s. On SQLite it does nothing.
func (e *Engine) Leave(ctx context.Context) error {
	if e.replica == nil {
		return nil
	}
	close(e.replica.left)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.replica.gone/2)
	defer cancel()
	if err := e.replica.table.Leave(ctx, e.replica.id); err != nil {
		return fmt.Errorf("handing over to other replicas: %w", err)
	}
	return nil
}

// lastCause keeps the text of the last error, to log a repeated cause once.
type lastCause struct{ text string }

// changed reports whether err differs from the error of the call before.
func (l *lastCause) changed(err error) bool {
	before := l.text
	l.text = ""
	if err != nil {
		l.text = err.Error()
	}
	return l.text != before
}
