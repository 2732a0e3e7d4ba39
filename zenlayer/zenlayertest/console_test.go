package zenlayertest_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

func TestHooksRunBeforeAndAfterTheEffect(t *testing.T) {
	t.Parallel()
	s, c := account(t, zenlayertest.Options{})
	type sight struct {
		phase    zenlayertest.Phase
		executed bool
		effects  int
		status   int
	}
	seen := make(chan sight)
	s.SetOnCall(func(call zenlayertest.Call, phase zenlayertest.Phase) {
		if call.Action == "RegisterBackend" {
			seen <- sight{phase, call.Executed, s.EffectsByToken()["token-1"], call.Status}
		}
	})
	done := make(chan error, 1)
	go func() {
		_, err := c.RegisterBackend(t.Context(), web07())
		done <- err
	}()
	require.Equal(t, sight{zenlayertest.BeforeExecute, false, 0, 0}, <-seen)
	_, err := c.DescribeListeners(t.Context(), zenlayer.ListenerFilter{})
	require.NoError(t, err, "a hook that blocks holds up nobody else")
	require.Equal(t, sight{zenlayertest.AfterExecute, true, 1, 200}, <-seen)
	require.NoError(t, <-done)
	require.Equal(t, "before execute, after execute",
		zenlayertest.BeforeExecute.String()+", "+zenlayertest.AfterExecute.String())

	s.Inject(zenlayertest.Fault{Kind: zenlayertest.BadGateway})
	_, err = c.RegisterBackend(t.Context(), web07())
	require.Error(t, err, "and no hook is called where nothing runs")
}

func TestConsoleChangesTheAccount(t *testing.T) {
	t.Parallel()
	s, c := account(t, zenlayertest.Options{})
	b := s.AddBackend(zenlayer.Backend{ListenerID: "lst-84ad", InstanceID: "vm-a002", Port: "8443"})
	require.Equal(t, "edge-vm-02", b.Name)
	require.Equal(t, zenlayer.InstanceVM, b.InstanceType)
	require.Equal(t, 100, b.Weight)
	require.True(t, s.SetBackendWeight(b.BackendID, 7))
	got, err := c.DescribeBackends(t.Context(), "lst-84ad", zenlayer.BackendFilter{})
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, 7, got[0].Weight)
	s.AddBackend(b)
	require.Len(t, s.Backends(), len(zenlayertest.SampleData().Backends)+1, "the same id again replaces it")
	require.True(t, s.RemoveBackend(b.BackendID))
	require.False(t, s.RemoveBackend(b.BackendID))
	require.False(t, s.SetBackendWeight(b.BackendID, 8))
	require.False(t, s.SetBackendStatus(b.BackendID, "x"))

	require.True(t, s.SetInstanceStatus("i-55a1", "RECYCLE"))
	require.False(t, s.SetInstanceStatus("i-0", "RECYCLE"))
	_, err = c.RegisterBackend(t.Context(), web07())
	var api *zenlayer.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, "OPERATION_DENIED_INSTANCE_RECYCLED", api.Code)
	require.True(t, s.RemoveInstance("i-55a1"))
	require.False(t, s.RemoveInstance("i-55a1"))
	s.AddInstance(zenlayer.Instance{ID: "i-55a1", Name: "web-07", Status: "RUNNING"})
	_, err = c.RegisterBackend(t.Context(), web07())
	require.NoError(t, err)

	require.True(t, s.RemoveListener("lst-8f2c"))
	require.False(t, s.RemoveListener("lst-8f2c"))
	_, err = c.DescribeBackends(t.Context(), "lst-8f2c", zenlayer.BackendFilter{})
	require.True(t, zenlayer.IsNotFound(err))
	s.AddListener(zenlayer.Listener{ListenerID: "lst-8f2c", Name: "again"})
	pool, err := c.DescribeBackends(t.Context(), "lst-8f2c", zenlayer.BackendFilter{})
	require.NoError(t, err)
	require.Empty(t, pool, "backends went with their listener")
}

func TestResetReturnsToTheSeed(t *testing.T) {
	t.Parallel()
	s, c := account(t, zenlayertest.Options{})
	_, err := c.RegisterBackend(t.Context(), web07())
	require.NoError(t, err)
	s.RemoveListener("lst-80aa")
	s.SetInstanceStatus("i-7d07", "STOPPED")
	s.Inject(zenlayertest.Fault{Kind: zenlayertest.BadGateway})
	s.Reset()
	require.Empty(t, s.Calls())
	require.Zero(t, s.CallCount())
	require.Empty(t, s.EffectsByToken())
	require.Empty(t, s.Faults())
	seed := zenlayertest.SampleData()
	require.Equal(t, seed.Backends, s.Backends())
	require.Equal(t, seed.Listeners, s.Listeners())
	require.Equal(t, seed.Instances, s.Instances())
	got, err := c.RegisterBackend(t.Context(), web07())
	require.NoError(t, err)
	require.Equal(t, "be-20d1", got.BackendID)
}

func TestOldCallsAreForgottenButCounted(t *testing.T) {
	t.Parallel()
	s := zenlayertest.New(zenlayertest.Options{KeepCalls: 3})
	for range 5 {
		call(t, s, "DescribeListeners", fields{})
	}
	calls := s.Calls()
	require.Len(t, calls, 3)
	require.Equal(t, 3, calls[0].Number)
	require.Equal(t, 5, s.CallCount())
	require.Equal(t, "{}", calls[0].Request)
	require.Contains(t, calls[0].Answer, `"totalCount":0`)
}

func TestStartingAndStopping(t *testing.T) {
	t.Parallel()
	s := zenlayertest.New(zenlayertest.Options{})
	s.Close() // before the start: nothing
	url, err := s.Start()
	require.NoError(t, err)
	_, err = s.Start()
	require.ErrorContains(t, err, "already started")
	addr := strings.TrimPrefix(url, "http://")
	_, err = zenlayertest.New(zenlayertest.Options{}).StartOn(addr)
	require.ErrorContains(t, err, addr)
	s.Close()
	s.Close()
	_, err = net.DialTimeout("tcp", addr, time.Second)
	require.Error(t, err)
	again, err := s.StartOn(addr)
	require.NoError(t, err)
	require.Equal(t, url, again)
	transport := &http.Transport{}
	resp, err := (&http.Client{Transport: transport}).Post(url+"/api/v2/bmc", "application/json",
		strings.NewReader("{}"))
	require.NoError(t, err)
	_, _ = io.Copy(io.Discard, resp.Body)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
	transport.CloseIdleConnections()
	s.Close()
}
