package bot_test

import (
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// proxy is an HTTPS proxy that knows a few hosts and wants a password.
type proxy struct {
	hosts  map[string]string // address by host and port
	refuse map[string]bool

	mu    sync.Mutex
	asked map[string]int // connections by host and port
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked[r.Host]++
	p.mu.Unlock()
	request := http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}
	user, password, _ := request.BasicAuth()
	switch {
	case r.Method != http.MethodConnect || p.hosts[r.Host] == "":
		http.Error(w, "unknown", http.StatusBadGateway)
		return
	case user != "lbbot" || password != "planted-proxy-password":
		http.Error(w, "who are you", http.StatusProxyAuthRequired)
		return
	case p.refuse[r.Host]:
		http.Error(w, "no", http.StatusForbidden)
		return
	}
	there, err := net.Dial("tcp", p.hosts[r.Host])
	if err != nil {
		http.Error(w, "away", http.StatusBadGateway)
		return
	}
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = there.Close()
		return
	}
	_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
	pipe := func(to, from net.Conn) {
		_, _ = io.Copy(to, from)
		_ = to.Close()
	}
	go pipe(there, here)
	pipe(here, there)
}

// behind lets a house's binary reach its stand-ins only as https://example.com through a
// proxy, signed by an authority that only SSL_CERT_FILE names.
func (h *house) behind() *proxy {
	h.t.Helper()
	p := &proxy{hosts: map[string]string{}, refuse: map[string]bool{}, asked: map[string]int{}}
	var authority []byte
	serve := func(handler http.Handler) (base string) {
		server := httptest.NewTLSServer(handler)
		h.t.Cleanup(server.Close)
		authority = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
		_, port, err := net.SplitHostPort(server.Listener.Addr().String())
		require.NoError(h.t, err)
		host := net.JoinHostPort("example.com", port)
		p.hosts[host] = server.Listener.Addr().String()
		return "https://" + host
	}
	h.slack.ServeAt(serve(h.slack))
	h.config.ZenlayerEndpoint = serve(h.cloud)
	front := httptest.NewServer(p)
	h.t.Cleanup(front.Close)
	file := filepath.Join(h.t.TempDir(), "authority.pem")
	require.NoError(h.t, os.WriteFile(file, authority, 0o600))
	h.env = []string{"SSL_CERT_FILE=" + file, "SSL_CERT_DIR=" + h.t.TempDir(),
		"HTTPS_PROXY=http://lbbot:planted-proxy-password@" + front.Listener.Addr().String()}
	return p
}

func (p *proxy) calls(base string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[strings.TrimPrefix(base, "https://")]
}

func TestWholeStoryThroughAProxyWithAnAuthorityOfItsOwn(t *testing.T) {
	t.Parallel()
	h := stand(t, nil)
	p := h.behind()
	h.launch()
	h.types(ana, incident, good)
	h.clicks(ana, h.sees(ana, incident, "Preview"), "req_send")
	h.sees(ana, incident, "Added", "be-", "LBR-")
	require.Len(t, h.ofServer(listener, "i-55a1"), 1)
	require.GreaterOrEqual(t, p.calls(h.slack.BaseURL()), 2, "the Web API and the socket")
	require.Positive(t, p.calls(h.config.ZenlayerEndpoint))
	require.NotContains(t, h.log.String(), "planted-proxy-password")
}

func TestProxyThatRefusesIsNamedWithoutItsPassword(t *testing.T) {
	t.Parallel()
	h := stand(t, nil)
	p := h.behind()
	host := strings.TrimPrefix(h.slack.BaseURL(), "https://")
	p.refuse[host] = true
	h.begins()
	require.Eventually(t, func() bool {
		return strings.Contains(h.log.String(), "refuses to connect to "+host+" (status 403)")
	}, 30*time.Second, 5*time.Millisecond)
	require.NotContains(t, h.log.String(), "planted-proxy-password")
}

func TestCertificateOfAnUnknownAuthorityIsRefused(t *testing.T) {
	t.Parallel()
	h := stand(t, nil)
	h.behind()
	h.env = append(h.env, "SSL_CERT_FILE="+filepath.Join(t.TempDir(), "none"))
	h.begins()
	require.Eventually(t, func() bool {
		return strings.Contains(h.log.String(), "certificate signed by unknown authority")
	}, 30*time.Second, 5*time.Millisecond)
}
