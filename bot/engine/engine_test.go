package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"
	"go.uber.org/zap/zaptest"
	"go.uber.org/zap/zaptest/observer"

	"lbbot/bot/journal/journaltest"
	"lbbot/bot/operation"
)

// servers is the PostgreSQL of these tests.
var servers journaltest.Shared

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if err := servers.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stopping PostgreSQL:", err)
			code = max(code, 1)
		}
		os.Exit(code)
	}))
}

// database is where engines of one test run, one after the other or at once.
type database interface {
	// config is for one more engine; release gives back what it opened.
	config(t *testing.T) (c Config, release func())

	// set stores a lease.
	set(id string, lease operation.Lease)
}

// onBoth runs a test on each kind of database.
func onBoth(t *testing.T, test func(t *testing.T, db database)) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, newFile(t))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, newCluster(t))
	})
}

// file is an SQLite file.
type file struct {
	path string
	ledger
}

func newFile(t *testing.T) *file {
	t.Helper()
	f := &file{path: filepath.Join(t.TempDir(), "e.db")}
	f.live = func(string) bool { return false }
	return f
}

func (f *file) config(t *testing.T) (Config, func()) {
	t.Helper()
	db, err := sql.Open("sqlite",
		"file:"+f.path+"?_pragma=journal_mode(WAL)&"+
			"_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)&_txlock=immediate")
	require.NoError(t, err)
	db.SetMaxOpenConns(2)
	name := f.next()
	return Config{DB: db, Name: name, Leases: leases{&f.ledger, name}}, func() { require.NoError(t, db.Close()) }
}

// launch starts an engine and stops it at the end of the test unless the test
// did.
func launch(t *testing.T, db database, execute func(operation.Run, string) error) (e *Engine, stop func()) {
	t.Helper()
	e, stop = launchWith(t, db, execute, 5*time.Second)
	t.Cleanup(stop)
	return e, stop
}

// launchWith is launch with a time for draining, and no stop at the end.
func launchWith(
	t *testing.T, db database, execute func(operation.Run, string) error, drain time.Duration,
) (e *Engine, stop func()) {
	t.Helper()
	c, release := db.config(t)
	c.Execute, c.Log = execute, zaptest.NewLogger(t)
	e, err := New(t.Context(), c)
	require.NoError(t, err)
	require.NoError(t, e.Launch(t.Context()))
	ran := make(chan error, 1)
	running, stopRunning := context.WithCancel(context.Background())
	go func() { ran <- e.Run(running) }()
	return e, sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.Background(), drain)
		defer cancel()
		require.NoError(t, e.Stop(ctx))
		require.NoError(t, e.Leave(ctx))
		stopRunning()
		require.NoError(t, <-ran)
		release()
	})
}

func step(do func(context.Context) error) func(context.Context) (operation.Next, error) {
	return func(ctx context.Context) (operation.Next, error) {
		return operation.Next{State: operation.Sending}, do(ctx)
	}
}

func receive[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(20 * time.Second):
		require.FailNow(t, "waited too long for "+what)
		panic("unreachable")
	}
}

func TestStartingTwiceRunsOnce(t *testing.T) { onBoth(t, startingTwiceRunsOnce) }

func startingTwiceRunsOnce(t *testing.T, db database) {
	var runs atomic.Int32
	release, done := make(chan struct{}), make(chan struct{})
	e, _ := launch(t, db, func(run operation.Run, _ string) error {
		runs.Add(1)
		_, err := run.Step("only", step(func(context.Context) error { <-release; return nil }))
		close(done)
		return err
	})
	var g sync.WaitGroup
	for range 5 {
		g.Go(func() { require.NoError(t, e.Start(t.Context(), "op-1")) })
	}
	g.Wait()
	close(release)
	receive(t, done, "the run")
	require.EqualValues(t, 1, runs.Load())
}

func TestRunAfterAStopBeginsAtTheFirstStep(t *testing.T) {
	onBoth(t, runAfterAStopBeginsAtTheFirstStep)
}

