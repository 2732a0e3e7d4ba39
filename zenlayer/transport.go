package zenlayer

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// idleConnections is how many connections are kept for the next calls, where the server does not speak HTTP/2: as
// many as a crowd of requests uses at once, so that the second call of each dials no other.
const idleConnections = 64

// NewTransport returns the transport of a Client without an HTTPClient. It uses the proxy
// that HTTPS_PROXY and NO_PROXY name, and the system's certificates, or those that
// SSL_CERT_FILE and SSL_CERT_DIR name. If a proxy refuses, the error names the proxy and the host.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: proxyAnswered,
		DialContext:            (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           idleConnections,
		MaxIdleConnsPerHost:    idleConnections,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    5 * time.Second,
		ExpectContinueTimeout:  time.Second,
	}
}

// proxyAnswered refuses anything but a connection, as net/http does, and says who refused
// what. A URL's Host has no password.
func proxyAnswered(_ context.Context, proxy *url.URL, asked *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return fmt.Errorf("the proxy %s refuses to connect to %s (status %d): allow it there, or check HTTPS_PROXY",
		proxy.Host, asked.Host, answer.StatusCode)
}

func transportOf(client *http.Client) http.RoundTripper {
	if client != nil && client.Transport != nil {
		return client.Transport
	}
	return NewTransport()
}
