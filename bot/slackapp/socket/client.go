package socket

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"
)

// Client holds the connections of one app. Make it with New, start it with Run.
type Client struct {
	cfg     Config
	log     *zap.Logger
	metrics *metrics

	stopping  chan struct{} // closed when Run's context ends or Drain is called
	stopOnce  sync.Once
	started   chan struct{} // closed by the first hello
	startOnce sync.Once
	finished  chan struct{} // closed when Run has returned
	retiring  sync.WaitGroup

	mu     sync.Mutex
	ran    bool
	open   int // TCP connections we hold, the ones being left included
	status Status
}

// Status is a snapshot for people and readiness checks.
type Status struct {
	// Ready says that at least one connection receives envelopes.
	Ready bool
	// Live counts connections that have said hello and are not being left;
	// Wanted is what Config asked for. Live is above Wanted during a refresh.
	Live, Wanted int
	// Draining says that Drain was called or Run's context has ended.
	Draining bool
	// LastEvent names what happened last, for example "hello", "warning" or
	// "dial_failed", and LastEventAt when.
	LastEvent   string
	LastEventAt time.Time
	// Reason says why Ready is false, and Since from when on it was; both are
	// zero while it is true.
	Reason string
	Since  time.Time
}

// New checks the configuration and returns a Client that does nothing yet.
func New(cfg Config) (*Client, error) {
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("configuring Socket Mode: %w", err)
	}
	cfg.setDefaults()
	c := &Client{
		cfg: cfg, log: cfg.Log, metrics: newMetrics(cfg.Registerer),
		stopping: make(chan struct{}), started: make(chan struct{}), finished: make(chan struct{}),
	}
	c.status = Status{Wanted: cfg.Connections, Reason: "not started", Since: cfg.Now()}
	return c, nil
}

// Run connects and stays connected until the context ends or Drain is called,
// then leaves as Drain describes and returns nil. It returns *FatalError if
// Slack refuses for good before the first hello; after that it never gives up.
// It may be called once.
func (c *Client) Run(ctx context.Context) error {
	c.mu.Lock()
	again := c.ran
	c.ran = true
	c.mu.Unlock()
	if again {
		return errors.New("running Socket Mode: Run was called twice")
	}
	defer close(c.finished)
	// Lanes stop for three reasons, all of them through this context: the
	// caller's, Drain, or the fatal error of another lane.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	lanes, ctx := errgroup.WithContext(ctx)
	lanes.Go(func() error {
		select {
		case <-ctx.Done():
		case <-c.stopping:
		}
		c.stop()
		cancel()
		return nil
	})
	for i := range c.cfg.Connections {
		lanes.Go(func() error { return (&lane{c: c, index: i}).run(ctx) })
	}
	err := lanes.Wait()
	c.retiring.Wait()
	if e, ok := errors.AsType[*FatalError](err); ok {
		c.mu.Lock()
		c.status.Reason = e.Code
		c.mu.Unlock()
	}
	return err
}

// Drain leaves Slack without losing what has arrived, in this order: no new
// connections; each connection goes on until it owes no ack, for at most
// AckGrace; then it sends its close frame, after which Slack gives it nothing
// more, and is closed at latest CloseWait later. Envelopes that arrive before
// the close frame still reach Receive, because Slack would not send them again:
// the receiver answers that it is stopping. Those that cross the close frame are
// counted as lost and not handed over. Drain blocks until Run has returned or
// the context ends, and reports the latter.
func (c *Client) Drain(ctx context.Context) error {
	c.stop()
	c.mu.Lock()
	ran := c.ran
	c.mu.Unlock()
	if !ran {
		return nil
	}
	select {
	case <-c.finished:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("draining Socket Mode: %w", context.Cause(ctx))
	}
}

// Ready reports whether at least one connection receives envelopes.
func (c *Client) Ready() bool { return c.Status().Ready }

// Status returns a snapshot. It does not block.
func (c *Client) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.status
	s.Ready = s.Live > 0 && !s.Draining
	if s.Ready {
		s.Reason, s.Since = "", time.Time{}
	}
	return s
}

func (c *Client) stop() {
	c.stopOnce.Do(func() {
		c.mu.Lock()
		c.status.Draining = true
		c.status.Since = c.cfg.Now()
		c.status.Reason = "stopping"
		c.mu.Unlock()
		close(c.stopping)
	})
}

// event notes what happened for Status; a reason is kept until Ready again.
func (c *Client) event(name, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status.LastEvent, c.status.LastEventAt = name, c.cfg.Now()
	if reason != "" && !c.status.Draining {
		c.status.Reason = reason
	}
}

// alive changes the number of live connections.
func (c *Client) alive(by int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status.Live += by
	if c.status.Live == 0 && by < 0 && !c.status.Draining {
		c.status.Since = c.cfg.Now()
	}
	c.metrics.live.Set(float64(c.status.Live))
}

// held changes the number of TCP connections we hold and returns it.
func (c *Client) held(by int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open += by
	return c.open
}

// wait reports false if the context ended first.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
