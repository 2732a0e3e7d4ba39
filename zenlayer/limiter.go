package zenlayer

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Waiting says how a call waits for its limiter. It is in the context, so that callers
// need not know the limiter.
type Waiting struct {
	// Rank is the priority: calls with a higher rank are admitted first. The default
	// is 0. Only a RankedLimiter uses it.
	Rank int
	// AtMost limits the wait; the call then fails as not sent. 0 means until the
	// context ends. Each page and each retry of a reading has its own wait.
	AtMost time.Duration
	// Background admits the call only while more than half of the calls that may be
	// made at once are left, so that a long reading leaves room for calls that come
	// later. Give it a rank below all others: calls behind it wait for it. Only a
	// RankedLimiter uses it.
	Background bool
}

type waitingKey struct{}

// WithWaiting returns a context for calls that wait in this way.
func WithWaiting(ctx context.Context, w Waiting) context.Context {
	return context.WithValue(ctx, waitingKey{}, w)
}

// WaitingOf returns the Waiting of a context.
func WaitingOf(ctx context.Context) Waiting {
	w, _ := ctx.Value(waitingKey{}).(Waiting)
	return w
}

// errDeadline means that a call cannot be admitted before its deadline.
var errDeadline = errors.New("too many calls wait already")

// RankedLimiter is a Limiter that admits n calls at once and n in each span of time
// after that. Of the waiting calls it admits the one with the highest rank, and within a
// rank the one that came first. So a call never waits for a lower rank, and low ranks
// get the rest of the rate. It starts no goroutine.
//
// It orders single calls. The order of operations, which make several calls each, is not
// its business.
type RankedLimiter struct {
	bucket *rate.Limiter
	half   int // of the calls that may be made at once; what Background leaves

	mu      sync.Mutex
	waiting []*waiter // in the order of admission
}

type waiter struct {
	rank    int
	reserve int           // calls that must be left after this one
	turn    chan struct{} // buffered; tells the waiter that it is first now
}

// NewRankedLimiter makes a limiter; an n of 0 means no limit.
func NewRankedLimiter(n int, span time.Duration) *RankedLimiter {
	if n == 0 {
		return &RankedLimiter{bucket: rate.NewLimiter(rate.Inf, 0)}
	}
	return &RankedLimiter{bucket: rate.NewLimiter(rate.Limit(float64(n)/span.Seconds()), n), half: n / 2}
}

// Waiting returns how many calls of this rank or a higher one are waiting.
func (l *RankedLimiter) Waiting(rank int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for n < len(l.waiting) && l.waiting[n].rank >= rank {
		n++
	}
	return n
}

// Wait blocks until the call is admitted, or returns an error when ctx ends. It fails at
// once if the calls ahead of it need all the time until the deadline of ctx.
func (l *RankedLimiter) Wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w, err := l.join(ctx)
	if w == nil {
		return err
	}
	for {
		pause, admitted := l.admit(w)
		if admitted {
			return nil
		}
		if err := w.wait(ctx, pause); err != nil {
			l.leave(w)
			return err
		}
	}
}

// join admits a call at once if no call waits and the rate allows it; it then returns
// nil. Otherwise it queues the call, or returns errDeadline.
func (l *RankedLimiter) join(ctx context.Context) (*waiter, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, how := time.Now(), WaitingOf(ctx)
	w := &waiter{rank: how.Rank, turn: make(chan struct{}, 1)}
	if how.Background {
		w.reserve = l.half
	}
	if len(l.waiting) == 0 && l.take(now, w) {
		return nil, nil
	}
	at := len(l.waiting)
	for at > 0 && l.waiting[at-1].rank < w.rank {
		at--
	}
	if deadline, ok := ctx.Deadline(); ok && now.Add(l.until(now, at+w.reserve)).After(deadline) {
		return nil, errDeadline
	}
	l.waiting = slices.Insert(l.waiting, at, w)
	return w, nil
}

// take takes a call out of the bucket if enough are left after it.
func (l *RankedLimiter) take(now time.Time, w *waiter) bool {
	if w.reserve > 0 && l.bucket.TokensAt(now) < float64(1+w.reserve) {
		return false
	}
	return l.bucket.AllowN(now, 1)
}

// until returns the shortest time until a call with so many others ahead, or left after
// it, is admitted.
func (l *RankedLimiter) until(now time.Time, ahead int) time.Duration {
	missing := float64(ahead+1) - l.bucket.TokensAt(now)
	return max(0, time.Duration(missing/float64(l.bucket.Limit())*float64(time.Second)))
}

// admit admits w if it is first and the rate allows it. Otherwise it returns how long to
// wait; 0 means until w is told that it is first.
func (l *RankedLimiter) admit(w *waiter) (pause time.Duration, admitted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting[0] != w {
		return 0, false
	}
	now := time.Now()
	if l.take(now, w) {
		l.remove(w)
		return 0, true
	}
	return max(l.until(now, w.reserve), time.Millisecond), false
}

func (l *RankedLimiter) leave(w *waiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.remove(w)
}

// remove removes w from the queue and tells the new first call.
func (l *RankedLimiter) remove(w *waiter) {
	at := slices.Index(l.waiting, w)
	l.waiting = slices.Delete(l.waiting, at, at+1)
	if at == 0 && len(l.waiting) > 0 {
		select {
		case l.waiting[0].turn <- struct{}{}:
		default: // already told
		}
	}
}

// wait blocks until w should call admit again, or returns the error of ctx.
func (w *waiter) wait(ctx context.Context, pause time.Duration) error {
	var free <-chan time.Time
	if pause > 0 {
		t := time.NewTimer(pause)
		defer t.Stop()
		free = t.C
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-w.turn:
	case <-free:
	}
	return nil
}
