package journal

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

// as is the store as another process has it.
func as(s *Store, process string) *Store {
	other := *s
	other.process = process
	return &other
}

func lease(t *testing.T, s *Store, id string) operation.Lease {
	t.Helper()
	l, err := s.Lease(t.Context(), id)
	require.NoError(t, err)
	return l
}

func takes(t *testing.T, s *Store, id string, was, run int64) bool {
	t.Helper()
	taken, err := s.TakeLease(t.Context(), id, was, run)
	require.NoError(t, err)
	return taken
}

func leasesOf(t *testing.T, s *Store) []string {
	t.Helper()
	ids, err := s.Leases(t.Context())
	require.NoError(t, err)
	return ids
}

func savesByRun(t *testing.T, s *Store) {
	op := accept(t, as(s, "a"), saveDraft(t, s, draft("ABC234", "server-1")))
	require.True(t, takes(t, as(s, "a"), op.ID, 1, 2))
	late := moveTo(op, operation.Sending)
	op.Run = 2
	require.Equal(t, &operation.StaleError{Operation: op}, s.Save(t.Context(), late, event(operation.EventAttempt)))
	require.Equal(t, []string{operation.EventPreviewed, operation.EventAccepted}, kinds(t, s, op.ID))
	late.Run = 2
	require.NoError(t, s.Save(t.Context(), late, event(operation.EventAttempt)))
}

func leasesWhatIsAccepted(t *testing.T, s *Store) {
	a, b := as(s, "a"), as(s, "b")
	op := saveDraft(t, a, draft("ABC234", "server-1"))
	require.Equal(t, operation.Lease{}, lease(t, a, op.ID))
	require.Empty(t, leasesOf(t, a))
	accept(t, a, op)
	inserted := accepted(draft("XYZ567", "server-2"))
	inserted.Insert, inserted.Operation.Version, inserted.Operation.State = true, 1, operation.Waiting
	require.NoError(t, a.Accept(t.Context(), inserted))
	accept(t, a, saveDraft(t, a, draft("ZZZ567", "server-3")))
	require.Equal(t, operation.Lease{Run: 1, Runner: "a"}, lease(t, a, op.ID))
	require.Equal(t, []string{op.ID, "id-ZZZ567", inserted.Operation.ID}, leasesOf(t, a))
	require.Equal(t, leasesOf(t, a), leasesOf(t, b), "nobody says that a is alive")

	require.True(t, takes(t, b, op.ID, 1, 2))
	require.False(t, takes(t, a, op.ID, 1, 2), "it is taken")
	require.NoError(t, a.EndLeases(t.Context(), map[string]int64{op.ID: 1}), "of an older run: nothing happens")
	require.Equal(t, operation.Lease{Run: 2, Runner: "b"}, lease(t, a, op.ID))
	require.NoError(t, b.EndLeases(t.Context(), map[string]int64{op.ID: 2, "id-ZZZ567": 7}))
	require.Equal(t, operation.Lease{Run: 2}, lease(t, a, op.ID))
	require.Equal(t, []string{"id-ZZZ567", inserted.Operation.ID}, leasesOf(t, b))

	_, err := s.Lease(t.Context(), "nothing")
	require.ErrorIs(t, err, operation.ErrNotFound)
	require.False(t, takes(t, a, "nothing", 0, 1))
}

func leasesToOne(t *testing.T, s *Store) {
	op := accept(t, as(s, "gone"), saveDraft(t, s, draft("ABC234", "server-1")))
	won := atOnce(20, func(i int) error {
		taken, err := as(s, fmt.Sprint(i)).TakeLease(t.Context(), op.ID, 1, 2)
		if err == nil && !taken {
			err = operation.ErrNotFound
		}
		return err
	}, func(err error) { require.ErrorIs(t, err, operation.ErrNotFound) })
	require.Equal(t, 1, won)
}

