package zenlayer_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

func TestCredentialsAreTriedByAnotherClientAndAdopted(t *testing.T) {
	t.Parallel()
	old := zenlayer.Credentials{AccessKeyID: "KEY1", AccessKeySecret: zenlayer.NewSecret("p1anted-secret-1")}
	for name, fresh := range map[string]zenlayer.Credentials{
		"a key pair":       {AccessKeyID: "KEY2", AccessKeySecret: zenlayer.NewSecret("p1anted-secret-2")},
		"the same id":      {AccessKeyID: "KEY1", AccessKeySecret: zenlayer.NewSecret("p1anted-secret-2")},
		"a token, instead": {Token: zenlayer.NewSecret("p1anted-token-2")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := zenlayertest.New(zenlayertest.Options{AccessKeyID: "KEY1", AccessKeySecret: "p1anted-secret-1",
				Seed: zenlayertest.SampleData()})
			endpoint, err := server.Start()
			require.NoError(t, err)
			defer server.Close()
			client, err := zenlayer.New(zenlayer.Config{Endpoint: endpoint, AccessKeyID: old.AccessKeyID,
				AccessKeySecret: old.AccessKeySecret})
			require.NoError(t, err)
			defer client.CloseIdleConnections()
			read := func(c *zenlayer.Client) error {
				_, err := c.DescribeLoadBalancers(t.Context(), zenlayer.LoadBalancerFilter{})
				return err
			}
			trial, err := client.With(fresh)
			require.NoError(t, err)
			require.ErrorContains(t, read(trial), "401")
			require.NoError(t, read(client))
			server.Accept(fresh)
			require.NoError(t, read(trial))
			client.Adopt(trial)
			server.Withdraw(old)
			require.NoError(t, read(client))
		})
	}
}

func TestWrongCredentialsMakeNoClient(t *testing.T) {
	t.Parallel()
	client, err := zenlayer.New(zenlayer.Config{Token: zenlayer.NewSecret("p1anted")})
	require.NoError(t, err)
	_, err = client.With(zenlayer.Credentials{AccessKeyID: "only the id"})
	require.ErrorContains(t, err, "the access key secret is missing")
}

// An attempt that was signed before the change must not show its secret either.
func TestErrorsHideTheSecretThatTheAttemptWasSignedWith(t *testing.T) {
	t.Parallel()
	var client *zenlayer.Client
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if next, err := client.With(zenlayer.Credentials{Token: zenlayer.NewSecret("p1anted-token-2")}); err == nil {
			client.Adopt(next)
		}
		_, _ = io.WriteString(w, "you sent "+r.Header.Get("Authorization"))
	}))
	defer server.Close()
	var err error
	client, err = zenlayer.New(zenlayer.Config{Endpoint: server.URL, Token: zenlayer.NewSecret("p1anted-token-1")})
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	_, err = client.DeregisterBackend(t.Context(), "b-1")
	requireNoSecret(t, err, nil)
}
