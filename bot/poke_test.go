package bot_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"lbbot/bot"
	"lbbot/bot/engine"
	"lbbot/bot/journal"
	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// member is the engine and the journal of one replica, without Slack.
type member struct {
	*engine.Engine
	store   *journal.Store
	entered chan int64 // the run number, when a run begins and after each of its waits
	stop    func()
}

// joins adds a replica whose runs wait for an hour, again and again.
func joins(t *testing.T, url, name string) *member {
	t.Helper()
	store, err := journal.Open(t.Context(), journal.Config{URL: url, Process: name})
	require.NoError(t, err)
	m := &member{store: store, entered: make(chan int64, 1000)}
	m.Engine = engine.New(engine.Config{Name: name, Leases: store, Replicas: store, Log: zap.NewNop(),
		Execute: func(_ context.Context, run operation.Run, _ string) error {
			for {
				m.entered <- run.Number()
				if err := run.Wait(time.Hour, nil); err != nil {
					return err
				}
			}
		}})
	require.NoError(t, m.Join(t.Context()))
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- m.Run(ctx) }()
	m.stop = func() {
		require.NoError(t, m.Stop(ctx))
		require.NoError(t, m.Leave(ctx))
		cancel()
		require.NoError(t, <-ran)
		require.NoError(t, store.Close())
	}
	return m
}

// accepts stores an operation as accepted by this replica and starts it.
func (m *member) accepts(t *testing.T, id string) {
	t.Helper()
	op := operation.Operation{ID: id, Ref: "LBR-" + id, Version: 1, State: operation.Accepted, Run: operation.FirstRun,
		Request: zenlayer.RegisterBackendRequest{ListenerID: "lst", InstanceID: "i-" + id, ClientToken: "token-" + id},
		Actor:   operation.Actor{UserID: ana, TeamID: "T1"}, Place: operation.Place{TeamID: "T1", ChannelID: incident},
		Times: operation.Times{ClickedAt: time.Now()}}
	require.NoError(t, m.store.Accept(t.Context(), operation.Acceptance{Operation: op, Insert: true, Delivery: id,
		Event: operation.SystemEvent(time.Now(), operation.EventAccepted, op, nil)}))
	require.NoError(t, m.Start(t.Context(), id))
	m.runs(t, operation.FirstRun)
}

// runs waits until a run with this number begins or ends a wait.
func (m *member) runs(t *testing.T, number int64) {
	t.Helper()
	select {
	case n := <-m.entered:
		require.Equal(t, number, n)
	case <-time.After(20 * time.Second):
		require.FailNow(t, "no run went on")
	}
}

// listens waits until a number of connections listen for wake-ups.
func (h *house) listens(n int) {
	h.t.Helper()
	db := h.database()
	require.Eventually(h.t, func() bool {
		return len(column(h.t, db, `select pid::text from pg_stat_activity where datname = current_database()
			and query like 'listen %'`)) == n
	}, 20*time.Second, 10*time.Millisecond)
}

// TestPokeOnAnotherReplicaEndsTheWait wakes a run from the replica that does not have it,
// as an approval does, also after the listening connection was cut, and has the other
// replica go on when the first one leaves. No sweeper is running.
func TestPokeOnAnotherReplicaEndsTheWait(t *testing.T) {
	t.Parallel()
	h := stand(t, func(c *bot.Config) { onPostgres(t, c) })
	first, second := joins(t, h.config.DatabaseURL, "first"), joins(t, h.config.DatabaseURL, "second")
	defer second.stop()
	h.listens(2)
	first.accepts(t, "AAAAAA")
	require.NoError(t, second.Start(t.Context(), "AAAAAA"))
	require.NoError(t, second.Poke(t.Context(), "AAAAAA"))
	first.runs(t, 1)

	db := h.database()
	for range 3 {
		column(t, db, `select pg_terminate_backend(pid)::text from pg_stat_activity
			where datname = current_database() and query like 'listen %'`)
		require.NoError(t, second.Poke(t.Context(), "AAAAAA"))
		first.runs(t, 1)
		h.listens(2)
		for len(first.entered) > 0 { // woken by both, the poke and the connection that is back
			<-first.entered
		}
	}
	first.stop()
	second.runs(t, 2)
	require.Equal(t, []string{"second 2"}, column(t, db, `select runner || ' ' || run from operations`))
}

// TestAnotherReplicaIsNoGhost starts a second replica: its connection and that of the
// first are all that Slack counts, so nobody is sent to look for a deployment to stop.
func TestAnotherReplicaIsNoGhost(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *bot.Config) { onPostgres(t, c); c.SlackConnections = 1 })
	h.begin()
	require.Eventually(t, func() bool { return strings.Contains(h.log.String(), `"num_connections":2`) },
		20*time.Second, 10*time.Millisecond)
	require.NoError(t, h.stop()) // the hello is dealt with
	require.NotContains(t, h.log.String(), "more connections than we have")
}
