package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zaptest"

	"lbbot/bot/operation"
)

// cluster is a PostgreSQL database and the table of its replicas, in memory.
type cluster struct {
	url string
	ledger

	mu     sync.Mutex
	beatAt map[string]time.Time
	gone   map[string]bool
	cut    map[string]bool // replicas that cannot reach the table
}

var errCut = errors.New("the database is out of reach")

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{url: servers.Database(t), beatAt: map[string]time.Time{}, gone: map[string]bool{},
		cut: map[string]bool{}}
	c.live = c.isLive
	return c
}

func (c *cluster) isLive(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, joined := c.beatAt[id]
	return joined && !c.gone[id]
}

// config is for a replica called process-1, then process-2 and so on.
func (c *cluster) config(*testing.T) (Config, func()) {
	name := c.next()
	return Config{PostgresURL: c.url, Name: name, Leases: leases{&c.ledger, name}, Replicas: c}, func() {}
}

// reach lets a replica reach the table, or not.
func (c *cluster) reach(id string, can bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut[id] = !can
}

func (c *cluster) Join(_ context.Context, id string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.beatAt[id] = time.Now()
	return nil
}

func (c *cluster) Beat(_ context.Context, id string) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cut[id] {
		return false, errCut
	}
	if c.gone[id] {
		return false, nil
	}
	c.beatAt[id] = time.Now()
	return true, nil
}

func (c *cluster) Leave(_ context.Context, id string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone[id] = true
	return nil
}

func (c *cluster) GiveUp(_ context.Context, id string, silent time.Duration) (n int64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cut[id] {
		return 0, errCut
	}
	for other, at := range c.beatAt {
		if other != id && !c.gone[other] && time.Since(at) > silent {
			c.gone[other] = true
			n++
		}
	}
	return n, nil
}

// member is an engine whose Run is watched by the test.
type member struct {
	*Engine
	ran  chan error
	stop func(drain time.Duration)
}

