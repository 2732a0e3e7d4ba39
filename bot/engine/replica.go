package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"
)

// Timing of replicas. Other replicas find a dead one after 4 s of silence, at
// most half a second later, and start new runs for its operations at once.
const (
	beatEvery = time.Second
	lookEvery = beatEvery / 2
	silent    = 4 * time.Second
)

// Replicas stores which processes on one database are alive. All times are by the
// database's clock.
type Replicas interface {
	// Join registers a new replica.
	Join(ctx context.Context, id string) error

	// Beat stores a heartbeat. If it returns false, the replica was declared dead,
	// which is final.
	Beat(ctx context.Context, id string) (alive bool, err error)

	// Leave declares the replica dead, even if it is not registered.
	Leave(ctx context.Context, id string) error

	// GiveUp declares dead the other replicas that were silent for longer than
	// silent, and returns how many.
	GiveUp(ctx context.Context, id string, silent time.Duration) (int64, error)
}

// TakenOverError says that this process was paused for so long that other replicas
// took over its runs.
type TakenOverError struct{ Replica string }

// Error says what to do.
func (e *TakenOverError) Error() string {
	return fmt.Sprintf("other replicas took over from %s after more than %s without a heartbeat: restart it",
		e.Replica, silent)
}

// replica is this process among others on the same database. Its heartbeat is a
// lease: a step begins only while the last heartbeat is too young for a
// take-over, so a process that was paused begins nothing before it has written
// one. A process that was taken over ends and does not join again, because the
// runtime keeps its name for its lifetime and a restart is the safest recovery.
type replica struct {
	id    string
	table Replicas
	every time.Duration // between heartbeats
	gone  time.Duration // silence after which a replica counts as dead

	// guarded by Engine.mu
	renewed time.Time     // when the last stored heartbeat was sent
	steady  time.Time     // no heartbeat has failed since; zero: the last one failed
	late    []span        // gaps between heartbeats since steady, oldest first, at most maxLate
	renewal chan struct{} // closed by the next stored heartbeat

	joined bool  // registered
	taken  error // set when others took over

	left chan struct{} // closed when this process leaves
}

type span struct{ from, to time.Time }

func newReplica(id string, table Replicas) *replica {
	return &replica{id: id, table: table, every: beatEvery, gone: silent,
		renewal: make(chan struct{}), left: make(chan struct{})}
}

// fresh reports that no other replica can have taken over yet. The monotonic clock
// stops while the host is suspended, so the wall clock counts too.
func (r *replica) fresh() bool { return r.freshAt(time.Now()) }

func (r *replica) freshAt(now time.Time) bool {
	return now.Sub(r.renewed) < r.gone && now.Round(0).Sub(r.renewed.Round(0)) < r.gone
}

// join registers the replica before anything runs under its name.
func (e *Engine) join(ctx context.Context) error {
	if e.replica == nil {
		return nil
	}
	sent := time.Now()
	if err := e.replica.table.Join(ctx, e.replica.id); err != nil {
		return err
	}
	e.renew(sent)
	e.mu.Lock()
	e.replica.joined = true
	e.mu.Unlock()
	e.log.Info("replica joined", zap.String("replica", e.replica.id))
	return nil
}

// leave ignores the end of ctx: the handover is worth trying after the drain time.
func (e *Engine) leave(ctx context.Context) error {
	if e.replica == nil {
		return nil
	}
	close(e.replica.left)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.replica.gone/2)
	defer cancel()
	return e.replica.table.Leave(ctx, e.replica.id)
}

// Run writes heartbeats and starts runs for operations that have none in a live
// process. It blocks until ctx ends or Leave is called. A *TakenOverError means
// that the process must end.
func (e *Engine) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	if e.replica != nil {
		g.Go(func() error { return e.each(ctx, e.replica.every, e.beat) })
	}
	g.Go(func() error { return e.each(ctx, lookEvery, e.takeOver) })
	return g.Wait()
}

