package zenlayer_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

func requireTransport(t *testing.T, err error, sent bool, want zenlayer.Outcome) *zenlayer.TransportError {
	t.Helper()
	var transport *zenlayer.TransportError
	require.ErrorAs(t, err, &transport)
	require.Equal(t, sent, transport.Sent, err)
	require.Equal(t, want, zenlayer.OutcomeOf(err), err)
	return transport
}

func TestErrorSaysWhetherTheRequestWasSent(t *testing.T) {
	t.Parallel()
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		require.NoError(t, listener.Close())
		_, err = client(t, "http://"+listener.Addr().String(), nil).RegisterBackend(t.Context(), request())
		requireTransport(t, err, false, zenlayer.OutcomeRetry)
	})
	t.Run("the name is not known", func(t *testing.T) {
		t.Parallel()
		c := client(t, "https://nowhere.invalid", func(cfg *zenlayer.Config) {
			dial := func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.DNSError{Err: "no such host", Name: "nowhere.invalid", IsNotFound: true}
			}
			cfg.HTTPClient = &http.Client{Transport: &http.Transport{DialContext: dial}}
		})
		_, err := c.RegisterBackend(t.Context(), request())
		requireTransport(t, err, false, zenlayer.OutcomeRetry)
		var dns *net.DNSError
		require.ErrorAs(t, err, &dns)
	})
	t.Run("the certificate is not trusted", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.Config.ErrorLog = nil
		server.StartTLS()
		t.Cleanup(server.Close)
		_, err := client(t, server.URL, nil).RegisterBackend(t.Context(), request())
		requireTransport(t, err, false, zenlayer.OutcomeRetry)
	})
	t.Run("the connection closes after the request", func(t *testing.T) {
		t.Parallel()
		c := served(t, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			panic(http.ErrAbortHandler)
		}, nil)
		_, err := c.RegisterBackend(t.Context(), request())
		requireTransport(t, err, true, zenlayer.OutcomeUnknown)
	})
	t.Run("the connection closes before anything is read", func(t *testing.T) {
		t.Parallel()
		address := rawServer(t, func(*http.Request) string { return "" })
		_, err := client(t, address, nil).RegisterBackend(t.Context(), request())
		requireTransport(t, err, true, zenlayer.OutcomeUnknown)
	})
	t.Run("a transport that tells nothing about connections", func(t *testing.T) {
		t.Parallel()
		c := client(t, "http://127.0.0.1:1", func(cfg *zenlayer.Config) {
			cfg.HTTPClient = &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
				return nil, &net.OpError{Op: "dial", Err: errors.New("refused, it says")}
			})}
		})
		_, err := c.RegisterBackend(t.Context(), request())
		requireTransport(t, err, true, zenlayer.OutcomeUnknown)
	})
	t.Run("the context ends before the call", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := client(t, "http://127.0.0.1:1", nil).RegisterBackend(ctx, request())
		requireTransport(t, err, false, zenlayer.OutcomeRetry)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestLostAnswersOfTheStandIn(t *testing.T) {
	t.Parallel()
	cases := map[zenlayertest.FaultKind]struct {
		effects int
		outcome zenlayer.Outcome
	}{
		zenlayertest.AnswerLost:        {1, zenlayer.OutcomeUnknown},
		zenlayertest.AnswerCut:         {1, zenlayer.OutcomeUnknown},
		zenlayertest.ConnectionDropped: {0, zenlayer.OutcomeUnknown},
		zenlayertest.InternalError:     {1, zenlayer.OutcomeUnknown},
		zenlayertest.BadGateway:        {0, zenlayer.OutcomeUnknown},
		zenlayertest.Unavailable:       {0, zenlayer.OutcomeRetry},
		zenlayertest.TimedOut:          {0, zenlayer.OutcomeUnknown},
		zenlayertest.ErrorIn200:        {0, zenlayer.OutcomeUnknown},
		zenlayertest.NoBackendID:       {1, zenlayer.OutcomeUnknown},
		zenlayertest.TruncatedJSON:     {1, zenlayer.OutcomeUnknown},
		zenlayertest.HugeBody:          {1, zenlayer.OutcomeUnknown},
		zenlayertest.Challenge:         {0, zenlayer.OutcomeRefused},
		zenlayertest.Blocked:           {0, zenlayer.OutcomeRefused},
		zenlayertest.Redirect302:       {0, zenlayer.OutcomeUnknown},
		zenlayertest.Redirect307:       {0, zenlayer.OutcomeUnknown},
		zenlayertest.RateLimited:       {0, zenlayer.OutcomeRetry},
		zenlayertest.ClockSkew:         {0, zenlayer.OutcomeRetry},
		zenlayertest.Refused:           {0, zenlayer.OutcomeUnknown}, // without a code
	}
	for kind, tc := range cases {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server, c := standIn(t, nil)
			server.Inject(zenlayertest.Fault{Kind: kind, Action: "RegisterBackend"})
			_, err := c.RegisterBackend(t.Context(), sample())
			require.Error(t, err)
			require.Equal(t, tc.outcome, zenlayer.OutcomeOf(err), err)
			require.Len(t, server.Calls(), 1)
			require.Equal(t, tc.effects, server.EffectsByToken()["token-1"])

			got, err := c.RegisterBackend(t.Context(), sample())
			require.NoError(t, err, "the same token again ends with one backend")
			require.Equal(t, "be-20d1", got.BackendID)
			require.Equal(t, 1, server.EffectsByToken()["token-1"])
		})
	}
}

