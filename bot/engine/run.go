package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
	"go.uber.org/zap"

	"lbbot/bot/operation"
)

// run is the workflow: one run of one operation.
func (e *Engine) run(ctx dbos.Context, id string) (string, error) {
	run := e.runHere(id)
	if name, err := dbos.GetWorkflowID(ctx); err != nil || run == 0 || name != runID(id, run) {
		e.log.Info("run was not started by this process and ends",
			zap.String("operation", id), zap.String("run", name), zap.Error(err))
		return "", nil
	}
	defer e.release(id)
	e.log.Debug("run begins", zap.String("operation", id), zap.Int64("run", run))
	defer e.log.Debug("run ends", zap.String("operation", id), zap.Int64("run", run))
	err := e.execute(&durable{engine: e, ctx: ctx, id: id, number: run}, id)
	switch {
	case err == nil:
		e.endLease(ctx, id, run)
	case ctx.Err() != nil: // the engine is stopping
	case errors.Is(err, operation.ErrSuperseded), errors.Is(err, dbos.ErrConflictingWorkflowID),
		errors.Is(err, dbos.ErrWorkflowCancelled):
		e.log.Warn("operation has a newer run; this one ends", zap.String("operation", id), zap.Int64("run", run))
	default:
		e.log.Error("run failed; the operation gets a new one",
			zap.String("operation", id), zap.Int64("run", run), zap.Error(err))
	}
	return "", err
}

// endLease retries until the lease has ended or ctx ends. While an operation has a
// lease and no run, it would get a new run.
func (e *Engine) endLease(ctx context.Context, id string, run int64) {
	var last lastCause
	for {
		err := e.leases.EndLease(ctx, id, run)
		if err == nil || ctx.Err() != nil {
			return
		}
		if last.changed(err) {
			e.log.Warn("end of a run could not be stored; retrying", zap.String("operation", id), zap.Error(err))
		}
		select {
		case <-time.After(endEvery):
		case <-ctx.Done():
			return
		}
	}
}

// endEvery is the pause between two attempts to store the end of a run.
const endEvery = 500 * time.Millisecond

// await blocks until look returns true or an error, or ctx ends. It calls look
// now and after each stored heartbeat, with Engine.mu held.
func (e *Engine) await(ctx context.Context, look func() (bool, error)) error {
	for {
		e.mu.Lock()
		done, err := look()
		var renewed <-chan struct{}
		if e.replica != nil {
			renewed = e.replica.renewal
		}
		e.mu.Unlock()
		if done || err != nil {
			return err
		}
		select {
		case <-renewed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

var errStopping = errors.New("the engine is stopping")

// beginStep blocks until this process certainly holds its lease, then counts the
// step in Engine.steps.
func (e *Engine) beginStep(ctx context.Context) error {
	return e.await(ctx, func() (bool, error) {
		if e.draining {
			return false, errStopping
		}
		if e.replica != nil && !e.replica.fresh() {
			return false, nil
		}
		e.steps.Add(1)
		return true, nil
	})
}

// holdLease blocks until no other process can have taken over from this one.
func (e *Engine) holdLease(ctx context.Context) error {
	return e.await(ctx, func() (bool, error) { return e.replica == nil || e.replica.fresh(), nil })
}

// durable implements operation.Run.
type durable struct {
	engine *Engine
	ctx    dbos.Context
	id     string // of the operation
	number int64
}

// Number implements operation.Run.
func (d *durable) Number() int64 { return d.number }

// Step implements operation.Run.
func (d *durable) Step(name string, fn func(context.Context) (operation.Next, error)) (operation.Next, error) {
	next, err := dbos.RunAsStep(d.ctx, func(ctx context.Context) (operation.Next, error) {
		if err := d.engine.beginStep(ctx); err != nil {
			<-ctx.Done() // do not return before the runtime has stopped: DBOS would record the step as ended
			return operation.Next{}, context.Cause(ctx)
		}
		defer d.engine.steps.Done()
		d.engine.log.Debug("step begins", zap.String("operation", d.id), zap.String("step", name))
		// The runtime cancels steps as soon as it stops. A call in progress gets the
		// drain time instead.
		next, err := fn(operation.WithLease(detached{Context: d.engine.hard, values: ctx}, d.engine.holdLease))
		if err != nil && !errors.Is(err, operation.ErrSuperseded) {
			d.engine.log.Info("step was cancelled", zap.String("step", name), zap.Error(err))
			<-ctx.Done()
		}
		return next, err
	}, dbos.WithStepName(name))
	if err != nil {
		return operation.Next{}, fmt.Errorf("step %s: %w", name, err)
	}
	return next, nil
}

// Wait implements operation.Run.
func (d *durable) Wait(t time.Duration) error {
	d.engine.log.Debug("wait begins", zap.String("operation", d.id), zap.Duration("for", t))
	_, err := dbos.Recv[string](d.ctx, pokeTopic, t)
	if err != nil && !errors.Is(err, dbos.ErrTimeout) {
		return fmt.Errorf("waiting: %w", err)
	}
	if d.ctx.Err() != nil {
		return context.Cause(d.ctx)
	}
	return nil
}
