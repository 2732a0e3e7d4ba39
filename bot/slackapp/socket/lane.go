package socket

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
)

// lane keeps one connection open. While it replaces a connection, the old one is
// still read.
type lane struct {
	c     *Client
	index int
	tries int // attempts since the last stable connection
	cur   *conn
	given opened        // by Reopen, not current yet
	turn  chan struct{} // closed when cur is of an Opener that was replaced
}

// run returns nil when the context ends, or *FatalError before the first hello.
func (l *lane) run(ctx context.Context) error {
	defer func() {
		l.leave(0)
		l.cur = l.given.conn
		l.leave(0)
	}()
	if l.index > 0 {
		select { // the first lane finds out whether Slack accepts this app
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
		l.rest(ctx, pause)
	}
	return nil
}

// rest waits before the next attempt, at most until there is another Opener.
func (l *lane) rest(ctx context.Context, pause time.Duration) {
	if pause <= 0 {
		return
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case l.given = <-l.c.handed:
	case <-l.turn:
	}
}

// next returns the connection that was given, or opens one.
func (l *lane) next(ctx context.Context) (*conn, error) {
	if next := l.given; next.conn != nil {
		l.given, l.turn = opened{}, next.turn
		return next.conn, nil
	}
	open, turn := l.c.current()
	l.turn = turn
	return l.c.connect(ctx, open)
}

// once takes one connection, waits until it must be replaced, and returns how long to
// wait before the next one.
func (l *lane) once(ctx context.Context) (time.Duration, error) {
	next, err := l.next(ctx)
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
	if !l.holds(ctx) {
		return 0, nil
	}
	if next.bornAt.Add(l.c.cfg.StableAfter).Before(l.c.cfg.Now()) {
		l.tries = 0
	}
	if reason := next.refusal(); reason != "" {
		l.leave(0) // Slack sends nothing more on it
		return l.failed(&askedToLeave{reason})
	}
	pause := l.c.backoff(l.tries)
	l.tries++
	if next.asked() != "" { // an announced refresh: Slack soon closes the old connection
		pause = min(pause, l.c.cfg.BackoffMin)
	}
	return pause, nil
}

// holds waits until the current connection must be replaced, and returns false if the
// context ends first, or if a new Opener replaces it at once. Slack says only in a hello
// how many connections it counts, so while it counts ghosts, the first lane asks again by
// replacing its connection.
func (l *lane) holds(ctx context.Context) bool {
	recount := time.NewTicker(l.c.cfg.Recount)
	defer recount.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case l.given = <-l.c.handed:
			return false
		case <-l.turn:
			return false
		case <-l.cur.renew:
			return true
		case <-l.cur.done:
			return true
		case <-recount.C:
			if l.index == 0 && l.c.Status().Ghosts > 0 {
				return true
			}
		}
	}
}

// leave retires the current connection. It is read for up to linger more.
func (l *lane) leave(linger time.Duration) {
	if old := l.cur; old != nil {
		l.cur = nil
		l.c.retiring.Go(func() { old.retire(linger) })
	}
}

// failed returns the wait before the next attempt, or an error that ends Run.
func (l *lane) failed(err error) (time.Duration, error) {
	c := l.c
	l.tries = max(1, l.tries+1)
	v := judge(err)
	log := c.log.With(zap.Int("lane", l.index), zap.Error(err), zap.String("result", v.result))
	switch {
	case v.fatal != "":
		c.metrics.fatal.WithLabelValues(v.fatal).Inc()
		c.notReady(v.fatal)
		if !c.hasStarted() {
			return 0, &FatalError{Code: v.fatal}
		}
		log.Error("Slack refuses connections, a person must act",
			zap.String("code", v.fatal), zap.Duration("retry_in", c.cfg.AlarmRetry))
		return c.cfg.AlarmRetry, nil
	case v.result == tooMany:
		c.notReady(v.result)
		pause := c.jitter(c.cfg.BackoffMax)
		log.Error("too many connections for this app: look for other deployments and ghost connections",
			zap.Duration("retry_in", pause))
		return pause, nil
	default:
		c.notReady(v.result)
		pause := max(c.backoff(l.tries), v.retryAfter)
		log.Warn("could not connect to Slack", zap.Duration("retry_in", pause))
		return pause, nil
	}
}

// verdict says how to react to an error of connect.
type verdict struct {
	result     string // a value of connectResults
	fatal      string // Slack's code, if a person must act
	retryAfter time.Duration
}

// judge treats unknown errors as network trouble.
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

// backoff returns the wait before attempt n: none before the first, then BackoffMin,
// doubled up to BackoffMax. Jitter shortens it by up to a half.
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
