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
	waiters []waiter
	wake    chan struct{} // ends a pause: there is something newer, or someone waits
}

type waiter struct {
	version int64
	done    chan error // buffered
}

// want puts op up for showing and starts a delivery if none is under way. A
// draft is shown to nobody but its asker, so it never has a card.
func (b *Board) want(op operation.Operation, w *waiter) {
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
		s = &slot{want: op, wake: make(chan struct{}, 1)}
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

// The pauses before a card that could not be shown is tried again.
const (
	retryFirst = time.Second
	retryMost  = 5 * time.Minute
)

// deliver shows what a slot wants until there is nothing newer. What fails is
// tried again after growing pauses, since a card may stand still for long; but
// an end is not: whoever must have it shown asks again, and counts how late it
// is. Those who wait are told of each try.
func (b *Board) deliver(id string, s *slot) {
	defer b.work.Done()
	shown := int64(-1)
	pause := retryFirst
	for {
		b.mu.Lock()
		op := s.want
		if op.Version <= shown {
			delete(b.slots, id)
			b.settle(s, shown, nil)
			b.mu.Unlock()
			return
		}
		b.mu.Unlock()
		version, err := b.show(op)
		b.mu.Lock()
		if err == nil {
			shown, pause = max(shown, version), retryFirst
			b.settle(s, shown, nil)
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
		case <-s.wake: // who came during the try has been told of it
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

// rest waits, until there is a reason to try at once or none to go on.
func (b *Board) rest(s *slot, pause time.Duration) {
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.wake:
	case <-b.ends:
	}
}

// newest returns what is wanted of an operation by now: whatever waits for its
// turn sends that.
func (b *Board) newest(op operation.Operation) operation.Operation {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s, ok := b.slots[op.ID]; ok && s.want.Version > op.Version {
		return s.want
	}
	return op
}

// settle tells those who wait for a version up to this one what came of it.
func (b *Board) settle(s *slot, version int64, err error) {
	s.waiters = slices.DeleteFunc(s.waiters, func(w waiter) bool {
		if w.version > version {
			return false
		}
		w.done <- err
		return true
	})
}
