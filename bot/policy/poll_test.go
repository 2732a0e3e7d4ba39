package policy

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

// nowhere is an empty directory. These tests do not use it.
type nowhere struct{ operation.Directory }

// TestRunPollsFilesWithoutNotifications puts the file behind a link into another
// directory, of which no events come, and into a directory that is made later.
func TestRunPollsFilesWithoutNotifications(t *testing.T) {
	t.Parallel()
	write := func(t *testing.T, file, src string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, []byte(src), 0o600))
	}
	run := func(t *testing.T, file string) *Gate {
		g, err := New(Config{Path: file, Directory: nowhere{}})
		require.NoError(t, err)
		g.poll, g.file.Steady = 10*time.Millisecond, 20*time.Millisecond
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- g.Run(ctx) }()
		t.Cleanup(func() {
			cancel()
			require.NoError(t, <-done)
		})
		return g
	}
	changes := func(t *testing.T, g *Gate, file string) {
		before := g.Status().Digest
		write(t, file, `@id("x") forbid (principal, action, resource);`)
		require.Eventually(t, func() bool { return g.Status().Digest != before }, 10*time.Second, time.Millisecond)
		require.NoError(t, g.Status().Problem)
	}
	t.Run("a link into another directory", func(t *testing.T) {
		t.Parallel()
		target, link := filepath.Join(t.TempDir(), "a", "real"), filepath.Join(t.TempDir(), "policy.cedar")
		write(t, target, "")
		require.NoError(t, os.Symlink(target, link))
		changes(t, run(t, link), target)
	})
	t.Run("a directory that is made later", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "later", "policy.cedar")
		g := run(t, file)
		require.True(t, g.Status().Absent)
		changes(t, g, file)
	})
	t.Run("a directory that is replaced", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "replaced")
		file := filepath.Join(dir, "policy.cedar")
		write(t, file, "")
		g := run(t, file)
		require.NoError(t, os.Rename(dir, dir+".old"))
		require.Eventually(t, func() bool { return g.Status().Absent }, 10*time.Second, time.Millisecond)
		changes(t, g, file)
	})
}
