package journal

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"lbbot/bot/journal/internal/query"
	"lbbot/bot/operation"
)

// together makes writes wait for the writer, in their order, and then lets it go on. It
// requires that they share one commit, and returns their errors.
func together(t *testing.T, s *Store, writes ...func() error) []error {
	t.Helper()
	tx, err := s.DB().BeginTx(t.Context(), nil) // somebody else is writing
	require.NoError(t, err)
	before := testutil.ToFloat64(s.metrics.Commits)
	errs, done := make([]error, len(writes)), make(chan int, len(writes))
	for i, write := range writes {
		go func() {
			defer func() { done <- i }()
			errs[i] = write()
		}()
		require.Eventually(t, func() bool { return s.group.length() == i+1 }, 10*time.Second, time.Millisecond)
	}
	require.NoError(t, tx.Rollback())
	for range writes {
		<-done
	}
	require.LessOrEqual(t, testutil.ToFloat64(s.metrics.Commits)-before, 1.0)
	return errs
}

func (g *group) length() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}

func TestWaitingWritesShareACommitAndSeeEachOther(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	limited := func(op operation.Operation, person, listener int) operation.Acceptance {
		a := accepted(op)
		a.Limit, a.ListenerLimit = person, listener
		a.Since, a.ListenerSince = clock().Add(-time.Hour), clock().Add(-time.Hour)
		return a
	}
	for name, c := range map[string]struct {
		first, second func(s *Store, one, two operation.Operation) error
		want          any // the type of the second's error
	}{
		"the limit of a person": {
			func(s *Store, one, _ operation.Operation) error { return s.Accept(ctx, limited(one, 1, 0)) },
			func(s *Store, _, two operation.Operation) error { return s.Accept(ctx, limited(two, 1, 0)) },
			&operation.LimitError{}},
		"the limit of a listener": {
			func(s *Store, one, _ operation.Operation) error { return s.Accept(ctx, limited(one, 0, 1)) },
			func(s *Store, _, two operation.Operation) error { return s.Accept(ctx, limited(two, 0, 1)) },
			&operation.LimitError{}},
		"one draft": {
			func(s *Store, one, _ operation.Operation) error { return s.Accept(ctx, accepted(one)) },
			func(s *Store, one, _ operation.Operation) error {
				a := accepted(one)
				a.Delivery = "another click"
				return s.Accept(ctx, a)
			}, &operation.StaleError{}},
		"one delivery": {
			func(s *Store, one, _ operation.Operation) error { return s.Accept(ctx, accepted(one)) },
			func(s *Store, one, two operation.Operation) error {
				a := accepted(two)
				a.Delivery = accepted(one).Delivery
				return s.Accept(ctx, a)
			}, &operation.DuplicateError{}},
		"one server": {
			func(s *Store, one, _ operation.Operation) error { return s.Accept(ctx, accepted(one)) },
			func(s *Store, one, _ operation.Operation) error {
				a := accepted(draft("SAME23", one.Request.InstanceID))
				a.Insert = true
				return s.Accept(ctx, a)
			}, &operation.BusyError{}},
		"a pause": {
			func(s *Store, _, _ operation.Operation) error {
				_, _, err := s.Pause(ctx, pauseNow("incident"), event(operation.EventPaused))
				return err
			},
			func(s *Store, one, _ operation.Operation) error {
				return s.Save(ctx, attempt(one), event(operation.EventAttempt))
			}, &operation.PausedError{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openNew(t)
			one, two := saveDraft(t, s, draft("ABC234", "server-1")), saveDraft(t, s, draft("XYZ567", "server-2"))
			errs := together(t, s, func() error { return c.first(s, one, two) },
				func() error { return c.second(s, one, two) },
				func() error { return s.Record(ctx, event("other")) })
			require.NoError(t, errs[0])
			require.IsType(t, c.want, errs[1])
			require.NoError(t, errs[2], "others do not notice")
		})
	}
}

