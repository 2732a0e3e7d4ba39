package catalog_test

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"lbbot/bot/operation/catalog"
	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSampleAccountIsOffered(t *testing.T) {
	t.Parallel()
	api := zenlayertest.New(zenlayertest.Options{Seed: zenlayertest.SampleData()})
	endpoint, err := api.Start()
	require.NoError(t, err)
	t.Cleanup(api.Close)
	client, err := zenlayer.New(zenlayer.Config{Endpoint: endpoint,
		Token: zenlayer.NewSecret(zenlayertest.SampleToken)})
	require.NoError(t, err)
	c := catalog.New(catalog.Config{Source: client, Now: time.Now, Log: zap.NewNop(),
		Registerer: prometheus.NewRegistry()})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- c.Run(ctx) }()
	require.Eventually(t, func() bool { _, ok := c.ServersReadAt(); return ok }, 5*time.Second, time.Millisecond)
	_, ok := c.ReadAt()
	require.True(t, ok)
	listeners := c.Listeners("")
	require.Equal(t, []string{"lst-84ad", "lst-53d0", "lst-80aa", "lst-8f2c", "lst-44fa"},
		[]string{listeners[0].ID, listeners[1].ID, listeners[2].ID, listeners[3].ID, listeners[4].ID})
	best, more := c.Servers("web", "SIN1", 3)
	require.Equal(t, []string{"web-03", "web-04", "web-05"}, []string{best[0].Name, best[1].Name, best[2].Name})
	require.Equal(t, 4, more)
	stop()
	require.NoError(t, <-done)
}
