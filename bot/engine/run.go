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

// run is the workflow: one durable run of one operation.
func (e *Engine) run(ctx dbos.Context, id string) (string, error) {
	e.mu.Lock()
	e.running[id] = true
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		delete(e.running, id)
		e.mu.Unlock()
	}()
	e.log.Debug("run begins", zap.String("operation", id))
	defer e.log.Debug("run ends", zap.String("operation", id))
	if err := e.execute(&durable{engine: e, ctx: ctx, id: id}, id); err != nil {
		switch {
		case errors.Is(err, dbos.ErrConflictingWorkflowID):
			e.log.Warn("another replica has taken this run over; its result counts", zap.String("operation", id))
		case ctx.Err() == nil:
			e.log.Error("run ended early; the operation gets a new one", zap.String("operation", id), zap.Error(err))
		}
		return "", err
	}
	return "", nil
}

// begin reports whether a step may begin, and counts it until its end is
// counted. It waits while others may have taken over from this replica, until
// ctx ends.
func (e *Engine) begin(ctx context.Context) bool {
	for {
		renewed, ok := e.tryBegin()
		if ok || renewed == nil {
			return ok
		}
		select {
		case <-renewed:
		case <-ctx.Done():
			return false
		}
	}
}

// tryBegin is begin without waiting: what to wait for is returned, nil if
// there is nothing.
func (e *Engine) tryBegin() (renewed <-chan struct{}, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.draining {
		return nil, false
	}
	if e.replica != nil && !e.replica.fresh() {
		return e.replica.renewal, false
	}
	e.steps.Add(1)
	return nil, true
}

// durable is one run as package operation sees it.
type durable struct {
	engine *Engine
	ctx    dbos.Context
	id     string // of the operation
}

// Step implements operation.Run.
func (d *durable) Step(name string, fn func(context.Context) (operation.Next, error)) (operation.Next, error) {
	next, err := dbos.RunAsStep(d.ctx, func(ctx context.Context) (operation.Next, error) {
		if !d.engine.begin(ctx) {
			<-ctx.Done() // a step that may not begin must not end either: its end would be recorded
			return operation.Next{}, context.Cause(ctx)
		}
		defer d.engine.steps.Done()
		d.engine.log.Debug("step begins", zap.String("operation", d.id), zap.String("step", name))
		// The runtime cancels steps at once when it stops; a call under way
		// gets the time for draining instead.
		next, err := fn(detached{Context: d.engine.hard, values: ctx})
		if err != nil {
			d.engine.log.Info("step was cut off", zap.String("step", name), zap.Error(err))
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
