package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"lbbot/bot/bench/process"
	"lbbot/bot/bench/stage"
)

// turn is one process of one bot under one load.
type turn struct {
	Options
	bot    contender
	load   Load
	core   int
	policy rules

	stage   *stage.Stage
	process *process.Process
	metrics metrics // of lbbot
	address string  // of the database of lbbot
	result  Result
}

// connectWithin is how long a bot may take to connect to Slack; the other one may have to
// be built or installed first.
const connectWithin = 2 * time.Minute

// settleWithin is how long the work that follows the results is waited for, and quiet how
// long nothing must happen until it counts as done.
const (
	settleWithin = 10 * time.Second
	quiet        = 1200 * time.Millisecond
)

func (t *turn) run(ctx context.Context) (_ Result, err error) {
	dir, err := os.MkdirTemp("", "lbbot-bench-")
	if err != nil {
		return Result{}, fmt.Errorf("creating a temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if t.stage, err = stage.Open(t.commands()); err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, t.stage.Close()) }()
	t.result = Result{Bot: otherBot, Load: t.load.String(), Operations: t.load.Operations}
	if d := t.bot.database; d != nil {
		t.result.Bot, t.result.Database = "lbbot", d.kind
		var drop func() error
		if t.address, drop, err = d.create(dir); err != nil {
			return Result{}, err
		}
		defer func() { err = errors.Join(err, drop()) }()
	}
	if err := t.start(ctx, dir); err != nil {
		return Result{}, err
	}
	defer t.process.Kill()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(errStopped)
	go func() {
		select {
		case <-t.process.Done():
			cancel(t.process.Err())
		case <-ctx.Done():
		}
	}()
	if err := t.measure(ctx); err != nil {
		return Result{}, t.why(err)
	}
	return t.result, nil
}

// start starts the bot and waits for its hello, and for lbbot's readiness.
func (t *turn) start(ctx context.Context, dir string) error {
	admin := make(chan string, 1)
	o := process.Options{Command: t.bot.command, Core: t.core, Line: func(line string) {
		if address, ok := adminAddress(line); ok {
			select {
			case admin <- address:
			default:
			}
		}
	}}
	o.Env = append(without(t.Environ), t.stage.Environment()...)
	if t.bot.database != nil {
		if err := t.policy.wait(ctx); err != nil {
			return err
		}
		o.Env, o.Dir = append(o.Env, environment(t.policy.path, t.address)...), dir
		if t.Profile != "" {
			o.Command = append(slices.Clone(o.Command), "--cpu-profile", t.Profile)
		}
	}
	var err error
	if t.process, err = process.Start(o); err != nil {
		return err
	}
	if err := t.connected(ctx, admin); err != nil {
		t.process.Kill()
		return err
	}
	return nil
}

// connected waits for the hello of the bot.
func (t *turn) connected(ctx context.Context, admin <-chan string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, connectWithin, fmt.Errorf("the bot did not connect to Slack within "+
		"%s: check that it reads SLACK_API_URL and SLACK_APP_TOKEN", connectWithin))
	defer cancel()
	ctx, ended := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-t.process.Done():
			ended(t.process.Err())
		case <-ctx.Done():
		}
	}()
	defer ended(nil)
	hello, err := t.stage.AwaitHello(ctx)
	if err != nil {
		return t.why(err)
	}
	t.result.Start = milliseconds(hello.Sub(t.process.Started()))
	if t.bot.database != nil {
		select {
		case t.metrics.address = <-admin:
		case <-ctx.Done():
			return t.why(context.Cause(ctx))
		}
	}
	return nil
}

// why adds what the bot wrote to an error.
func (t *turn) why(err error) error {
	if strings.Contains(err.Error(), "its last lines") || strings.Contains(err.Error(), "it wrote nothing") {
		return err
	}
	return fmt.Errorf("%w%s", err, t.process.Said())
}
