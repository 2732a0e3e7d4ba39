package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"lbbot/bot/operation"
)

// Timing of replicas. Other replicas find a dead one after 4 s of silence, at
// most a second later, and start new runs for its operations at once.
const (
	beatEvery   = time.Second
	lookEvery   = time.Second // on SQLite; among replicas each heartbeat says whether to look
	lookAnyway  = time.Minute // among replicas
	silent      = 4 * time.Second
	listenAgain = time.Second // pause before another attempt to hear of wake-ups
)

// Replicas stores which processes on one database are alive. All times are by the
// database's clock.
type Replicas interface {
	// Join registers a new replica.
	Join(ctx context.Context, id string) error

	// Beat stores a heartbeat and declares dead the other replicas that were silent
	// for longer than silence, unless that is 0.
	Beat(ctx context.Context, id string, silence time.Duration) (operation.Beat, error)

	// Leave declares the replica dead, even if it is not registered, and wakes the
	// others: see Listen.
	Leave(ctx context.Context, id string) error

	// Wake makes the Listen of every replica hear of an operation.
	Wake(ctx context.Context, operation string) error

	// Listen calls hear with each operation that is woken from now on, and with ""
	// when it has begun to listen and when a replica has left. It blocks until ctx
	// ends or the connection is lost.
	Listen(ctx context.Context, hear func(operation string)) error
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
// one. A process that was taken over ends and does not join again, because a
// restart is the safest recovery.
type replica struct {
	id    string
	table Replicas
	every time.Duration // between heartbeats
	gone  time.Duration // silence after which a replica counts as dead

	// guarded by Engine.mu
	renewed time.Time     // when the last stored heartbeat was sent
	live    int64         // replicas at the last stored heartbeat; 0: none was stored yet
	steady  time.Time     // no heartbeat has failed since; zero: the last one failed
	late    []span        // gaps between heartbeats since steady, oldest first, at most maxLate
	renewal chan struct{} // closed by the next stored heartbeat

	left chan struct{} // closed when this process leaves
	deaf lastCause     // of listen; used by Run only
}

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

// lease reports whether no other process can have taken over from this one yet, and
// returns what the next stored heartbeat closes.
func (e *Engine) lease() (fresh bool, renewed <-chan struct{}) {
	if e.replica == nil {
		return true, nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.replica.fresh(), e.replica.renewal
}

// Join registers this replica; from then on Start works. Call Run right after it. On
// SQLite it does nothing.
func (e *Engine) Join(ctx context.Context) error {
	if e.replica == nil {
		return nil
	}
	sent := time.Now()
	if err := e.replica.table.Join(ctx, e.replica.id); err != nil {
		return fmt.Errorf("joining the replicas: %w", err)
	}
	e.renew(sent)
	b, err := e.replica.table.Beat(ctx, e.replica.id, 0) // Slack may be connected before the next one
	if err != nil {
		return fmt.Errorf("counting the replicas: %w", err)
	}
	e.count(b.Live)
	e.log.Info("replica joined", zap.String("replica", e.replica.id))
	return nil
}

// Run writes heartbeats, starts runs for operations that have none in a live process,
// and hears of wake-ups. It blocks until ctx ends or Leave is called. A
// *TakenOverError means that the process must end.
func (e *Engine) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	resume := func(ctx context.Context) error { e.resume(ctx); return nil }
	if e.replica == nil {
		g.Go(func() error { return each(ctx, lookEvery, nil, resume) })
	} else {
		g.Go(func() error { return each(ctx, lookAnyway, e.look, resume) })
		g.Go(func() error { return each(ctx, e.replica.every, nil, e.beat) })
		g.Go(func() error { e.listen(ctx); return nil })
		g.Go(func() error {
			select {
			case <-e.replica.left:
				cancel()
			case <-ctx.Done():
			}
			return nil
		})
	}
	return g.Wait()
}

// each calls do now, then periodically, and when asked to, until ctx ends. Each call
// may take half of silent.
func each(ctx context.Context, every time.Duration, asked <-chan struct{}, do func(context.Context) error) error {
	t := time.NewTicker(every)
	defer t.Stop()
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
		case <-asked:
		case <-t.C:
		}
	}
}

// listen hears of wake-ups from other replicas. Wake-ups may be missed while the
// connection is away, so all runs look whether their operation has changed when it is back.
func (e *Engine) listen(ctx context.Context) {
	for {
		err := e.replica.table.Listen(ctx, e.hear)
		if ctx.Err() != nil {
			return
		}
		if e.replica.deaf.changed(err) {
			e.log.Warn("wake-ups from other replicas are not heard; retrying", zap.Error(err))
		}
		select {
		case <-ctx.Done():
		case <-time.After(listenAgain):
		}
	}
}

// hear wakes the run of an operation; "" means that wake-ups may have been missed, and
// that a replica may have left operations behind.
func (e *Engine) hear(id string) {
	if id != "" {
		e.wake(id)
		return
	}
	e.replica.deaf = lastCause{}
	e.mayHaveMissed()
	e.lookNow()
}

// lookNow looks for operations without a run before the next look is due.
func (e *Engine) lookNow() {
	select {
	case e.look <- struct{}{}:
	default: // asked for already
	}
}

func (e *Engine) beat(ctx context.Context) error {
	sent, silence := time.Now(), e.patience(time.Now())
	b, err := e.replica.table.Beat(ctx, e.replica.id, silence)
	switch {
	case e.hasLeft() || errors.Is(err, context.Canceled):
		return nil
	case err != nil:
		e.log.Warn("heartbeat could not be stored", zap.String("replica", e.replica.id), zap.Error(err))
		e.missed()
		return nil
	case !b.Alive:
		taken := &TakenOverError{e.replica.id}
		e.log.Error("other replicas took over from this one", zap.String("replica", e.replica.id))
		e.stop(taken)
		e.hardStop(taken)
		return taken
	case b.Dead > 0:
		e.log.Warn("replicas are dead; this one takes over their operations", zap.Int64("replicas", b.Dead))
	}
	e.renew(sent)
	e.count(b.Live)
	if b.Dead > 0 || b.Leases != e.active() {
		e.lookNow()
	}
	return nil
}

// active returns how many runs this process has.
func (e *Engine) active() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return int64(len(e.running))
}

func (e *Engine) count(live int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.replica.live = live
}

// LiveReplicas returns how many processes serve the database, as of the last heartbeat
// that was stored: 1 on SQLite, and before the first one.
func (e *Engine) LiveReplicas() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.replica == nil {
		return 1
	}
	return max(1, int(e.replica.live))
}

func (e *Engine) hasLeft() bool {
	select {
	case <-e.replica.left:
		return true
	default:
		return false
	}
}

// renew records a stored heartbeat and wakes the runs that wait for one.
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
	close(r.renewal)
	r.renewal = make(chan struct{})
}

func (e *Engine) missed() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.replica.steady = time.Time{}
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
