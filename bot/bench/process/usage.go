package process

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Usage is what a process group has used.
type Usage struct {
	Processor time.Duration // user and system time
	Resident  int64         // bytes of memory now
	Peak      int64         // the most bytes since the start
}

// tick is the unit of processor time in /proc: Linux counts it in hundredths of a second
// for programs, whatever the kernel was built with.
const tick = 10 * time.Millisecond

// ErrNotMeasured means that this system has no /proc with processor time and memory.
var ErrNotMeasured = errors.New("processor time and memory are measured on Linux only")

// groupUsage adds up the processes of a group. A process that ends while it is read
// counts as nothing.
func groupUsage(group int) (Usage, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		return Usage{}, ErrNotMeasured
	}
	var all Usage
	members := 0
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		s, err := parseStat(string(text))
		if err != nil || s.group != group || s.zombie {
			continue
		}
		status, err := os.ReadFile(filepath.Join(filepath.Dir(name), "status"))
		if err != nil {
			continue
		}
		members++
		all.Processor += s.processor
		all.Resident += parseStatus(string(status), "VmRSS")
		all.Peak += parseStatus(string(status), "VmHWM")
	}
	if members == 0 {
		return Usage{}, errors.New("the bot is no longer running")
	}
	return all, nil
}

// stat is what is needed of /proc/PID/stat.
type stat struct {
	group     int
	zombie    bool // it has ended, and its parent has not asked how
	processor time.Duration
}

// parseStat reads /proc/PID/stat. The name of the program, in parentheses, may contain
// spaces and parentheses.
func parseStat(text string) (stat, error) {
	end := strings.LastIndexByte(text, ')')
	if end < 0 {
		return stat{}, fmt.Errorf("/proc/PID/stat has no name of a program: %q", text)
	}
	fields := strings.Fields(text[end+1:]) // the first is field 3, the state
	const group, user, system = 5 - 3, 14 - 3, 15 - 3
	if len(fields) <= system {
		return stat{}, fmt.Errorf("/proc/PID/stat has %d fields after the name, at least %d are expected", len(fields),
			system+1)
	}
	pgrp, err := strconv.Atoi(fields[group])
	if err != nil {
		return stat{}, fmt.Errorf("/proc/PID/stat: process group: %w", err)
	}
	var ticks int64
	for _, field := range []string{fields[user], fields[system]} {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return stat{}, fmt.Errorf("/proc/PID/stat: processor time: %w", err)
		}
		ticks += n
	}
	return stat{group: pgrp, zombie: fields[0] == "Z", processor: time.Duration(ticks) * tick}, nil
}

// parseStatus returns a size of /proc/PID/status in bytes, or 0 if it is not there: the
// kernel leaves it out of a process that is ending.
func parseStatus(text, name string) int64 {
	for line := range strings.Lines(text) {
		value, ok := strings.CutPrefix(line, name+":")
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
		if err != nil {
			return 0
		}
		return n << 10
	}
	return 0
}
