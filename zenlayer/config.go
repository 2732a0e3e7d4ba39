package zenlayer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

const (
	// DefaultEndpoint serves all regions and services.
	DefaultEndpoint = "https://console.zenlayer.com"
	// defaultTimeout is the limit of one attempt, far below the five minutes
	// after which a signature expires.
	defaultTimeout = 15 * time.Second

	// The API's limits are not published. People's commands never reach these.
	defaultRate  = 20
	defaultBurst = 40
)

// Limiter decides when the next request may be sent, for example a *rate.Limiter
// or a *RankedLimiter. Share one between all clients of an account. Wait blocks
// until the request may be sent or ctx ends.
type Limiter interface {
	Wait(ctx context.Context) error
}

// Config configures a Client. A key pair or a token is required, not both. All
// other fields have defaults.
type Config struct {
	// Endpoint is scheme and host; default DefaultEndpoint. Plain http is
	// accepted only for a loopback host.
	Endpoint string
	// AccessKeyID and AccessKeySecret are the key pair.
	AccessKeyID     string
	AccessKeySecret Secret
	// Token is a personal access token, used instead of a key pair.
	Token Secret
	// Observe is called after each call that was sent, with the HTTP status of the
	// answer, 0 without one, and the time taken. It must not block. It may be nil.
	Observe func(action string, status int, took time.Duration)
	// HTTPClient provides its Transport only: no redirects, no cookies. Default: a
	// new transport.
	HTTPClient *http.Client
	// Now is the clock for signatures; default time.Now.
	Now func() time.Time
	// Limiter is the account's rate limiter; default 20 requests a second, 40 at once.
	Limiter Limiter
	// Timeout is the limit of one attempt; default 15 s, at most 2 minutes.
	// Waiting for the Limiter does not count.
	Timeout time.Duration
	// UserAgent is the User-Agent header; default "zenlayer-go-client".
	UserAgent string
	// RequestClient names the caller in X-ZC-Request-Client: at most 128 of
	// letters, digits, "-", "_", " ", ",", ";" and "."; default none.
	RequestClient string
	// OnDate is called with the Date header of each answer, the server's clock in whole
	// seconds, as soon as the answer begins. It must not block; default none.
	OnDate func(server time.Time)
	// Sleep waits between the attempts of a reading call; default a timer.
	Sleep func(ctx context.Context, d time.Duration) error
	// Random returns a number in [0,1) for jitter; default math/rand/v2.
	Random func() float64
}

// Client calls the API. It is safe for concurrent use.
type Client struct {
	scheme        string
	host          string                 // lower case, as signed and sent
	login         *atomic.Pointer[login] // never empty
	transport     http.RoundTripper
	now           func() time.Time
	limiter       Limiter
	timeout       time.Duration
	userAgent     string
	requestClient string
	onDate        func(server time.Time)
	sleep         func(ctx context.Context, d time.Duration) error
	random        func() float64
	observe       func(action string, status int, took time.Duration) // nil: nobody
}

// New returns a client, or all problems of the configuration, joined. It does not
// connect.
func New(cfg Config) (*Client, error) {
	endpoint, endpointErr := parseEndpoint(cmp.Or(cfg.Endpoint, DefaultEndpoint))
	login, loginErr := newLogin(Credentials{cfg.AccessKeyID, cfg.AccessKeySecret, cfg.Token})
	timeout := cmp.Or(cfg.Timeout, defaultTimeout)
	err := errors.Join(endpointErr, loginErr, checkTimeout(timeout), checkHeaders(cfg))
	if err != nil {
		return nil, fmt.Errorf("zenlayer client: %w", err)
	}
	c := &Client{
		scheme: endpoint.Scheme, host: endpoint.Host,
		now: cfg.Now, limiter: cfg.Limiter, timeout: timeout,
		userAgent:     cmp.Or(cfg.UserAgent, "zenlayer-go-client"),
		requestClient: cfg.RequestClient,
		onDate:        cfg.OnDate,
		sleep:         cfg.Sleep, random: cfg.Random,
		observe: cfg.Observe,
	}
	c.use(login)
	c.transport = transportOf(cfg.HTTPClient)
	if c.now == nil {
		c.now = time.Now
	}
	if c.limiter == nil {
		c.limiter = rate.NewLimiter(defaultRate, defaultBurst)
	}
	if c.sleep == nil {
		c.sleep = sleep
	}
	if c.random == nil {
		c.random = rand.Float64
	}
	return c, nil
}

func parseEndpoint(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		// err repeats the text, which may contain a password.
		return nil, errors.New("endpoint: is not a URL")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" ||
		u.Hostname() == "" || strings.Contains(u.Host, "%") {
		return nil, errors.New("endpoint: must be scheme and host only, like " + DefaultEndpoint)
	}
	u.Host = strings.ToLower(u.Host)
	switch u.Scheme {
	case "https":
		u.Host = strings.TrimSuffix(u.Host, ":443")
	case "http":
		if !loopback(u.Hostname()) {
			return nil, fmt.Errorf("endpoint: plain http is refused for %s, it is allowed for loopback only",
				u.Hostname())
		}
	default:
		return nil, fmt.Errorf("endpoint: scheme %q is not https", u.Scheme)
	}
	return u, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func checkCredentials(cfg Credentials) error {
	token, pair := cfg.Token, cfg.AccessKeyID != "" || !cfg.AccessKeySecret.IsZero()
	switch {
	case pair && !token.IsZero():
		return errors.New("credentials: give a key pair or a token, not both")
	case pair && cfg.AccessKeyID == "":
		return errors.New("credentials: the access key id is missing")
	case pair && cfg.AccessKeySecret.IsZero():
		return errors.New("credentials: the access key secret is missing")
	case !pair && token.IsZero():
		return errors.New("credentials: give an access key pair or a token")
	case !headerSafe(cfg.AccessKeyID) || strings.ContainsAny(cfg.AccessKeyID, ", ="):
		return errors.New("credentials: the access key id has characters that cannot be sent")
	case !headerSafe(token.Reveal()):
		return errors.New("credentials: the token has characters that cannot be sent")
	}
	return nil
}

func checkTimeout(d time.Duration) error {
	if d < 0 || d > 2*time.Minute {
		return fmt.Errorf("timeout: %s is not between 0 and 2m", d)
	}
	return nil
}

func checkHeaders(cfg Config) error {
	if !headerSafe(cfg.UserAgent) {
		return errors.New("user agent: has characters that cannot be sent")
	}
	if len(cfg.RequestClient) > 128 {
		return errors.New("request client: is longer than 128 characters")
	}
	for _, c := range cfg.RequestClient {
		if !nameCharacter(c) && !strings.ContainsRune("_ ,;", c) {
			return fmt.Errorf("request client: %q is not allowed", c)
		}
	}
	return nil
}

// headerSafe accepts printable ASCII.
func headerSafe(text string) bool {
	for _, c := range text {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// CloseIdleConnections closes connections that are kept for reuse.
func (c *Client) CloseIdleConnections() {
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
