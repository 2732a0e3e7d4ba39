package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"lbbot/bot/operation"
)

func TestStartingTwiceRunsOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		entered := make(chan int64, 10)
		p := w.launch(waits(entered))
		w.accept(p, "op-1")
		var g sync.WaitGroup
		for range 5 {
			g.Go(func() { require.NoError(t, p.Start(t.Context(), "op-1")) })
		}
		g.Wait()
		pass(time.Minute)
		require.Equal(t, []int64{1}, all(entered))
	})
}

func TestWaitEndsWhenPokedOrWhenItsTimeIsOver(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		entered := make(chan int64, 10)
		p := w.launch(waits(entered))
		w.accept(p, "op-1")
		require.NoError(t, p.Start(t.Context(), "op-1"))
		require.Len(t, all(entered), 1)
		require.NoError(t, p.Poke(t.Context(), "op-1"))
		require.Len(t, all(entered), 1)
		pass(time.Hour - time.Second)
		require.Empty(t, all(entered))
		pass(time.Second)
		require.Len(t, all(entered), 1)
	})
}

func TestPokeBeforeTheWaitIsNotLost(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		read, goOn, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
		p := w.launch(func(_ context.Context, run operation.Run, _ string) error {
			close(read)
			<-goOn
			err := errors.Join(run.Wait(0, nil), run.Wait(time.Hour, nil)) // a step without a wait ends no poke
			close(ended)
			return err
		})
		w.accept(p, "op-1")
		require.NoError(t, p.Start(t.Context(), "op-1"))
		<-read
		require.NoError(t, p.Poke(t.Context(), "op-1"))
		require.NoError(t, p.Poke(t.Context(), "op-1"))
		close(goOn)
		<-ended
	})
}

func TestCallInProgressGetsTheDrainTimeAndNoStepFollows(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		entered, after := make(chan int64, 10), make(chan int64, 10)
		execute := func(ctx context.Context, run operation.Run, _ string) error {
			entered <- run.Number()
			select {
			case <-time.After(3 * time.Second): // the call
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			if err := run.Wait(0, nil); err != nil {
				return err
			}
			after <- run.Number()
			return nil
		}
		first := w.launch(execute)
		w.accept(first, "op-1")
		require.NoError(t, first.Start(t.Context(), "op-1"))
		require.Equal(t, []int64{1}, all(entered))
		began := time.Now()
		first.stop(5 * time.Second)
		require.Equal(t, 3*time.Second, time.Since(began), "it ends when the call has ended")
		require.Empty(t, all(after))
		require.Equal(t, operation.Lease{Run: 1, Runner: first.name}, w.get("op-1"))

		w.launch(execute)
		pass(4 * time.Second)
		require.Equal(t, []int64{2}, all(entered), "the next process begins at the first step")
		require.Equal(t, []int64{2}, all(after))
		require.Equal(t, operation.Lease{Run: 2}, w.get("op-1"))
	})
}

func TestCallIsCancelledWhenTheDrainTimeIsOver(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := w.launch(func(ctx context.Context, _ operation.Run, _ string) error {
			<-ctx.Done()
			return context.Cause(ctx)
		})
		w.accept(p, "op-1")
		require.NoError(t, p.Start(t.Context(), "op-1"))
		began := time.Now()
		p.stop(5 * time.Second)
		require.Equal(t, 5*time.Second, time.Since(began))
		require.NoError(t, p.Start(t.Context(), "op-1"), "nothing begins after the stop")
	})
}

func TestStopReportsARunThatDoesNotEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := w.launch(func(context.Context, operation.Run, string) error { <-time.After(time.Minute); return nil })
		w.accept(p, "op-1")
		require.NoError(t, p.Start(t.Context(), "op-1"))
		within, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		require.ErrorContains(t, p.Stop(within), "runs did not end within 5s")
		require.Equal(t, 6*time.Second, time.Since(began))
		pass(time.Minute)
	})
}

func TestStopWithSomethingWaitingLogsNoWarning(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		entered := make(chan int64, 10)
		p := w.launch(waits(entered))
		w.accept(p, "op-1")
		require.NoError(t, p.Start(t.Context(), "op-1"))
		require.Len(t, all(entered), 1)
		began := time.Now()
		p.stop(5 * time.Second)
		require.Equal(t, began, time.Now())
		require.Empty(t, w.warnings())
	})
}

func (w *world) warnings() []observer.LoggedEntry {
	return w.logs.Filter(func(l observer.LoggedEntry) bool { return l.Level >= zap.WarnLevel }).AllUntimed()
}

// TestFailedRunIsReplacedAfterGrowingPauses has an operation whose runs fail, with a
// panic as well, and counts the runs and the lines of the log.
func TestFailedRunIsReplacedAfterGrowingPauses(t *testing.T) {
	for name, fail := range map[string]func() error{
		"error": func() error { return errors.New("disk full") },
		"panic": func() error { panic("disk full") },
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, w *world) {
				var at []time.Duration
				var numbers []int64
				began, heals := time.Now(), false
				p := w.launch(func(_ context.Context, run operation.Run, _ string) error {
					at = append(at, time.Since(began).Round(time.Second))
					numbers = append(numbers, run.Number())
					if heals {
						return nil
					}
					return fail()
				})
				w.accept(p, "op-1")
				require.NoError(t, p.Start(t.Context(), "op-1"))
				pass(40 * time.Second)
				require.Equal(t, []int64{1, 2, 3, 4, 5, 6}, numbers)
				require.Equal(t, []time.Duration{0, 1, 3, 7, 15, 31}, seconds(at))
				require.Equal(t, 1, w.logs.FilterMessage("run failed; the operation gets a new one").Len())

				heals = true
				require.NoError(t, p.Poke(t.Context(), "op-1"), "a person does not wait for the pause")
				pass(time.Minute)
				require.Len(t, numbers, 7)
				require.Equal(t, operation.Lease{Run: 7}, w.get("op-1"))
			})
		})
	}
}

// seconds are durations without their unit.
func seconds(list []time.Duration) (whole []time.Duration) {
	for _, d := range list {
		whole = append(whole, d/time.Second)
	}
	return whole
}

func TestSupersededRunEndsAndGetsNoNewOne(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		var runs atomic.Int32
		p := w.launch(func(context.Context, operation.Run, string) error {
			runs.Add(1)
			w.set("op-1", operation.Lease{Run: 5})
			return fmt.Errorf("step attempt: %w", operation.ErrSuperseded)
		})
		w.accept(p, "op-1")
		require.NoError(t, p.Start(t.Context(), "op-1"))
		pass(time.Minute)
		require.EqualValues(t, 1, runs.Load())
		require.Equal(t, operation.Lease{Run: 5}, w.get("op-1"))
	})
}

// TestWaitingOperationsCostMemoryOnly counts what five hundred operations that wait for
// approval ask of the database in an hour: nothing. The look for lost operations is one
// reading for all of them.
func TestWaitingOperationsCostMemoryOnly(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		entered := make(chan int64, 1000)
		p := w.launch(waits(entered))
		for i := range 500 {
			id := fmt.Sprintf("op-%d", i)
			w.accept(p, id)
			require.NoError(t, p.Start(t.Context(), id))
		}
		require.Len(t, all(entered), 500)
		before := w.called("Lease")
		pass(time.Minute)
		require.Equal(t, before, w.called("Lease"))
		require.Zero(t, w.called("TakeLease"))
		looks := 62
		if w.shared {
			looks = 3 // each heartbeat counts them
		}
		require.LessOrEqual(t, w.called("Leases"), looks)
		synctest.Wait()
		require.Empty(t, all(entered))
	})
}
