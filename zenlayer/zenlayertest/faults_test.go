package zenlayertest_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

func TestFaultsThatAnswer(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fault    zenlayertest.Fault
		status   int
		code     string
		header   string
		executed bool
	}{
		"500 after execution": {zenlayertest.Fault{Kind: zenlayertest.InternalError}, 500,
			"INTERNAL_SERVER_ERROR", "", true},
		"502": {zenlayertest.Fault{Kind: zenlayertest.BadGateway}, 502, "",
			"Content-Type: text/html", false},
		"502 after execution": {zenlayertest.Fault{Kind: zenlayertest.BadGateway, Execute: true}, 502, "",
			"Content-Type: text/html", true},
		"503": {zenlayertest.Fault{Kind: zenlayertest.Unavailable, RetryAfter: "2"}, 503,
			"SERVICE_TEMPORARY_UNAVAILABLE", "Retry-After: 2", false},
		"503 with a page": {zenlayertest.Fault{Kind: zenlayertest.Unavailable, Plain: true}, 503, "",
			"Content-Type: text/html", false},
		"503 timed out, executed": {zenlayertest.Fault{Kind: zenlayertest.TimedOut, Execute: true}, 503,
			"REQUEST_TIMED_OUT", "", true},
		"200 with an error": {zenlayertest.Fault{Kind: zenlayertest.ErrorIn200}, 200,
			"INTERNAL_SERVER_ERROR", "", false},
		"200 with an error of choice": {zenlayertest.Fault{Kind: zenlayertest.ErrorIn200, Code: "X", Execute: true},
			200, "X", "", true},
		"200 without backendId": {zenlayertest.Fault{Kind: zenlayertest.NoBackendID}, 200, "",
			"Content-Type: application/json", true},
		"403": {zenlayertest.Fault{Kind: zenlayertest.Challenge}, 403, "",
			"Cf-Mitigated: challenge", false},
		"451": {zenlayertest.Fault{Kind: zenlayertest.Blocked}, 451, "", "", false},
		"302": {zenlayertest.Fault{Kind: zenlayertest.Redirect302}, 302, "",
			"Location: https://redirect.invalid/", false},
		"307": {zenlayertest.Fault{Kind: zenlayertest.Redirect307, Location: "/x"}, 307, "",
			"Location: /x", false},
		"429": {zenlayertest.Fault{Kind: zenlayertest.RateLimited, RetryAfter: "5"}, 429,
			"REQUEST_LIMIT_EXCEEDED", "Retry-After: 5", false},
		"clock skew": {zenlayertest.Fault{Kind: zenlayertest.ClockSkew}, 401,
			"AUTHFAILURE_SIGNATURE_EXPIRED", "Date: Mon, 21 Sep 2026 14:23:20 GMT", false},
		"clock skew within tolerance": {zenlayertest.Fault{Kind: zenlayertest.ClockSkew, Delay: time.Minute}, 200,
			"", "Date: Mon, 21 Sep 2026 14:14:20 GMT", true},
		"refused with a status and code": {zenlayertest.Fault{Kind: zenlayertest.Refused, Status: 403,
			Code: "OPERATION_DENIED"}, 403, "OPERATION_DENIED", "", false},
		"refused with a text": {zenlayertest.Fault{Kind: zenlayertest.Refused, Status: 418, Body: "tea"},
			418, "", "Content-Type: text/plain", false},
		"no fault": {zenlayertest.Fault{Kind: zenlayertest.BadGateway, Action: "DescribeListeners"}, 200, "", "", true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, clock := newServer(zenlayertest.Rules{})
			s.Inject(tc.fault)
			got := ask(s, signed(t, clock, "RegisterBackend", web07()))
			require.Equal(t, tc.status, got.Status)
			require.Equal(t, tc.code, got.Code)
			if key, value, ok := strings.Cut(tc.header, ": "); ok {
				require.Equal(t, value, got.Header.Get(key))
			}
			if tc.fault.Kind == zenlayertest.NoBackendID {
				require.NotContains(t, got.Response, "backendId")
				require.NotEmpty(t, got.Response["requestId"])
			}
			effects := s.EffectsByToken()["token-1"]
			require.Equal(t, tc.executed, effects == 1)
			c := s.Calls()[0]
			require.Equal(t, tc.executed, c.Executed)
			require.Equal(t, tc.status, c.Status)
		})
	}
}

