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

	stage     *stage.Stage
	processes []*process.Process
	metrics   []metrics // of each process of lbbot
	address   string    // of the database of lbbot
	result    Result
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
	if t.stage, err = stage.Open(t.commands(), t.Watch); err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, t.stage.Close()) }()
	t.result = Result{Bot: otherBot, Load: t.load.String(), Operations: t.load.Operations}
	if d := t.bot.database; d != nil {
		t.result.Bot, t.result.Database, t.result.Replicas = "lbbot", d.kind, t.replicas()
		var drop func() error
		if t.address, drop, err = d.create(dir); err != nil {
			return Result{}, err
		}
		defer func() { err = errors.Join(err, drop()) }()
	}
	running, cancel := context.WithCancelCause(ctx)
	defer cancel(errStopped)
	defer t.kill()
	if err := t.startAll(running, cancel, dir); err != nil {
		return Result{}, err
	}
	if err := t.measure(running); err != nil {
		return Result{}, t.why(err)
	}
	if err := t.stop(ctx); err != nil {
		return Result{}, t.why(err)
	}
	return t.result, nil
}

// startAll starts the bot, or the replicas of lbbot one after the other. A process that
// ends by itself ends ctx.
func (t *turn) startAll(ctx context.Context, cancel context.CancelCauseFunc, dir string) error {
	for range t.replicas() {
		if err := t.start(ctx, dir); err != nil {
			return err
		}
		p := t.processes[len(t.processes)-1]
		go func() {
			select {
			case <-p.Done():
				cancel(p.Err())
			case <-ctx.Done():
			}
		}()
	}
	return nil
}

// replicas is how many processes the bot has.
func (t *turn) replicas() int {
	if t.bot.database == nil {
		return 1
	}
	return max(t.Replicas, 1)
}

// kill ends all processes.
func (t *turn) kill() {
	for _, p := range t.processes {
		p.Kill()
	}
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
		if t.replicas() > 1 {
			o.Env = append(o.Env, "LBBOT_SLACK_CONNECTIONS=1")
		}
		if t.Profile != "" && len(t.processes) == 0 {
			o.Command = append(slices.Clone(o.Command), "--cpu-profile", t.Profile)
		}
	}
	p, err := process.Start(o)
	if err != nil {
		return err
	}
	t.processes = append(t.processes, p)
	return t.connected(ctx, p, admin)
}

// connected waits for the hello of the process that was started last.
func (t *turn) connected(ctx context.Context, p *process.Process, admin <-chan string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, connectWithin, fmt.Errorf("the bot did not connect to Slack within "+
		"%s: check that it reads SLACK_API_URL and SLACK_APP_TOKEN", connectWithin))
	defer cancel()
	ctx, ended := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-p.Done():
			ended(p.Err())
		case <-ctx.Done():
		}
	}()
	defer ended(nil)
	hello, err := t.stage.AwaitHello(ctx, len(t.processes))
	if err != nil {
		return t.why(err)
	}
	t.result.Start = max(t.result.Start, milliseconds(hello.Sub(p.Started())))
	if t.bot.database != nil {
		select {
		case address := <-admin:
			t.metrics = append(t.metrics, metrics{address})
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
	said := ""
	for _, p := range t.processes {
		said += p.Said()
	}
	return fmt.Errorf("%w%s", err, said)
}
