package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"lbbot/bot/bench/process"
	"lbbot/bot/bench/stage"
)

// turn is one process of one bot under one load.
type turn struct {
	Options
	bot  contender
	load Load
	core int
	// policy is the path of the policy file.
	policy string

	stage   *stage.Stage
	process *process.Process
	metrics metrics // without an address: it is not lbbot
	result  Result
}

// connectWithin is how long a bot may take to connect to Slack; the other one may have to
// be built or installed first.
const connectWithin = 2 * time.Minute

// settleWithin is how long the work that follows the results is waited for, and quiet how
// long nothing must happen until it counts as done.
const (
	settleWithin = 10 * time.Second
	quiet        = 1500 * time.Millisecond
)

func (t *turn) run(ctx context.Context) (_ Result, err error) {
	dir, err := os.MkdirTemp("", "lbbot-bench-")
	if err != nil {
		return Result{}, fmt.Errorf("creating a temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if t.stage, err = stage.Open(warmUp + t.load.Operations); err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, t.stage.Close()) }()
	t.result = Result{Bot: "other", Load: t.load.String(), Operations: t.load.Operations}
	if d := t.bot.database; d != nil {
		t.result.Bot, t.result.Database = "lbbot", d.kind
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
	if d := t.bot.database; d != nil {
		o.Env, o.Dir = append(o.Env, t.bot.environment(t.policy, d.url(dir))...), dir
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

// measure is the turn of a bot that is connected, until it has stopped.
func (t *turn) measure(ctx context.Context) error {
	if _, err := (Load{Operations: warmUp, InFlight: 1}).typeAll(ctx, t.stage, 0); err != nil {
		return fmt.Errorf("warming up: %w", err)
	}
	if err := t.settle(ctx); err != nil {
		return err
	}
	before, err := t.look(ctx)
	if err != nil {
		return err
	}
	got, err := t.load.typeAll(ctx, t.stage, warmUp)
	if err != nil {
		return err
	}
	loaded, err := t.look(ctx)
	if err != nil {
		return err
	}
	if err := t.settle(ctx); err != nil {
		return err
	}
	after, err := t.look(ctx)
	if err != nil {
		return err
	}
	t.fill(got, before, loaded, after)
	stopped, err := t.process.Stop(ctx)
	if err != nil {
		return err
	}
	t.result.Stop = milliseconds(stopped)
	if wrong := t.stage.Truth(0, warmUp+t.load.Operations); len(wrong) > 0 {
		return fmt.Errorf("the results are not true:\n%s", strings.Join(wrong[:min(len(wrong), 10)], "\n"))
	}
	return nil
}

// moment is what was counted until one moment.
type moment struct {
	usage   process.Usage
	calls   stage.Calls
	commits float64
}

func (t *turn) look(ctx context.Context) (moment, error) {
	m := moment{calls: t.stage.Calls()}
	var err error
	if m.usage, err = t.process.Usage(); err != nil && !errors.Is(err, process.ErrNotMeasured) {
		return m, err
	}
	m.commits, err = t.commits(ctx)
	return m, err
}

func (t *turn) commits(ctx context.Context) (float64, error) {
	if t.metrics.address == "" {
		return 0, nil
	}
	n, _, err := t.metrics.commits(ctx)
	return n, err
}

// fill computes the result of a load. Calls and commits count until the bot was quiet
// again, processor time until then as well.
func (t *turn) fill(got times, before, loaded, after moment) {
	n := float64(t.load.Operations)
	r := &t.result
	r.Ack, r.Answer, r.PerSecond = quantilesOf(got.acks), quantilesOf(got.answers), n/got.took.Seconds()
	r.Processor = milliseconds(after.usage.Processor-before.usage.Processor) / n
	r.Idle, r.Peak = mebibytes(before.usage.Resident), mebibytes(loaded.usage.Peak)
	r.Commits = (after.commits - before.commits) / n
	r.Slack, r.Zenlayer = each(after.calls.Slack, before.calls.Slack, n), each(after.calls.Zenlayer,
		before.calls.Zenlayer, n)
}

func mebibytes(n int64) float64 { return float64(n) / (1 << 20) }

// each is how often calls were made for one of n operations.
func each(after, before map[string]int, n float64) map[string]float64 {
	out := map[string]float64{}
	for name, calls := range after {
		if more := calls - before[name]; more > 0 {
			out[name] = float64(more) / n
		}
	}
	return out
}

// settle blocks until the bot has been quiet for a moment: no calls and no commits.
func (t *turn) settle(ctx context.Context) error {
	limit := time.Now().Add(settleWithin)
	last, since := -1.0, time.Now()
	for time.Now().Before(limit) && time.Since(since) < quiet {
		commits, err := t.commits(ctx)
		if err != nil {
			return err
		}
		if now := commits + float64(t.stage.Calls().Total()); now != last {
			last, since = now, time.Now()
		}
		select {
		case <-time.After(250 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
