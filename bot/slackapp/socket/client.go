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

// Client holds the connections of one app. New makes it, Run starts it.
type Client struct {
	cfg     Config
	log     *zap.Logger
	metrics *metrics

	reopenings chan reopening
	handed     chan opened // to the lane that takes it

	stopping  chan struct{} // closed when Run's context ends or Drain is called
	stopOnce  sync.Once
	started   chan struct{} // closed by the first hello
	startOnce sync.Once
	finished  chan struct{} // closed when Run has returned
	retiring  sync.WaitGroup

	mu     sync.Mutex
	ran    bool
	open   int // our TCP connections, including those being closed
	status Status
	app    string        // id of the first hello's app; empty: not known yet
	opener Opener        // for the next connections
	turn   chan struct{} // closed when the Opener is replaced
}

// Status is a snapshot for people and readiness checks.
type Status struct {
	// Ready means that at least one connection receives envelopes.
	Ready bool
	// Live counts connections that have had a hello and are not being closed.
	// Wanted is Config.Connections. During a refresh Live is above Wanted.
	Live, Wanted int
	// LastHello is when Slack last accepted a connection; zero: never. Reported is
	// Slack's count of this app's connections at that time, and Ghosts those of them
	// that no known process has.
	LastHello        time.Time
	Reported, Ghosts int
	// Draining means that Drain was called or Run's context has ended.
	Draining bool
	// Reason says why Ready is false, Since says since when. Both are zero while
	// Ready is true.
	Reason string
	Since  time.Time
}

// New checks the configuration and returns a Client that is not running.
func New(cfg Config) (*Client, error) {
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("configuring Socket Mode: %w", err)
	}
	cfg.setDefaults()
	c := &Client{
		cfg: cfg, log: cfg.Log, metrics: newMetrics(cfg.Registerer),
		reopenings: make(chan reopening), handed: make(chan opened), opener: cfg.Open, turn: make(chan struct{}),
		stopping: make(chan struct{}), started: make(chan struct{}), finished: make(chan struct{}),
	}
	c.status = Status{Wanted: cfg.Connections, Reason: "not started", Since: cfg.Now()}
	return c, nil
}

// Run connects and stays connected until the context ends or Drain is called, then
// closes the connections as Drain describes and returns nil. It returns *FatalError
// if Slack refuses for good before the first hello; later it retries forever. Call
// it once.
func (c *Client) Run(ctx context.Context) error {
	c.mu.Lock()
	again := c.ran
	c.ran = true
	c.mu.Unlock()
	if again {
		return errors.New("running Socket Mode: Run was called twice")
	}
	defer close(c.finished)
	// This context stops the lanes: when the caller's ends, when Drain is called, or
	// after the fatal error of another lane.
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
	lanes.Go(func() error { return c.reopen(ctx) })
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

// Drain closes the connections without losing an envelope. It opens no new
// connection. Each connection continues until all its envelopes are acked, for at
// most AckGrace, sends its close frame, and ends at most CloseWait later. Envelopes
// that arrive before the close frame still reach Receive, because Slack does not
// send them again; the receiver answers that it is stopping. An envelope that Slack
// sent before it read the close frame is counted as lost. Drain blocks until Run has
// returned, or returns an error when the context ends.
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

// notReady sets the reason that Status gives until Ready is true again.
func (c *Client) notReady(reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.status.Draining {
		c.status.Reason = reason
	}
}

// addLive changes the number of live connections.
func (c *Client) addLive(by int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status.Live += by
	if c.status.Live == 0 && by < 0 && !c.status.Draining {
		c.status.Since = c.cfg.Now()
	}
	c.metrics.live.Set(float64(c.status.Live))
}

// counted records what a hello says about the connections of this app.
func (c *Client) counted(reported, ghosts int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status.LastHello, c.status.Reported, c.status.Ghosts = c.cfg.Now(), reported, ghosts
	c.metrics.reported.Set(float64(reported))
	c.metrics.ghosts.Set(float64(ghosts))
}

// addOpen changes the number of our TCP connections and returns it.
func (c *Client) addOpen(by int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open += by
	return c.open
}

// wait blocks for d. It returns false if the context ends first.
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
