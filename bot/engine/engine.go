// Package engine runs each operation to its end, in one live process at a time.
// It is the only importer of DBOS Transact
// (github.com/dbos-inc/dbos-transact-golang). The tables of DBOS are in the
// journal's database.
//
// The journal stores which process runs an operation: a lease with a run number.
// An operation gets a new run with a higher number when its lease belongs to a
// dead process, or to this one and no run is active. The tables of DBOS do not
// decide this. DBOS wakes waiting runs and records the steps of a run; a new run
// begins at the first step. Package operation decides what an operation means and
// what a step does when it is entered twice.
//
// On PostgreSQL several processes may run operations of one database. Each writes
// a heartbeat, by the database's clock. When one dies, the others take over its
// operations within 10 s; when one leaves, at once. A process that was paused for
// longer begins no step, makes no call and must end.
//
// Goroutines belong to Run or to the DBOS runtime. Stop waits for those of the
// runtime until its context ends. The package must not know Slack, Zenlayer, or
// what the journal stores.
package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
	_ "github.com/dbos-inc/dbos-transact-golang/dbos/driver/sqlite" // registers SQLite with DBOS
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"

	"lbbot/bot/operation"
)

const (
	appName = "lbbot"

	// version is constant, so that DBOS does not warn about each new build. DBOS
	// does not resume runs, so new steps in Execute need no new version.
	version = "lbbot-1"

	workflow  = "operation"
	pokeTopic = "poke"
)

// Config of an Engine. Set DB for SQLite, or PostgresURL and Replicas for
// PostgreSQL. The other fields are required, except Ended.
type Config struct {
	DB *sql.DB // SQLite, shared with the journal

	PostgresURL string   // may hold a password; the engine opens up to 8 connections
	Replicas    Replicas // in the same database

	Name   string // of this process; new at each start
	Leases Leases // of this process, in the journal

	Execute func(run operation.Run, id string) error // runs one operation
	Log     *zap.Logger

	// Ended is called once by Stop, when no step runs or the context of Stop has
	// ended. On SQLite the runtime then closes the database. Ended must not block
	// without limit. It may be nil.
	Ended func(ctx context.Context)
}

// Engine implements operation.Engine.
type Engine struct {
	dbos    dbos.Context
	name    string
	leases  Leases
	execute func(operation.Run, string) error
	ended   func(context.Context) // may be nil
	log     *zap.Logger
	replica *replica      // nil on SQLite
	pool    *pgxpool.Pool // nil on SQLite; the runtime closes it

	unresumed lastCause // of resume; used by Run only

	mu       sync.Mutex
	running  map[string]int64 // run numbers in this process by operation; 0: being started
	draining bool
	stopped  bool
	steps    sync.WaitGroup

	// hard cancels steps that are still running when the drain time is over.
	hard     context.Context //nolint:containedctx // the stop signal of this engine's steps
	hardStop context.CancelCauseFunc
}

// New prepares an engine and creates or migrates its tables. It blocks for that,
// and while another replica migrates, until ctx ends. Nothing runs before Launch.
// Close an engine that is never stopped.
func New(ctx context.Context, c Config) (_ *Engine, err error) {
	e := &Engine{name: c.Name, leases: c.Leases, execute: c.Execute, ended: c.Ended, log: c.Log,
		running: map[string]int64{}}
	e.hard, e.hardStop = context.WithCancelCause(context.WithoutCancel(ctx))
	prepare := func(fn func() error) error { return fn() }
	if c.PostgresURL != "" {
		e.replica = newReplica(c.Name, c.Replicas)
		if e.pool, err = openPool(ctx, c.PostgresURL, e.admit); err != nil {
			return nil, fmt.Errorf("opening the engine's connections: %w", err)
		}
		prepare = func(fn func() error) error { return withMigrationLock(ctx, e.pool, fn) }
	}
	err = prepare(func() (err error) {
		e.dbos, err = dbos.NewContext(context.WithoutCancel(ctx), dbos.Config{
			AppName: appName, ApplicationVersion: version, ExecutorID: e.name,
			SQLiteSystemDB: c.DB, SystemDBPool: e.pool,
			Logger: slog.New(quiet{zapslog.NewHandler(c.Log.Core(), zapslog.WithName("engine")), e.hard}),
		})
		return err
	})
	if err != nil {
		e.Close()
		return nil, fmt.Errorf("preparing the engine's tables: %w", err)
	}
	if e.dbos.GetApplicationVersion() != version || e.dbos.GetExecutorID() != e.name {
		e.Close()
		return nil, errors.New("unset DBOS__APPVERSION and DBOS__VMID: with them lbbot cannot resume its operations")
	}
	dbos.RegisterWorkflow(e.dbos, e.run, dbos.WithWorkflowName(workflow))
	return e, nil
}

