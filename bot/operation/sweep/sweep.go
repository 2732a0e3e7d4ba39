package sweep

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
)

// Unreported is what a Sweeper reads of the journal.
type Unreported interface {
	// Unreported is operation.Journal.Unreported.
	Unreported(ctx context.Context, acceptedBefore time.Time, after string, limit int) ([]operation.Operation, error)
}

// Sweeper starts what was accepted and is not being carried out, wakes what people
// have decided about, and finds what does not go on.
type Sweeper struct {
	Journal Unreported
	Engine  operation.Engine
	Now     func() time.Time
	Every   time.Duration // 5 s
	Older   time.Duration // how long ago it was accepted; 2 s
	Log     *zap.Logger
	Metrics *Metrics

	mu      sync.Mutex
	problem error // what does not go on, as of the last sweep
}

// Ready returns nil unless an operation has been open for longer than its state
// can last. Waiting for people is not that.
func (s *Sweeper) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.problem
}

// Run sweeps at once and then every Every until ctx ends. It owns no other
// goroutines.
//
// A clock that is set back puts what was accepted before into the future. That
// is woken at the start, and no sweep takes less than the one before.
func (s *Sweeper) Run(ctx context.Context) error {
	t := time.NewTicker(s.Every)
	defer t.Stop()
	s.wake(ctx)
	var before time.Time
	for {
		if bound := s.Now().Add(-s.Older); bound.After(before) {
			before = bound
		}
		s.sweep(ctx, before)
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// sweepAtOnce is how many operations are read at once.
const sweepAtOnce = 1000

func (s *Sweeper) sweep(ctx context.Context, before time.Time) {
	ops, err := s.unreported(ctx, before)
	if err != nil && ctx.Err() == nil {
		s.Log.Error("sweep could not read the journal", zap.Error(err))
	}
	if err == nil {
		s.Metrics.unreported(ops, s.Now())
		s.note(progressOf(ops, s.Now()))
	}
	for _, op := range ops {
		err := s.Engine.Start(ctx, op.ID)
		if err == nil && needsPoke(op) {
			err = s.Engine.Poke(ctx, op.ID)
		}
		if err != nil && ctx.Err() == nil {
			s.Log.Error("operation could not be started", zap.String("operation", op.ID), zap.Error(err))
		}
	}
}

// note publishes what a sweep found.
func (s *Sweeper) note(p progress) {
	s.Metrics.open(p)
	problem := p.problem()
	s.mu.Lock()
	defer s.mu.Unlock()
	if problem != nil && (s.problem == nil || s.problem.Error() != problem.Error()) {
		s.Log.Error("operation does not go on", zap.Error(problem))
	}
	s.problem = problem
}

// unreported reads page by page: those that wait for people, or for Slack, must
// not hide what was accepted after them. What was read is returned with an
// error.
func (s *Sweeper) unreported(ctx context.Context, before time.Time) (all []operation.Operation, err error) {
	for after := ""; ; {
		page, err := s.Journal.Unreported(ctx, before, after, sweepAtOnce)
		if err != nil {
			return all, err
		}
		all = append(all, page...)
		if len(page) < sweepAtOnce {
			return all, nil
		}
		after = page[len(page)-1].ID
	}
}

// needsPoke reports whether people have decided about an operation and its run
// may not know: it waits until it is told, and what told it can be lost.
func needsPoke(op operation.Operation) bool {
	if op.Approval == nil || op.Approval.Skipped {
		return false
	}
	return op.State == operation.Waiting && (op.Approval.Denied != nil || op.StopBy != "") ||
		op.State == operation.Accepted && len(op.Attempts) == 0 && op.WaitFor == ""
}

// wake starts what says that it was accepted or sent in the future, and ends
// its wait: how long it waits may have been computed from a clock that was wrong.
// What is woken early waits on.
func (s *Sweeper) wake(ctx context.Context) {
	now := s.Now().Add(operation.ClockSlack)
	ops, err := s.unreported(ctx, now.AddDate(100, 0, 0))
	if err != nil {
		return // the sweep that follows says so
	}
	for _, op := range ops {
		if !op.ClickedAt.After(now) && !op.LastSent().After(now) &&
			!op.WaitUntil.After(now.Add(operation.GiveUpAfter)) &&
			!op.FinishedAt.After(now) {
			continue
		}
		s.Log.Warn("clock stands before what was stored; it was set back, or the other was wrong",
			zap.String("operation", op.ID))
		err := s.Engine.Start(ctx, op.ID)
		if err == nil {
			err = s.Engine.Poke(ctx, op.ID)
		}
		if err != nil && ctx.Err() == nil {
			s.Log.Error("operation could not be woken", zap.String("operation", op.ID), zap.Error(err))
		}
	}
}

// stuckAfter is added to what the states of an operation may last: a reading
// takes up to a minute, and so does the pause before it.
const stuckAfter = 2 * time.Minute

// stuckAt returns when an operation has certainly been in its state for too long,
// zero if it may stay there: it waits for people, or it is over.
func stuckAt(o operation.Operation) time.Time {
	var last time.Time
	switch o.State {
	case operation.Waiting:
		switch {
		case !o.StopAt.IsZero():
			last = o.StopAt
		case o.Approval == nil: // stored by another version or damaged: nobody is asked
			last = o.ClickedAt
		case o.Approval.Denied != nil:
			last = o.Approval.Denied.At
		default:
			last = o.Approval.ExpiresAt
		}
	case operation.Accepted, operation.Sending:
		last = o.ClickedAt.Add(operation.StartWithin)
	case operation.Unconfirmed:
		last = o.LastSent().Add(operation.ProofAfter)
	}
	if last.IsZero() {
		return last
	}
	return last.Add(stuckAfter)
}

// progress is what a sweep found about the operations that are open.
type progress struct {
	oldest time.Duration         // since the click, of those that do not wait for people
	stuck  []operation.Operation // oldest first

	needPerson int
}

func progressOf(ops []operation.Operation, now time.Time) (p progress) {
	for _, op := range ops {
		if !op.State.Open() {
			continue
		}
		if op.State != operation.Waiting && op.State != operation.NeedsPerson {
			p.oldest = max(p.oldest, now.Sub(op.ClickedAt))
		}
		if op.State == operation.NeedsPerson {
			p.needPerson++
		}
		if at := stuckAt(op); !at.IsZero() && now.After(at) {
			p.stuck = append(p.stuck, op)
		}
	}
	return p
}

// problem says which operations do not go on; nil if there are none.
func (p progress) problem() error {
	if len(p.stuck) == 0 {
		return nil
	}
	op, more := p.stuck[0], ""
	if n := len(p.stuck) - 1; n > 0 {
		more = fmt.Sprintf(", and %d more", n)
	}
	return fmt.Errorf("%s has been %s since %s and does not go on%s: "+
		"search the log for operation %s, and restart lbbot if it names no cause",
		op.Ref, op.State, since(op).UTC().Format("2006-01-02 15:04:05 UTC"), more, op.ID)
}

// since is when an open operation entered its state, as far as that is stored.
func since(o operation.Operation) time.Time {
	switch {
	case o.State == operation.Waiting && o.Approval != nil && !o.Approval.AskedAt.IsZero():
		return o.Approval.AskedAt
	case o.State == operation.Sending:
		return o.FirstSent()
	case o.State == operation.Unconfirmed:
		return o.LastSent()
	}
	return o.ClickedAt
}
