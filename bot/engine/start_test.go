package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"lbbot/bot/operation"
)

// ledger is the leases of one database, in memory.
type ledger struct {
	live func(name string) bool

	ledgerMu  sync.Mutex
	processes int
	of        map[string]operation.Lease
	refuses   int // how many ends of leases fail from now on
}

// next names one more process.
func (l *ledger) next() string {
	l.ledgerMu.Lock()
	defer l.ledgerMu.Unlock()
	l.processes++
	return fmt.Sprintf("process-%d", l.processes)
}

func (l *ledger) set(id string, lease operation.Lease) {
	l.ledgerMu.Lock()
	defer l.ledgerMu.Unlock()
	l.put(id, lease)
}

// put is set with the lock held.
func (l *ledger) put(id string, lease operation.Lease) {
	if l.of == nil {
		l.of = map[string]operation.Lease{}
	}
	l.of[id] = lease
}

func (l *ledger) get(id string) operation.Lease {
	l.ledgerMu.Lock()
	defer l.ledgerMu.Unlock()
	return l.of[id]
}

// leases is the ledger as one process sees it. An operation that nobody knows was
// accepted by whoever asks first.
type leases struct {
	*ledger
	name string
}

func (l leases) Lease(_ context.Context, id string) (operation.Lease, error) {
	l.ledgerMu.Lock()
	defer l.ledgerMu.Unlock()
	lease, known := l.of[id]
	if !known {
		lease = operation.Lease{Run: 1, Runner: l.name}
		l.put(id, lease)
	}
	lease.Live = l.live(lease.Runner)
	return lease, nil
}

func (l leases) TakeLease(_ context.Context, id string, was, run int64) (bool, error) {
	l.ledgerMu.Lock()
	defer l.ledgerMu.Unlock()
	if now := l.of[id]; now.Run != was || now.Runner != l.name && l.live(now.Runner) {
		return false, nil
	}
	l.of[id] = operation.Lease{Run: run, Runner: l.name}
	return true, nil
}

func (l leases) EndLease(_ context.Context, id string, run int64) error {
	l.ledgerMu.Lock()
	defer l.ledgerMu.Unlock()
	if l.refuses > 0 {
		l.refuses--
		return errors.New("disk full")
	}
	if l.of[id].Run == run {
		l.of[id] = operation.Lease{Run: run}
	}
	return nil
}

