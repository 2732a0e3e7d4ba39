package socket_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zapcore"

	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/socket"
)

func TestEveryFatalCodeEndsRunAtTheStart(t *testing.T) {
	t.Parallel()
	for _, code := range socket.FatalCodes() {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			s := serve(t, sandbox.Options{})
			s.FailNext("apps.connections.open", sandbox.APIFault{Error: code})
			r := connect(t, s, quick())
			var fatal *socket.FatalError
			require.ErrorAs(t, r.end(), &fatal)
			require.Equal(t, code, fatal.Code)
			require.EqualValues(t, 1, r.metric("fatal_errors_total", code))
			require.False(t, r.client.Status().Ready)
			require.Equal(t, code, r.client.Status().Reason)
		})
	}
}

func TestOtherRefusalsAreTriedAgain(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault  sandbox.APIFault
		result string
	}{
		"an error that may pass": {sandbox.APIFault{Error: "internal_error", Times: 3}, "open_failed"},
		"a page instead of JSON": {sandbox.APIFault{Status: http.StatusBadGateway, Times: 3}, "open_failed"},
		"a cut connection":       {sandbox.APIFault{DropBefore: true, Times: 3}, "open_failed"},
		"a hung call":            {sandbox.APIFault{Hang: true, Times: 3}, "open_failed"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, sandbox.Options{})
			s.FailNext("apps.connections.open", tt.fault)
			cfg := quick()
			cfg.Connections = 1
			if tt.fault.Hang {
				cfg.OpenTimeout = 200 * time.Millisecond
			}
			r := connect(t, s, cfg)
			r.up(1)
			require.GreaterOrEqual(t, r.metric("connects_total", tt.result), 3.0)
		})
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	cfg := quick()
	cfg.Open = func(context.Context) (string, error) {
		calls.Add(1)
		return "", &socket.OpenError{Status: http.StatusTooManyRequests, RetryAfter: time.Hour}
	}
	r := connect(t, serve(t, sandbox.Options{}), cfg)
	r.until(func() bool { return r.logs.FilterMessageSnippet("could not connect").Len() > 0 }, "the refusal is logged")
	wait := r.logs.FilterMessageSnippet("could not connect").All()[0].ContextMap()["retry_in"]
	require.Equal(t, time.Hour, wait)
	require.EqualValues(t, 1, calls.Load())
	r.stop()
	require.NoError(t, r.end(), "stopping does not wait for the hour")
	require.EqualValues(t, 1, r.metric("connects_total", "rate_limited"))
}

func TestHTTPOpenerReadsWhatSlackAnswers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		header string
		body   string
		want   socket.OpenError
	}{
		"429 with Retry-After": {429, "7", `{"ok":false,"error":"ratelimited"}`,
			socket.OpenError{Code: "ratelimited", Status: 429, RetryAfter: 7 * time.Second}},
		"a Retry-After beyond reason": {429, "99999", ``,
			socket.OpenError{Status: 429, RetryAfter: 5 * time.Minute}},
		"an error with status 200": {200, "", `{"ok":false,"error":"invalid_auth"}`,
			socket.OpenError{Code: "invalid_auth", Status: 200}},
		"success without an address":     {200, "", `{"ok":true}`, socket.OpenError{Status: 200}},
		"a redirect, which is not taken": {302, "", ``, socket.OpenError{Status: 302}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "http://127.0.0.1:1/")
				w.Header().Set("Retry-After", tt.header)
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte(tt.body))
			}))
			defer server.Close()
			_, err := socket.HTTPOpener(server.Client(), server.URL+"/api/", "xapp-secret")(t.Context())
			var got *socket.OpenError
			require.ErrorAs(t, err, &got)
			require.Equal(t, tt.want, *got)
		})
	}
}

