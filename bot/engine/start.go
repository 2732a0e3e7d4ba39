package engine

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
)

// Leases stores which process runs which operation.
type Leases interface {
	// Lease returns the lease of an operation.
	Lease(ctx context.Context, id string) (operation.Lease, error)

	// TakeLease makes this process the runner of an operation and changes its run
	// number from was to run. It returns false if another live process is the
	// runner, if the run number is not was, or if others took over from this process.
	TakeLease(ctx context.Context, id string, was, run int64) (bool, error)

	// EndLeases ends the leases of runs, by operation, in one commit. It does nothing
	// about an operation that has a newer run.
	EndLeases(ctx context.Context, runs map[string]int64) error

	// Leases lists the operations whose runner is this process or a dead one, in
	// the order in which they should continue.
	Leases(ctx context.Context) ([]string, error)
}

// Start makes sure that an operation has a run in a live process: if it has none,
// Start begins a new one. An operation that this process has accepted needs no commit
// for that; for any other Start takes the lease and blocks for one. After a run that
// failed it begins none before a pause is over.
func (e *Engine) Start(ctx context.Context, id string) error {
	r := e.reserve(id)
	if r == nil {
		return nil
	}
	number, err := e.take(ctx, id)
	poked := e.begin(r, number)
	if err != nil {
		return fmt.Errorf("starting the run of %s: %w", id, err)
	}
	if poked { // meanwhile, and the run is elsewhere
		return e.Poke(ctx, id)
	}
	return nil
}

// reserve prevents a second start of an operation in this process. It returns nil
// if the operation is reserved or running, if it must wait after a failure, or if the
// engine is stopping.
func (e *Engine) reserve(id string) *run {
	e.mu.Lock()
	defer e.mu.Unlock()
	f := e.failed[id]
	if e.running[id] != nil || f != nil && time.Now().Before(f.until) || e.stopping.Err() != nil {
		return nil
	}
	r := &run{engine: e, id: id, poked: make(chan struct{}, 1), missed: make(chan struct{}, 1)}
	e.running[id] = r
	return r
}

// take makes this process the runner of an operation and returns the number of the
// run that it may begin, 0 if none.
func (e *Engine) take(ctx context.Context, id string) (int64, error) {
	if err := e.Ready(); err != nil {
		return 0, err
	}
	lease, err := e.leases.Lease(ctx, id)
	switch {
	case err != nil, lease.Runner != e.name && lease.Live:
		return 0, err
	case lease.Runner == e.name && !e.hasFailed(id): // this process has accepted the operation
		return lease.Run, nil
	}
	next := max(lease.Run, operation.FirstRun) + 1 // FirstRun is for the process that accepted
	taken, err := e.leases.TakeLease(ctx, id, lease.Run, next)
	if err != nil || !taken {
		return 0, err
	}
	e.log.Info("operation gets a new run", zap.String("operation", id), zap.Int64("run", next),
		zap.String("runner_before", lease.Runner))
	return next, nil
}

func (e *Engine) hasFailed(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.failed[id] != nil
}

// begin starts the run that was reserved; 0 means that there is none to start. It
// then reports whether the operation was poked in the meantime.
func (e *Engine) begin(r *run, number int64) (poked bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if number == 0 || e.stopping.Err() != nil {
		delete(e.running, r.id)
		return len(r.poked) > 0 && e.stopping.Err() == nil
	}
	r.number = number
	e.runs.Add(1)
	go e.carry(r)
	return false
}

// Poke ends the current or the next wait of an operation's run, also in another
// replica, and begins a run if the process is dead or the run failed. It blocks for
// nothing if the run is in this process; otherwise for a reading and a commit.
func (e *Engine) Poke(ctx context.Context, id string) error {
	if e.wake(id) {
		return nil
	}
	lease, err := e.leases.Lease(ctx, id)
	switch {
	case err != nil:
	case lease.Runner == "" && lease.Run > 0: // it is over
	case lease.Runner != e.name && lease.Live:
		err = e.replica.table.Wake(ctx, id)
	default:
		err = e.Start(ctx, id)
	}
	if err != nil {
		return fmt.Errorf("waking the run of %s: %w", id, err)
	}
	return nil
}

// wake ends the wait of a run in this process, or the pause before the next one. It
// reports whether there is a run.
func (e *Engine) wake(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if f := e.failed[id]; f != nil {
		f.until = time.Time{}
	}
	r := e.running[id]
	if r != nil {
		r.wake()
	}
	return r != nil
}

// mayHaveMissed has all runs find out whether a poke was missed.
func (e *Engine) mayHaveMissed() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range e.running {
		r.mayHaveMissed()
	}
}

// resume starts runs for operations that have none in a live process. It is called
// again and again, so it logs a cause once, until the cause changes.
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
