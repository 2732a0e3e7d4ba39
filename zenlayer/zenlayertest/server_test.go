package zenlayertest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

// account starts a stand-in with the sample data and a client for it.
func account(t testing.TB, o zenlayertest.Options) (*zenlayertest.Server, *zenlayer.Client) {
	t.Helper()
	if len(o.Seed.Listeners) == 0 {
		o.Seed = zenlayertest.SampleData()
	}
	s := zenlayertest.New(o)
	url, err := s.Start()
	require.NoError(t, err)
	transport := &http.Transport{}
	c, err := zenlayer.New(zenlayer.Config{
		Endpoint: url, AccessKeyID: zenlayertest.SampleAccessKeyID,
		AccessKeySecret: zenlayer.NewSecret(zenlayertest.SampleAccessKeySecret),
		HTTPClient:      &http.Client{Transport: transport}, Now: o.Now, Timeout: 10 * time.Second,
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		s.Close()
		transport.CloseIdleConnections()
	})
	return s, c
}

func web07() zenlayer.RegisterBackendRequest {
	return zenlayer.RegisterBackendRequest{
		ListenerID: "lst-8f2c", BackendName: "web-07", InstanceID: "i-55a1", InstanceType: zenlayer.InstanceBM,
		ClientToken: "token-1", PortList: []int{8080}, Weight: 50,
	}
}

func TestAServerIsAddedListedAndRemoved(t *testing.T) {
	s, c := account(t, zenlayertest.Options{})
	before, err := c.DescribeBackends(t.Context(), "lst-8f2c", zenlayer.BackendFilter{})
	require.NoError(t, err)
	require.Len(t, before, 4)

	added, err := c.RegisterBackend(t.Context(), web07())
	require.NoError(t, err)
	require.Equal(t, "be-20d1", added.BackendID)
	require.Regexp(t, `^T[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$`, added.RequestID)
	require.Equal(t, map[string]int{"token-1": 1}, s.EffectsByToken())

	after, err := c.DescribeBackends(t.Context(), "lst-8f2c",
		zenlayer.BackendFilter{BackendIDs: []string{added.BackendID}})
	require.NoError(t, err)
	require.Len(t, after, 1)
	got := after[0]
	require.NotEmpty(t, got.CreateTime)
	got.CreateTime = ""
	require.Equal(t, zenlayer.Backend{
		ListenerID: "lst-8f2c", BackendID: "be-20d1", Name: "web-07", Status: "Available", Port: "8080", Weight: 50,
		InstanceID: "i-55a1", InstanceName: "web-07", InstanceType: zenlayer.InstanceBM,
	}, got)

	id, err := c.DeregisterBackend(t.Context(), added.BackendID)
	require.NoError(t, err)
	require.NotEmpty(t, id)
	require.Len(t, s.Backends(), len(zenlayertest.SampleData().Backends))
}

func TestSampleDataIsWhatPeopleReadAbout(t *testing.T) {
	_, c := account(t, zenlayertest.Options{})
	balancers, err := c.DescribeLoadBalancers(t.Context(), zenlayer.LoadBalancerFilter{})
	require.NoError(t, err)
	require.Len(t, balancers, 2)
	require.Equal(t, "api-lb", balancers[0].Name)
	require.Len(t, balancers[0].Listeners, 4)
	require.Equal(t, new(true), balancers[0].Listeners[0].HealthCheck)
	require.NotEmpty(t, balancers[0].Backends)
	for _, b := range balancers[0].Backends {
		require.Equal(t, zenlayer.InstanceBM, b.InstanceType)
	}

	listeners, err := c.DescribeListeners(t.Context(), zenlayer.ListenerFilter{LoadBalancerIDs: []string{"lb-31aa"},
		Name: "admin"})
	require.NoError(t, err)
	require.Len(t, listeners, 1)
	require.Equal(t, new(false), listeners[0].HealthCheck)

	metal, err := c.DescribeInstances(t.Context(), zenlayer.InstanceBM, zenlayer.InstanceFilter{Name: "web-07"})
	require.NoError(t, err)
	require.Len(t, metal, 1)
	require.Equal(t, zenlayer.Instance{
		ID: "i-55a1", Name: "web-07", Hostname: "web-07", ZoneID: "SIN1", Status: "RUNNING", Type: zenlayer.InstanceBM,
		PublicIPs: []string{"203.0.113.17"}, PrivateIPs: []string{"10.0.3.17"}, ResourceGroupName: "default",
		CreateTime: "2026-04-01T12:00:00Z",
	}, metal[0])
	all, err := c.DescribeInstances(t.Context(), zenlayer.InstanceBM, zenlayer.InstanceFilter{})
	require.NoError(t, err)
	virtual, err := c.DescribeInstances(t.Context(), zenlayer.InstanceVM, zenlayer.InstanceFilter{})
	require.NoError(t, err)
	require.Len(t, append(all, virtual...), 12)
	for _, i := range virtual {
		require.Equal(t, zenlayer.InstanceVM, i.Type)
	}
}
