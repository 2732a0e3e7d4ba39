package zenlayer_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"lbbot/zenlayer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	plantedSecret = `p1anted-"secret"&<key>`
	plantedToken  = "p1anted-bearer-token"
)

// client makes a client for url that never waits between attempts.
func client(t testing.TB, url string, change func(*zenlayer.Config)) *zenlayer.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	cfg := zenlayer.Config{
		Endpoint: url, AccessKeyID: "key-id", AccessKeySecret: zenlayer.NewSecret(plantedSecret),
		HTTPClient: &http.Client{Transport: transport}, Timeout: 20 * time.Second,
		Sleep: noSleep,
	}
	if change != nil {
		change(&cfg)
	}
	c, err := zenlayer.New(cfg)
	require.NoError(t, err)
	return c
}

// served starts a server for one handler and a client for it.
func served(t testing.TB, handler http.HandlerFunc, change func(*zenlayer.Config)) *zenlayer.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return client(t, server.URL, change)
}

func request() zenlayer.RegisterBackendRequest {
	return zenlayer.RegisterBackendRequest{
		ListenerID: "lst-8f2c", BackendName: "web-07", InstanceID: "i-55a1", ClientToken: "token-1",
	}
}

func noSleep(context.Context, time.Duration) error { return nil }
