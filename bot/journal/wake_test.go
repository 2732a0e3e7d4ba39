package journal

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
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

// firewall passes connections on to a server. drop makes those that are open silent
// without closing them.
func firewall(t *testing.T, to *pgx.ConnConfig) (address string, drop func()) {
	t.Helper()
	network, behind := pgconn.NetworkAddress(to.Host, to.Port)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var (
		mu    sync.Mutex
		opens []*atomic.Bool
		pumps sync.WaitGroup
		ends  []net.Conn
	)
	pass := func(into, from net.Conn, silent *atomic.Bool) {
		part := make([]byte, 4096)
		for {
			n, err := from.Read(part)
			if err != nil {
				_ = into.Close()
				return
			}
			if !silent.Load() {
				_, _ = into.Write(part[:n])
			}
		}
	}
	pumps.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial(network, behind)
			if err != nil {
				_ = client.Close()
				continue
			}
			silent := &atomic.Bool{}
			mu.Lock()
			opens, ends = append(opens, silent), append(ends, client, server)
			mu.Unlock()
			pumps.Go(func() { pass(server, client, silent) })
			pumps.Go(func() { pass(client, server, silent) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		mu.Lock()
		for _, c := range ends {
			_ = c.Close()
		}
		mu.Unlock()
		pumps.Wait()
	})
	return listener.Addr().String(), func() {
		mu.Lock()
		defer mu.Unlock()
		for _, silent := range opens {
			silent.Store(true)
		}
	}
}

func TestListenNoticesAConnectionThatIsSilentAndNotClosed(t *testing.T) {
	t.Parallel()
	s := openPostgres(t, postgresURL(t))
	at, err := pgx.ParseConfig(s.url)
	require.NoError(t, err)
	address, drop := firewall(t, at)
	s.url = "postgres://" + at.User + "@" + address + "/" + at.Database + "?sslmode=disable"
	s.listenCheck = 100 * time.Millisecond
	list := heard(t, s)
	require.NoError(t, s.Wake(t.Context(), "op-1"))
	require.Equal(t, "op-1", next(t, list))
	drop()
	require.Empty(t, next(t, list), "it listens on a new connection")
	require.NoError(t, s.Wake(t.Context(), "op-2"))
	require.Equal(t, "op-2", next(t, list))
}

func TestListenNamesNoPassword(t *testing.T) {
	t.Parallel()
	s := openPostgres(t, postgresURL(t))
	for _, url := range []string{"postgres://u:hunter2@127.0.0.1:1/none?connect_timeout=1",
		"postgres://u:hunter2@[broken"} {
		s.url = url
		err := s.Listen(t.Context(), func(string) {})
		require.ErrorContains(t, err, "listening for other replicas: ")
		require.NotContains(t, err.Error(), "hunter2")
	}
}
