package policy_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"lbbot/bot/filewatch"
	"lbbot/bot/operation"
	"lbbot/bot/policy"
	"lbbot/bot/policy/rules"
)

const (
	opened = `@id("open") @approvals("0") permit (principal, action, resource);`
	closed = `@id("closed") forbid (principal, action, resource);`
)

// start runs g until the test ends and waits for it.
func start(t *testing.T, g *policy.Gate) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
}

func eventually(t *testing.T, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, 10*time.Second, 5*time.Millisecond)
}

func TestReloadKeepsTheOldPoliciesWhileTheFileCannotBeUsed(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "policy.cedar")
	core, logs := observer.New(zap.DebugLevel)
	registry := prometheus.NewRegistry()
	now := noon
	g, err := policy.New(policy.Config{
		Path: file, Directory: newDirectory(), Log: zap.New(core), Registerer: registry,
		Now: func() time.Time { return now },
	})
	require.NoError(t, err)
	code := func() operation.DenialCode { return g.Decide(t.Context(), question(sre, ops)).Code }
	write := func(src string) { require.NoError(t, policy.Install(file, []byte(src))) }

	// Absent at start: everybody is denied.
	require.Equal(t, operation.DeniedNoPolicy, code())
	require.True(t, g.Status().Absent)
	require.Empty(t, g.Status().Digest)
	require.ErrorIs(t, g.Status().Problem, fs.ErrNotExist)
	require.Equal(t, 1,
		logs.FilterMessage("policy file cannot be used: everybody is denied until it is repaired").Len())

	// Broken before there was a usable file: the same.
	write(broken)
	require.Error(t, g.Reload())
	require.Equal(t, operation.DeniedNoPolicy, code())
	require.False(t, g.Status().Absent)
	var fileError *rules.FileError
	require.ErrorAs(t, g.Status().Problem, &fileError)

	// Usable.
	write(opened)
	require.NoError(t, g.Reload())
	require.Empty(t, code())
	first := g.Status()
	require.NoError(t, first.Problem)
	require.Len(t, first.Digest, 64)
	require.Equal(t, noon, first.LoadedAt)
	require.Len(t, first.Warnings, 2, "everybody, and no action")

	// Unchanged: the load time stays, and nothing is logged.
	now = now.Add(time.Hour)
	lines := logs.Len()
	require.NoError(t, g.Reload())
	require.Equal(t, first, g.Status())
	require.Equal(t, lines, logs.Len())

	// Broken twice, then absent: the loaded policies stay in force.
	for range 2 {
		write(broken)
		require.Error(t, g.Reload())
		require.Empty(t, code())
		require.Equal(t, first.Digest, g.Status().Digest)
		require.ErrorAs(t, g.Status().Problem, &fileError)
	}
	require.Equal(t, 1,
		logs.FilterMessage("policy file cannot be used: the policies loaded before stay in force").Len())
	require.NoError(t, os.Remove(file))
	require.Error(t, g.Reload())
	require.False(t, g.Status().Absent, "it may come back")
	now = now.Add(filewatch.Steady)
	require.Error(t, g.Reload())
	require.True(t, g.Status().Absent)
	require.Empty(t, code())

	// Usable again, with another content; then empty, which denies everything.
	write(closed)
	require.NoError(t, g.Reload())
	require.Equal(t, operation.DeniedForbidden, code())
	require.Equal(t, now, g.Status().LoadedAt)
	require.NoError(t, g.Status().Problem)
	write("")
	require.NoError(t, g.Reload())
	require.Equal(t, operation.DeniedNoRule, code())

	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP lbbot_policy_file_problem 1 while the policy file is broken or absent, else 0.