// each calls do now and then periodically. Each call may take half of silent.
func (e *Engine) each(ctx context.Context, every time.Duration, do func(context.Context) error) error {
	t := time.NewTicker(every)
	defer t.Stop()
	var left <-chan struct{}
	if e.replica != nil {
		left = e.replica.left
	}
	for {
		within, cancel := context.WithTimeout(ctx, silent/2)
		err := do(within)
		cancel()
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-left:
			return nil
		case <-t.C:
		}
	}
}

func (e *Engine) beat(ctx context.Context) error {
	sent := time.Now()
	alive, err := e.replica.table.Beat(ctx, e.replica.id)
	switch {
	case e.hasLeft() || errors.Is(err, context.Canceled):
		return nil
	case err != nil:
		e.log.Warn("heartbeat could not be stored", zap.String("replica", e.replica.id), zap.Error(err))
		e.missed()
		return nil
	case !alive:
		taken := &TakenOverError{e.replica.id}
		e.log.Error("other replicas took over from this one", zap.String("replica", e.replica.id))
		e.abort(taken)
		return taken
	}
	e.renew(sent)
	return nil
}

func (e *Engine) hasLeft() bool {
	select {
	case <-e.replica.left:
		return true
	default:
		return false
	}
}

// renew records a stored heartbeat and wakes the steps that wait for one.
func (e *Engine) renew(sent time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.replica
	switch {
	case r.steady.IsZero():
		r.steady, r.late = sent, nil
	case sent.Sub(r.renewed) > 2*r.every:
		r.late = append(r.late, span{r.renewed, sent})
		r.late = r.late[max(0, len(r.late)-maxLate):]
	}
	r.renewed = sent
	r.wake()
}

// wake makes every await look again. The caller holds Engine.mu.
func (r *replica) wake() {
	close(r.renewal)
	r.renewal = make(chan struct{})
}

func (e *Engine) missed() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.replica.steady = time.Time{}
}

// abort begins no further step and cancels running ones.
func (e *Engine) abort(why error) {
	e.mu.Lock()
	e.draining = true
	e.replica.taken = why
	e.replica.wake()
	e.mu.Unlock()
	e.hardStop(why)
}

// admit blocks the use of a database connection while others may have taken over:
// a process that was paused must not write when it continues.
func (e *Engine) admit(ctx context.Context) error {
	return e.await(ctx, func() (bool, error) {
		r := e.replica
		return !r.joined || r.fresh() || e.draining, r.taken
	})
}

// takeOver declares silent replicas dead and resumes operations without a run.
func (e *Engine) takeOver(ctx context.Context) error {
	if e.replica != nil {
		if silence := e.patience(time.Now()); silence > 0 {
			n, err := e.replica.table.GiveUp(ctx, e.replica.id, silence)
			if err != nil && ctx.Err() == nil && !e.hasLeft() {
				e.log.Warn("dead replicas could not be searched for", zap.Error(err))
			}
			if n > 0 {
				e.log.Warn("replicas are dead; this one takes over their operations", zap.Int64("replicas", n))
			}
		}
		if e.hasLeft() {
			return nil
		}
	}
	e.resume(ctx)
	return nil
}

// maxLate limits the stored gaps. Older ones end before any silence that counts.
const maxLate = 16

// patience returns the silence after which other replicas count as dead; 0 means
// that none does.
//
// If a heartbeat of this replica failed, the database may have been down for all
// replicas: their silence counts from the end of the failure. If one was only
// late, the machine may have been busy for all: the gap does not count as silence,
// and others get the time of two heartbeats after it. Counting does not restart
// after a gap, because on a busy machine gaps follow each other and the operations
// of a dead replica would wait for all of them.
func (e *Engine) patience(now time.Time) time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.replica
	if r.steady.IsZero() || now.Sub(r.renewed) > 2*r.every {
		return 0
	}
	silence := r.gone
	for _, gap := range slices.Backward(r.late) {
		switch since := now.Sub(gap.to); {
		case since < 2*r.every:
			return 0
		case since < silence:
			silence += gap.to.Sub(gap.from)
		}
	}
	if now.Sub(r.steady) < silence {
		return 0
	}
	return silence
}

// Ready returns nil while steps may begin, or says why not.
func (e *Engine) Ready() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.replica != nil && !e.replica.fresh() {
		return errors.New("no recent heartbeat could be stored in the database")
	}
	return nil
}
