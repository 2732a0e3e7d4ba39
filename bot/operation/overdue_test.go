package operation_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

// alarms are the lines of the log about results that nobody could be told.
func (h *house) alarms() int {
	return h.log.FilterMessage("result has been kept out of Slack for more than a day").Len()
}

// toldOwner counts the lines for the owner.
func (h *house) toldOwner() int {
	h.reporter.mu.Lock()
	defer h.reporter.mu.Unlock()
	return len(h.reporter.told)
}

// owed requires what the gauges say after a sweep.
func (h *house) owed(t *testing.T, undelivered, overdue int) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.sweeper().Run(ctx) }()
	pass(time.Second)
	stop()
	require.NoError(t, <-done)
	families, err := h.counts.Gather()
	require.NoError(t, err)
	got := map[string]int{}
	for _, f := range families {
		if strings.HasPrefix(f.GetName(), "lbbot_results_") {
			got[f.GetName()] = int(f.GetMetric()[0].GetGauge().GetValue())
		}
	}
	require.Equal(t, map[string]int{"lbbot_results_undelivered": undelivered, "lbbot_results_overdue": overdue}, got)
}

func TestAResultThatNobodyCouldBeToldForADayIsAnAlarmAndIsTriedOn(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.accepted(request())
		var taken atomic.Bool
		var tries []time.Time
		h.reporter.fault = func(name string) fault {
			if name == "Report" && !taken.Load() {
				tries = append(tries, time.Now())
				return fault{before: errJournal}
			}
			return fault{}
		}
		done := h.process(id)
		pass(time.Hour)
		h.owed(t, 1, 0)
		pass(22 * time.Hour)
		require.Zero(t, h.alarms())
		require.Zero(t, h.toldOwner())
		pass(4 * time.Hour)
		require.Positive(t, h.alarms())
		require.Equal(t, 1, h.toldOwner(), "the owner is told once")
		h.owed(t, 1, 1)
		pass(9 * 24 * time.Hour)
		require.Equal(t, 1, h.toldOwner())
		require.Greater(t, h.alarms(), 9*20, "an alarm that is not looked at goes on")
		require.False(t, h.isClosed(id))
		taken.Store(true)
		require.NoError(t, <-done)
		require.True(t, h.isClosed(id), "ten days later it is told")
		require.Equal(t, operation.Done, h.journal.now(id).State)
		h.owed(t, 0, 0)
		for n := range tries[:len(tries)-2] {
			require.GreaterOrEqual(t, tries[n+2].Sub(tries[n+1])+time.Second, tries[n+1].Sub(tries[n]),
				"the pauses grow")
		}
		require.Less(t, len(tries), 600)
	})
}

func TestAClockThatIsSetBackDoesNotMakeItTellEachSecond(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.accepted(request())
		var taken atomic.Bool
		var tries atomic.Int64
		h.reporter.fault = func(name string) fault {
			if name == "Report" && !taken.Load() {
				tries.Add(1)
				return fault{before: errJournal}
			}
			return fault{}
		}
		done := h.process(id)
		pass(10 * time.Second)
		h.skew.Store(-int64(time.Hour))
		before := tries.Load()
		pass(50 * time.Minute)
		require.Less(t, tries.Load()-before, int64(20))
		taken.Store(true)
		require.NoError(t, <-done)
		require.True(t, h.isClosed(id))
	})
}
