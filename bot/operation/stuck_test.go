package operation_test

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/sweep"
)

// sweeps runs a sweeper until the test ends.
func (h *house) sweeps(t *testing.T) *sweep.Sweeper {
	t.Helper()
	s := h.sweeper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() { stop(); require.NoError(t, <-done) })
	return s
}

func (h *house) gauge(t *testing.T, name string) float64 {
	t.Helper()
	families, err := h.counts.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	require.FailNow(t, "no metric "+name)
	return 0
}

func TestOperationThatNobodyCarriesOutIsCalledStuck(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		s := h.sweeps(t)
		id := h.accepted(request())
		op := h.journal.now(id)
		pass(time.Minute)
		require.NoError(t, s.Ready())
		require.InDelta(t, 60, h.gauge(t, "lbbot_oldest_open_operation_seconds"), 3)
		require.Zero(t, h.gauge(t, "lbbot_operations_stuck"))

		pass(operation.StartWithin + 2*time.Minute)
		require.EqualError(t, s.Ready(),
			op.Ref+" has been accepted since "+op.ClickedAt.UTC().Format("2006-01-02 15:04:05 UTC")+
				" and does not go on: search the log for operation "+id+", and restart lbbot if it names no cause")
		require.InDelta(t, 480, h.gauge(t, "lbbot_oldest_open_operation_seconds"), 3)
		require.InDelta(t, 1, h.gauge(t, "lbbot_operations_stuck"), 0)

		h.carry(id)
		pass(3 * time.Second)
		require.NoError(t, s.Ready())
		require.Zero(t, h.gauge(t, "lbbot_oldest_open_operation_seconds"))
		require.Zero(t, h.gauge(t, "lbbot_operations_stuck"))
		lint, err := testutil.GatherAndLint(h.counts, "lbbot_oldest_open_operation_seconds", "lbbot_operations_stuck")
		require.NoError(t, err)
		require.Empty(t, lint)
	})
}

func TestOperationThatWaitsForPeopleIsNotStuck(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1)
		h.runner.Asking.Within, h.intake.Settings.Approval.Within = 2*time.Hour, 2*time.Hour
		s := h.sweeps(t)
		op := h.asked(request())
		pass(119 * time.Minute)
		require.NoError(t, s.Ready())
		require.Zero(t, h.gauge(t, "lbbot_oldest_open_operation_seconds"))
		pass(5 * time.Minute)
		require.ErrorContains(t, s.Ready(), op.Ref+" has been waiting_approval since",
			"its time is over, and nobody ended it")
	})
}

// Such a row can come from another version. The sweep must not end the bot, and
// nobody can carry the operation out.
func TestOperationThatWaitsAndAsksNobodyIsStuck(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		s := h.sweeps(t)
		op := h.journal.now(h.accepted(request()))
		op.State, op.Approval = operation.Waiting, nil
		h.journal.mu.Lock()
		h.journal.put(op, operation.Event{})
		h.journal.mu.Unlock()
		pass(time.Minute)
		require.NoError(t, s.Ready())
		pass(2 * time.Minute)
		require.ErrorContains(t, s.Ready(), op.Ref+" has been waiting_approval since")
	})
}

func TestOperationThatNeedsAPersonIsNotStuck(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		s := h.sweeps(t)
		sent := false
		h.cloud.fault = func(name string, _ int) fault {
			if sent = sent || name == "RegisterBackend"; sent {
				return fault{before: lost()}
			}
			return fault{}
		}
		id := h.accepted(request())
		done := h.process(id)
		pass(3 * time.Hour)
		require.Equal(t, operation.NeedsPerson, h.journal.now(id).State)
		require.NoError(t, s.Ready())
		require.Zero(t, h.gauge(t, "lbbot_oldest_open_operation_seconds"))
		h.stop(errKilled)
		require.ErrorIs(t, <-done, errKilled)
	})
}

// TestOperationThatIsCarriedOutIsNeverStuck sweeps through whole lives, the
// longest ones too.
func TestOperationThatIsCarriedOutIsNeverStuck(t *testing.T) {
	t.Parallel()
	for name, s := range storms() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.cloud.fault, h.cloud.lag = s.fault, s.lag
				sweeper := h.sweeps(t)
				done := h.process(h.accepted(request()))
				for over := false; !over; {
					select {
					case err := <-done:
						require.NoError(t, err)
						over = true
					case <-time.After(time.Second):
					}
					require.NoError(t, sweeper.Ready())
				}
			})
		})
	}
}

func TestStopThatNobodyCarriesOutIsCalledStuckSoon(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1)
		s := h.sweeps(t)
		op := h.asked(request()) // nothing runs it
		pass(10 * time.Minute)
		_, err := h.intake.Stop(t.Context(), h.click(op.ID, ana))
		require.NoError(t, err)
		pass(time.Minute)
		require.NoError(t, s.Ready())
		pass(2 * time.Minute)
		require.ErrorContains(t, s.Ready(), op.Ref+" has been waiting_approval since "+
			op.Approval.AskedAt.UTC().Format("2006-01-02 15:04:05 UTC"))
	})
}
