package operation_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
)

// setBack sets the clock back an hour.
func (h *house) setBack() { h.skew.Store(-int64(time.Hour)) }

func TestAClockThatIsSetBackMakesNoDraftYoungAgain(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		op, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		pass(6 * time.Minute)
		h.setBack()
		_, err = h.intake.Send(t.Context(), h.click(op.ID, ana))
		_, ok := errors.AsType[*intake.ExpiredError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, operation.Draft, h.journal.now(op.ID).State)

		fresh, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		_, err = h.intake.Send(t.Context(), h.click(fresh.ID, ana))
		require.NoError(t, err, "a new one is as good as ever")
	})
}

func TestAClockThatIsSetBackForgetsNoRate(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.intake.Settings.Rate, h.intake.Settings.RateIn = 2, 10*time.Minute
		h.accepted(typed(t, "lst-1 edge"))
		h.accepted(typed(t, "lst-2 edge"))
		h.setBack()
		_, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.Equal(t, operation.DeniedRate, denied(t, h, err).Code)
	})
}

func TestAClockThatIsSetBackSendsNothingLateAndNothingTwice(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		f    fault
		sent int
	}{
		"before the answer":         {fault{hold: 10 * time.Second}, 1},
		"after a lost answer":       {fault{after: lost()}, 1},
		"after an unsent call":      {fault{before: unsent()}, 1},
		"after being asked to wait": {fault{before: apiError(429, "")}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.cloud.goes(on("RegisterBackend", 1, tt.f))
				id := h.accepted(request())
				done := h.process(id)
				pass(500 * time.Millisecond)
				h.setBack()
				require.NoError(t, <-done)
				op := h.journal.now(id)
				require.Len(t, h.cloud.sent(), tt.sent)
				require.LessOrEqual(t, h.oursOn(), 1)
				require.Equal(t, h.oursOn() == 1, op.State == operation.Done, "%s %s", op.State, op.Reason)
				require.True(t, h.isClosed(id))
			})
		})
	}
}

func TestWhatAClockPutsIntoTheFutureIsStartedAndWoken(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		past := h.accepted(typed(t, "lst-1 edge"))
		pass(2 * time.Hour)
		future := h.accepted(request())
		h.setBack()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.sweeper().Run(ctx) }()
		pass(time.Second)
		require.ElementsMatch(t, []string{future, past}, h.engine.begun())
		require.Len(t, h.engine.record(future).pokes, 1, "it may wait by the clock as it was")
		require.Empty(t, h.engine.record(past).pokes)
		stop()
		require.NoError(t, <-done)
	})
}

func TestASweepTakesNoLessAfterTheClockIsSetBack(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.sweeper().Run(ctx) }()
		id := h.accepted(request())
		pass(5 * time.Second)
		h.setBack()
		h.engine.mu.Lock()
		h.engine.started = nil
		h.engine.mu.Unlock()
		pass(5 * time.Second)
		require.Contains(t, h.engine.begun(), id)
		stop()
		require.NoError(t, <-done)
	})
}
