package socket

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
)

// lane keeps one connection up. While a connection is being replaced there are
// two: the old one goes on being read.
type lane struct {
	c     *Client
	index int
	tries int // attempts since the last stable connection
	cur   *conn
}

// run returns nil when the context ends, or *FatalError before the first hello.
func (l *lane) run(ctx context.Context) error {
	defer func() { l.leave(0) }()
	if l.index > 0 {
		select { // the first lane finds out whether Slack takes us at all
		case <-l.c.started:
		case <-ctx.Done():
			return nil
		}
		if !wait(ctx, time.Duration(l.index)*l.c.cfg.Stagger) {
			return nil
		}
	}
	for ctx.Err() == nil {
		pause, err := l.once(ctx)
		if err != nil {
			return err
		}
		if !wait(ctx, pause) {
			return nil
		}
	}
	return nil
}

// once brings one connection up, lets it live until it must be replaced, and
// returns how long to wait before the next one.
func (l *lane) once(ctx context.Context) (time.Duration, error) {
	next, err := l.c.connect(ctx)
	if ctx.Err() != nil {
		if next != nil {
			l.leave(0)
			l.cur = next
		}
		return 0, nil
	}
	if err != nil {
		l.c.metrics.connects.WithLabelValues(judge(err).result).Inc()
		return l.failed(err)
	}
	l.leave(l.c.cfg.Linger)
	l.cur = next
	select {
	case <-ctx.Done():
		return 0, nil
	case <-next.renew:
	case <-next.done:
	}
	if next.bornAt.Add(l.c.cfg.StableAfter).Before(l.c.cfg.Now()) {
		l.tries = 0
	}
	if reason := next.refusal(); reason != "" {
		l.leave(0) // nothing more will come here
		return l.failed(&askedToLeave{reason})
	}
	pause := l.c.backoff(l.tries)
	l.tries++
	if next.asked() != "" { // in order: the old connection lasts only as long as Slack lets it
		pause = min(pause, l.c.cfg.BackoffMin)
	}
	return pause, nil
}

// leave retires the current connection, which is read for up to linger more.
func (l *lane) leave(linger time.Duration) {
	if old := l.cur; old != nil {
		l.cur = nil
		l.c.retiring.Go(func() { old.retire(linger) })
	}
}

// failed decides what a failed attempt means: the wait before the next one, or
// an error that ends Run.
func (l *lane) failed(err error) (time.Duration, error) {
	c := l.c
	l.tries = max(1, l.tries+1)
	v := judge(err)
	log := c.log.With(zap.Int("lane", l.index), zap.Error(err), zap.String("result", v.result))
	switch {
	case v.fatal != "":
		c.metrics.fatal.WithLabelValues(v.fatal).Inc()
		c.event(v.result, v.fatal)
		if !c.hasStarted() {
			return 0, &FatalError{Code: v.fatal}
		}
		log.Error("Slack refuses connections, a person must act", zap.String("code", v.fatal),
			zap.Duration("retry_in", c.cfg.AlarmRetry))
		return c.cfg.AlarmRetry, nil
	case v.result == tooMany:
		c.event(v.result, v.result)
		pause := c.jitter(c.cfg.BackoffMax)
		log.Error("too many connections for this app, look for other deployments and ghosts",
			zap.Duration("retry_in", pause))
		return pause, nil
	default:
		c.event(v.result, v.result)
		pause := max(c.backoff(l.tries), v.retryAfter)
		log.Warn("could not connect to Slack", zap.Duration("retry_in", pause))
		return pause, nil
	}
}

// verdict is what an error of connect means.
type verdict struct {
	result     string // a value of connectResults
	fatal      string // the code, if a person must act
	retryAfter time.Duration
}

// judge is pure; unknown errors are trouble with the network.
func judge(err error) verdict {
	if e, ok := errors.AsType[*OpenError](err); ok {
		switch {
		case isFatal(e.Code):
			return verdict{result: refused, fatal: e.Code}
		case e.RetryAfter > 0 || e.Code == "ratelimited":
			return verdict{result: rateLimited, retryAfter: e.RetryAfter}
		}
		return verdict{result: openFailed}
	}
	if e, ok := errors.AsType[*askedToLeave](err); ok {
		switch e.reason {
		case linkDisabled:
			return verdict{result: refused, fatal: linkDisabled}
		case tooManyWebsocks:
			return verdict{result: tooMany}
		}
		return verdict{result: noHello}
	}
	if e, ok := errors.AsType[*refusedUpgrade](err); ok {
		return verdict{result: dialFailed, retryAfter: e.retryAfter}
	}
	if e, ok := errors.AsType[*stepError](err); ok {
		return verdict{result: e.result}
	}
	return verdict{result: dialFailed}
}

// backoff is the wait before attempt n: none before the first, then doubling
// from BackoffMin to BackoffMax, with jitter downwards by up to a half.
func (c *Client) backoff(n int) time.Duration {
	if n <= 0 {
		return 0
	}
	d := c.cfg.BackoffMin
	for ; n > 1 && d < c.cfg.BackoffMax; n-- {
		d *= 2
	}
	return c.jitter(min(d, c.cfg.BackoffMax))
}

func (c *Client) jitter(d time.Duration) time.Duration {
	return d/2 + time.Duration(c.cfg.Rand()*float64(d/2))
}

func (c *Client) hasStarted() bool {
	select {
	case <-c.started:
		return true
	default:
		return false
	}
}
