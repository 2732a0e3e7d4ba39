package operation

import (
	"context"
	"time"

	"go.uber.org/zap"
)

// Sweeper starts what was accepted and is not being carried out: a process
// died, or the engine was out of reach, between the commit and the start.
type Sweeper struct {
	Journal Journal
	Engine  Engine
	Now     func() time.Time
	Every   time.Duration // 2 s
	Older   time.Duration // how long ago it was accepted; 2 s
	Log     *zap.Logger
	Metrics *Metrics
}

// Run sweeps at once and then every Every until ctx ends. It owns no other
// goroutines.
func (s *Sweeper) Run(ctx context.Context) error {
	t := time.NewTicker(s.Every)
	defer t.Stop()
	for {
		s.sweep(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// sweepAtOnce bounds what one sweep looks at, and so what the gauges count.
const sweepAtOnce = 1000

func (s *Sweeper) sweep(ctx context.Context) {
	ops, err := s.Journal.Unreported(ctx, s.Now().Add(-s.Older), sweepAtOnce)
	if err != nil {
		if ctx.Err() == nil {
			s.Log.Error("sweep could not read the journal", zap.Error(err))
		}
		return
	}
	s.Metrics.owed(ops, s.Now())
	for _, op := range ops {
		if err := s.Engine.Start(ctx, op.ID); err != nil && ctx.Err() == nil {
			s.Log.Error("operation could not be started", zap.String("operation", op.ID), zap.Error(err))
		}
	}
}
