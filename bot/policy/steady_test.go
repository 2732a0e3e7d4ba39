package policy_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/filewatch"
	"lbbot/bot/operation"
	"lbbot/bot/policy"
)

const openThenClosed = opened + "\n" + closed

// clocked is a gate with a clock that the test moves.
type clocked struct {
	*policy.Gate
	t    *testing.T
	file string
	now  time.Time
}

// newClocked starts a gate after prepare has made the file.
func newClocked(t *testing.T, at time.Time, prepare func(file string)) *clocked {
	t.Helper()
	c := &clocked{t: t, file: filepath.Join(t.TempDir(), "policy.cedar"), now: at}
	prepare(c.file)
	var err error
	c.Gate, err = policy.New(policy.Config{Path: c.file, Directory: newDirectory(),
		Now: func() time.Time { return c.now }})
	require.NoError(t, err)
	return c
}

func (c *clocked) write(src string) { require.NoError(c.t, os.WriteFile(c.file, []byte(src), 0o600)) }

// after moves the clock, looks at the file, and requires an answer.
func (c *clocked) after(d time.Duration, want operation.DenialCode) {
	c.t.Helper()
	c.now = c.now.Add(d)
	_ = c.Reload()
	got := c.Decide(c.t.Context(), question(sre, ops))
	require.Equal(c.t, want, got.Code)
	require.Equal(c.t, want == "", got.Allowed)
}

func steadyFile(src string) func(file string) {
	return func(file string) {
		if err := policy.Install(file, []byte(src)); err != nil {
			panic(err)
		}
	}
}

// The file is written in place: truncated, then the permit, and 0.8 s later the
// forbid.
func TestFileWrittenInPlaceIsNotLoadedHalfWritten(t *testing.T) {
	t.Parallel()
	c := newClocked(t, noon, steadyFile(closed))
	c.after(0, operation.DeniedForbidden)
	first := c.Status()
	c.write("")
	c.after(100*time.Millisecond, operation.DeniedForbidden)
	c.write(opened)
	c.after(800*time.Millisecond, operation.DeniedForbidden)
	c.after(filewatch.Steady-time.Millisecond, operation.DeniedForbidden)
	c.write(openThenClosed)
	c.after(time.Millisecond, operation.DeniedForbidden)
	c.after(filewatch.Steady-time.Millisecond, operation.DeniedForbidden)
	require.Equal(t, first, c.Status(), "nothing has changed yet")
	c.after(time.Millisecond, operation.DeniedForbidden)
	require.NotEqual(t, first.Digest, c.Status().Digest)
	require.Equal(t, c.now, c.Status().LoadedAt)
}

func TestChangeIsLoadedAfterTheFileStayedTheSame(t *testing.T) {
	t.Parallel()
	rename := func(c *clocked, src string) {
		require.NoError(c.t, os.WriteFile(c.file+".new", []byte(src), 0o600))
		require.NoError(c.t, os.Rename(c.file+".new", c.file))
	}
	for name, change := range map[string]func(c *clocked, src string){
		"written in place": (*clocked).write,
		"renamed over":     rename,
		"renamed over, with an old modification time": func(c *clocked, src string) {
			require.NoError(c.t, os.WriteFile(c.file+".new", []byte(src), 0o600))
			require.NoError(c.t, os.Chtimes(c.file+".new", noon.Add(-time.Hour), noon.Add(-time.Hour)))
			require.NoError(c.t, os.Rename(c.file+".new", c.file))
		},
		"another link, which is not ..data": func(c *clocked, src string) {
			require.NoError(c.t, os.WriteFile(c.file+".other", []byte(src), 0o600))
			require.NoError(c.t, os.Symlink(c.file+".other", c.file+".link"))
			require.NoError(c.t, os.Rename(c.file+".link", c.file))
		},
		"written into the folder of ..data": func(c *clocked, src string) {
			target, err := filepath.EvalSymlinks(c.file)
			require.NoError(c.t, err)
			require.NoError(c.t, os.WriteFile(target, []byte(src), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClocked(t, noon, steadyFile(opened))
			c.after(0, "")
			change(c, closed)
			c.after(0, "")
			c.after(filewatch.Steady-time.Millisecond, "")
			c.after(time.Millisecond, operation.DeniedForbidden)
			rename(c, opened)
			c.after(time.Second, operation.DeniedForbidden)
			rename(c, opened) // the same text in another file begins anew
			c.after(filewatch.Steady-time.Millisecond, operation.DeniedForbidden)
			c.after(filewatch.Steady-time.Millisecond, operation.DeniedForbidden)
			c.after(time.Millisecond, "")
		})
	}
}

// Bytes, size and modification time are the same as before. Only the change time,
// which programs cannot set, shows that the file was different in between.
func TestChangeUndoneBetweenTwoLooksRestartsTheWait(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only there it is known when a file was changed")
	}
	c := newClocked(t, noon, steadyFile(closed))
	c.after(0, operation.DeniedForbidden)
	c.write(opened)
	seen, err := os.Stat(c.file)
	require.NoError(t, err)
	c.after(time.Second, operation.DeniedForbidden)
	require.Eventually(t, func() bool { // the clock of a file system is coarse
		c.write(openThenClosed)
		c.write(opened)
		require.NoError(t, os.Chtimes(c.file, seen.ModTime(), seen.ModTime()))
		now, err := os.Stat(c.file)
		require.NoError(t, err)
		require.Equal(t, seen.ModTime(), now.ModTime())
		return filewatch.ChangeTime(now).After(filewatch.ChangeTime(seen))
	}, 10*time.Second, time.Millisecond)
	c.after(filewatch.Steady, operation.DeniedForbidden)
	c.after(filewatch.Steady-time.Millisecond, operation.DeniedForbidden)
	c.after(time.Millisecond, "")
}

