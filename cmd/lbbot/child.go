package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"lbbot/bot/bench/process"
)

// child is the sandbox's bot: lbbot run as a process of its own, so that a kill is a real
// one. On Linux it dies with the sandbox.
type child struct {
	program string           // the path of lbbot
	dir     string           // its working directory
	env     []string         // its whole environment
	line    func(string)     // called with each line that it writes
	ready   func() bool      // the stand-in of Slack has a connection
	mu      sync.Mutex       // guards process
	process *process.Process // nil while it does not run
}

// startWithin is how long the bot may take until it is connected.
const startWithin = 30 * time.Second

// start starts the bot and blocks until it is connected to Slack. If it ends instead, the
// error has its last lines.
func (c *child) start(ctx context.Context) error {
	p, err := process.Start(process.Options{Env: c.env, Dir: c.dir, Core: -1, Line: c.line,
		Command: []string{c.program, "run", "--config", settingsFile, "--admin-addr="}})
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.process = p
	c.mu.Unlock()
	limit := time.NewTimer(startWithin)
	defer limit.Stop()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for !c.ready() {
		select {
		case <-look.C:
		case <-p.Done():
			return fmt.Errorf("starting the bot: %w", p.Err())
		case <-limit.C:
			return fmt.Errorf("the bot is not connected after %s%s", startWithin, p.Said())
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// running says that the bot runs.
func (c *child) running() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.process == nil {
		return false
	}
	select {
	case <-c.process.Done():
		return false
	default:
		return true
	}
}

// take returns the process, which is the caller's to end; nil if there is none.
func (c *child) take() *process.Process {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.process
	c.process = nil
	return p
}

// stop stops the bot as a signal would, and blocks until it has ended.
func (c *child) stop() error {
	p := c.take()
	if p == nil {
		return nil
	}
	_, err := p.Stop(context.Background())
	return err
}

// kill kills the bot.
func (c *child) kill() error {
	p := c.take()
	if p == nil {
		return errors.New("the bot does not run")
	}
	p.Kill()
	return nil
}

// ownProgram is the path of this program.
func ownProgram() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding the program that the sandbox starts as its bot: %w", err)
	}
	return path, nil
}
