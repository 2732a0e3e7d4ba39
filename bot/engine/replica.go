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

// The pace of replicas. A replica that dies is silent for 4 s and found within
// half a second, and its operations get new runs at once.
const (
	beatEvery = time.Second
	lookEvery = beatEvery / 2
	silent    = 4 * time.Second
)

// Replicas is where processes on one database tell each other that they are
// alive. All times are by the database's clock.
type Replicas interface {
	// Join makes a new replica known.
	Join(ctx context.Context, id string) error

	// Beat says that the replica is alive; false means that it is gone, and
	// that this never changes again.
	Beat(ctx context.Context, id string) (alive bool, err error)

	// Leave says that the replica is gone, known before or not.
	Leave(ctx context.Context, id string) error

	// GiveUp declares other replicas gone which were silent for longer than that,
	// and returns how many.
	GiveUp(ctx context.Context, id string, silent time.Duration) (int64, error)
}

// TakenOverError says that this process was held up for so long that other
// replicas took its runs over.
type TakenOverError struct{ Replica string }

// Error says what to do.
func (e *TakenOverError) Error() string {
	return fmt.Sprintf("other replicas took over from %s, which gave no sign of life for more than %s: start it anew", e.Replica, silent)
}

// replica is this process among others on the same database. Its heartbeat is
// a lease: a step begins only while the last one is younger than the time
// after which others take over, so a process that was stopped and continued
// begins nothing before it has asked. One that learns that others took over
// ends instead of joining anew: the runtime keeps its name for as long as it
// lives, and what else the process missed is best put right by a start.
type replica struct {
	id    string
	table Replicas
	every time.Duration
	gone  time.Duration // silence after which a replica is gone

	// guarded by Engine.mu
	renewed time.Time     // when the last heartbeat that counted was sent
	steady  time.Time     // since when none failed; zero: the last one did
	late    []span        // gaps between heartbeats since then, oldest first; few
	renewal chan struct{} // closed by the next heartbeat that counts

	joined bool  // known to the others
	taken  error // others took over: why nothing is done any more

	left chan struct{} // closed when this process leaves
}

// span is a time between two moments.
type span struct{ from, to time.Time }

func newReplica(id string, table Replicas) *replica {
	return &replica{id: id, table: table, every: beatEvery, gone: silent, renewal: make(chan struct{}), left: make(chan struct{})}
}

// fresh reports whether nobody can have taken over by now. The monotonic clock
// stands still while the host is suspended, so the wall clock counts as well.
func (r *replica) fresh() bool { return r.freshAt(time.Now()) }

func (r *replica) freshAt(now time.Time) bool {
	return now.Sub(r.renewed) < r.gone && now.Round(0).Sub(r.renewed.Round(0)) < r.gone
}

// join makes the replica known before anything runs under its name.
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

// leave hands over to the other replicas at once. The time for stopping may be
// over, and still this must be tried.
func (e *Engine) leave(ctx context.Context) error {
	if e.replica == nil {
		return nil
	}
	close(e.replica.left)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.replica.gone/2)
	defer cancel()
	return e.replica.table.Leave(ctx, e.replica.id)
}

// Run starts runs for operations that have none in a live process, and keeps this
// replica alive, until ctx ends or Stop has left. A *TakenOverError means that
// the process must end.
func (e *Engine) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	if e.replica != nil {
		g.Go(func() error { return e.each(ctx, e.replica.every, e.beat) })
	}
	g.Go(func() error { return e.each(ctx, lookEvery, e.takeOver) })
	return g.Wait()
}

// each calls do at once and then every time, each call with a limit.
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
		e.log.Warn("heartbeat was not stored", zap.String("replica", e.replica.id), zap.Error(err))
		e.missed()
		return nil
	case !alive:
		taken := &TakenOverError{e.replica.id}
		e.log.Error("other replicas took over from this one", zap.String("replica", e.replica.id))
		e.cutOff(taken)
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

// renew lets steps begin again that waited for a heartbeat.
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

// wake lets those look again who wait for a heartbeat. Engine.mu is held.
func (r *replica) wake() {
	close(r.renewal)
	r.renewal = make(chan struct{})
}

func (e *Engine) missed() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.replica.steady = time.Time{}
}

// cutOff lets no further step begin and ends those that run.
func (e *Engine) cutOff(why error) {
	e.mu.Lock()
	e.draining = true
	e.replica.taken = why
	e.replica.wake() // nobody has to wait any more
	e.mu.Unlock()
	e.hardStop(why)
}

// admit lets the runtime have a connection while nobody can have taken over
// from this replica: a process that was paused writes nothing when it wakes up.
func (e *Engine) admit(ctx context.Context) error {
	return e.await(ctx, func() (bool, error) {
		r := e.replica
		return !r.joined || r.fresh() || e.draining, r.taken
	})
}

// takeOver declares silent replicas gone and starts runs for what has none.
func (e *Engine) takeOver(ctx context.Context) error {
	if e.replica != nil {
		if silence := e.patience(time.Now()); silence > 0 {
			n, err := e.replica.table.GiveUp(ctx, e.replica.id, silence)
			if err != nil && ctx.Err() == nil && !e.hasLeft() {
				e.log.Warn("silent replicas could not be looked for", zap.Error(err))
			}
			if n > 0 {
				e.log.Warn("silent replicas are gone; their operations are taken over", zap.Int64("replicas", n))
			}
		}
		if e.hasLeft() {
			return nil
		}
	}
	e.resume(ctx)
	return nil
}

// maxLate is how many gaps are remembered: what is older is far behind any
// silence that counts.
const maxLate = 16

// patience is the silence after which others count as gone; 0: none does.
//
// When a heartbeat of this replica failed, the database may have been away for
// all of them: then the others get as long as ever to be heard again. When one
// was only late, the machine may have been busy for all of them: the gap does
// not count as silence, and after it they get the time of two heartbeats. It
// does not begin anew, because on a busy machine one gap follows the other,
// and what a replica that is really gone left behind would lie for that long.
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
		return errors.New("no heartbeat could be stored in the database lately")
	}
	return nil
}