// join launches one more replica of the cluster.
func (c *cluster) join(t *testing.T, execute func(operation.Run, string) error) *member {
	t.Helper()
	config, _ := c.config(t)
	config.Execute, config.Log = execute, zaptest.NewLogger(t)
	e, err := New(t.Context(), config)
	require.NoError(t, err)
	require.NoError(t, e.Launch(t.Context()))
	m := &member{Engine: e, ran: make(chan error, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { m.ran <- e.Run(ctx); close(m.ran) }()
	var once sync.Once
	m.stop = func(drain time.Duration) {
		once.Do(func() {
			within, done := context.WithTimeout(context.Background(), drain)
			defer done()
			require.NoError(t, e.Stop(within))
			require.NoError(t, e.Leave(within))
			cancel()
			for range m.ran { // whatever it said
			}
		})
	}
	t.Cleanup(func() { m.stop(5 * time.Second) })
	return m
}

func TestAnotherReplicaTakesOverFromOneThatDied(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	entered, release, refused := make(chan struct{}), make(chan struct{}), make(chan error, 100)
	first := c.join(t, func(run operation.Run, _ string) error {
		_, err := run.Step("call", func(context.Context) (operation.Next, error) {
			close(entered)
			<-release // deaf: it hears of nothing
			return operation.Next{State: operation.NotDone}, nil
		})
		refused <- err
		return err
	})
	seen := make(chan operation.State, 2)
	second := c.join(t, func(run operation.Run, _ string) error {
		next, err := run.Step("call", func(context.Context) (operation.Next, error) {
			return operation.Next{State: operation.Done}, nil
		})
		if err != nil {
			return err
		}
		seen <- next.State
		err = run.Wait(time.Hour)
		seen <- next.State
		return err
	})
	require.NoError(t, first.Start(t.Context(), "op-1"))
	receive(t, entered, "the step")
	c.reach("process-1", false)
	within := time.NewTimer(10 * time.Second)
	defer within.Stop()
	select {
	case state := <-seen:
		require.Equal(t, operation.Done, state)
	case <-within.C:
		require.FailNow(t, "nobody took over within 10 s")
	}
	require.Error(t, first.Ready(), "no heartbeat, no work")
	require.NoError(t, second.Ready())

	first.mu.Lock()
	first.replica.joined = false // it has a connection from before
	first.mu.Unlock()
	close(release)
	require.ErrorIs(t, receive(t, refused, "the late result"), dbos.ErrConflictingWorkflowID, "it is refused")
	require.NoError(t, second.Start(t.Context(), "op-1"), "what runs is left alone")
	require.NoError(t, second.Poke(t.Context(), "op-1", "click"))
	require.Equal(t, operation.Done, receive(t, seen, "the end of the run"), "the newer result counts")

	c.reach("process-1", true)
	taken, ok := errors.AsType[*TakenOverError](receive(t, first.ran, "the word to end"))
	require.True(t, ok)
	require.Equal(t, "process-1", taken.Replica)
	require.NoError(t, first.Start(t.Context(), "op-2"), "it begins nothing any more")
	require.Empty(t, seen)
}

func TestACleanStopHandsOverAtOnce(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	entered := make(chan string, 2)
	execute := func(name string) func(operation.Run, string) error {
		return func(run operation.Run, id string) error {
			_, err := run.Step("call", func(ctx context.Context) (operation.Next, error) {
				entered <- name
				if name == "first" {
					<-ctx.Done() // cut off by the stop
					return operation.Next{}, context.Cause(ctx)
				}
				return operation.Next{}, nil
			})
			return err
		}
	}
	first := c.join(t, execute("first"))
	c.join(t, execute("second"))
	require.NoError(t, first.Start(t.Context(), "op-1"))
	require.Equal(t, "first", receive(t, entered, "the step"))
	first.stop(0)
	select {
	case name := <-entered:
		require.Equal(t, "second", name)
	case <-time.After(silent):
		require.FailNow(t, "it was taken for dead before its run went on")
	}
}

func TestNoStepBeginsWhileOthersMayHaveTakenOver(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	config, _ := c.config(t)
	waiting, goOn, began := make(chan struct{}), make(chan struct{}), make(chan struct{})
	config.Log = zaptest.NewLogger(t)
	config.Execute = func(run operation.Run, _ string) error {
		close(waiting)
		<-goOn
		_, err := run.Step("call", step(func(context.Context) error { close(began); return nil }))
		return err
	}
	e, err := New(t.Context(), config)
	require.NoError(t, err)
	defer func() { require.NoError(t, e.Stop(t.Context())) }()
	require.NoError(t, e.Launch(t.Context()))
	require.NoError(t, e.Start(t.Context(), "op-1"))
	receive(t, waiting, "the run")

	e.mu.Lock()
	e.replica.renewed = time.Now().Add(-silent) // as if it had been stopped and continued
	e.mu.Unlock()
	require.Error(t, e.Ready())
	require.Error(t, e.Start(t.Context(), "op-2"))
	require.Error(t, e.Poke(t.Context(), "op-1", "click"))
	within, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, e.holdLease(within), context.DeadlineExceeded, "no call is made")
	close(goOn)
	require.Eventually(t, func() bool { return e.pool.Stat().AcquiredConns() > 1 }, 20*time.Second, 10*time.Millisecond,
		"it waits, beside who listens")
	select {
	case <-began:
		require.FailNow(t, "a step began without a heartbeat")
	default:
	}

	require.NoError(t, e.beat(t.Context()))
	receive(t, began, "the step after the heartbeat")
	require.NoError(t, e.Ready())
}

func TestReplicaWithoutFreshHeartbeatTakesNoRuns(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	config, _ := c.config(t)
	config.Log = zaptest.NewLogger(t)
	config.Execute = func(operation.Run, string) error { return nil }
	e, err := New(t.Context(), config)
	require.NoError(t, err)
	require.NoError(t, e.admit(t.Context()), "its tables are made before it joins")
	require.NoError(t, e.Launch(t.Context()))
	require.NoError(t, e.admit(t.Context()))

	e.mu.Lock()
	e.replica.renewed = time.Now().Add(-silent)
	e.mu.Unlock()
	within, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, e.admit(within), context.DeadlineExceeded,
		"nothing is done in the database, so no run is taken from the queue")
	admitted := make(chan error, 1)
	go func() { admitted <- e.admit(t.Context()) }()
	require.NoError(t, e.beat(t.Context()))
	require.NoError(t, receive(t, admitted, "the heartbeat"))

	require.NoError(t, c.Leave(t.Context(), "process-1")) // others gave it up
	require.Error(t, e.beat(t.Context()))
	_, ok := errors.AsType[*TakenOverError](e.admit(t.Context()))
	require.True(t, ok, "and never again, also not while it stops")
	_ = e.Stop(t.Context())
}