// TestWritesThatCanRunAtOnceShareACommit is not parallel: the processors are the whole program's. It tries again
// because the scheduler may interrupt a goroutine.
func TestWritesThatCanRunAtOnceShareACommit(t *testing.T) { //nolint:paralleltest // see above
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	s, done := openNew(t), make(chan error, 16)
	for range 5 {
		before := testutil.ToFloat64(s.metrics.Commits)
		for i := range cap(done) {
			go func() { done <- s.Record(context.Background(), event(fmt.Sprint(i))) }()
		}
		for range cap(done) {
			require.NoError(t, <-done)
		}
		if testutil.ToFloat64(s.metrics.Commits)-before == 1 {
			return
		}
	}
	require.Fail(t, "the writer did not wait for what could run")
}

func TestAWriteThatFailsIsUndoneAlone(t *testing.T) {
	t.Parallel()
	s, broken := openNew(t), errors.New("broken")
	record := func(kind string, end func() error) func() error {
		return func() error {
			return s.write(context.Background(), func(ctx context.Context, _ query.DBTX, q *query.Queries) error {
				if err := s.appendEvent(ctx, q, event(kind)); err != nil {
					return err
				}
				return end()
			})
		}
	}
	var cause any
	errs := together(t, s, record("a", func() error { return nil }), record("b", func() error { return broken }),
		func() error {
			defer func() { cause = recover() }()
			return record("c", func() error { panic("a fault") })()
		},
		record("d", func() error { return nil }))
	require.Equal(t, []error{nil, broken, nil, nil}, errs)
	require.Equal(t, "a fault", cause, "it panics where it was called")
	require.Equal(t, []string{"a", "d"}, kinds(t, s, ""))
	require.ErrorIs(t, together(t, s, record("alone", func() error { return broken }))[0], broken)
	require.Equal(t, []string{"a", "d"}, kinds(t, s, ""))
}

func TestNothingOfATransactionThatCannotCommitIsStored(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	deferred := func(ctx context.Context, tx query.DBTX, q *query.Queries) error {
		_, err := tx.ExecContext(ctx, "pragma defer_foreign_keys = on")
		if err == nil { // a card of no operation: the commit refuses it
			_, err = q.HoldCard(ctx, query.HoldCardParams{OperationID: "none", Kind: string(OwnCard)})
		}
		return err
	}
	errs := together(t, s, func() error { return s.Record(context.Background(), event("a")) },
		func() error { return s.write(context.Background(), deferred) },
		func() error { return s.Record(context.Background(), event("b")) })
	for _, err := range errs {
		require.ErrorContains(t, err, "FOREIGN KEY constraint failed")
	}
	require.Empty(t, kinds(t, s, ""))
	require.NoError(t, s.Record(t.Context(), event("later")))
	require.Equal(t, []string{"later"}, kinds(t, s, ""))
}

func TestAWriteWhoseContextEndsBeforeItsTurnDoesNotRun(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	tx, err := s.DB().BeginTx(t.Context(), nil) // somebody else is writing
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- s.write(ctx, func(context.Context, query.DBTX, *query.Queries) error { panic("it ran") })
	}()
	require.Eventually(t, func() bool { return s.group.length() == 1 }, 10*time.Second, time.Millisecond)
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	require.Zero(t, s.group.length())
	require.NoError(t, tx.Rollback())
	require.NoError(t, s.Record(t.Context(), event("a")))
	require.Equal(t, []string{"a"}, kinds(t, s, ""))
}

func TestClosingStoresTheWritesThatWait(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	done := make(chan error, 200)
	for i := range cap(done) {
		go func() { done <- s.Record(context.Background(), event(fmt.Sprint(i))) }()
	}
	require.NoError(t, s.Record(t.Context(), event("one")))
	require.NoError(t, s.Close())
	stored := 1
	for range cap(done) {
		if err := <-done; err == nil {
			stored++
		} else {
			require.ErrorContains(t, err, "the journal is closed")
		}
	}
	again := openFile(t, s.name)
	require.Len(t, kinds(t, again, ""), stored)
}
