package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
	"go.uber.org/zap"

	"lbbot/bot/operation"
)

// Leases stores which process runs which operation. It is durable and decides: DBOS
// may still call a run pending that has ended.
type Leases interface {
	// Lease returns the lease of an operation.
	Lease(ctx context.Context, id string) (operation.Lease, error)

	// TakeLease makes this process the runner of an operation and changes its run
	// number from was to run. It returns false if another live process is the
	// runner, if the run number is not was, or if others took over from this process.
	TakeLease(ctx context.Context, id string, was, run int64) (bool, error)

	// EndLease ends the lease of a run, unless there is a newer run.
	EndLease(ctx context.Context, id string, run int64) error

	// Leases lists the operations whose runner is this process or a dead one, in
	// the order in which they should continue.
	Leases(ctx context.Context) ([]string, error)

	// Alive reports whether a replica is registered and not dead.
	Alive(ctx context.Context, replica string) (bool, error)
}

// Start makes sure that an operation has a run in a live process: if it has none,
// Start takes the lease and begins a new run. It blocks for two commits.
func (e *Engine) Start(ctx context.Context, id string) error {
	if !e.reserve(id) {
		return nil
	}
	begun, err := e.start(ctx, id)
	if !begun {
		e.release(id)
	}
	if err != nil {
		return fmt.Errorf("starting the run of %s: %w", id, err)
	}
	return nil
}

// reserve prevents a second start of an operation in this process. It returns false
// if the operation is reserved or running, or if the engine is stopping.
func (e *Engine) reserve(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, busy := e.running[id]
	if busy || e.draining {
		return false
	}
	e.running[id] = 0
	return true
}

func (e *Engine) release(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.running, id)
}

// runHere returns the number of the active run in this process, 0 if there is none.
func (e *Engine) runHere(id string) int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.running[id]
}

func (e *Engine) start(ctx context.Context, id string) (begun bool, err error) {
	if err := e.Ready(); err != nil {
		return false, err
	}
	lease, err := e.leases.Lease(ctx, id)
	if err != nil {
		return false, err
	}
	next := lease.Run + 1
	switch {
	case lease.Run == 0:
		before, alive, err := e.runBefore(ctx, id)
		if err != nil || alive {
			return false, err
		}
		next = before + 1
	case lease.Runner == e.name: // this process has accepted the operation, or its run failed
		if err := e.begin(id, lease.Run); !errors.Is(err, dbos.ErrWorkflowIDInUse) {
			return err == nil, err
		}
	case lease.Live:
		return false, nil
	}
	taken, err := e.leases.TakeLease(ctx, id, lease.Run, next)
	if err != nil || !taken {
		return false, err
	}
	if next > 1 {
		e.log.Info("operation gets a new run", zap.String("operation", id), zap.Int64("run", next),
			zap.String("runner_before", lease.Runner))
		// Otherwise DBOS would list the previous run as pending forever.
		err := dbos.CancelWorkflow(e.dbos, runID(id, next-1))
		if err != nil && !errors.Is(err, dbos.ErrNonExistentWorkflow) {
			e.log.Warn("previous run could not be cancelled in the engine's tables",
				zap.String("operation", id), zap.Error(err))
		}
	}
	err = e.begin(id, next)
	return err == nil, err
}

// begin starts the run with this number. It fails with dbos.ErrWorkflowIDInUse if
// the run was started before.
func (e *Engine) begin(id string, run int64) error {
	e.mu.Lock()
	e.running[id] = run
	e.mu.Unlock()
	_, err := dbos.RunWorkflow(e.dbos, e.run, id, dbos.WithWorkflowID(runID(id, run)),
		dbos.WithWorkflowIDReusePolicy(dbos.WorkflowIDReusePolicyReject))
	return err
}