func (l leases) Leases(context.Context) (ids []string, err error) {
	l.ledgerMu.Lock()
	defer l.ledgerMu.Unlock()
	for id, lease := range l.of {
		if lease.Runner != "" && (lease.Runner == l.name || !l.live(lease.Runner)) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

func (l leases) Alive(_ context.Context, name string) (bool, error) { return l.live(name), nil }

func TestRunThatStaysPendingInDBOSIsReplaced(t *testing.T) {
	onBoth(t, func(t *testing.T, db database) {
		runs := make(chan int64, 10)
		e, _ := launch(t, db, func(run operation.Run, _ string) error {
			runs <- run.Number()
			return run.Wait(time.Hour)
		})
		require.NoError(t, e.Start(t.Context(), "op-1"))
		require.EqualValues(t, 1, receive(t, runs, "the first run"))
		e.release("op-1") // as when its goroutine had ended and DBOS could not store that
		require.EqualValues(t, 2, receive(t, runs, "the second run"))
		require.Eventually(t, func() bool { return statusOf(t, e, "op-1") == dbos.WorkflowStatusCancelled },
			20*time.Second, 10*time.Millisecond)
		require.Equal(t, dbos.WorkflowStatusPending, statusOf(t, e, "op-1.1"))
	})
}

func TestPokeStartsARunWhereNoneIsUnderWay(t *testing.T) {
	onBoth(t, func(t *testing.T, db database) {
		runs := make(chan int64, 10)
		e, _ := launch(t, db, func(run operation.Run, _ string) error {
			runs <- run.Number()
			return run.Wait(time.Hour)
		})
		db.set("op-1", operation.Lease{Run: 7, Runner: "a process that is gone"})
		require.NoError(t, e.Poke(t.Context(), "op-1", "click"))
		require.EqualValues(t, 8, receive(t, runs, "the run"))
	})
}

// TestRunsOfVersion01Continue has a run as lbbot 0.1 began it: under a
// constant name on SQLite, without a lease.
func TestRunsOfVersion01Continue(t *testing.T) {
	onBoth(t, func(t *testing.T, db database) {
		entered, woken := make(chan int64, 10), make(chan int64, 10)
		execute := func(run operation.Run, _ string) error {
			entered <- run.Number()
			for {
				if err := run.Wait(time.Hour); err != nil {
					return err
				}
				woken <- run.Number()
			}
		}
		before, stop := launchImpatient(t, db, execute)
		db.set("op-1", operation.Lease{})
		require.NoError(t, before.begin("op-1", 1))
		require.EqualValues(t, 1, receive(t, entered, "the run of the version before"))

		after, _ := launch(t, db, execute)
		if before.replica != nil {
			require.NoError(t, after.Start(t.Context(), "op-1"))
			require.Empty(t, entered, "a replica of the version before still runs it")
			require.NoError(t, after.Poke(t.Context(), "op-1", "click"))
			require.EqualValues(t, 1, receive(t, woken, "the poke"))
		}
		stop()
		require.NoError(t, after.Start(t.Context(), "op-1"))
		require.EqualValues(t, 2, receive(t, entered, "the run of this version"))
		require.Equal(t, dbos.WorkflowStatusCancelled, statusOf(t, after, "op-1"))
	})
}

func TestRunThatDBOSStartsByItselfDoesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, db database) {
		var entered atomic.Int32
		e, _ := launch(t, db, func(run operation.Run, _ string) error { entered.Add(1); return run.Wait(time.Hour) })
		require.NoError(t, e.Start(t.Context(), "op-1"))
		for _, name := range []string{"op-1.1", "op-2"} { // as what a replica of lbbot 0.1 puts into the queue
			id, _, _ := strings.Cut(name, ".")
			_, err := dbos.RunWorkflow(e.dbos, e.run, id, dbos.WithWorkflowID(name))
			require.NoError(t, err)
			require.Eventually(t, func() bool { return statusOf(t, e, name) == dbos.WorkflowStatusSuccess },
				20*time.Second, 10*time.Millisecond)
		}
		require.EqualValues(t, 1, entered.Load())
		require.EqualValues(t, 1, e.runHere("op-1"))
	})
}

func TestEndLeaseIsRetriedAfterAnError(t *testing.T) {
	onBoth(t, func(t *testing.T, db database) {
		var runs atomic.Int32
		e, _ := launch(t, db, func(operation.Run, string) error { runs.Add(1); return nil })
		l, ok := e.leases.(leases)
		require.True(t, ok)
		l.ledgerMu.Lock()
		l.refuses = 2
		l.ledgerMu.Unlock()
		require.NoError(t, e.Start(t.Context(), "op-1"))
		require.Eventually(t, func() bool { return l.get("op-1") == operation.Lease{Run: 1} }, 20*time.Second,
			10*time.Millisecond)
		require.EqualValues(t, 1, runs.Load(), "it is not run again")
	})
}

// faultyLeases fails every call with its error.
type faultyLeases struct {
	leases
	err error
}

func (l *faultyLeases) Lease(context.Context, string) (operation.Lease, error) {
	return operation.Lease{}, l.err
}

func (l *faultyLeases) Leases(context.Context) ([]string, error) {
	return []string{"op-1", "op-2", "op-3"}, nil
}

func TestResumeLogsACauseOnceUntilItChanges(t *testing.T) {
	t.Parallel()
	core, logged := observer.New(zap.WarnLevel)
	faulty := &faultyLeases{}
	e := &Engine{leases: faulty, running: map[string]int64{}, log: zap.New(core)}
	for _, cause := range []string{"disk full", "disk full", "disk full", "no database", "no database", "disk full"} {
		faulty.err = errors.New(cause)
		e.resume(t.Context())
	}
	var causes []string
	for _, line := range logged.TakeAll() {
		require.EqualValues(t, 3, line.ContextMap()["operations"])
		causes = append(causes, line.ContextMap()["error"].(string)) //nolint:forcetypeassert // a panic fails the test
	}
	require.Equal(t, []string{"starting the run of op-1: disk full", "starting the run of op-1: no database",
		"starting the run of op-1: disk full"}, causes)
}
