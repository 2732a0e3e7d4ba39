package operation_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"lbbot/bot/operation/sweep"
)

func (h *house) sweeper() *sweep.Sweeper {
	return &sweep.Sweeper{Journal: h.journal, Engine: h.engine, Now: h.runner.Now, Every: 2 * time.Second,
		Older: 2 * time.Second, Log: zap.NewNop(), Metrics: h.sweeping}
}

func TestTheSweeperStartsWhatWasLeftBehind(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.accepted(request())
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.sweeper().Run(ctx) }()
		synctest.Wait()
		require.Empty(t, h.engine.begun(), "what was accepted just now is being started by whoever accepted it")
		pass(5 * time.Second)
		require.Contains(t, h.engine.begun(), id)

		h.carry(id)
		h.engine.mu.Lock()
		h.engine.started = nil
		h.engine.mu.Unlock()
		pass(time.Minute)
		require.Empty(t, h.engine.begun(), "what is reported is left alone")
		stop()
		require.NoError(t, <-done)
	})
}

func TestTheSweeperSurvivesErrors(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.accepted(request())
		h.intake.Start(t.Context(), id)
		require.Equal(t, []string{id}, h.engine.begun())
		h.engine.started, h.engine.err = nil, errJournal
		h.intake.Start(t.Context(), id) // only logged
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.sweeper().Run(ctx) }()
		pass(10 * time.Second)
		h.engine.mu.Lock()
		h.engine.err = nil
		h.engine.mu.Unlock()
		h.journal.goes(func(string) fault { return fault{before: errJournal} })
		pass(10 * time.Second)
		require.Empty(t, h.engine.begun())
		h.journal.goes(nil)
		pass(5 * time.Second)
		require.Contains(t, h.engine.begun(), id)
		stop()
		require.NoError(t, <-done)
	})
}