func TestSilenceAfterWhichReplicasAreDead(t *testing.T) {
	t.Parallel()
	at := time.Now()
	ago := func(d time.Duration) time.Time { return at.Add(-d) }
	const s = time.Second
	tests := map[string]struct {
		steady, renewed time.Time
		late            []span
		want            time.Duration
	}{
		"just started":                          {ago(s), at, nil, 0},
		"a heartbeat failed":                    {time.Time{}, at, nil, 0},
		"steady, but the last one is late":      {ago(60 * s), ago(3 * s), nil, 0},
		"steady for as long as others have":     {ago(silent), ago(s), nil, silent},
		"one was late just now":                 {ago(60 * s), at, []span{{ago(4 * s), ago(s)}}, 0},
		"one was late, and that is not silence": {ago(60 * s), at, []span{{ago(6 * s), ago(3 * s)}}, silent + 3*s},
		"one was late, long ago":                {ago(60 * s), at, []span{{ago(20 * s), ago(17 * s)}}, silent},
		"two were late, the first as the second": {ago(60 * s), at, []span{{ago(9 * s), ago(6 * s)},
			{ago(5 * s), ago(2 * s)}}, silent + 6*s},
		"two were late, and one before both": {ago(60 * s), at, []span{{ago(30 * s), ago(20 * s)},
			{ago(9 * s), ago(6 * s)}, {ago(5 * s), ago(2 * s)}}, silent + 6*s},
		"one was late soon after the start":      {ago(6 * s), at, []span{{ago(6 * s), ago(3 * s)}}, 0},
		"one was late soon after a longer start": {ago(7 * s), at, []span{{ago(6 * s), ago(3 * s)}}, silent + 3*s},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := &Engine{replica: newReplica("a", nil)}
			e.replica.steady, e.replica.renewed, e.replica.late = tt.steady, tt.renewed, tt.late
			require.Equal(t, tt.want, e.patience(at))
		})
	}
}

func TestLateHeartbeatsDoNotCountAsDatabaseFailure(t *testing.T) {
	t.Parallel()
	at := time.Now()
	e := &Engine{replica: newReplica("a", nil)}
	e.renew(at)
	e.renew(at.Add(time.Second))
	require.Equal(t, at, e.replica.steady)
	require.Empty(t, e.replica.late)
	e.renew(at.Add(5 * time.Second))
	require.Equal(t, at, e.replica.steady)
	require.Equal(t, []span{{at.Add(time.Second), at.Add(5 * time.Second)}}, e.replica.late)
	e.missed()
	e.renew(at.Add(6 * time.Second))
	require.Equal(t, at.Add(6*time.Second), e.replica.steady, "a failure begins anew")
	require.Empty(t, e.replica.late)
	for i := range 100 {
		e.renew(at.Add(time.Duration(10+i*10) * time.Second))
	}
	require.Len(t, e.replica.late, maxLate)
}

func TestStartingOnTwoReplicasRunsOnceAndEitherMayPoke(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	var runs atomic.Int32
	waiting, woken := make(chan struct{}, 20), make(chan struct{}, 20)
	execute := func(run operation.Run, _ string) error {
		runs.Add(1)
		waiting <- struct{}{}
		err := run.Wait(time.Hour)
		woken <- struct{}{}
		return err
	}
	members := []*member{c.join(t, execute), c.join(t, execute)}
	const operations = 5
	var g sync.WaitGroup
	for i := range operations {
		for _, m := range members {
			for range 2 {
				g.Go(func() { require.NoError(t, m.Start(t.Context(), fmt.Sprintf("op-%d", i))) })
			}
		}
	}
	g.Wait()
	for range operations {
		receive(t, waiting, "a run")
	}
	for i := range operations {
		for _, m := range members { // one of them is not where it runs
			require.NoError(t, m.Poke(t.Context(), fmt.Sprintf("op-%d", i), "click"))
		}
	}
	for range operations {
		receive(t, woken, "the poke")
	}
	require.EqualValues(t, operations, runs.Load())
}

func statusOf(t *testing.T, e *Engine, id string) dbos.WorkflowStatusType {
	t.Helper()
	runs, err := dbos.ListWorkflows(e.dbos, dbos.WithFilterWorkflowIDs(id))
	require.NoError(t, err)
	require.Len(t, runs, 1)
	return runs[0].Status
}

func TestReplicasThatStartAtOnceShareTheMigration(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	var g sync.WaitGroup
	for range 3 {
		config, _ := c.config(t)
		config.Log = zaptest.NewLogger(t)
		g.Go(func() {
			e, err := New(t.Context(), config)
			require.NoError(t, err)
			e.Close()
		})
	}
	g.Wait()
}

func TestTheEngineNamesNoPassword(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"postgres://u:hunter2@127.0.0.1:1/none?connect_timeout=1",
		"postgres://u:hunter2@[broken"} {
		_, err := New(t.Context(), Config{PostgresURL: url, Name: "a", Replicas: &cluster{}, Log: zaptest.NewLogger(t)})
		require.Error(t, err)
		require.NotContains(t, err.Error(), "hunter2")
	}
}