# TYPE lbbot_policy_file_problem gauge
lbbot_policy_file_problem 0
# HELP lbbot_policy_loads_total Changes of the policy file by result. A broken or absent file changes nothing.
# TYPE lbbot_policy_loads_total counter
lbbot_policy_loads_total{result="absent"} 2
lbbot_policy_loads_total{result="broken"} 2
lbbot_policy_loads_total{result="good"} 3
`), "lbbot_policy_file_problem", "lbbot_policy_loads_total"))
}

func TestADirectoryOrAHugeFileIsNoPolicy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g, err := policy.New(policy.Config{Path: dir, Directory: newDirectory()})
	require.NoError(t, err)
	require.ErrorContains(t, g.Status().Problem, "is not a regular file")

	file := filepath.Join(dir, "huge")
	require.NoError(t, policy.Install(file, []byte(opened+strings.Repeat("\n", 300<<10))))
	g, err = policy.New(policy.Config{Path: file, Directory: newDirectory()})
	require.NoError(t, err)
	require.ErrorContains(t, g.Status().Problem, "256 KiB")
}

func TestNewReportsEveryWrongSetting(t *testing.T) {
	t.Parallel()
	_, err := policy.New(policy.Config{IncidentChannels: []string{"inc-[", "ok-*"}})
	require.ErrorContains(t, err, "path of the policy file is empty")
	require.ErrorContains(t, err, "directory of people and channels is missing")
	require.ErrorContains(t, err, `"inc-["`)
}

func TestRunNoticesWhenTheFileIsWrittenReplacedBrokenAndRepaired(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "policy.cedar")
	g, err := policy.New(policy.Config{Path: file, Directory: newDirectory()})
	require.NoError(t, err)
	policy.SetSteady(g, 50*time.Millisecond)
	start(t, g)
	allowed := func() bool { return g.Decide(t.Context(), question(sre, ops)).Allowed }

	require.NoError(t, os.WriteFile(file, []byte(opened), 0o600))
	eventually(t, allowed)

	replacement := filepath.Join(dir, "policy.cedar.new")
	require.NoError(t, os.WriteFile(replacement, []byte(closed), 0o600))
	require.NoError(t, os.Rename(replacement, file))
	eventually(t, func() bool { return !allowed() })

	good := g.Status().Digest
	require.NoError(t, os.WriteFile(file, []byte(broken), 0o600))
	eventually(t, func() bool { return g.Status().Problem != nil })
	require.Equal(t, good, g.Status().Digest)

	require.NoError(t, os.Remove(file))
	eventually(t, func() bool { return g.Status().Absent })
	require.Equal(t, good, g.Status().Digest)

	require.NoError(t, os.WriteFile(file, []byte(opened), 0o600))
	eventually(t, allowed)
	require.NoError(t, g.Status().Problem)
}

func TestRunNoticesTheSymbolicLinkOfAConfigMap(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	version := func(name, src string) {
		require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name, "policy.cedar"), []byte(src), 0o600))
		require.NoError(t, os.Symlink(name, filepath.Join(dir, "..data_tmp")))
		require.NoError(t, os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")))
	}
	version("..2026_01", opened)
	file := filepath.Join(dir, "policy.cedar")
	require.NoError(t, os.Symlink(filepath.Join("..data", "policy.cedar"), file))
	g, err := policy.New(policy.Config{Path: file, Directory: newDirectory()})
	require.NoError(t, err)
	require.True(t, g.Decide(t.Context(), question(sre, ops)).Allowed)
	start(t, g)

	version("..2026_02", closed)
	eventually(t, func() bool { return !g.Decide(t.Context(), question(sre, ops)).Allowed })
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "..2026_01")))
	version("..2026_03", opened)
	eventually(t, func() bool { return g.Decide(t.Context(), question(sre, ops)).Allowed })
}

func TestRunNoticesAWriteThroughALink(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "policy.cedar")
	require.NoError(t, policy.Install(file, []byte(opened)))
	g, err := policy.New(policy.Config{Path: file, Directory: newDirectory()})
	require.NoError(t, err)
	policy.SetSteady(g, 50*time.Millisecond)
	start(t, g)
	require.NoError(t, os.WriteFile(file, []byte(closed), 0o600))
	eventually(t, func() bool { return g.Decide(t.Context(), question(sre, ops)).Code == operation.DeniedForbidden })
}

func TestDecisionsWhileReloading(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "policy.cedar")
	require.NoError(t, policy.Install(file, []byte(opened)))
	g, err := policy.New(policy.Config{Path: file, Directory: newDirectory()})
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 50 {
			src := []string{opened, broken, closed}[i%3]
			if policy.Install(file, []byte(src)) == nil {
				_ = g.Reload()
			}
		}
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		d := g.Decide(t.Context(), question(sre, ops))
		require.True(t, d.Allowed || d.Code == operation.DeniedForbidden, "%+v", d)
	}
}

func TestChangedIsCalledForEachChangeOfTheFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "policy.cedar")
	var told []policy.Status
	g, err := policy.New(policy.Config{Path: file, Directory: newDirectory(), Now: time.Now,
		Changed: func(s policy.Status) { told = append(told, s) }})
	require.NoError(t, err)
	for _, src := range []string{opened, opened, broken, closed} {
		require.NoError(t, policy.Install(file, []byte(src)))
		_ = g.Reload() // told as well
	}
	require.Len(t, told, 4, "absent, opened, broken, closed")
	require.True(t, told[0].Absent)
	require.NotEmpty(t, told[1].Digest)
	require.Error(t, told[2].Problem)
	require.Equal(t, told[1].Digest, told[2].Digest, "still in force")
	require.NotEqual(t, told[1].Digest, told[3].Digest)
}
