package journal

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// heard listens until the end of the test, again after each loss of the connection.
func heard(t *testing.T, s *Store) <-chan string {
	t.Helper()
	list, ctx := make(chan string, 100), t.Context()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			_ = s.Listen(ctx, func(id string) { list <- id })
		}
	}()
	t.Cleanup(func() { <-ended })
	require.Empty(t, next(t, list), "it has begun to listen")
	return list
}

func next(t *testing.T, list <-chan string) string {
	t.Helper()
	select {
	case id := <-list:
		return id
	case <-time.After(20 * time.Second):
		require.FailNow(t, "nothing was heard")
		return ""
	}
}

func TestReplicasHearWhatIsWokenAndWhoLeaves(t *testing.T) {
	t.Parallel()
	url := postgresURL(t)
	a, b := openPostgres(t, url), openPostgres(t, url)
	first, second := heard(t, a), heard(t, b)
	require.NoError(t, a.Wake(t.Context(), "op-1"))
	require.Equal(t, "op-1", next(t, first))
	require.Equal(t, "op-1", next(t, second))
	require.NoError(t, b.Leave(t.Context(), "b"))
	require.Empty(t, next(t, first))
}

func TestListenSaysSoWhenItsConnectionIsBack(t *testing.T) {
	t.Parallel()
	s := openPostgres(t, postgresURL(t))
	list := heard(t, s)
	for range 3 {
		_, err := s.DB().ExecContext(t.Context(), `select pg_terminate_backend(pid) from pg_stat_activity
			where datname = current_database() and query like 'listen %'`)
		require.NoError(t, err)
		require.Empty(t, next(t, list))
	}
	require.NoError(t, s.Wake(t.Context(), "op-1"))
	require.Equal(t, "op-1", next(t, list))
}

func TestListenEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := openPostgres(t, postgresURL(t))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Listen(ctx, func(string) { cancel() }) }()
	require.ErrorIs(t, <-ended, context.Canceled)
}
