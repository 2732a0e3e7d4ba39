package zenlayertest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

func TestClientTokens(t *testing.T) {
	t.Parallel()
	t.Run("the same request again is the first backend with a new request id", func(t *testing.T) {
		s, _ := newServer(zenlayertest.Rules{})
		first, again := call(t, s, "RegisterBackend", registration()), call(t, s, "RegisterBackend", registration())
		require.Equal(t, first.Response["backendId"], again.Response["backendId"])
		require.NotEqual(t, first.RequestID, again.RequestID)
		require.Equal(t, 1, s.EffectsByToken()["t1"])
	})
	t.Run("another request is refused with an invented code", func(t *testing.T) {
		s, _ := newServer(zenlayertest.Rules{})
		call(t, s, "RegisterBackend", registration())
		got := call(t, s, "RegisterBackend", with(registration(), fields{"weight": 7}))
		require.Equal(t, http.StatusConflict, got.Status)
		require.Contains(t, got.Code, "INVENTED")
	})
	t.Run("another request gets the first backend, by rule", func(t *testing.T) {
		s, _ := newServer(zenlayertest.Rules{ChangedRequestReturnsFirst: true})
		first := call(t, s, "RegisterBackend", registration())
		got := call(t, s, "RegisterBackend", with(registration(), fields{"weight": 7}))
		require.Equal(t, first.Response["backendId"], got.Response["backendId"])
	})
	for name, tc := range map[string]struct {
		rules  zenlayertest.Rules
		before time.Duration
	}{
		"a token lives for a day": {zenlayertest.Rules{AllowSecondBackend: true}, 24 * time.Hour},
		"a token lives as it is set": {zenlayertest.Rules{AllowSecondBackend: true, TokenLifetime: time.Minute},
			time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			s, clock := newServer(tc.rules)
			call(t, s, "RegisterBackend", registration())
			clock.pass(tc.before - time.Second)
			call(t, s, "RegisterBackend", registration())
			require.Equal(t, 1, s.EffectsByToken()["t1"])
			clock.pass(time.Second)
			call(t, s, "RegisterBackend", registration())
			require.Equal(t, 2, s.EffectsByToken()["t1"], "forgotten: a second backend")
		})
	}
	t.Run("a forgotten token meets its own backend", func(t *testing.T) {
		s, _ := newServer(zenlayertest.Rules{})
		call(t, s, "RegisterBackend", registration())
		s.Inject(zenlayertest.Fault{Kind: zenlayertest.TokensForgotten})
		got := call(t, s, "RegisterBackend", registration())
		require.Equal(t, http.StatusConflict, got.Status)
		require.Equal(t, 1, s.EffectsByToken()["t1"])
	})
	t.Run("a refused request does not use its token up", func(t *testing.T) {
		s, _ := newServer(zenlayertest.Rules{})
		require.Equal(t, 404, call(t, s, "RegisterBackend", with(registration(), fields{"instanceId": "i-0"})).Status)
		require.Equal(t, 200, call(t, s, "RegisterBackend", registration()).Status)
	})
}

