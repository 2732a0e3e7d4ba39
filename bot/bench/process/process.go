// Package process starts the bots that are measured, and measures and stops them.
//
// Each bot is the leader of its own process group. No bot survives the benchmark: Stop and
// Kill end the whole group, and on Linux the kernel kills the leader if the benchmark dies.
package process

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Options say what to start.
type Options struct {
	Command []string // the program and its arguments
	Env     []string // the whole environment
	Dir     string   // the working directory
	Core    int      // the processor core to pin it to; below zero: none
	// Line is called with each line that the program writes, from one goroutine; nil: none.
	Line func(string)
}

// Process is a started program. Its methods can be called from several goroutines.
type Process struct {
	cmd     *exec.Cmd
	started time.Time
	output  *tail
	done    chan struct{}
	err     error // of Wait; read after done
}

// stopWithin is how long Stop waits after SIGTERM before it kills.
const stopWithin = 30 * time.Second

// Start starts a program. Call Stop or Kill in the end.
func Start(o Options) (*Process, error) {
	//nolint:gosec // the person who runs the benchmark names the program
	cmd := exec.CommandContext(context.Background(), o.Command[0], o.Command[1:]...)
	p := &Process{cmd: cmd, output: &tail{line: o.Line}, done: make(chan struct{})}
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = o.Env, o.Dir, p.output, p.output
	cmd.WaitDelay = stopWithin // a grandchild may keep the output open
	setGroup(cmd)
	DieWithThread(cmd)
	release, err := OnThread(func() error {
		if err := pinThread(o.Core); err != nil {
			return err
		}
		p.started = time.Now()
		return cmd.Start()
	})
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", strings.Join(o.Command, " "), err)
	}
	go func() {
		defer close(p.done)
		p.err = cmd.Wait()
		release()
	}()
	return p, nil
}

// OnThread calls start on a thread of its own, which lives until release is called: what
// start starts inherits its core, and dies with it if DieWithThread was asked for. After
// an error there is nothing to release.
func OnThread(start func() error) (release func(), err error) {
	started, ended := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with its goroutine
		err := start()
		started <- err
		if err == nil {
			<-ended
		}
	}()
	return func() { close(ended) }, <-started
}

// Started is when the program was started.
func (p *Process) Started() time.Time { return p.started }

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err says how the program ended and shows its last lines. Call it after Done.
func (p *Process) Err() error {
	end := "exit status 0"
	if p.err != nil {
		end = p.err.Error()
	}
	return errors.New("the bot ended by itself: " + end + p.Said())
}

// Said returns the last lines that the program wrote, each on a line of its own.
func (p *Process) Said() string {
	if last := p.output.last(); last != "" {
		return "\nits last lines:\n" + last
	}
	return "\nit wrote nothing"
}

// Stop sends SIGTERM to the group and blocks until the program has ended. It kills the
// group after 30 s or when ctx ends. It returns the time that the program took.
func (p *Process) Stop(ctx context.Context) (time.Duration, error) {
	asked := time.Now()
	terminate(p.cmd)
	limit := time.NewTimer(stopWithin)
	defer limit.Stop()
	select {
	case <-p.done:
		took := time.Since(asked)
		p.Kill() // what is left of the group
		return took, nil
	case <-ctx.Done():
		p.Kill()
		return 0, context.Cause(ctx)
	case <-limit.C:
		p.Kill()
		return 0, fmt.Errorf("the bot did not stop within %s of SIGTERM and was killed%s", stopWithin, p.Said())
	}
}

// Kill ends the group at once and blocks until the program has ended.
func (p *Process) Kill() {
	kill(p.cmd)
	<-p.done
}

// Usage returns what the group has used since it started.
func (p *Process) Usage() (Usage, error) { return groupUsage(p.cmd.Process.Pid) }