func runAfterAStopBeginsAtTheFirstStep(t *testing.T, db database) {
	entered := make(chan string, 10)
	execute := func(run operation.Run, _ string) error {
		for _, name := range []string{"first", "second"} {
			if _, err := run.Step(name, step(func(ctx context.Context) error {
				entered <- fmt.Sprintf("%s of run %d", name, run.Number())
				if name == "second" && run.Number() == 1 {
					<-ctx.Done() // cut off by the stop
					return context.Cause(ctx)
				}
				return nil
			})); err != nil {
				return err
			}
		}
		return nil
	}
	e, stop := launchImpatient(t, db, execute)
	require.NoError(t, e.Start(t.Context(), "op-1"))
	require.Equal(t, "first of run 1", receive(t, entered, "the first step"))
	require.Equal(t, "second of run 1", receive(t, entered, "the second step"))
	stop()

	began := time.Now()
	launch(t, db, execute)
	require.Equal(t, "first of run 2", receive(t, entered, "the first step, again"))
	require.Equal(t, "second of run 2", receive(t, entered, "the second step, again"))
	require.Less(t, time.Since(began), 5*time.Second)
}

// launchImpatient is launch with no time for draining.
func launchImpatient(t *testing.T, db database, execute func(operation.Run, string) error) (*Engine, func()) {
	t.Helper()
	return launchWith(t, db, execute, 0)
}

func TestRunningStepGetsTheDrainTime(t *testing.T) {
	onBoth(t, stepUnderWayGetsTheTimeForDraining)
}

func stepUnderWayGetsTheTimeForDraining(t *testing.T, db database) {
	entered, release, later := make(chan struct{}), make(chan struct{}), make(chan struct{}, 1)
	var calls, cutOff atomic.Int32
	execute := func(run operation.Run, _ string) error {
		if _, err := run.Step("call", step(func(ctx context.Context) error {
			calls.Add(1)
			close(entered)
			<-release
			if ctx.Err() != nil {
				cutOff.Add(1)
			}
			return nil
		})); err != nil {
			return err
		}
		_, err := run.Step("after", step(func(context.Context) error { later <- struct{}{}; return nil }))
		return err
	}
	e, stop := launch(t, db, execute)
	require.NoError(t, e.Start(t.Context(), "op-1"))
	receive(t, entered, "the call")
	go func() {
		for {
			e.mu.Lock()
			draining := e.draining
			e.mu.Unlock()
			if draining {
				close(release)
				return
			}
		}
	}()
	stop()
	require.EqualValues(t, 0, cutOff.Load())
	require.Empty(t, later, "no step begins while the engine stops")

	entered = make(chan struct{})
	launch(t, db, execute)
	receive(t, later, "the next step after the restart")
}

func TestWaitEndsWhenPokedOrWhenItsTimeIsOver(t *testing.T) {
	onBoth(t, waitEndsWhenPokedOrWhenItsTimeIsOver)
}

func TestAStopWithSomethingWaitingLogsNoWarning(t *testing.T) { onBoth(t, stopWithSomethingWaiting) }

func stopWithSomethingWaiting(t *testing.T, db database) {
	core, logs := observer.New(zap.DebugLevel)
	c, release := db.config(t)
	c.Log, c.Execute = zap.New(core), func(run operation.Run, _ string) error { return run.Wait(time.Hour) }
	e, err := New(t.Context(), c)
	require.NoError(t, err)
	require.NoError(t, e.Launch(t.Context()))
	ran := make(chan error, 1)
	running, stopRunning := context.WithCancel(context.Background())
	go func() { ran <- e.Run(running) }()
	require.NoError(t, e.Start(t.Context(), "op-1"))
	require.Eventually(t, func() bool { return logs.FilterMessage("wait begins").Len() == 1 },
		20*time.Second, time.Millisecond)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	require.NoError(t, e.Stop(ctx))
	require.NoError(t, e.Leave(ctx))
	stopRunning()
	require.NoError(t, <-ran)
	release()
	require.Empty(t, logs.Filter(func(l observer.LoggedEntry) bool { return l.Level >= zap.WarnLevel }).All())
}

