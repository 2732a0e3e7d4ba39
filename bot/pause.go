package bot

import (
	"context"
	"sync/atomic"

	"lbbot/bot/health"
	"lbbot/bot/operation"
)

// pauseReader reads whether the bot is paused, for /readyz and the metrics.
type pauseReader struct {
	stored func(ctx context.Context) (*operation.Pause, error)
	last   atomic.Bool // as last read
}

// read says who paused the bot, nil if it is not paused or that cannot be read.
func (p *pauseReader) read(ctx context.Context) *health.Pause {
	is, err := p.stored(ctx)
	if err != nil {
		return nil // the last value stays
	}
	if p.last.Store(is != nil); is == nil {
		return nil
	}
	return &health.Pause{Since: is.At, By: is.By.UserID}
}