// standIn starts a stand-in with the sample data and a client for it.
func standIn(t testing.TB, change func(*zenlayer.Config)) (*zenlayertest.Server, *zenlayer.Client) {
	t.Helper()
	server := zenlayertest.New(zenlayertest.Options{
		AccessKeyID: "key-id", AccessKeySecret: plantedSecret, Token: plantedToken, Seed: zenlayertest.SampleData(),
	})
	address, err := server.Start()
	require.NoError(t, err)
	t.Cleanup(server.Close)
	return server, client(t, address, change)
}

func sample() zenlayer.RegisterBackendRequest {
	r := request()
	r.PortList, r.Weight = []int{8080}, 50
	return r
}

func TestATokenIsAccepted(t *testing.T) {
	t.Parallel()
	_, c := standIn(t, credentials()["token"])
	_, err := c.RegisterBackend(t.Context(), sample())
	require.NoError(t, err)
}

func TestContextErrorTakesPrecedenceOverTransportError(t *testing.T) {
	t.Parallel()
	for _, kind := range []zenlayertest.FaultKind{zenlayertest.Hang, zenlayertest.SlowBody} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server, c := standIn(t, nil)
			changes, stop := server.Subscribe()
			defer stop()
			server.Inject(zenlayertest.Fault{Kind: kind})
			<-changes
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				<-changes // the call arrived
				cancel()
			}()
			_, err := c.RegisterBackend(ctx, sample())
			got := requireTransport(t, err, true, zenlayer.OutcomeUnknown)
			require.Equal(t, context.Canceled, got.Err)
		})
	}
}

func TestAttemptHasATimeout(t *testing.T) {
	t.Parallel()
	for _, kind := range []zenlayertest.FaultKind{zenlayertest.Hang, zenlayertest.SlowBody} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server, c := standIn(t, func(cfg *zenlayer.Config) { cfg.Timeout = 500 * time.Millisecond })
			server.Inject(zenlayertest.Fault{Kind: kind})
			_, err := c.RegisterBackend(t.Context(), sample())
			requireTransport(t, err, true, zenlayer.OutcomeUnknown)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorContains(t, err, "no answer within 500ms")
		})
	}
}

// gate is a limiter that opens by hand.
type gate struct{ open chan struct{} }

func (g gate) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-g.open:
		return nil
	}
}

func TestWaitingForTheLimiterIsNotSending(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := client(t, "http://127.0.0.1:1", func(cfg *zenlayer.Config) {
			cfg.Limiter = gate{make(chan struct{})}
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		start := time.Now()
		_, err := c.RegisterBackend(ctx, request())
		requireTransport(t, err, false, zenlayer.OutcomeRetry)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Hour, time.Since(start), "the limit of the attempt does not run while waiting")
	})
}

type failing struct{}

func (failing) Wait(context.Context) error { return errors.New("burst exceeded") }

func TestALimiterThatRefusesIsNotSending(t *testing.T) {
	t.Parallel()
	c := client(t, "http://127.0.0.1:1", func(cfg *zenlayer.Config) { cfg.Limiter = failing{} })
	_, err := c.RegisterBackend(t.Context(), request())
	requireTransport(t, err, false, zenlayer.OutcomeRetry)
	require.ErrorContains(t, err, "rate limiter: burst exceeded")
}

func TestTheSignatureIsMadeAfterTheLimiter(t *testing.T) {
	t.Parallel()
	var clock atomic.Int64
	clock.Store(1000)
	var got string
	c := served(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("X-ZC-Timestamp")
		w.WriteHeader(http.StatusBadRequest)
	}, func(cfg *zenlayer.Config) {
		cfg.Now = func() time.Time { return time.Unix(clock.Load(), 0) }
		cfg.Limiter = limiter(func() { clock.Store(2000) })
	})
	_, err := c.RegisterBackend(t.Context(), request())
	require.Error(t, err)
	require.Equal(t, "2000", got)
}

type limiter func()

func (l limiter) Wait(context.Context) error { l(); return nil }

func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	opened := 0
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, page)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		mu.Lock()
		defer mu.Unlock()
		if state == http.StateNew {
			opened++
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	c := client(t, server.URL, nil)
	for range 10 {
		_, err := c.RegisterBackend(t.Context(), request())
		require.Error(t, err)
	}
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, 1, opened)
}

func TestOnDateGetsTheClockOfEachAnswer(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 10, 21, 7, 28, 0, 0, time.UTC)
	server := zenlayertest.New(zenlayertest.Options{Now: func() time.Time { return at }})
	endpoint, err := server.Start()
	require.NoError(t, err)
	t.Cleanup(server.Close)
	var seen []time.Time
	c, err := zenlayer.New(zenlayer.Config{Endpoint: endpoint, Token: zenlayer.NewSecret("wrong"),
		OnDate: func(server time.Time) { seen = append(seen, server.UTC()) }})
	require.NoError(t, err)
	_, err = c.DescribeInstances(t.Context(), zenlayer.InstanceBM, zenlayer.InstanceFilter{})
	require.Error(t, err) // a refusal has a date as well
	require.Equal(t, []time.Time{at}, seen)
}
