package board

import (
	"sync"

	"golang.org/x/time/rate"
)

// pace limits the rate of messages in each channel.
type pace struct {
	mu    sync.Mutex
	lanes map[string]*rate.Limiter
}

func newPace() *pace { return &pace{lanes: map[string]*rate.Limiter{}} }

func (p *pace) lane(channel string) *rate.Limiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, ok := p.lanes[channel]
	if !ok {
		if len(p.lanes) > 10_000 {
			clear(p.lanes) // forgetting costs a 429 at worst, and a wait
		}
		l = rate.NewLimiter(perSecond, burst)
		p.lanes[channel] = l
	}
	return l
}
