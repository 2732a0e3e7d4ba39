package journal

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// postgresVariable may hold the postgres:// URL of a server for these tests,
// each of which makes a schema of its own and drops it. Without it the tests
// start a server of their own.
const postgresVariable = "LBBOT_TEST_POSTGRES"

func postgresURL(t *testing.T) string {
	t.Helper()
	base := os.Getenv(postgresVariable)
	if base == "" {
		s, err := ownServer()
		if errors.Is(err, errNoPostgres) && os.Getenv("CI") != "true" {
			t.Skip(err.Error())
		}
		require.NoError(t, err)
		base = s.url()
	}
	schema := "journal_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	admin, err := sql.Open("pgx", base)
	require.NoError(t, err)
	_, err = admin.ExecContext(t.Context(), "create schema "+schema)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := admin.Exec("drop schema " + schema + " cascade")
		require.NoError(t, err)
		require.NoError(t, admin.Close())
	})
	u, err := url.Parse(base)
	require.NoError(t, err)
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
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
	require.ErrorContains(t, err, "have version 0 and this lbbot needs 2: start the bot once")
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