func TestCancelledWaitsAreQuietOnlyWhileStopping(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.DebugLevel)
	hard, stop := context.WithCancel(t.Context())
	log := slog.New(quiet{zapslog.NewHandler(core), hard})
	log.Warn("Recv() context cancelled")
	require.Equal(t, 1, logs.Len())
	stop()
	log.With("payload", "op-1").Warn("Recv() context cancelled")
	require.Equal(t, 1, logs.Len())
	log.Warn("Exception listing queues", "error", fmt.Errorf("failed to list queues: %w", context.Canceled))
	require.Equal(t, 1, logs.Len())
	log.Warn("Exception listing queues", "error", errors.New("the database is away"))
	require.Equal(t, 2, logs.Len())
}

func waitEndsWhenPokedOrWhenItsTimeIsOver(t *testing.T, db database) {
	woken := make(chan struct{}, 2)
	e, _ := launch(t, db, func(run operation.Run, _ string) error {
		if err := run.Wait(time.Hour); err != nil {
			return err
		}
		woken <- struct{}{}
		if err := run.Wait(time.Millisecond); err != nil {
			return err
		}
		woken <- struct{}{}
		return nil
	})
	require.NoError(t, e.Start(t.Context(), "op-1"))
	require.NoError(t, e.Poke(t.Context(), "op-1", "click-1"))
	require.NoError(t, e.Poke(t.Context(), "op-1", "click-1"))
	receive(t, woken, "the poke")
	receive(t, woken, "the end of a short wait")
}

func TestFailedRunIsReplaced(t *testing.T) { onBoth(t, runThatEndedEarlyGetsANewOne) }

func runThatEndedEarlyGetsANewOne(t *testing.T, db database) {
	var runs atomic.Int32
	const last = 12
	woken := make(chan struct{}, 1)
	e, _ := launch(t, db, func(run operation.Run, id string) error {
		if id == "op-10" {
			return nil // another operation, whose name begins the same
		}
		if runs.Add(1) < last {
			return errors.New("disk full")
		}
		err := run.Wait(time.Hour)
		woken <- struct{}{}
		return err
	})
	require.NoError(t, e.Start(t.Context(), "op-10"))
	require.Eventually(t, func() bool {
		require.NoError(t, e.Start(t.Context(), "op-1"))
		return runs.Load() == last
	}, 20*time.Second, time.Millisecond)
	require.NoError(t, e.Start(t.Context(), "op-1"), "this one is running")
	require.NoError(t, e.Poke(t.Context(), "op-1", "click"), "the newest one is meant")
	receive(t, woken, "the poke")
	require.EqualValues(t, last, runs.Load())
}

func TestFinishedRunsArePruned(t *testing.T) { onBoth(t, finishedRunsArePruned) }

func finishedRunsArePruned(t *testing.T, db database) {
	done := make(chan struct{}, 1)
	e, _ := launch(t, db, func(operation.Run, string) error { done <- struct{}{}; return nil })
	require.NoError(t, e.Start(t.Context(), "op-1"))
	receive(t, done, "the run")
	require.Eventually(t, func() bool {
		n, err := e.Prune(t.Context(), time.Now().Add(time.Hour), 100)
		require.NoError(t, err)
		return n == 1
	}, 20*time.Second, 10*time.Millisecond)
}

func TestForeignDBOSSettingsAreRefused(t *testing.T) {
	t.Setenv("DBOS__VMID", "somewhere-else")
	for name, db := range map[string]database{"SQLite": newFile(t), "PostgreSQL": newCluster(t)} {
		c, release := db.config(t)
		c.Log = zaptest.NewLogger(t)
		_, err := New(t.Context(), c)
		require.ErrorContains(t, err, "DBOS__VMID", name)
		release()
	}
}
