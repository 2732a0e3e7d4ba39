package bench

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"lbbot/bot/bench/process"
	"lbbot/bot/bench/stage"
)

// helps is how many commands for help are timed, and singles how many commands are typed
// one at a time to count the commits before a result.
const (
	helps   = 100
	singles = 3
)

// measure is the turn of a bot that is connected, until it is to stop.
func (t *turn) measure(ctx context.Context) error {
	for _, step := range []func(context.Context) error{t.settle, t.idle, t.warmUp, t.settle, t.loaded, t.help,
		t.single} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (t *turn) idle(context.Context) error {
	usage, err := t.usage()
	t.result.Idle = mebibytes(usage.Resident)
	return err
}

func (t *turn) warmUp(ctx context.Context) error {
	if _, err := (Load{Operations: warmUp, InFlight: 1}).typeAll(ctx, t.stage, 0); err != nil {
		return fmt.Errorf("warming up: %w", err)
	}
	return nil
}

// loaded puts the bot through the load. Calls, commits and processor time count until the
// bot is quiet again.
func (t *turn) loaded(ctx context.Context) error {
	before, err := t.look(ctx)
	if err != nil {
		return err
	}
	got, err := t.load.typeAll(ctx, t.stage, warmUp)
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
	n := float64(t.load.Operations)
	r := &t.result
	r.Ack, r.Answer, r.PerSecond = quantilesOf(got.acks), quantilesOf(got.answers), n/got.took.Seconds()
	r.Processor = milliseconds(after.usage.Processor-before.usage.Processor) / n
	r.Peak = mebibytes(after.usage.Peak)
	if after.counted {
		r.Commits = new((after.commits - before.commits) / n)
	}
	if t.bot.database != nil && t.bot.database.kind == Postgres {
		r.Writes = new(float64(after.writes-before.writes) / n)
	}
	r.Slack = each(after.calls.Slack, before.calls.Slack, n)
	r.Zenlayer = each(after.calls.Zenlayer, before.calls.Zenlayer, n)
	return nil
}

// help times commands that only read.
func (t *turn) help(ctx context.Context) error {
	acks := make([]time.Duration, helps)
	for n := range acks {
		var err error
		if acks[n], err = t.stage.Help(ctx, n%warmUp); err != nil {
			return fmt.Errorf("asking for help: %w", err)
		}
	}
	t.result.Help = quantilesOf(acks)
	return nil
}

// single types commands one at a time and counts the commits until each result is shown.
func (t *turn) single(ctx context.Context) error {
	if t.result.Commits == nil || t.load.InFlight != 1 {
		return nil
	}
	sum := 0.0
	for n := t.commands() - singles; n < t.commands(); n++ {
		if err := t.settle(ctx); err != nil {
			return err
		}
		before, _, err := t.commits(ctx)
		if err != nil {
			return err
		}
		early, err := t.untilShown(ctx, n)
		if err != nil {
			return err
		}
		sum += early - before
	}
	t.result.Early = new(sum / singles)
	return nil
}

// untilShown types command n and returns the count of commits in the moment in which its
// result is shown. The bot has no answer to its call of Slack then.
func (t *turn) untilShown(ctx context.Context, n int) (commits float64, err error) {
	var failed error
	t.stage.OnShown(func(int) { commits, _, failed = t.commits(ctx) })
	defer t.stage.OnShown(nil)
	_, _, err = add(ctx, t.stage, n)
	return commits, errors.Join(err, failed)
}

// commands is how many commands are typed in a turn.
func (t *turn) commands() int {
	n := warmUp + t.load.Operations
	if t.bot.database != nil && t.load.InFlight == 1 {
		n += singles
	}
	return n
}

// stop ends the processes one after the other, and compares what people saw with what was added.
func (t *turn) stop(ctx context.Context) error {
	for _, p := range t.processes {
		took, err := p.Stop(ctx)
		if err != nil {
			return err
		}
		t.result.Stop = max(t.result.Stop, milliseconds(took))
	}
	typed := t.commands()
	if t.result.Early == nil {
		typed = warmUp + t.load.Operations
	}
	if wrong := t.stage.Truth(typed); len(wrong) > 0 {
		more := ""
		if len(wrong) > 10 {
			more = fmt.Sprintf("\nand %d more", len(wrong)-10)
		}
		return fmt.Errorf("the results are not true:\n%s%s", strings.Join(wrong[:min(len(wrong), 10)], "\n"), more)
	}
	return nil
}

// moment is what was counted until one moment.
type moment struct {
	usage   process.Usage
	calls   stage.Calls
	commits float64
	counted bool // the bot counts its commits
	writes  int64
}

func (t *turn) look(ctx context.Context) (m moment, err error) {
	m.calls = t.stage.Calls()
	if m.usage, err = t.usage(); err != nil || t.bot.database == nil {
		return m, err
	}
	if m.commits, m.counted, err = t.commits(ctx); err != nil {
		return m, err
	}
	m.writes, err = t.bot.database.writes(ctx, t.address)
	return m, err
}

// usage of all processes of the bot; zero where it cannot be measured.
func (t *turn) usage() (process.Usage, error) {
	var all process.Usage
	for _, p := range t.processes {
		usage, err := p.Usage()
		if err != nil && !errors.Is(err, process.ErrNotMeasured) {
			return all, err
		}
		all.Processor += usage.Processor
		all.Resident += usage.Resident
		all.Peak += usage.Peak
	}
	return all, nil
}

// commits of the journal by all processes; ok is false if the bot does not count them.
func (t *turn) commits(ctx context.Context) (all float64, ok bool, err error) {
	for _, m := range t.metrics {
		n, counted, err := m.commits(ctx)
		if err != nil {
			return 0, false, err
		}
		all, ok = all+n, ok || counted
	}
	return all, ok, nil
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

// settle blocks until the bot has made no call for a moment, so that the work that follows
// results is done and counted.
func (t *turn) settle(ctx context.Context) error {
	limit := time.Now().Add(settleWithin)
	last, since := -1, time.Now()
	for time.Now().Before(limit) && time.Since(since) < quiet {
		if now := t.stage.Calls().Total(); now != last {
			last, since = now, time.Now()
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
