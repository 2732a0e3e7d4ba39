package journal

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/journal/journaltest"
	"lbbot/bot/operation"
)

// silence makes a replica's last heartbeat older, as if the time had passed.
func silence(t *testing.T, s *Store, id string, by time.Duration) {
	t.Helper()
	_, err := s.DB().ExecContext(t.Context(), "update replicas set beat_at = beat_at - $2 where id = $1", id,
		by.Milliseconds())
	require.NoError(t, err)
}

// goneReplicas are those that are known to be gone.
func goneReplicas(t *testing.T, s *Store) (ids []string) {
	t.Helper()
	rows, err := s.DB().QueryContext(t.Context(), "select id from replicas where gone order by id")
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	for rows.Next() {
		var id string
		require.NoError(t, rows.Scan(&id))
		ids = append(ids, id)
	}
	require.NoError(t, rows.Err())
	return ids
}

func TestReplicasAreAliveAsLongAsTheyBeatByTheClockOfTheDatabase(t *testing.T) {
	t.Parallel()
	s := openPostgres(t, postgresURL(t))
	ctx := t.Context()
	require.NoError(t, s.Join(ctx, "a"))
	require.NoError(t, s.Join(ctx, "b"))
	require.Error(t, s.Join(ctx, "a"), "an id is used once")
	gone := func(id string, silent time.Duration) []string {
		before := goneReplicas(t, s)
		if silent > 0 {
			b, err := s.Beat(ctx, id, silent)
			require.NoError(t, err)
			require.True(t, b.Alive)
			require.Len(t, goneReplicas(t, s), len(before)+int(b.Dead))
		}
		return goneReplicas(t, s)
	}
	beats := func(id string) bool {
		b, err := s.Beat(ctx, id, 0)
		require.NoError(t, err)
		return b.Alive
	}
	require.Empty(t, gone("a", 4*time.Second))

	silence(t, s, "b", 5*time.Second)
	require.Empty(t, gone("a", 0), "nobody is declared gone without being asked")
	require.True(t, beats("b"), "it is late, but nobody took over: it goes on")
	require.Empty(t, gone("a", 4*time.Second))

	silence(t, s, "b", 5*time.Second)
	require.Equal(t, []string{"b"}, gone("a", 4*time.Second))
	require.False(t, beats("b"), "it must learn that others took over")
	require.False(t, beats("b"))
	require.Equal(t, []string{"b"}, gone("a", 0), "it stays known for what it may still have begun")

	silence(t, s, "a", time.Hour)
	require.Equal(t, []string{"b"}, gone("a", 4*time.Second), "nor declares itself gone")
	require.NoError(t, s.Leave(ctx, "a"))
	require.NoError(t, s.Join(ctx, "d"))
	silence(t, s, "d", time.Hour)
	b, err := s.Beat(ctx, "a", 4*time.Second)
	require.NoError(t, err)
	require.Zero(t, b.Dead, "who is gone declares nobody dead")
	require.True(t, beats("d"))
	require.NoError(t, s.Leave(ctx, "never-joined"))
	require.False(t, beats("a"))
	require.False(t, beats("never-joined"))
	require.False(t, beats("unknown"))
	require.Equal(t, []string{"a", "b", "never-joined"}, gone("c", 0), "who leaves is gone at once")
	require.NoError(t, s.Leave(ctx, "d"))

	silence(t, s, "b", goneFor)
	require.NoError(t, s.Join(ctx, "c"))
	require.Equal(t, []string{"a", "d", "never-joined"}, gone("c", 0), "a day later it is forgotten")
	require.False(t, beats("b"))
}

func TestTakingOverAndBeatingNeverBothSucceed(t *testing.T) {
	t.Parallel()
	s := openPostgres(t, postgresURL(t))
	ctx := t.Context()
	require.NoError(t, s.Join(ctx, "me"))
	for range 30 {
		id := operation.NewRef()
		require.NoError(t, s.Join(ctx, id))
		silence(t, s, id, time.Minute)
		var own, other operation.Beat
		atOnce(2, func(i int) (err error) {
			if i == 0 {
				own, err = s.Beat(ctx, id, 0)
			} else {
				other, err = s.Beat(ctx, "me", 4*time.Second)
			}
			return err
		}, func(err error) { require.NoError(t, err) })
		again, err := s.Beat(ctx, id, 0)
		require.NoError(t, err)
		if again.Alive {
			require.True(t, own.Alive, "nobody took over")
			require.Zero(t, other.Dead)
		} else {
			require.EqualValues(t, 1, other.Dead)
		}
	}
}

func TestSQLiteHasNoReplicas(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	require.ErrorIs(t, s.Join(t.Context(), "a"), errOneProcess)
	_, err := s.Beat(t.Context(), "a", time.Second)
	require.ErrorIs(t, err, errOneProcess)
	require.ErrorIs(t, s.Listen(t.Context(), nil), errOneProcess)
	require.Empty(t, s.PostgresURL())
}

