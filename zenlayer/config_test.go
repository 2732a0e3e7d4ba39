package zenlayer_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/zenlayer"
)

func TestNewRejectsInvalidConfig(t *testing.T) {
	t.Parallel()
	pair := zenlayer.Config{AccessKeyID: "id", AccessKeySecret: zenlayer.NewSecret(plantedSecret)}
	cases := map[string]struct {
		change func(*zenlayer.Config)
		says   string
	}{
		"plain http to a host that is not loopback": {
			func(c *zenlayer.Config) { c.Endpoint = "http://console.zenlayer.com" }, "plain http is refused"},
		"plain http to a name that looks local": {
			func(c *zenlayer.Config) { c.Endpoint = "http://localhost.example.com" }, "plain http is refused"},
		"plain http to all addresses": {func(c *zenlayer.Config) { c.Endpoint = "http://0.0.0.0:80" },
			"plain http is refused"},
		"another scheme": {func(c *zenlayer.Config) { c.Endpoint = "ftp://127.0.0.1" },
			"is not https"},
		"no host": {func(c *zenlayer.Config) { c.Endpoint = "https://" },
			"scheme and host only"},
		"a path": {func(c *zenlayer.Config) { c.Endpoint = "https://h/api" },
			"scheme and host only"},
		"a password in the endpoint": {func(c *zenlayer.Config) {
			c.Endpoint = "https://u:" + plantedToken + "@h"
		}, "scheme and host only"},
		"an endpoint that is no URL": {func(c *zenlayer.Config) {
			c.Endpoint = "https://" + plantedToken + "\x7f"
		}, "is not a URL"},
		"both kinds of credential": {
			func(c *zenlayer.Config) { c.Token = zenlayer.NewSecret(plantedToken) }, "not both"},
		"no credential": {func(c *zenlayer.Config) { *c = zenlayer.Config{} },
			"give an access key pair or a token"},
		"a blank token only": {
			func(c *zenlayer.Config) { *c = zenlayer.Config{Token: zenlayer.NewSecret(" \n")} },
			"give an access key pair or a token"},
		"a pair without id": {func(c *zenlayer.Config) { c.AccessKeyID = "" },
			"key id is missing"},
		"a pair without secret": {func(c *zenlayer.Config) {
			c.AccessKeySecret = zenlayer.Secret{}
		}, "key secret is missing"},
		"an id that would break the header": {func(c *zenlayer.Config) { c.AccessKeyID = "id, Signature=x" },
			"cannot be sent"},
		"a token with a line break": {
			func(c *zenlayer.Config) { *c = zenlayer.Config{Token: zenlayer.NewSecret("a\nb")} }, "cannot be sent"},
		"a negative time limit": {func(c *zenlayer.Config) { c.Timeout = -1 }, "timeout"},
		"a time limit near the signature's": {func(c *zenlayer.Config) { c.Timeout = 5 * time.Minute },
			"timeout"},
		"a user agent with a line break": {func(c *zenlayer.Config) { c.UserAgent = "a\r\nX: y" },
			"user agent"},
		"a caller name with other characters": {func(c *zenlayer.Config) { c.RequestClient = "lbbot/1" },
			"request client"},
		"a caller name that is too long": {func(c *zenlayer.Config) {
			c.RequestClient = strings.Repeat("x", 129)
		}, "request client"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			cfg := pair
			tc.change(&cfg)
			_, err := zenlayer.New(cfg)
			require.ErrorContains(t, err, tc.says)
			require.NotContains(t, err.Error(), "p1anted")
		})
	}
}

func TestNewReportsAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := zenlayer.New(zenlayer.Config{Endpoint: "ftp://h", Timeout: time.Hour, RequestClient: "/"})
	for _, says := range []string{"endpoint", "credentials", "timeout", "request client"} {
		require.ErrorContains(t, err, says)
	}
}

func TestNewAcceptsEndpoints(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{"", "https://console.zenlayer.com/", "https://h:8443", "http://127.0.0.1:18080",
		"http://[::1]:1", "http://localhost", "http://127.8.8.8"} {
		c, err := zenlayer.New(zenlayer.Config{Endpoint: endpoint, AccessKeyID: "id",
			AccessKeySecret: zenlayer.NewSecret(plantedSecret)})
		require.NoError(t, err, endpoint)
		require.NotContains(t, fmt.Sprintf("%v %+v %#v", c, c, c), plantedSecret)
	}
}
