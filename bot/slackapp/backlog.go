package slackapp

import (
	"context"
	"sync"
	"time"
)

// backlog counts the envelopes that are not acked. When many come in one instant, Slack's three seconds run for all of
// them, so what an accepted request still needs gives them the processor first.
type backlog struct {
	mu      sync.Mutex
	unacked int
	drained chan struct{} // closed when at most backlogMost are left; nil while there are no more
}

const (
	backlogMost  = 32          // unacked envelopes
	backlogWaits = time.Second // the longest wait
)

// gauge counts them for the metrics.
func (b *backlog) gauge() float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return float64(b.unacked)
}

func (b *backlog) enter() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.unacked++; b.unacked > backlogMost && b.drained == nil {
		b.drained = make(chan struct{})
	}
}

func (b *backlog) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.unacked--; b.unacked <= backlogMost && b.drained != nil {
		close(b.drained)
		b.drained = nil
	}
}

// wait blocks while more than backlogMost envelopes are not acked, for at most backlogWaits.
func (b *backlog) wait(ctx context.Context) {
	b.mu.Lock()
	drained := b.drained
	b.mu.Unlock()
	if drained == nil {
		return
	}
	most := time.NewTimer(backlogWaits)
	defer most.Stop()
	select {
	case <-drained:
	case <-most.C:
	case <-ctx.Done():
	}
}