// signed makes a request as the client would send it, without a network.
func signed(t *testing.T, clock *clock, action string, body zenlayer.RegisterBackendRequest) *http.Request {
	t.Helper()
	var caught *http.Request
	c, err := zenlayer.New(zenlayer.Config{
		AccessKeyID:     zenlayertest.SampleAccessKeyID,
		AccessKeySecret: zenlayer.NewSecret(zenlayertest.SampleAccessKeySecret),
		Now:             clock.Now,
		HTTPClient: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			caught = httptest.NewRequest(r.Method, r.URL.Path, r.Body)
			caught.Host, caught.Header = r.Host, r.Header
			return nil, errors.New("caught")
		})},
	})
	require.NoError(t, err)
	_, err = c.RegisterBackend(t.Context(), body)
	require.Error(t, err)
	require.Equal(t, action, caught.Header.Get("X-ZC-Action"))
	return caught
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestFaultsThatBreakTheAnswer(t *testing.T) {
	t.Parallel()
	for kind, executed := range map[zenlayertest.FaultKind]bool{
		zenlayertest.AnswerLost: true, zenlayertest.ConnectionDropped: false, zenlayertest.AnswerCut: true,
		zenlayertest.TruncatedJSON: true, zenlayertest.HugeBody: true,
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s, c := account(t, zenlayertest.Options{})
			s.Inject(zenlayertest.Fault{Kind: kind})
			_, err := c.RegisterBackend(t.Context(), web07())
			require.Error(t, err)
			require.Equal(t, executed, s.EffectsByToken()["token-1"] == 1)
			calls := s.Calls()
			require.Len(t, calls, 1)
			require.Equal(t, kind, calls[0].Fault)
			switch kind {
			case zenlayertest.AnswerLost, zenlayertest.ConnectionDropped:
				require.Zero(t, calls[0].Status)
				require.Empty(t, calls[0].Answer)
			case zenlayertest.HugeBody:
				require.Greater(t, len(calls[0].Answer), 2<<20)
			default:
				require.Equal(t, http.StatusOK, calls[0].Status)
				require.False(t, strings.HasSuffix(calls[0].Answer, "}}"))
			}
		})
	}
}

func TestFaultsAreTakenInOrderByActionAndCount(t *testing.T) {
	t.Parallel()
	s, _ := newServer(zenlayertest.Rules{})
	s.Inject(zenlayertest.Fault{Kind: zenlayertest.Blocked, Action: "RegisterBackend"})
	s.Inject(zenlayertest.Fault{Kind: zenlayertest.BadGateway, Skip: 1, Times: 2})
	statuses := []int{}
	for _, action := range []string{"DescribeListeners", "DescribeListeners", "RegisterBackend", "DescribeListeners",
		"DescribeListeners"} {
		statuses = append(statuses, call(t, s, action, registration()).Status)
	}
	require.Equal(t, []int{200, 502, 451, 502, 200}, statuses)
	require.Empty(t, s.Faults())

	s.Inject(zenlayertest.Fault{Kind: zenlayertest.Unavailable, Times: -1})
	for range 3 {
		require.Equal(t, 503, call(t, s, "DescribeListeners", fields{}).Status)
	}
	require.Len(t, s.Faults(), 1)
	s.ClearFaults()
	require.Equal(t, 200, call(t, s, "DescribeListeners", fields{}).Status)
}