func TestLeaseOfALiveReplicaIsLeftAlone(t *testing.T) {
	t.Parallel()
	s := openPostgres(t, postgresURL(t))
	a, b, ctx := as(s, "a"), as(s, "b"), t.Context()
	require.NoError(t, s.Join(ctx, "a"))
	require.NoError(t, s.Join(ctx, "b"))
	op := accept(t, a, saveDraft(t, s, draft("ABC234", "server-1")))
	require.Equal(t, operation.Lease{Run: 1, Runner: "a", Live: true}, lease(t, b, op.ID))
	require.False(t, takes(t, b, op.ID, 1, 2))
	require.Empty(t, leasesOf(t, b))

	silence(t, s, "a", 5*time.Second)
	require.False(t, takes(t, b, op.ID, 1, 2), "it is late, and nobody has declared it gone")
	first, err := s.Beat(ctx, "b", 4*time.Second)
	require.NoError(t, err)
	second, err := s.Beat(ctx, "b", 4*time.Second)
	require.NoError(t, err)
	require.Equal(t, []operation.Beat{{Alive: true, Dead: 1, Live: 1}, {Alive: true, Leases: 1, Live: 1}},
		[]operation.Beat{first, second})
	require.Equal(t, operation.Lease{Run: 1, Runner: "a"}, lease(t, b, op.ID))
	require.Equal(t, []string{op.ID}, leasesOf(t, b))
	require.False(t, takes(t, a, op.ID, 1, 2), "who is gone takes nothing, not even its own")
	require.True(t, takes(t, b, op.ID, 1, 2))
	require.Equal(t, operation.Lease{Run: 2, Runner: "b", Live: true}, lease(t, a, op.ID))
}

// TestOperationOfVersion01BelongsToItsReplicaWhileThatLives has the tables that lbbot
// 0.1 kept its runs in. Its leases are run 0.
func TestOperationOfVersion01BelongsToItsReplicaWhileThatLives(t *testing.T) {
	t.Parallel()
	s := openPostgres(t, postgresURL(t))
	b, ctx := as(s, "b"), t.Context()
	require.NoError(t, s.Join(ctx, "old"))
	op := accept(t, as(s, "old"), saveDraft(t, s, draft("ABC234", "server-1")))
	run := func(text string) {
		_, err := s.DB().ExecContext(ctx, text)
		require.NoError(t, err, text)
	}
	run("update operations set run = 0, runner = ''")
	require.Equal(t, operation.Lease{}, lease(t, b, op.ID), "there are no such tables")
	run("create schema dbos")
	run("create table dbos.workflow_status (workflow_uuid text, status text, executor_id text)")
	run("insert into dbos.workflow_status values ('" + op.ID + "', 'ERROR', 'old'), ('another', 'PENDING', 'old')")
	require.Equal(t, operation.Lease{}, lease(t, b, op.ID))
	run("insert into dbos.workflow_status values ('" + op.ID + ".1', 'PENDING', 'old')")
	require.Equal(t, operation.Lease{Runner: "old", Live: true}, lease(t, b, op.ID))

	require.NoError(t, s.Leave(ctx, "old"))
	require.Equal(t, operation.Lease{}, lease(t, b, op.ID))
	run("update dbos.workflow_status set status = 'ENQUEUED' where status = 'PENDING'")
	run("alter table dbos.workflow_status add constraint c check (status <> 'CANCELLED')")
	_, err := b.TakeLease(ctx, op.ID, 0, 1)
	require.Error(t, err)
	require.Equal(t, operation.Lease{}, lease(t, b, op.ID), "no lease without the withdrawal")
	run("alter table dbos.workflow_status drop constraint c")
	require.True(t, takes(t, b, op.ID, 0, 1))
	var cancelled int
	require.NoError(t, s.DB().QueryRowContext(ctx,
		"select count(*) from dbos.workflow_status where status = 'CANCELLED'").Scan(&cancelled))
	require.Equal(t, 1, cancelled, "no replica of lbbot 0.1 takes it from the queue")
}
