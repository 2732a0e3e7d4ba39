package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// DieWithThread has the kernel kill a command when the thread that starts it ends, also
// if this process is killed. Elsewhere than on Linux it does nothing.
func DieWithThread(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
}

// Cores returns the first two cores that this process may use: one for itself, one for
// the bot. It returns an error if there are fewer.
func Cores() (own, bot int, err error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return 0, 0, fmt.Errorf("asking which cores may be used: %w", err)
	}
	var found []int
	for core := 0; core < 64*len(set) && len(found) < 2; core++ {
		if set.IsSet(core) {
			found = append(found, core)
		}
	}
	if len(found) < 2 {
		return 0, 0, fmt.Errorf("%d core may be used, two are needed", len(found))
	}
	return found[0], found[1], nil
}

// PinSelf pins this process to a core until undo is called. Threads that are made later
// inherit it.
func PinSelf(core int) (undo func(), err error) {
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return nil, fmt.Errorf("asking which cores may be used: %w", err)
	}
	one.Set(core)
	if err := pinAll(&one); err != nil {
		return nil, fmt.Errorf("pinning to core %d: %w", core, err)
	}
	return func() { _ = pinAll(&before) }, nil
}

// pinAll pins all threads of this process.
func pinAll(set *unix.CPUSet) error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return fmt.Errorf("listing the threads: %w", err)
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err != nil {
			return err
		}
		if err := unix.SchedSetaffinity(id, set); err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
	}
	return nil
}

// pinThread pins the calling thread; below zero: it does nothing.
func pinThread(core int) error {
	if core < 0 {
		return nil
	}
	var set unix.CPUSet
	set.Set(core)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("pinning to core %d: %w", core, err)
	}
	return nil
}
