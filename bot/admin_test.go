package bot

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"lbbot/bot/health"
)

// TestIdleConnectionsToTheAdminPortAreBounded opens as many as once used up the
// files of the process. Half of them have asked something, half never do.
func TestIdleConnectionsToTheAdminPortAreBounded(t *testing.T) {
	t.Parallel()
	report := func(context.Context) health.Report { return health.Report{Ready: true} }
	a, err := newAdmin("127.0.0.1:0", func() health.Build { return health.Build{} }, report, prometheus.NewRegistry())
	require.NoError(t, err)
	require.Positive(t, a.server.IdleTimeout)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()

	var idle []net.Conn
	for i := range 236 {
		c, err := net.Dial("tcp", a.address())
		require.NoError(t, err)
		idle = append(idle, c)
		if i%2 == 0 {
			_, err = io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
			require.NoError(t, err)
			answer, err := http.ReadResponse(bufio.NewReader(c), nil)
			require.NoError(t, err, "the newest one is answered, connection %d", i)
			require.NoError(t, answer.Body.Close())
		}
	}
	resp, err := (&http.Client{Timeout: 5 * time.Second}).Get("http://" + a.address() + "/readyz")
	require.NoError(t, err, "a probe is answered at once")
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.NoError(t, resp.Body.Close())

	open := 0
	for _, c := range idle {
		require.NoError(t, c.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
		_, err := io.Copy(io.Discard, c)
		if timeout, ok := err.(net.Error); ok && timeout.Timeout() { //nolint:errorlint // as net returns it
			open++
		}
		require.NoError(t, c.Close())
	}
	require.LessOrEqual(t, open, maxConnections)
	cancel()
	require.NoError(t, <-done)
}

func TestProfilesAreServedToThisMachineOnly(t *testing.T) {
	t.Parallel()
	a, err := newProfiles("127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	for host, status := range map[string]int{
		a.address(): http.StatusOK, "localhost": http.StatusOK, "evil.example": http.StatusForbidden,
	} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+a.address()+"/debug/pprof/goroutine", nil)
		require.NoError(t, err)
		req.Host = host
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, status, resp.StatusCode, host)
	}
	cancel()
	require.NoError(t, <-done)
	none, err := newProfiles("")
	require.NoError(t, err)
	require.Nil(t, none)
}
