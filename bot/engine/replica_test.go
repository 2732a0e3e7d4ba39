package engine

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

// TestAnotherReplicaTakesOverFromOneThatIsCutOff has a replica that loses the database
// in the middle of a call. When it can reach the database again, it learns that
// another replica has taken over.
func TestAnotherReplicaTakesOverFromOneThatIsCutOff(t *testing.T) {
	onReplicas(t, func(t *testing.T, w *world) {
		entered, called, ended := make(chan int64, 10), make(chan int64, 10), make(chan error, 10)
		goOn := make(chan struct{})
		first := w.launch(func(ctx context.Context, run operation.Run, _ string) error {
			entered <- run.Number()
			<-goOn // deaf: it hears of nothing
			err := operation.HoldLease(ctx)
			if err == nil {
				called <- run.Number()
			}
			ended <- err
			return run.Wait(0, nil)
		})
		second := w.launch(waits(entered))
		pass(10 * time.Second)
		w.accept(first, "op-1")
		require.NoError(t, first.Start(t.Context(), "op-1"))
		require.Equal(t, []int64{1}, all(entered))
		w.reach(first, false)
		cut := time.Now()
		require.Equal(t, int64(2), <-entered)
		require.LessOrEqual(t, time.Since(cut), 6*time.Second)
		require.Error(t, first.Ready(), "no heartbeat, no work")
		require.NoError(t, second.Ready())

		close(goOn)
		pass(time.Minute)
		require.Empty(t, called, "no call is made")
		w.reach(first, true)
		taken, ok := errors.AsType[*TakenOverError](<-first.ran)
		require.True(t, ok)
		require.Equal(t, first.name, taken.Replica)
		require.ErrorIs(t, <-ended, taken)
		require.Empty(t, called)
		require.NoError(t, first.Start(t.Context(), "op-2"), "it begins nothing any more")
		pass(time.Minute)
		require.Equal(t, operation.Lease{Run: 2, Runner: second.name}, w.get("op-1"))
		require.Empty(t, all(entered))
	})
}

func TestCleanStopHandsOverAtOnce(t *testing.T) {
	onReplicas(t, func(t *testing.T, w *world) {
		entered := make(chan int64, 10)
		first := w.launch(func(ctx context.Context, run operation.Run, _ string) error {
			entered <- run.Number()
			<-ctx.Done() // cut off by the stop
			return context.Cause(ctx)
		})
		w.launch(waits(entered))
		pass(time.Minute + time.Second/2) // between two looks
		w.accept(first, "op-1")
		require.NoError(t, first.Start(t.Context(), "op-1"))
		require.Equal(t, []int64{1}, all(entered))
		began := time.Now()
		first.stop(0)
		require.Equal(t, []int64{2}, all(entered))
		require.Equal(t, began, time.Now())
	})
}

func TestNothingBeginsWhileOthersMayHaveTakenOver(t *testing.T) {
	onReplicas(t, func(t *testing.T, w *world) {
		goOn, began := make(chan struct{}), make(chan struct{})
		p := w.launch(func(_ context.Context, run operation.Run, _ string) error {
			<-goOn
			if err := run.Wait(0, nil); err != nil {
				return err
			}
			close(began)
			return nil
		})
		w.accept(p, "op-1")
		require.NoError(t, p.Start(t.Context(), "op-1"))
		w.reach(p, false)
		pass(silent + time.Second)
		require.Error(t, p.Ready())
		require.Error(t, p.Start(t.Context(), "op-2"))
		within, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.ErrorIs(t, p.holdLease(within), context.DeadlineExceeded, "no call is made")
		close(goOn)
		pass(time.Minute)
		select {
		case <-began:
			require.FailNow(t, "a step began without a heartbeat")
		default:
		}
		w.reach(p, true)
		<-began
		require.NoError(t, p.Ready())
	})
}

func TestStartingOnTwoReplicasRunsOnceAndEitherMayPoke(t *testing.T) {
	onReplicas(t, func(t *testing.T, w *world) {
		entered := make(chan int64, 100)
		replicas := []*process{w.launch(waits(entered)), w.launch(waits(entered))}
		const operations = 5
		for i := range operations {
			id := fmt.Sprintf("op-%d", i)
			w.accept(replicas[i%2], id)
			for _, p := range replicas {
				require.NoError(t, p.Start(t.Context(), id))
			}
		}
		require.Len(t, all(entered), operations)
		began := time.Now()
		for i := range operations {
			for _, p := range replicas {
				require.NoError(t, p.Poke(t.Context(), fmt.Sprintf("op-%d", i)))
				require.Len(t, all(entered), 1, "it takes effect at once")
			}
		}
		require.Equal(t, began, time.Now())
	})
}

func TestPokeDuringAnOwnStartReachesTheReplicaThatRunsIt(t *testing.T) {
	onReplicas(t, func(t *testing.T, w *world) {
		entered := make(chan int64, 10)
		runs, other := w.launch(waits(entered)), w.launch(waits(entered))
		w.accept(runs, "op-1")
		require.NoError(t, runs.Start(t.Context(), "op-1"))
		require.Len(t, all(entered), 1)
		w.onLease = func() { require.NoError(t, other.Poke(t.Context(), "op-1")) }
		require.NoError(t, other.Start(t.Context(), "op-1")) // as the sweeper does
		require.Len(t, all(entered), 1)
	})
}

func TestPokeIsNotMissedWhileTheListeningConnectionIsAway(t *testing.T) {
	onReplicas(t, func(t *testing.T, w *world) {
		entered := make(chan int64, 10)
		runs, other := w.launch(waits(entered)), w.launch(waits(entered))
		w.accept(runs, "op-1")
		require.NoError(t, runs.Start(t.Context(), "op-1"))
		require.Len(t, all(entered), 1)
		for range 2 {
			w.deafen(runs)
			require.NoError(t, other.Poke(t.Context(), "op-1"))
			require.Empty(t, all(entered))
			pass(listenAgain)
			require.Len(t, all(entered), 1)
		}
		require.Equal(t, 2, w.logs.FilterMessage("wake-ups from other replicas are not heard; retrying").Len())
	})
}

func TestALostListeningConnectionEndsNoWaitOfWhatDidNotChange(t *testing.T) {
	onReplicas(t, func(t *testing.T, w *world) {
		var changed, ended atomic.Bool
		asked := 0
		p := w.launch(func(_ context.Context, run operation.Run, _ string) error {
			defer ended.Store(true)
			return run.Wait(time.Minute, func() (bool, error) {
				if asked++; asked == 1 {
					return false, errCut // it is asked again
				}
				return changed.Load(), nil
			})
		})
		w.accept(p, "op-1")
		require.NoError(t, p.Start(t.Context(), "op-1"))
		synctest.Wait()
		for range 5 {
			w.deafen(p)
			pass(listenAgain)
		}
		require.False(t, ended.Load())
		require.Greater(t, asked, 4)
		pass(time.Minute - 5*listenAgain - time.Millisecond)
		require.False(t, ended.Load())
		pass(time.Millisecond)
		require.True(t, ended.Load(), "the wait keeps its end")
	})
}
