//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// ignoreFileLimits makes the limit of a file's size (ulimit -f, LimitFSIZE of systemd) an
// error of the write, which the journal reports like a full disk, instead of the end of the
// process.
func ignoreFileLimits() { signal.Ignore(syscall.SIGXFSZ) }
