//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// outliveLimits makes a file that may not grow (ulimit -f, LimitFSIZE of
// systemd) an error of the write, which the journal reports like a full disk,
// instead of the end of the process.
func outliveLimits() { signal.Ignore(syscall.SIGXFSZ) }
