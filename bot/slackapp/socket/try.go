package socket

import (
	"context"
	"fmt"
)

// Hello is Slack's greeting on a new connection.
type Hello struct {
	AppID       string // the app of the app-level token; empty if missing
	Connections int    // of the app, including this one; 0 if missing
}

// Try opens one connection, waits for Slack's hello and closes the connection. An envelope
// that Slack sends to it is lost, so use it only while no process of the app is connected.
// A refusal that a retry cannot change is a *FatalError. It blocks for OpenTimeout,
// DialTimeout, HelloTimeout and CloseWait at most. It ignores Receive.
func Try(ctx context.Context, cfg Config) (Hello, error) {
	cfg.Receive, cfg.Connections = func(Envelope) {}, 1
	c, err := New(cfg)
	if err != nil {
		return Hello{}, err
	}
	defer c.retiring.Wait()
	k, err := c.connect(ctx, cfg.Open)
	switch {
	case err != nil && judge(err).fatal != "":
		return Hello{}, &FatalError{Code: judge(err).fatal}
	case err != nil:
		return Hello{}, fmt.Errorf("connecting to Slack: %w", err)
	case k == nil:
		return Hello{}, fmt.Errorf("connecting to Slack: %w", context.Cause(ctx))
	}
	c.retiring.Go(func() { k.retire(0) })
	return Hello{AppID: k.hello.appID, Connections: k.hello.connections}, nil
}
