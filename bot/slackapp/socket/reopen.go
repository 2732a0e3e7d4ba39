package socket

import (
	"context"
	"errors"
	"fmt"
)

// errOtherApp refuses a connection of another app than the first one.
var errOtherApp = errors.New("the app token belongs to another app: restart lbbot to use another app")

// reopening is one call of Reopen.
type reopening struct {
	open Opener
	done chan error // with room for the result
}

// opened is a connection of a new Opener, and that Opener's turn.
type opened struct {
	conn *conn
	turn chan struct{}
}

// Reopen replaces the Opener, for example after the app token was rotated, and then every
// connection, as at a refresh: an old one is read until after the new one had its hello.
// If the new Opener leads to no hello, or to another app, the error says why and nothing
// changes. It blocks for one connection, and until Run has begun.
func (c *Client) Reopen(ctx context.Context, open Opener) error {
	r := reopening{open, make(chan error, 1)}
	select {
	case c.reopenings <- r:
	case <-c.finished:
		return errors.New("opening a connection with the new token: stopping")
	case <-ctx.Done():
		return fmt.Errorf("opening a connection with the new token: %w", context.Cause(ctx))
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("opening a connection with the new token: %w", context.Cause(ctx))
	}
}

// reopen serves Reopen until ctx ends. It returns nil.
func (c *Client) reopen(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case r := <-c.reopenings:
			r.done <- c.turnTo(ctx, r.open)
		}
	}
}

func (c *Client) turnTo(ctx context.Context, open Opener) error {
	next, err := c.connect(ctx, open)
	if err != nil {
		c.metrics.connects.WithLabelValues(judge(err).result).Inc()
		return fmt.Errorf("opening a connection with the new token: %w", err)
	}
	if next == nil {
		return fmt.Errorf("opening a connection with the new token: %w", context.Cause(ctx))
	}
	turn, before := c.replace(open)
	defer close(before) // after one lane took the connection: the others open theirs
	select {
	case c.handed <- opened{next, turn}:
		return nil
	case <-ctx.Done():
		c.retiring.Go(func() { next.retire(0) })
		return fmt.Errorf("opening a connection with the new token: %w", context.Cause(ctx))
	}
}

// current returns the Opener for the next connection, and its turn.
func (c *Client) current() (Opener, chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.opener, c.turn
}

// replace makes the next connections use another Opener. It returns its turn and the turn
// before, which the caller closes.
func (c *Client) replace(open Opener) (turn, before chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before = c.turn
	c.opener, c.turn = open, make(chan struct{})
	return c.turn, before
}

// ofAnotherApp compares the app of a hello with that of the first one, and counts it if it
// differs. A hello that names no app is taken.
func (c *Client) ofAnotherApp(app string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.app == "" {
		c.app = app
	}
	other := app != "" && app != c.app
	if other {
		c.metrics.wrongApp.Inc()
	}
	return other
}