// Close releases what New opened, unless Stop has done so.
func (e *Engine) Close() {
	if e.pool != nil && !e.stopped {
		e.pool.Close()
	}
}

// Launch registers this replica and starts the runtime; from then on Start works.
// Call Run right after it.
func (e *Engine) Launch(ctx context.Context) error {
	if err := e.join(ctx); err != nil {
		return fmt.Errorf("launching the engine: %w", err)
	}
	if err := e.dbos.Launch(); err != nil {
		return errors.Join(fmt.Errorf("launching the engine: %w", err), e.leave(ctx))
	}
	return nil
}

// Stop begins no further step, waits for running ones until ctx ends, cancels the
// rest, and stops the runtime. Cancelled operations continue in the next process,
// or in other replicas after Leave.
func (e *Engine) Stop(ctx context.Context) error {
	e.mu.Lock()
	e.draining = true
	if e.replica != nil {
		e.replica.wake()
	}
	e.mu.Unlock()

	done := make(chan struct{})
	go func() { e.steps.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
		e.log.Warn("steps were cancelled at the stop; their operations continue in the next process")
	}
	e.hardStop(errors.New("the bot is stopping"))
	e.stopped = true
	if e.ended != nil {
		e.ended(ctx)
	}
	err := dbos.Shutdown(e.dbos, 5*time.Second)
	if err == nil {
		<-done
	}
	if err != nil {
		return fmt.Errorf("stopping the engine: %w", err)
	}
	return nil
}

// Leave hands unfinished operations over to the other replicas at once. Call it
// after Stop, and only when this process does no more work for an operation:
// another replica may continue it immediately. Leave ignores the end of ctx and
// blocks for up to 2 s. On SQLite it does nothing.
func (e *Engine) Leave(ctx context.Context) error {
	if err := e.leave(ctx); err != nil {
		return fmt.Errorf("handing over to other replicas: %w", err)
	}
	return nil
}

// Prune deletes up to limit runs that ended before the given time and returns how
// many. It blocks for the deletion.
func (e *Engine) Prune(_ context.Context, before time.Time, limit int) (int, error) {
	old, err := dbos.ListWorkflows(e.dbos, dbos.WithFilterCompletedBefore(before),
		dbos.WithFilterStatus(dbos.WorkflowStatusSuccess, dbos.WorkflowStatusError, dbos.WorkflowStatusCancelled),
		dbos.WithFilterLimit(limit), dbos.WithFilterLoadInput(false), dbos.WithFilterLoadOutput(false))
	if err != nil {
		return 0, fmt.Errorf("looking for old runs: %w", err)
	}
	if len(old) == 0 {
		return 0, nil
	}
	ids := make([]string, len(old))
	for i, w := range old {
		ids[i] = w.ID
	}
	if err := dbos.DeleteWorkflows(e.dbos, ids); err != nil {
		return 0, fmt.Errorf("deleting old runs: %w", err)
	}
	return len(ids), nil
}

// detached is cancelled with one context and has the values of another.
type detached struct {
	context.Context
	values context.Context //nolint:containedctx // it combines two contexts
}

func (d detached) Value(key any) any { return d.values.Value(key) }

// quiet drops log records of DBOS that an operator need not see: DBOS logs each
// start at info level, and our own lines say more.
type quiet struct {
	slog.Handler
	hard context.Context //nolint:containedctx // the stop signal of the engine that logs
}

func (q quiet) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }

func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "timeout reached") {
		return nil // logged for each wait that ends by its timeout
	}
	if q.hard.Err() != nil && isCancelled(r) {
		return nil // the stop cancels waits; the next process continues
	}
	return q.Handler.Handle(ctx, r)
}

// isCancelled reports whether a record is about a cancelled context.
func isCancelled(r slog.Record) bool {
	found := strings.Contains(r.Message, "context cancelled")
	r.Attrs(func(a slog.Attr) bool {
		found = found || strings.Contains(a.Value.String(), context.Canceled.Error())
		return !found
	})
	return found
}

func (q quiet) WithAttrs(a []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(a), q.hard} }
func (q quiet) WithGroup(n string) slog.Handler      { return quiet{q.Handler.WithGroup(n), q.hard} }

var _ operation.Engine = (*Engine)(nil)