func TestSwitchOfADataLinkIsLoadedAtOnce(t *testing.T) {
	t.Parallel()
	c := newClocked(t, noon, steadyFile(opened))
	c.after(0, "")
	for _, src := range []string{closed, opened, openThenClosed} {
		require.NoError(t, policy.Install(c.file, []byte(src)))
		c.after(0, map[bool]operation.DenialCode{true: "", false: operation.DeniedForbidden}[src == opened])
	}
}

func TestFileThatIsBrieflyAbsentOrBrokenIsNotReported(t *testing.T) {
	t.Parallel()
	c := newClocked(t, noon, steadyFile(opened))
	require.NoError(t, os.Remove(c.file))
	c.after(time.Second, "")
	require.False(t, c.Status().Absent)
	c.write(broken)
	c.after(time.Second, "")
	require.NoError(t, c.Status().Problem)
	c.after(filewatch.Steady, "")
	require.Error(t, c.Status().Problem)
	c.write(opened) // what is in force already needs no wait
	c.after(0, "")
	require.NoError(t, c.Status().Problem)
}

func TestFileAtStartIsLoadedOnlyIfItIsOldEnough(t *testing.T) {
	t.Parallel()
	written := func(src string) func(string) {
		return func(file string) { require.NoError(t, os.WriteFile(file, []byte(src), 0o600)) }
	}
	t.Run("just written", func(t *testing.T) {
		t.Parallel()
		c := newClocked(t, time.Now(), written(opened))
		d := c.Decide(t.Context(), question(sre, ops))
		require.Equal(t, operation.DeniedUnchecked, d.Code)
		require.Equal(t, operation.FactPolicyFile, d.What)
		require.True(t, d.PolicyUnknown(), "an accepted operation waits for it")
		require.ErrorContains(t, c.Ready(t.Context()), "changed less than 3s ago")
		standing, err := c.Whoami(t.Context(), question(sre, ops).Actor, question(sre, ops).Place)
		require.NoError(t, err)
		require.Equal(t, operation.FactPolicyFile, standing.Refusal.What)
		c.after(filewatch.Steady-time.Millisecond, operation.DeniedUnchecked)
		c.after(time.Millisecond, "")
		require.NoError(t, c.Ready(t.Context()))
	})
	t.Run("written half-way", func(t *testing.T) {
		t.Parallel()
		c := newClocked(t, time.Now(), written(opened))
		c.after(time.Second, operation.DeniedUnchecked)
		c.write(openThenClosed)
		c.after(filewatch.Steady-time.Millisecond, operation.DeniedUnchecked)
		c.after(filewatch.Steady, operation.DeniedForbidden)
	})
	t.Run("written long ago", func(t *testing.T) {
		t.Parallel()
		if runtime.GOOS != "linux" {
			t.Skip("only there it is known when a file was changed")
		}
		newClocked(t, time.Now().Add(time.Minute), written(opened)).after(0, "")
	})
	t.Run("with an old modification time", func(t *testing.T) {
		t.Parallel()
		newClocked(t, time.Now(), func(file string) {
			written(opened)(file)
			require.NoError(t, os.Chtimes(file, noon, noon))
		}).after(0, operation.DeniedUnchecked)
	})
	t.Run("absent", func(t *testing.T) {
		t.Parallel()
		c := newClocked(t, time.Now(), func(string) {})
		require.True(t, c.Status().Absent)
		c.write(opened)
		c.after(0, operation.DeniedUnchecked)
		c.after(filewatch.Steady, "")
	})
	t.Run("through ..data", func(t *testing.T) {
		t.Parallel()
		newClocked(t, time.Now(), steadyFile(opened)).after(0, "")
	})
}
