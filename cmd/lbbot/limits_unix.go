//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"

	"go.uber.org/zap"
)

// ignoreFileLimits makes the limit of a file's size (ulimit -f, LimitFSIZE of systemd) an
// error of the write, which the journal reports like a full disk, instead of the end of the
// process.
func ignoreFileLimits() { signal.Ignore(syscall.SIGXFSZ) }

// levelSignals sets the level of the log to debug at SIGUSR1, and back at SIGUSR2, until
// the returned function is called.
func levelSignals(log *zap.Logger, level zap.AtomicLevel) (stop func()) {
	configured := level.Level()
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGUSR2)
	go func() {
		defer close(done)
		for s := range signals {
			to := configured
			if s == syscall.SIGUSR1 {
				to = zap.DebugLevel
			}
			level.SetLevel(min(to, zap.InfoLevel)) // so that the line is written
			log.Info("log level changed", zap.Stringer("to", to))
			level.SetLevel(to)
		}
	}()
	return func() {
		signal.Stop(signals)
		close(signals)
		<-done
	}
}
