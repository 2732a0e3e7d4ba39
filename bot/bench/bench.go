// Package bench measures bots side by side: people type commands in the stand-ins of
// Slack and Zenlayer, which this process hosts, and the bot runs as a process of its own.
//
// Run blocks until all is measured. It starts no process that outlives it. It checks what
// it measured: a bot that loses a message or adds a server twice is an error, not a result.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"lbbot/bot/bench/process"
)

// Options say what to measure.
type Options struct {
	// Program is the path of lbbot.
	Program string
	// Loads are what each bot is put through, each with a new process and a new database.
	Loads []Load
	// Databases are what lbbot is measured with: sqlite or postgres.
	Databases []string
	// PostgresURL is a server on which databases are created and dropped; empty: one is
	// started.
	PostgresURL string
	// Other is a command of the shell that starts another bot; empty: none.
	Other string
	// Watch has the people let the bot read the status of each server after it was added.
	Watch bool
	// Replicas is how many processes of lbbot share a database; below two: one.
	Replicas int
	// Rounds is how often all bots take their turns.
	Rounds int
	// Profile is a file for a processor profile of lbbot, of several replicas the first;
	// each turn overwrites it. Empty: none.
	Profile string
	// Environ are variables that every bot gets, such as PATH.
	Environ []string
	// Progress gets a line before each turn.
	Progress io.Writer
}

// warmUp is how many commands are typed before the measured ones.
const warmUp = 20

// Run measures. The report has the turns that ended well, also with an error.
func Run(ctx context.Context, o Options) (_ Report, err error) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // the stand-ins share a core with PostgreSQL
	r := Report{At: time.Now().UTC().Truncate(time.Second), Go: runtime.Version(),
		System: runtime.GOOS + "/" + runtime.GOARCH, Cores: runtime.NumCPU(), Other: o.Other}
	defer r.pin()()
	dir, err := os.MkdirTemp("", "lbbot-bench-")
	if err != nil {
		return r, fmt.Errorf("creating a temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	policy, err := writeRules(dir)
	if err != nil {
		return r, err
	}
	databases, err := o.open()
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, databases.stop()) }()
	err = o.turns(ctx, o.bots(databases), policy, &r)
	r.Ratios = ratios(r.Results)
	return r, err
}

// turns has all bots take turns and adds their results to r.
func (o Options) turns(ctx context.Context, bots []contender, policy rules, r *Report) error {
	for round := range o.Rounds {
		for _, load := range o.Loads {
			for _, b := range bots {
				fmt.Fprintf(o.Progress, "round %d of %d: %s, %s\n", round+1, o.Rounds, b.name(), load)
				t := turn{Options: o, bot: b, load: load, core: r.core, policy: policy}
				result, err := t.run(ctx)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", b.name(), load, err)
				}
				result.Round = round + 1
				r.Results = append(r.Results, result)
			}
		}
	}
	return nil
}

// pin gives this process and the bots a core each, if that is possible, until undo is
// called.
func (r *Report) pin() (undo func()) {
	own, bot, err := process.Cores()
	if err == nil {
		undo, err = process.PinSelf(own)
	}
	if err != nil {
		r.NotPinned, r.core = err.Error(), -1
		return func() {}
	}
	r.Pinned, r.core = true, bot
	return undo
}

var errStopped = errors.New("stopped")
