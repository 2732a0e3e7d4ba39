//go:build !unix

package main

import "go.uber.org/zap"

// ignoreFileLimits does nothing on systems without such a limit.
func ignoreFileLimits() {}

// levelSignals does nothing on systems without SIGUSR1.
func levelSignals(*zap.Logger, zap.AtomicLevel) (stop func()) { return func() {} }
