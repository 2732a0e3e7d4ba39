//go:build unix

package main

import (
	"bytes"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
)

// lockedBuffer takes the lines of a log.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestSignalsChangeTheLogLevel does not run in parallel: signals are for the process.
func TestSignalsChangeTheLogLevel(t *testing.T) { //nolint:paralleltest // see above
	out := &lockedBuffer{}
	log, level, err := bot.NewLog(bot.Config{LogLevel: "warn", LogFormat: "json"}, out, false)
	require.NoError(t, err)
	stop := levelSignals(log, level)
	send := func(s syscall.Signal, to string) {
		require.NoError(t, syscall.Kill(os.Getpid(), s))
		require.Eventually(t, func() bool {
			return strings.Contains(out.String(), `"to":"`+to+`"`) && level.String() == to
		}, 10*time.Second, time.Millisecond)
	}
	send(syscall.SIGUSR1, "debug")
	log.Debug("shown")
	send(syscall.SIGUSR2, "warn")
	log.Debug("hidden")
	log.Info("hidden")
	stop()
	require.Contains(t, out.String(), "shown")
	require.NotContains(t, out.String(), "hidden")
}
