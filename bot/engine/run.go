package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
)

// run is one run of one operation in this process. It implements operation.Run.
type run struct {
	engine *Engine
	id     string        // of the operation
	number int64         // 0: the run is being started
	poked  chan struct{} // has room for one, as missed has
	missed chan struct{} // a poke may have been
}

// Number implements operation.Run.
func (r *run) Number() int64 { return r.number }

// Wait implements operation.Run.
func (r *run) Wait(d time.Duration, changed func() (bool, error)) error {
	e := r.engine
	if d <= 0 {
		return e.holdLease(e.stopping)
	}
	e.log.Debug("wait begins", zap.String("operation", r.id), zap.Duration("for", d))
	t := time.NewTimer(d)
	defer t.Stop()
	var again <-chan time.Time // set while changed has failed
	for over := false; !over; {
		select {
		case <-r.poked:
			over = true
		case <-r.missed:
			over, again = ask(changed)
		case <-again:
			over, again = ask(changed)
		case <-t.C:
			over = true
		case <-e.stopping.Done():
			over = true
		}
	}
	return e.holdLease(e.stopping)
}

// ask calls changed, which may be nil. If it fails, again says when to ask once more.
func ask(changed func() (bool, error)) (yes bool, again <-chan time.Time) {
	if changed == nil {
		return true, nil
	}
	yes, err := changed()
	if err != nil {
		return false, time.After(listenAgain)
	}
	return yes, nil
}

// wake ends the current or the next wait of the run.
func (r *run) wake() { signal(r.poked) }

// mayHaveMissed has the current or the next wait of the run find out whether a poke was
// missed.
func (r *run) mayHaveMissed() { signal(r.missed) }

// signal sends to a channel that has room for one, unless it is full.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// holdLease blocks until no other process can have taken over from this one, or
// returns the cause when ctx ends.
func (e *Engine) holdLease(ctx context.Context) error {
	for ctx.Err() == nil {
		fresh, renewed := e.lease()
		if fresh {
			return nil
		}
		select {
		case <-renewed:
		case <-ctx.Done():
		}
	}
	return context.Cause(ctx)
}

// carry executes the run and says what becomes of the operation.
func (e *Engine) carry(r *run) {
	defer e.runs.Done()
	log := e.log.With(zap.String("operation", r.id), zap.Int64("run", r.number))
	log.Debug("run begins")
	err := e.recovered(r)
	log.Debug("run ends", zap.Error(err))
	switch {
	case err == nil:
		e.endLease(r)
	case e.stopping.Err() != nil:
		e.ended(r, nil)
	case errors.Is(err, operation.ErrSuperseded):
		log.Warn("operation has a newer run; this one ends")
		e.ended(r, nil)
	case e.ended(r, err):
		log.Error("run failed; the operation gets a new one", zap.Error(err))
	}
}

// recovered is execute with a panic as an error.
func (e *Engine) recovered(r *run) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			e.log.Error("run panicked", zap.String("operation", r.id), zap.Any("problem", problem), zap.Stack("stack"))
			err = fmt.Errorf("panic: %v", problem)
		}
	}()
	return e.execute(operation.WithLease(e.hard, e.holdLease), r, r.id)
}

// failure is about the runs of an operation that have failed in this process, one
// after the other.
type failure struct {
	cause lastCause
	pause time.Duration
	until time.Time // no run begins earlier, unless the operation is poked
}

// The pauses before the run that follows a failed one.
const (
	firstPause   = time.Second
	longestPause = time.Minute
)

// ended forgets a run. If it failed, the next one waits for longer than the one
// before; ended reports whether the cause is new.
func (e *Engine) ended(r *run, err error) (news bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.running, r.id)
	if err == nil {
		delete(e.failed, r.id)
		return false
	}
	f := e.failed[r.id]
	if f == nil {
		f = &failure{}
		e.failed[r.id] = f
	}
	f.pause = min(max(firstPause, 2*f.pause), longestPause)
	f.until = time.Now().Add(f.pause)
	return f.cause.changed(err)
}

// endAfter is how long the end of a run waits for the ends of other runs, which share
// its commit. A process that dies meanwhile leaves an operation that is over with a
// lease; its next run finds nothing to do but to look at the status again.
const endAfter = 200 * time.Millisecond

// endEvery is the pause between two attempts to store the ends of runs.
const endEvery = 500 * time.Millisecond

// endLease has the lease of a run end soon, and forgets the run then. The first of the
// runs that end together blocks and stores the ends of all.
func (e *Engine) endLease(r *run) {
	e.mu.Lock()
	e.over = append(e.over, r)
	first := len(e.over) == 1
	e.mu.Unlock()
	if !first {
		return
	}
	e.pause(endAfter)
	e.mu.Lock()
	over := e.over
	e.over = nil
	e.mu.Unlock()
	e.storeEnds(over)
	for _, r := range over {
		e.ended(r, nil)
	}
}

// storeEnds retries until the leases have ended or the engine stops. While an operation
// has a lease and no run, it would get a new run.
func (e *Engine) storeEnds(over []*run) {
	runs := make(map[string]int64, len(over))
	for _, r := range over {
		runs[r.id] = r.number
	}
	var last lastCause
	for {
		err := e.leases.EndLeases(e.hard, runs)
		if err == nil || e.stopping.Err() != nil {
			return
		}
		if last.changed(err) {
			e.log.Warn("end of a run could not be stored; retrying", zap.String("operation", over[0].id),
				zap.Int("operations", len(over)), zap.Error(err))
		}
		e.pause(endEvery)
	}
}

// pause returns after d, or when the engine stops.
func (e *Engine) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-e.stopping.Done():
	}
}
