package socket

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/zap"
)

// stepError says which step of connecting failed.
type stepError struct {
	result string // a value of connectResults
	cause  error
}

func (e *stepError) Error() string { return e.result + ": " + e.cause.Error() }
func (e *stepError) Unwrap() error { return e.cause }

// connect asks for an address, dials and waits for hello, each within its timeout.
// The connection it returns is live. If the context has ended, both results may be
// nil.
func (c *Client) connect(ctx context.Context, open Opener) (*conn, error) {
	address, err := c.askAddress(ctx, open)
	if err != nil {
		return nil, err
	}
	ws, err := c.dial(ctx, address)
	if err != nil {
		return nil, err
	}
	k := newConn(c, ws)
	c.retiring.Go(k.read)
	timer := time.NewTimer(c.cfg.HelloTimeout)
	defer timer.Stop()
	select {
	case <-k.greeted:
		return k, nil
	case <-k.renew: // a disconnect frame before hello is a refusal
		err = &askedToLeave{k.asked()}
		if k.asked() == wrongApp {
			err = &stepError{noHello, errOtherApp}
		}
	case <-k.done:
		err = &stepError{noHello, errors.New("the connection ended before hello")}
	case <-timer.C:
		err = &stepError{noHello, errors.New("no hello in time")}
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	c.retiring.Go(func() { k.retire(0) })
	return nil, err
}

// askAddress calls the Opener with a timeout.
func (c *Client) askAddress(ctx context.Context, open Opener) (string, error) {
	cause := errors.New("apps.connections.open did not answer in time")
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.OpenTimeout, cause)
	defer cancel()
	address, err := open(ctx)
	if err != nil {
		return "", &stepError{openFailed, err}
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "wss" && u.Scheme != "ws") {
		// err may repeat the address, which contains a ticket.
		return "", &stepError{openFailed, errors.New("the address is not a WebSocket address")}
	}
	return address, nil
}

func (c *Client) dial(ctx context.Context, address string) (*websocket.Conn, error) {
	cause := errors.New("the upgrade did not finish in time")
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.DialTimeout, cause)
	defer cancel()
	d := *c.cfg.Dialer
	d.EnableCompression = false
	d.HandshakeTimeout = c.cfg.DialTimeout
	d.WriteBufferSize = max(d.WriteBufferSize, writeBuffer)
	d.WriteBufferPool = nil
	ws, resp, err := d.DialContext(ctx, address, http.Header{})
	if err == nil {
		return ws, nil
	}
	if resp != nil {
		return nil, &refusedUpgrade{status: resp.StatusCode, retryAfter: retryAfter(resp.Header)}
	}
	return nil, &stepError{dialFailed, fmt.Errorf("dialing%s: %w", through(d.Proxy, address), err)}
}

// through names the host, and the proxy if there is one. Neither a URL's password nor its
// ticket is in it.
func through(proxy func(*http.Request) (*url.URL, error), address string) string {
	u, err := url.Parse(address)
	if err != nil || proxy == nil {
		return ""
	}
	asked := *u
	asked.Scheme = map[string]string{"wss": "https", "ws": "http"}[u.Scheme] // as the Dialer asks
	by, err := proxy(&http.Request{URL: &asked})
	if err != nil || by == nil {
		return ""
	}
	return fmt.Sprintf(" %s through the proxy %s", u.Host, by.Host)
}

// hello is Slack's first frame. It is used for logs and metrics only.
type hello struct {
	connections int // of the app, including this one; 0: missing
	appID       string
	host        string
	lifetime    string // seconds
}

func readHello(f Fields) hello {
	debug := f.Part("debug_info")
	h := hello{appID: f.Part("connection_info").Label("app_id"), host: debug.Label("host"),
		lifetime: debug.Label("approximate_connection_time")}
	h.connections, _ = strconv.Atoi(f.Label("num_connections"))
	return h
}

// greet compares a hello with our own state.
func (c *Client) greet(k *conn, h hello) {
	ours, replicas := c.addOpen(0), max(1, c.cfg.Replicas())
	ghosts := max(0, h.connections-ours-(replicas-1)*c.cfg.Connections)
	c.counted(h.connections, ghosts)
	c.metrics.connects.WithLabelValues(connected).Inc()
	k.log.Info("connected to Slack", zap.String("host", shortWord(h.host)),
		zap.Int("num_connections", h.connections), zap.String("lifetime_seconds", shortWord(h.lifetime)))
	if ghosts > 0 {
		k.log.Warn("Slack counts more connections than we have; the others may swallow commands",
			zap.Int("num_connections", h.connections), zap.Int("ours", ours), zap.Int("replicas", replicas))
	}
	c.startOnce.Do(func() { close(c.started) })
}

// shortWord returns text from Slack if it may be logged: a host, an id or a number,
// and nothing that could be a token. Otherwise it returns "".
func shortWord(text string) string {
	if len(text) <= 64 && word.MatchString(text) && !strings.Contains(text, "xapp-") && !strings.Contains(text, "xox") {
		return text
	}
	return ""
}

var word = regexp.MustCompile(`^[A-Za-z0-9.-]*$`)
