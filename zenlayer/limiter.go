package zenlayer

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Waiting says how a call waits for its limiter. It travels in the context, so
// that whoever knows what a call is for can say so without knowing the limiter.
type Waiting struct {
	// Rank goes before lower ranks; the zero value is what a call has that
	// says nothing. Only a RankedLimiter looks at it.
	Rank int
	// AtMost is how long the call waits before it is given up as not sent; 0:
	// until the context ends. Each page and each repeat of a reading waits anew.
	AtMost time.Duration
}

type waitingKey struct{}

// WithWaiting returns a context whose calls wait in this way.
func WithWaiting(ctx context.Context, w Waiting) context.Context {
	return context.WithValue(ctx, waitingKey{}, w)
}

// WaitingOf returns what WithWaiting put into ctx.
func WaitingOf(ctx context.Context) Waiting {
	w, _ := ctx.Value(waitingKey{}).(Waiting)
	return w
}

// errHopeless is why a call does not even begin to wait.
var errHopeless = errors.New("too many calls wait already")

// RankedLimiter is a Limiter that lets n calls pass at once and n in each span
// of time after that. While calls wait, a free place goes to the highest rank,
// within a rank to the one that came first; so a rank never waits for a lower
// one, and a low rank gets what the others leave. It starts no goroutine and
// holds nothing for calls that do not wait.
type RankedLimiter struct {
	bucket *rate.Limiter

	mu      sync.Mutex
	waiting []*waiter // in the order in which they go
}

type waiter struct {
	rank int
	turn chan struct{} // buffered: look again whether you are first
}

// NewRankedLimiter makes a limiter; n of 0 is no limit.
func NewRankedLimiter(n int, span time.Duration) *RankedLimiter {
	if n == 0 {
		return &RankedLimiter{bucket: rate.NewLimiter(rate.Inf, 0)}
	}
	return &RankedLimiter{bucket: rate.NewLimiter(rate.Limit(float64(n)/span.Seconds()), n)}
}

// Waiting returns how many calls wait now.
func (l *RankedLimiter) Waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting)
}

// Wait returns nil when the call may go, or an error when ctx ends before. It
// returns an error at once when ctx has a deadline that those who wait before
// this call already take up.
func (l *RankedLimiter) Wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w, err := l.join(ctx)
	if w == nil {
		return err
	}
	for {
		pause, passed := l.pass(w)
		if passed {
			return nil
		}
		if err := w.wait(ctx, pause); err != nil {
			l.leave(w)
			return err
		}
	}
}

// join lets a call pass at once if nobody waits and a place is free, and puts
// it in line otherwise, unless that is hopeless.
func (l *RankedLimiter) join(ctx context.Context) (*waiter, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if len(l.waiting) == 0 && l.bucket.AllowN(now, 1) {
		return nil, nil
	}
	w := &waiter{rank: WaitingOf(ctx).Rank, turn: make(chan struct{}, 1)}
	at := len(l.waiting)
	for at > 0 && l.waiting[at-1].rank < w.rank {
		at--
	}
	if deadline, ok := ctx.Deadline(); ok && now.Add(l.until(now, at)).After(deadline) {
		return nil, errHopeless
	}
	l.waiting = slices.Insert(l.waiting, at, w)
	return w, nil
}

// until is how long it takes at least until it is the turn of the one behind
// so many others.
func (l *RankedLimiter) until(now time.Time, ahead int) time.Duration {
	missing := float64(ahead+1) - l.bucket.TokensAt(now)
	return max(0, time.Duration(missing/float64(l.bucket.Limit())*float64(time.Second)))
}

// pass lets w go if it is first and a place is free. Otherwise it returns how
// long to wait; 0: until it is told that it is first.
func (l *RankedLimiter) pass(w *waiter) (pause time.Duration, passed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting[0] != w {
		return 0, false
	}
	now := time.Now()
	if l.bucket.AllowN(now, 1) {
		l.remove(w)
		return 0, true
	}
	return max(l.until(now, 0), time.Millisecond), false
}

func (l *RankedLimiter) leave(w *waiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.remove(w)
}

// remove takes w out and tells who is first then.
func (l *RankedLimiter) remove(w *waiter) {
	at := slices.Index(l.waiting, w)
	l.waiting = slices.Delete(l.waiting, at, at+1)
	if at == 0 && len(l.waiting) > 0 {
		select {
		case l.waiting[0].turn <- struct{}{}:
		default: // told already
		}
	}
}

// wait returns when w should look again, or with the error of ctx.
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