func TestRevokedTokenLaterIsAnAlarmAndHeals(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.Options{})
	r := connect(t, s, quick())
	r.up(2)
	s.RevokeToken(sandbox.TheAppToken)
	s.DropConnections()
	r.counts("fatal_errors_total", "token_revoked", 3)
	require.False(t, r.client.Status().Ready)
	require.Equal(t, "token_revoked", r.client.Status().Reason)
	require.Positive(t, r.logs.FilterLevelExact(zapcore.ErrorLevel).FilterMessageSnippet("a person must act").Len())
	s.RestoreTokens()
	r.up(2)
	require.True(t, r.client.Status().Ready)
}

func TestLinkDisabledAtTheStartEndsRun(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.Options{})
	s.LinkDisabled(true)
	var fatal *socket.FatalError
	require.ErrorAs(t, connect(t, s, quick()).end(), &fatal)
	require.Equal(t, "link_disabled", fatal.Code)
}

func TestLinkDisabledLaterIsAnAlarmAndHeals(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.Options{})
	r := connect(t, s, quick())
	r.up(2)
	s.LinkDisabled(true)
	r.counts("fatal_errors_total", "link_disabled", 4)
	r.up(0)
	require.False(t, r.client.Status().Ready)
	require.Equal(t, "link_disabled", r.client.Status().Reason)
	s.LinkDisabled(false)
	r.up(2)
}

func TestAlarmIsAskedAboutAtTheRateItSays(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.Options{})
	cfg := quick()
	cfg.AlarmRetry = time.Hour
	r := connect(t, s, cfg)
	r.up(2)
	calls := len(s.APICalls())
	s.LinkDisabled(true)
	r.counts("fatal_errors_total", "link_disabled", 2)
	r.until(func() bool { return len(s.Connections()) == 0 }, "both are left")
	require.Len(t, s.APICalls(), calls)
}

func TestTooManyConnectionsBacksOffAndAlarms(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.Options{})
	crowd := quick()
	crowd.Connections = 10
	others := connect(t, s, crowd)
	others.up(10)
	cfg := quick()
	cfg.BackoffMax = time.Hour
	r := connect(t, s, cfg)
	r.counts("connects_total", "too_many_websockets", 1)
	r.until(func() bool {
		return r.logs.FilterLevelExact(zapcore.ErrorLevel).FilterMessageSnippet("too many").Len() == 1
	}, "alarm")
	pause, ok := r.logs.FilterMessageSnippet("too many").All()[0].ContextMap()["retry_in"].(time.Duration)
	require.True(t, ok)
	require.GreaterOrEqual(t, pause, time.Hour/2)
	require.EqualValues(t, 1, r.metric("connects_total", "too_many_websockets"))
}

func TestEarlyDisconnectsAreNoTightLoop(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.Options{})
	cfg := quick()
	cfg.Connections, cfg.StableAfter = 1, time.Hour // every connection ends too early
	cfg.BackoffMin, cfg.BackoffMax = time.Hour, time.Hour
	r := connect(t, s, cfg)
	r.up(1)
	s.DropConnections() // the first replacement comes at once
	r.counts("connects_total", "connected", 2)
	s.DropConnections()
	r.counts("disconnects_total", "connection_lost", 2)
	require.EqualValues(t, 2, r.metric("connects_total", "connected"), "the second one waits")
}

func TestProxyThatRefusesTheSocketIsNamedWithoutItsPassword(t *testing.T) {
	t.Parallel()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no", http.StatusForbidden)
	}))
	defer front.Close()
	proxy, err := url.Parse(front.URL)
	require.NoError(t, err)
	proxy.User = url.UserPassword("lbbot", "planted-password")
	_, err = socket.Try(t.Context(), socket.Config{
		Dialer: &websocket.Dialer{Proxy: http.ProxyURL(proxy)},
		Open: func(context.Context) (string, error) {
			return "wss://wss.example.com/link/?ticket=planted-ticket", nil
		}})
	require.EqualError(t, err, "connecting to Slack: dial_failed: dialing wss.example.com through the proxy "+
		proxy.Host+": Forbidden")
}
