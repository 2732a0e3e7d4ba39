package engine

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

func TestOperationThatThisProcessAcceptedStartsWithoutACommit(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		entered := make(chan int64, 10)
		p := w.launch(waits(entered))
		w.accept(p, "op-1")
		require.NoError(t, p.Start(t.Context(), "op-1"))
		require.Equal(t, []int64{operation.FirstRun}, all(entered))
		require.Zero(t, w.called("TakeLease"))
	})
}

func TestOperationThatRunsNowhereIsResumed(t *testing.T) {
	for name, lease := range map[string]operation.Lease{
		"its process is dead":                         {Run: 7, Runner: "a process that is gone"},
		"it was accepted here and its start was lost": {Run: 1, Runner: "process-1"},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, w *world) {
				entered := make(chan int64, 10)
				w.set("op-1", lease)
				w.launch(waits(entered))
				numbers := all(entered)
				require.NotEmpty(t, numbers, "at once")
				require.Len(t, slices.Compact(numbers), 1) // a replica that begins to listen wakes its runs
				pass(time.Minute)
				require.Empty(t, all(entered))
			})
		})
	}
}

func TestPokeStartsARunWhereNoneIsUnderWay(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		entered := make(chan int64, 10)
		p := w.launch(waits(entered))
		pass(time.Second / 2)
		w.set("op-1", operation.Lease{Run: 7, Runner: "a process that is gone"})
		require.NoError(t, p.Poke(t.Context(), "op-1"))
		require.Equal(t, []int64{8}, all(entered))
		w.set("op-2", operation.Lease{Run: 7})
		require.NoError(t, p.Poke(t.Context(), "op-2"))
		require.Empty(t, all(entered), "it is over")
	})
}

func TestOperationOfALiveReplicaOfVersion01IsLeftAlone(t *testing.T) {
	onReplicas(t, func(t *testing.T, w *world) {
		entered := make(chan int64, 10)
		before, p := w.launch(waits(entered)), w.launch(waits(entered))
		w.set("op-1", operation.Lease{Runner: before.name})
		require.NoError(t, p.Start(t.Context(), "op-1"))
		require.NoError(t, p.Poke(t.Context(), "op-1"))
		require.Empty(t, all(entered))
		before.stop(0)
		require.NoError(t, p.Start(t.Context(), "op-1"))
		// A replica that begins to listen wakes its runs.
		require.Equal(t, []int64{operation.FirstRun + 1}, slices.Compact(all(entered)))
	})
}

func TestEndsOfRunsAreRetriedAfterAnError(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		runs := make(chan int64, 10)
		p := w.launch(func(_ context.Context, run operation.Run, _ string) error { runs <- run.Number(); return nil })
		w.refuses["EndLeases"] = 2
		w.accept(p, "op-1")
		require.NoError(t, p.Start(t.Context(), "op-1"))
		pass(time.Minute)
		require.Equal(t, operation.Lease{Run: 1}, w.get("op-1"))
		require.Len(t, all(runs), 1, "it is not run again")
		require.Equal(t, 3, w.called("EndLeases"))
		require.Len(t, w.warnings(), 1)
	})
}

func TestRunsThatEndTogetherShareACommit(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		runs := make(chan int64, 10)
		p := w.launch(func(_ context.Context, run operation.Run, _ string) error { runs <- run.Number(); return nil })
		ids := []string{"op-1", "op-2", "op-3"}
		for _, id := range ids {
			w.accept(p, id)
			require.NoError(t, p.Start(t.Context(), id))
		}
		pass(time.Minute)
		for _, id := range ids {
			require.Equal(t, operation.Lease{Run: 1}, w.get(id))
		}
		require.Len(t, all(runs), 3, "none is run again")
		require.Equal(t, 1, w.called("EndLeases"))

		w.accept(p, "op-4")
		require.NoError(t, p.Start(t.Context(), "op-4"))
		began := time.Now()
		p.stop(time.Second)
		require.Zero(t, time.Since(began), "a stop does not wait for other ends")
		require.Equal(t, operation.Lease{Run: 1}, w.get("op-4"))
	})
}

func TestResumeLogsACauseOnceUntilItChanges(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for _, id := range []string{"op-1", "op-2", "op-3"} {
			w.set(id, operation.Lease{Run: 7, Runner: "a process that is gone"})
		}
		w.refuses["TakeLease"] = 9
		entered := make(chan int64, 10)
		w.launch(waits(entered))
		pass(time.Minute)
		require.Len(t, all(entered), 3)
		logged := w.logs.FilterMessage("operations could not be resumed; retrying").All()
		require.Len(t, logged, 1)
		require.EqualValues(t, 3, logged[0].ContextMap()["operations"])
		require.Equal(t, "starting the run of op-1: disk full", logged[0].ContextMap()["error"])
	})
}

func TestStartWithoutADatabaseIsAnErrorAndIsTriedAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		entered := make(chan int64, 10)
		p := w.launch(waits(entered))
		w.accept(p, "op-1")
		w.reach(p, false)
		require.True(t, errors.Is(p.Start(t.Context(), "op-1"), errCut))
		w.reach(p, true)
		pass(2 * time.Second)
		require.Equal(t, []int64{1}, all(entered))
	})
}
