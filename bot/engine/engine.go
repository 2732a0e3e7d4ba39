// Package engine runs operations until they have ended, in one live process at a
// time. It is the only importer of DBOS Transact
// (github.com/dbos-inc/dbos-transact-golang), whose tables live beside the
// journal's in the same database.
//
// The journal says which process carries an operation out, by a lease with a run
// number. An operation whose lease belongs to a process that is gone, or to this
// one without a run being under way, gets a new run with a higher number,
// whatever the tables of DBOS say about the run before. DBOS wakes runs that wait
// and remembers the steps of a run; a new run begins at the first step. What a
// step does when it is entered twice is the business of package operation; so is
// everything an operation means.
//
// On PostgreSQL several processes may run operations of one database. Each has
// a heartbeat there, by the database's clock; when one dies, the others take its
// operations over within 10 s, and at once when it leaves. A process that was
// paused for longer than that begins no step and makes no call any more, and is
// told to end.
//
// Goroutines belong to the DBOS runtime, and Stop returns when they have ended
// or its context did; or to Run. The package must not know Slack, Zenlayer, or what
// is stored in the journal.
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

	// version is constant, so that DBOS does not warn about each new build. Runs
	// are not resumed by DBOS, so a new order of steps in Execute needs no new one.
	version = "lbbot-1"

	workflow  = "operation"
	pokeTopic = "poke"
)

// Config of an Engine. DB is for SQLite; PostgresURL and Replicas are for
// PostgreSQL, instead of it. The other fields are required.
type Config struct {
	DB *sql.DB // SQLite, shared with the journal

	PostgresURL string   // may hold a password; up to 8 connections are opened
	Replicas    Replicas // in the same database

	Name   string // of this process: new at each start
	Leases Leases // of this process, in the journal

	Execute func(run operation.Run, id string) error // carries one operation out
	Log     *zap.Logger                              //

	// Ended is called once by Stop, when no step runs any more or the time for
	// it is over: on SQLite the runtime closes the database after that. It must
	// be bounded. Nil: nobody is told.
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
	running  map[string]int64 // the runs in this process by operation; 0: being started
	draining bool
	stopped  bool
	steps    sync.WaitGroup

	// hard ends steps that outlive the time for draining.
	hard     context.Context //nolint:containedctx // it is the stop signal of the steps this value owns
	hardStop context.CancelCauseFunc
}

// New prepares an engine and creates or migrates its tables; it blocks for
// that, also while another replica does so, until ctx ends. Nothing runs
// before Start or Launch. An engine that is never stopped must be closed.
func New(ctx context.Context, c Config) (_ *Engine, err error) {
	e := &Engine{name: c.Name, leases: c.Leases, execute: c.Execute, ended: c.Ended, log: c.Log, running: map[string]int64{}}
	e.hard, e.hardStop = context.WithCancelCause(context.WithoutCancel(ctx))
	prepare := func(fn func() error) error { return fn() }
	if c.PostgresURL != "" {
		e.replica = newReplica(c.Name, c.Replicas)
		if e.pool, err = openPool(ctx, c.PostgresURL, e.admit); err != nil {
			return nil, fmt.Errorf("opening the engine's connections: %w", err)
		}
		prepare = func(fn func() error) error { return alone(ctx, e.pool, fn) }
	}
	err = prepare(func() (err error) {
		e.dbos, err = dbos.NewContext(context.WithoutCancel(ctx), dbos.Config{
			AppName: appName, SQLiteSystemDB: c.DB, SystemDBPool: e.pool, ApplicationVersion: version, ExecutorID: e.name,
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
		return nil, errors.New("unset DBOS__APPVERSION and DBOS__VMID: they would keep this bot from resuming its operations")
	}
	dbos.RegisterWorkflow(e.dbos, e.run, dbos.WithWorkflowName(workflow))
	return e, nil
}

// Close gives back what New opened, if Stop has not done so.
func (e *Engine) Close() {
	if e.pool != nil && !e.stopped {
		e.pool.Close()
	}
}

// Launch makes this replica known; from then on Start works. Run must be called
// at once after it.
func (e *Engine) Launch(ctx context.Context) error {
	if err := e.join(ctx); err != nil {
		return fmt.Errorf("launching the engine: %w", err)
	}
	if err := e.dbos.Launch(); err != nil {
		return errors.Join(fmt.Errorf("launching the engine: %w", err), e.leave(ctx))
	}
	return nil
}

// Stop lets no further step begin, waits for those that run until ctx ends,
// cuts off what is left, and stops the runtime. What was cut off goes on in the
// next process, or in other replicas once Leave was called.
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
		e.log.Warn("steps are cut off; their operations go on in the next process")
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

// Leave hands what is not finished over to the other replicas, at once. Call
// it after Stop, and only when nothing that steps began is still going on
// here: another replica does it by then. It must be tried also when the time
// for stopping is over, so it does not depend on ctx, and blocks for 2 s at
// most. On SQLite it does nothing.
func (e *Engine) Leave(ctx context.Context) error {
	if err := e.leave(ctx); err != nil {
		return fmt.Errorf("handing over to other replicas: %w", err)
	}
	return nil
}

// Prune deletes runs that ended before the given time, at most limit of them,
// and returns how many. It blocks for their deletion.
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

// detached ends with one context and carries the values of another.
type detached struct {
	context.Context
	values context.Context //nolint:containedctx // a context made of two
}

func (d detached) Value(key any) any { return d.values.Value(key) }

// quiet passes on only what an operator must see: DBOS logs each start and
// each resume at info level, and the lines of our own say more.
type quiet struct {
	slog.Handler
	hard context.Context //nolint:containedctx // the stop signal of the engine that logs
}

func (q quiet) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }

func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "timeout reached") {
		return nil // every pause that nobody ends early
	}
	if q.hard.Err() != nil && cutOff(r) {
		return nil // waits that the stop itself ends; the next process goes on
	}
	return q.Handler.Handle(ctx, r)
}

// cutOff says that a record is about a context that ended.
func cutOff(r slog.Record) bool {
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