// runID names a run of an operation, numbered from 1. The form is that of lbbot
// 0.1, whose runs are still in the tables after an upgrade.
func runID(id string, run int64) string {
	if run == 1 {
		return id
	}
	return id + "." + strconv.FormatInt(run-1, 10)
}

// runBefore looks for runs of an operation that was accepted by lbbot 0.1, which
// had no leases. It returns the number of the newest run, 0 if there is none, and
// whether a live process has one of them. It queries by ID, because a query by
// prefix would scan all runs.
func (e *Engine) runBefore(ctx context.Context, id string) (newest int64, alive bool, err error) {
	const page = 8
	for from := int64(1); ; from += page {
		number := make(map[string]int64, page)
		ids := make([]string, page)
		for i := range ids {
			run := from + int64(i)
			ids[i] = runID(id, run)
			number[ids[i]] = run
		}
		runs, err := dbos.ListWorkflows(e.dbos, dbos.WithFilterWorkflowIDs(ids...),
			dbos.WithFilterLoadInput(false), dbos.WithFilterLoadOutput(false))
		if err != nil {
			return 0, false, fmt.Errorf("looking for runs: %w", err)
		}
		for _, r := range runs {
			newest = max(newest, number[r.ID]) // older runs may be pruned
			switch r.Status {
			case dbos.WorkflowStatusEnqueued, dbos.WorkflowStatusDelayed:
				alive = true // a replica takes it over now
			case dbos.WorkflowStatusPending:
				there, err := e.leases.Alive(ctx, r.ExecutorID)
				if err != nil {
					return 0, false, err
				}
				alive = alive || there
			}
		}
		if newest < from+page-1 {
			return newest, alive, nil
		}
	}
}

// Poke ends the current or the next wait of an operation's run. It starts a new
// run if the process is dead or the run failed. A second Poke with the same key
// does nothing. It blocks for one commit, or for three if it starts a run.
func (e *Engine) Poke(ctx context.Context, id, key string) error {
	if err := e.poke(ctx, id, key); err != nil {
		return fmt.Errorf("waking the run of %s: %w", id, err)
	}
	return nil
}

func (e *Engine) poke(ctx context.Context, id, key string) error {
	if err := e.Ready(); err != nil {
		return err
	}
	run, err := e.runToPoke(ctx, id)
	if err != nil || run == 0 {
		return err
	}
	name := runID(id, run)
	err = dbos.Send(e.dbos, name, key, pokeTopic, dbos.WithIdempotencyKey(name+"|"+key))
	if errors.Is(err, dbos.ErrNonExistentWorkflow) {
		return nil // the run reads the journal when it begins
	}
	return err
}

// runToPoke returns the number of the current run, 0 if the operation is over.
func (e *Engine) runToPoke(ctx context.Context, id string) (int64, error) {
	if run := e.runHere(id); run > 0 {
		return run, nil
	}
	lease, err := e.leases.Lease(ctx, id)
	if err != nil || lease.Runner == "" && lease.Run > 0 {
		return 0, err
	}
	if err := e.Start(ctx, id); err != nil {
		return 0, err
	}
	if lease, err = e.leases.Lease(ctx, id); err != nil || lease.Run > 0 {
		return lease.Run, err
	}
	run, _, err := e.runBefore(ctx, id) // accepted by lbbot 0.1
	return run, err
}

// resume starts runs for operations that have none in a live process. It is
// called twice a second, so it logs a cause once, until the cause changes.
func (e *Engine) resume(ctx context.Context) {
	ids, first := e.leases.Leases(ctx)
	failed := 0
	for _, id := range ids {
		if ctx.Err() != nil {
			return
		}
		if err := e.Start(ctx, id); err != nil {
			first = cmp.Or(first, err)
			failed++
		}
	}
	if ctx.Err() != nil || e.Ready() != nil {
		return
	}
	if e.unresumed.changed(first) && first != nil {
		e.log.Warn("operations could not be resumed; retrying", zap.Int("operations", failed), zap.Error(first))
	}
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
