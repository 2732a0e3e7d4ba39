package board

import (
	"errors"
	"slices"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
)

// slot is an operation with something to show.
type slot struct {
	want    operation.Operation
	begun   bool // the acceptance recorded the post, and no try has used that yet
	waiters []waiter
	wake    chan struct{} // ends a pause: there is something newer, or someone waits
}

type waiter struct {
	version int64
	done    chan error // buffered
}

// want queues op and starts a delivery if none is running; begun as in slot. A draft is
// shown only to its asker, so it never has a card.
func (b *Board) want(op operation.Operation, w *waiter, begun bool) {
	if op.State == operation.Draft {
		b.Log.Error("a draft was to be shown as a card", zap.String("operation", op.ID))
		if w != nil {
			w.done <- errors.New("a draft has no card")
		}
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	s, busy := b.slots[op.ID]
	if !busy {
		if b.closed {
			if w != nil {
				w.done <- errors.New("the bot is stopping")
			}
			return
		}
		s = &slot{want: op, begun: begun, wake: make(chan struct{}, 1)}
		b.slots[op.ID] = s
		b.work.Add(1)
		go b.deliver(op.ID, s)
	}
	if op.Version <= s.want.Version && w == nil {
		return
	}
	if op.Version > s.want.Version {
		s.want = op
	}
	if w != nil {
		s.waiters = append(s.waiters, *w)
	}
	select {
	case s.wake <- struct{}{}:
	default: // it is woken already
	}
}

// waiting is how many operations have something to show.
func (b *Board) waiting() float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return float64(len(b.slots))
}

// The pauses before a failed card is retried.
const (
	retryFirst = time.Second
	retryMost  = 5 * time.Minute
)

// deliver shows the newest state of a slot until there is nothing newer. It
// retries failures after growing pauses, because a card may not change for long.
// It does not retry a final state: the caller reports it again and counts how late
// it is. Waiters get the result of each try.
func (b *Board) deliver(id string, s *slot) {
	defer b.work.Done()
	shown := int64(-1)
	pause := retryFirst
	for {
		b.mu.Lock()
		op := s.want
		if op.Version <= shown && b.unplaced[id].TS == "" {
			delete(b.slots, id)
			b.settle(s, shown, nil)
			b.mu.Unlock()
			return
		}
		b.mu.Unlock()
		version, err := b.bring(s, op, shown)
		b.mu.Lock()
		if err == nil {
			shown, pause = version, retryFirst
			if b.unplaced[id].TS == "" {
				b.settle(s, shown, nil)
			}
			b.mu.Unlock()
			continue
		}
		b.delivered.WithLabelValues("failed").Inc()
		b.Log.Warn("card could not be shown", zap.String("operation", id), zap.Int64("version", op.Version),
			zap.Error(err))
		newer := s.want.Version > op.Version
		if b.ctx.Err() != nil || !newer && (b.closed || op.State.Final()) {
			delete(b.slots, id)
			b.settle(s, s.want.Version, err)
			b.mu.Unlock()
			return
		}
		b.settle(s, op.Version, err)
		select {
		case <-s.wake: // a waiter that came during the try has its result
		default:
		}
		b.mu.Unlock()
		if newer {
			continue
		}
		b.rest(s, pause)
		pause = min(2*pause, retryMost)
	}
}

// rest waits for the pause, a newer state, a waiter, or Close.
func (b *Board) rest(s *slot, pause time.Duration) {
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.wake:
	case <-b.ends:
	}
}

// newest returns the newest queued state of an operation, so that a delivery that
// waited for the rate limit sends it.
func (b *Board) newest(op operation.Operation) operation.Operation {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s, ok := b.slots[op.ID]; ok && s.want.Version > op.Version {
		return s.want
	}
	return op
}

// takeBegun reports whether the acceptance recorded the post of an operation's card and
// this is the first try since.
func (b *Board) takeBegun(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, ok := b.slots[id]
	begun := ok && s.begun
	if begun {
		s.begun = false
	}
	return begun
}

// settle gives err to the waiters for this or an earlier version.
func (b *Board) settle(s *slot, version int64, err error) {
	s.waiters = slices.DeleteFunc(s.waiters, func(w waiter) bool {
		if w.version > version {
			return false
		}
		w.done <- err
		return true
	})
}