func TestSwitches(t *testing.T) {
	t.Parallel()
	read := func(t *testing.T, s *zenlayertest.Server, change fields) []any {
		got := call(t, s, "DescribeBackends", with(fields{"listenerId": "lst-8f2c", "pageSize": 100}, change))
		require.Equal(t, http.StatusOK, got.Status)
		return got.Response["dataSet"].([]any)
	}
	added := func(s *zenlayertest.Server) zenlayer.Backend { all := s.Backends(); return all[len(all)-1] }

	t.Run("unknown listener", func(t *testing.T) {
		s, _ := newServer(zenlayertest.Rules{ListenerNotFoundCode: "OPERATION_FAILED_RESOURCE_NOT_FOUND"})
		got := call(t, s, "RegisterBackend", with(registration(), fields{"listenerId": "lst-0"}))
		require.Equal(t, 404, got.Status)
		require.Equal(t, "OPERATION_FAILED_RESOURCE_NOT_FOUND", got.Code)
	})
	t.Run("a second backend of an instance", func(t *testing.T) {
		s, _ := newServer(zenlayertest.Rules{AllowSecondBackend: true})
		require.Equal(t, 200,
			call(t, s, "RegisterBackend", with(registration(), fields{"instanceId": "i-5594"})).Status)
	})
	t.Run("default weight", func(t *testing.T) {
		s, _ := newServer(zenlayertest.Rules{})
		call(t, s, "RegisterBackend", registration())
		require.Equal(t, 100, added(s).Weight)
		s, _ = newServer(zenlayertest.Rules{DefaultWeight: 10})
		call(t, s, "RegisterBackend", registration())
		require.Equal(t, 10, added(s).Weight)
	})
	t.Run("ports", func(t *testing.T) {
		s, _ := newServer(zenlayertest.Rules{})
		call(t, s, "RegisterBackend", registration())
		require.Equal(t, "443", added(s).Port, "a missing list takes the listener's port")
		call(t, s, "RegisterBackend", with(registration(), fields{"clientToken": "t2", "listenerId": "lst-53d0"}))
		require.Empty(t, added(s).Port, "direct routing has no port of its own")
		call(t, s, "RegisterBackend", with(registration(), fields{"clientToken": "t3", "listenerId": "lst-84ad",
			"portList": []int{80, 8080}}))
		require.Equal(t, "80,8080", added(s).Port)
	})
	t.Run("times", func(t *testing.T) {
		s, _ := newServer(zenlayertest.Rules{})
		call(t, s, "RegisterBackend", registration())
		require.Equal(t, "2026-09-21T14:13:20Z", added(s).CreateTime)
		s, _ = newServer(zenlayertest.Rules{SpaceSeparatedTimes: true})
		call(t, s, "RegisterBackend", registration())
		require.Equal(t, "2026-09-21 14:13:20", added(s).CreateTime)
	})
	t.Run("status", func(t *testing.T) {
		s, _ := newServer(zenlayertest.Rules{FirstStatus: "Creating"})
		call(t, s, "RegisterBackend", registration())
		require.Equal(t, "Creating", added(s).Status)
		require.True(t, s.SetBackendStatus(added(s).BackendID, "Available"))
		require.Equal(t, "Available", added(s).Status)
	})
	t.Run("visibility", func(t *testing.T) {
		s, clock := newServer(zenlayertest.Rules{VisibleAfter: 3 * time.Second})
		call(t, s, "RegisterBackend", registration())
		clock.pass(2 * time.Second)
		require.Len(t, read(t, s, nil), 3)
		clock.pass(time.Second)
		require.Len(t, read(t, s, nil), 4)
	})
	t.Run("backends without a type are bare metal", func(t *testing.T) {
		s, _ := newServer(zenlayertest.Rules{})
		require.Len(t, read(t, s, nil), 3)
		require.Len(t, read(t, s, fields{"instanceType": "VM"}), 1)
	})
	t.Run("name filter", func(t *testing.T) {
		s, _ := newServer(zenlayertest.Rules{})
		require.Len(t, read(t, s, fields{"backendName": "web-04"}), 1)
		require.Empty(t, read(t, s, fields{"backendName": "web"}))
		s, _ = newServer(zenlayertest.Rules{FuzzyBackendName: true})
		require.Len(t, read(t, s, fields{"backendName": "web"}), 3)
	})
	t.Run("versions", func(t *testing.T) {
		s, _ := newServer(zenlayertest.Rules{})
		vmBody := with(registration(), fields{"instanceId": "vm-a002", "instanceType": "VM"})
		require.Equal(t, 404, callAs(t, s, "bmc", "2022-11-20", "RegisterBackend", vmBody).Status,
			"the old version ignores the type")
		require.Equal(t, 200, callAs(t, s, "bmc", "", "RegisterBackend", vmBody).Status, "no version is the new one")
		require.Empty(t, s.Calls()[1].Version)
	})
}
