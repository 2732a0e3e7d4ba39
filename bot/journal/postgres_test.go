package journal

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/journal/internal/query"
	"lbbot/bot/journal/journaltest"
)

// servers is the PostgreSQL of these tests; TestMain stops it.
var servers journaltest.Shared

func postgresURL(t *testing.T) string {
	t.Helper()
	return servers.Database(t)
}

func openPostgres(t *testing.T, url string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Config{URL: url, Now: clock})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() }) // some tests close it themselves
	return s
}

func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	exercise(t, func(t *testing.T) *Store { return openPostgres(t, postgresURL(t)) })
}

func TestTwoReplicasShareOneDatabase(t *testing.T) {
	t.Parallel()
	url := postgresURL(t)
	stores := make([]*Store, 2)
	opened := atOnce(2, func(i int) (err error) {
		stores[i], err = Open(t.Context(), Config{URL: url, Now: clock})
		return err
	}, func(err error) { require.NoError(t, err) })
	require.Equal(t, 2, opened, "both migrate, one after the other")
	for _, s := range stores {
		defer func() { require.NoError(t, s.Close()) }()
	}
	op := saveDraft(t, stores[0], draft("ABC234", "server-1"))
	wins := atOnce(20, func(i int) error {
		a := accepted(op)
		a.Delivery += fmt.Sprint(i)
		return stores[i%2].Accept(t.Context(), a)
	}, func(err error) { require.ErrorContains(t, err, "LBR-ABC234 is accepted by now") })
	require.Equal(t, 1, wins)
}

func TestAProcessPausedInsideATransactionLosesItsLocks(t *testing.T) {
	t.Parallel()
	url := postgresURL(t)
	paused, other := openPostgres(t, url), openPostgres(t, url)
	op := accept(t, paused, saveDraft(t, paused, draft("ABC234", "server-1")))
	locked, resume := make(chan struct{}), make(chan struct{})
	late := make(chan error, 1)
	go func() {
		late <- paused.write(t.Context(), func(ctx context.Context, _ query.DBTX, q *query.Queries) error {
			err := q.MarkReported(ctx, op.ID)
			close(locked)
			<-resume
			return err
		})
	}()
	<-locked
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	taken, err := other.TakeLease(ctx, op.ID, 1, 2)
	close(resume)
	require.NoError(t, err)
	require.True(t, taken)
	require.Error(t, <-late, "what the paused process wrote is lost")
	require.True(t, takes(t, paused, op.ID, 2, 3), "it connects again")
}

func TestADatabaseThatLosesCommitsIsRefused(t *testing.T) {
	t.Parallel()
	url := postgresURL(t)
	_, err := Open(t.Context(), Config{URL: url + "&synchronous_commit=off"})
	require.ErrorContains(t, err, "synchronous_commit is off")
	_, err = Open(t.Context(), Config{URL: "postgres://u:hunter2@127.0.0.1:1/none?connect_timeout=2"})
	require.ErrorContains(t, err, "opening journal postgres 127.0.0.1:1/none")
	require.NotContains(t, err.Error(), "hunter2")
}

func TestAReaderOfPostgreSQLCannotWrite(t *testing.T) {
	t.Parallel()
	url := postgresURL(t)
	_, err := Open(t.Context(), Config{URL: url, ReadOnly: true})
	require.ErrorContains(t, err, "have version 0 and this lbbot needs "+newest(t)+": start the bot once")
	s := openPostgres(t, url)
	op := accept(t, s, saveDraft(t, s, draft("ABC234", "server-1")))
	reader, err := Open(t.Context(), Config{URL: url, ReadOnly: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, reader.Close()) }()
	require.NoError(t, reader.Ping(t.Context()))
	got, err := reader.Operation(t.Context(), op.Ref)
	require.NoError(t, err)
	require.Equal(t, op, got)
	require.ErrorContains(t, reader.Record(t.Context(), event("denied")), "read-only transaction")
}