func TestTheNextAnswerIsLostOnce(t *testing.T) {
	t.Parallel()
	s, c := account(t, zenlayertest.Options{})
	s.LoseNextAnswer()
	_, err := c.DescribeListeners(t.Context(), zenlayer.ListenerFilter{})
	require.NoError(t, err, "reading is not hit")
	_, err = c.RegisterBackend(t.Context(), web07())
	require.Equal(t, zenlayer.OutcomeUnknown, zenlayer.OutcomeOf(err))
	got, err := c.RegisterBackend(t.Context(), web07())
	require.NoError(t, err)
	require.Equal(t, "be-20d1", got.BackendID)
	require.Equal(t, map[string]int{"token-1": 1}, s.EffectsByToken())

	s.LoseNextAnswer()
	_, err = c.DeregisterBackend(t.Context(), "be-20d1")
	require.Equal(t, zenlayer.OutcomeUnknown, zenlayer.OutcomeOf(err))
	require.Empty(t, s.Faults())
	require.False(t, s.RemoveBackend("be-20d1"), "it was removed already")
}

func TestIDsThatWereGivenBeforeAreNotGivenAgain(t *testing.T) {
	t.Parallel()
	s, c := account(t, zenlayertest.Options{BackendsBefore: 2})
	for range 2 {
		got, err := c.RegisterBackend(t.Context(), web07())
		require.NoError(t, err)
		require.Equal(t, "be-20d3", got.BackendID)
		s.Reset()
	}
}

func TestABackendCanBeHiddenFromReading(t *testing.T) {
	t.Parallel()
	s, clock := newServer(zenlayertest.Rules{})
	s.Inject(zenlayertest.Fault{Kind: zenlayertest.HiddenBackend, Delay: time.Minute, Reads: 2})
	id := call(t, s, "RegisterBackend", registration()).Response["backendId"]
	seen := func() bool {
		got := call(t, s, "DescribeBackends", fields{"listenerId": "lst-8f2c", "backendIds": []any{id}})
		return len(got.Response["dataSet"].([]any)) == 1
	}
	require.False(t, seen(), "too early")
	clock.pass(time.Minute)
	require.False(t, seen(), "first reading")
	require.False(t, seen(), "second reading")
	require.True(t, seen())
}

func TestAHangEnds(t *testing.T) {
	t.Parallel()
	ends := map[string]func(*zenlayertest.Server, context.CancelFunc){
		"when the client gives up": func(_ *zenlayertest.Server, cancel context.CancelFunc) { cancel() },
		"when it is released":      func(s *zenlayertest.Server, _ context.CancelFunc) { s.ReleaseHangs() },
		"with a reset":             func(s *zenlayertest.Server, _ context.CancelFunc) { s.Reset() },
		"with the server":          func(s *zenlayertest.Server, _ context.CancelFunc) { s.Close() },
	}
	for name, end := range ends {
		for _, fault := range []zenlayertest.Fault{{Kind: zenlayertest.Hang},
			{Kind: zenlayertest.Hang, Execute: true}} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s, c := account(t, zenlayertest.Options{})
				changes, stop := s.Subscribe()
				defer stop()
				s.Inject(fault)
				<-changes
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				done := make(chan error, 1)
				go func() {
					_, err := c.RegisterBackend(ctx, web07())
					done <- err
				}()
				<-changes // it arrived
				require.Eventually(t, func() bool { return s.EffectsByToken()["token-1"] == 1 == fault.Execute },
					5*time.Second, time.Millisecond)
				end(s, cancel)
				err := <-done
				require.Equal(t, zenlayer.OutcomeUnknown, zenlayer.OutcomeOf(err), err)
			})
		}
	}
}

func TestASlowBodyIsWholeInTheEnd(t *testing.T) {
	t.Parallel()
	s, c := account(t, zenlayertest.Options{})
	s.Inject(zenlayertest.Fault{Kind: zenlayertest.SlowBody, Delay: time.Millisecond})
	got, err := c.RegisterBackend(t.Context(), web07())
	require.NoError(t, err)
	require.Equal(t, "be-20d1", got.BackendID)
}