func TestOneOpenOperationPerServerAcrossReplicas(t *testing.T) {
	t.Parallel()
	url := postgresURL(t)
	stores := []*Store{openPostgres(t, url), openPostgres(t, url)}
	first, second := draft("ABC234", "server-1"), draft("ABC235", "server-1")
	drafts := []operation.Operation{saveDraft(t, stores[0], first), saveDraft(t, stores[1], second)}
	var refused error
	wins := atOnce(2, func(i int) error {
		a := accepted(drafts[i])
		a.Delivery = drafts[i].Ref
		return stores[i].Accept(t.Context(), a)
	}, func(err error) { refused = err })
	require.Equal(t, 1, wins)
	var busy *operation.BusyError
	require.ErrorAs(t, refused, &busy, "the other one learns which operation is in the way")
	require.Equal(t, operation.Accepted, busy.Operation.State)
}

func TestAHeartbeatDoesNotWaitForAFullPool(t *testing.T) {
	t.Parallel()
	s := openPostgres(t, postgresURL(t))
	require.NoError(t, s.Join(t.Context(), "a"))
	for range postgresConnections {
		conn, err := s.DB().Conn(t.Context())
		require.NoError(t, err)
		defer func() { require.NoError(t, conn.Close()) }()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, s.Ping(ctx), context.DeadlineExceeded, "a full pool is not ready")
	b, err := s.Beat(t.Context(), "a", time.Second)
	require.NoError(t, err)
	require.True(t, b.Alive)
}

// TestAServerThatGoesAwayAndComesBack crashes the server and makes it
// read-only: nothing is said to be stored which is not, and the Store needs
// nobody to recover.
func TestAServerThatGoesAwayAndComesBack(t *testing.T) {
	t.Parallel()
	server, err := journaltest.Start()
	if server != nil {
		defer func() { require.NoError(t, server.Stop()) }()
	}
	journaltest.Need(t, err)
	s := openPostgres(t, server.URL())
	ctx := t.Context()
	ready := func() bool { return s.Ping(ctx) == nil }
	require.True(t, ready())
	op := saveDraft(t, s, draft("ABC234", "server-1"))

	server.Down()
	require.False(t, ready())
	err = s.Accept(ctx, accepted(op))
	require.ErrorContains(t, err, "accepting operation LBR-ABC234 in journal")
	require.False(t, named(err), "no error that has a meaning of its own")
	require.NoError(t, server.Up())
	require.Eventually(t, ready, 30*time.Second, 10*time.Millisecond, "it recovers by itself")
	got, err := s.Operation(ctx, op.ID)
	require.NoError(t, err)
	require.Equal(t, operation.Draft, got.State)
	require.NoError(t, s.Accept(ctx, accepted(op)), "the same delivery, which was not used up")

	_, err = s.DB().ExecContext(ctx, "alter database postgres set default_transaction_read_only = on")
	require.NoError(t, err)
	server.Down()
	require.NoError(t, server.Up())
	require.Eventually(t, func() bool {
		_, err := s.Operation(ctx, op.ID)
		return err == nil
	}, 30*time.Second, 10*time.Millisecond, "a read-only server can be read")
	require.ErrorContains(t, s.Ping(ctx), "read-only transaction")
	require.ErrorContains(t, s.Record(ctx, event("denied")), "read-only transaction")
	_, err = s.DB().ExecContext(ctx,
		"begin read write; alter database postgres reset default_transaction_read_only; commit")
	require.NoError(t, err)
	server.Down()
	require.NoError(t, server.Up())
	require.Eventually(t, ready, 30*time.Second, 10*time.Millisecond)
	got, err = s.Operation(ctx, op.ID)
	require.NoError(t, err)
	require.Equal(t, operation.Accepted, got.State)
}

func TestWhatWasAcceptedWhenTheServerCrashedIsThere(t *testing.T) {
	t.Parallel()
	server, err := journaltest.Start()
	if server != nil {
		defer func() { require.NoError(t, server.Stop()) }()
	}
	journaltest.Need(t, err)
	s := openPostgres(t, server.URL())
	told := make(chan operation.Operation, 100_000)
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			for i := 0; ; i++ {
				a := accepted(draft(fmt.Sprintf("N%d-%d", w, i), fmt.Sprintf("server-%d-%d", w, i)))
				a.Insert = true
				if s.Accept(t.Context(), a) != nil {
					return
				}
				told <- a.Operation
			}
		})
	}
	require.Eventually(t, func() bool { return len(told) > 50 }, 30*time.Second, time.Millisecond)
	server.Down()
	all.Wait()
	close(told)
	require.NoError(t, server.Up())
	require.Eventually(t, func() bool { return s.Ping(t.Context()) == nil }, 30*time.Second, 10*time.Millisecond)
	for op := range told {
		got, err := s.Operation(t.Context(), op.ID)
		require.NoError(t, err, op.Ref)
		require.Equal(t, op, got)
	}
}
