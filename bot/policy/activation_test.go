package policy_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/policy"
)

// database keeps activations in memory.
type database struct {
	mu      sync.Mutex
	history []string
	away    error
	asked   int
}

func (d *database) Activated(context.Context) (operation.Activation, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
	if len(d.history) == 0 || d.away != nil {
		return operation.Activation{}, d.away
	}
	return operation.Activation{Number: int64(len(d.history)), Digest: d.history[len(d.history)-1], At: noon}, nil
}

func (d *database) Activate(_ context.Context, after int64, digest string, again bool) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.away != nil || int64(len(d.history)) != after || !again && slices.Contains(d.history, digest) {
		return false, d.away
	}
	d.history = append(d.history, digest)
	return true, nil
}

func (d *database) goes(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.away = err
}

// replica is one of several gates. Each has its own file.
type replica struct {
	*policy.Gate
	t    *testing.T
	file string
}

func newReplica(t *testing.T, d *database, src string, change ...func(*policy.Config)) *replica {
	t.Helper()
	r := &replica{t: t, file: filepath.Join(t.TempDir(), "policy.cedar")}
	r.write(src)
	c := policy.Config{Path: r.file, Directory: newDirectory(), Activations: d}
	for _, f := range change {
		f(&c)
	}
	var err error
	r.Gate, err = policy.New(c)
	require.NoError(t, err)
	return r
}

func (r *replica) write(src string) { require.NoError(r.t, policy.Install(r.file, []byte(src))) }

// gets gives the running replica a new file and reloads.
func (r *replica) gets(src string) {
	r.t.Helper()
	r.write(src)
	require.NoError(r.t, r.Reload())
}

func (r *replica) code() operation.DenialCode {
	return r.Decide(r.t.Context(), question(sre, ops)).Code
}

// decides requires a decision by the policies, and a ready replica.
func (r *replica) decides(want operation.DenialCode) {
	r.t.Helper()
	require.Equal(r.t, want, r.code())
	require.NoError(r.t, r.Ready(r.t.Context()))
}

// isOutdated requires that the replica decides nothing and is not ready.
func (r *replica) isOutdated() {
	r.t.Helper()
	d := r.Decide(r.t.Context(), question(sre, ops))
	require.Equal(r.t, operation.DeniedOutdated, d.Code)
	require.False(r.t, d.Allowed)
	require.True(r.t, d.PolicyUnknown())
	old, ok := errors.AsType[*policy.OutdatedError](r.Ready(r.t.Context()))
	require.True(r.t, ok)
	require.NotEqual(r.t, old.Digest, old.Newest.Digest)
	require.ErrorContains(r.t, old, "give it the newest file")
}

func TestAReplicaWithoutTheNewestPoliciesDecidesNothing(t *testing.T) {
	t.Parallel()
	d, registry := &database{}, prometheus.NewRegistry()
	a := newReplica(t, d, opened, func(c *policy.Config) { c.Registerer = registry })
	b := newReplica(t, d, opened)
	a.decides("")
	b.decides("")
	require.Len(t, d.history, 1, "the same file is activated once")

	b.gets(closed)
	b.decides(operation.DeniedForbidden)
	a.isOutdated()
	require.InDelta(t, 1, gaugeOf(t, registry, "lbbot_policy_outdated"), 0)
	standing, err := a.Whoami(t.Context(), question(sre, ops).Actor, question(sre, ops).Place)
	require.NoError(t, err)
	require.Equal(t, operation.DeniedOutdated, standing.Refusal.Code)
	require.Empty(t, standing.Rules)
	for range 3 {
		require.NoError(t, a.Reload())
		a.isOutdated()
	}
	newReplica(t, d, opened).isOutdated() // a restart with the old file
	newReplica(t, d, broken).isOutdated()
	b.decides(operation.DeniedForbidden)

	a.gets(closed)
	a.decides(operation.DeniedForbidden)
	require.InDelta(t, 0, gaugeOf(t, registry, "lbbot_policy_outdated"), 0)
	newReplica(t, d, closed).decides(operation.DeniedForbidden)
	require.Len(t, d.history, 2)
}

func gaugeOf(t *testing.T, r *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := r.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	require.FailNow(t, "no metric "+name)
	return 0
}

func TestEarlierPoliciesAreActivatedOnlyByAChangeOfTheFile(t *testing.T) {
	t.Parallel()
	const other = opened + "\n// another"
	start := func(t *testing.T) (d *database, a, b *replica) {
		t.Helper()
		d = &database{}
		a = newReplica(t, d, opened)
		a.decides("")
		a.gets(closed)
		a.decides(operation.DeniedForbidden)
		b = newReplica(t, d, closed)
		b.decides(operation.DeniedForbidden)
		return d, a, b
	}
	t.Run("a file that changes back under a replica that has the newest is meant", func(t *testing.T) {
		t.Parallel()
		d, a, b := start(t)
		a.gets(opened)
		a.decides("")
		b.isOutdated()
		b.gets(opened)
		b.decides("")
		require.Len(t, d.history, 3)
	})
	t.Run("also under one that found the newest in force and brought nothing into it", func(t *testing.T) {
		t.Parallel()
		d, a, b := start(t)
		b.gets(opened)
		b.decides("")
		a.isOutdated()
		require.Len(t, d.history, 3)
	})
	t.Run("an old file that reaches a replica which is behind is not", func(t *testing.T) {
		t.Parallel()
		_, a, b := start(t)
		a.gets(other)
		a.decides("")
		b.isOutdated()
		b.gets(opened)
		b.isOutdated()
		b.gets(other)
		b.decides("")
	})
	t.Run("after a restart it needs a change of a comment", func(t *testing.T) {
		t.Parallel()
		d, a, _ := start(t)
		again := newReplica(t, d, opened)
		again.isOutdated()
		again.gets(opened + "\n// back on the 3rd")
		again.decides("")
		a.isOutdated()
	})
	t.Run("while the file is broken the newest stay in force, and then it goes back", func(t *testing.T) {
		t.Parallel()
		_, a, b := start(t)
		a.write(broken)
		require.Error(t, a.Reload())
		a.decides(operation.DeniedForbidden)
		a.gets(opened)
		a.decides("")
		b.isOutdated()
	})
	t.Run("a process that is alone always has its own", func(t *testing.T) {
		t.Parallel()
		d, _, _ := start(t)
		alone := func(c *policy.Config) { c.Alone = true }
		one := newReplica(t, d, opened, alone)
		one.decides("")
		asked := d.asked
		one.decides("")
		require.Equal(t, asked, d.asked, "and asks nobody for them")
		require.Len(t, d.history, 3, "it stands in the database all the same")
		newReplica(t, d, closed, alone).decides(operation.DeniedForbidden)
		newReplica(t, d, broken, alone).decides(operation.DeniedNoPolicy)
	})
}

func TestGateDecidesNothingWhileDatabaseCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, alone := range map[string]bool{"one of several": false, "alone": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &database{away: errors.New("planted: the database is away")}
			a := newReplica(t, d, opened, func(c *policy.Config) { c.Alone = alone })
			unasked := func() {
				t.Helper()
				got := a.Decide(t.Context(), question(sre, ops))
				require.Equal(t, operation.DeniedUnchecked, got.Code)
				require.Equal(t, operation.FactNewest, got.What)
				require.True(t, got.PolicyUnknown())
				require.ErrorContains(t, a.Ready(t.Context()), "planted")
			}
			unasked()
			d.goes(nil)
			a.decides("")
			d.goes(errors.New("planted: away again"))
			if !alone {
				unasked()
			}
			d.goes(nil)
			a.decides("")
			require.Len(t, d.history, 1)
		})
	}
}

func TestReplicasWithDifferentNewFilesAgreeOnOne(t *testing.T) {
	t.Parallel()
	d := &database{}
	var all []*replica
	for range 6 {
		all = append(all, newReplica(t, d, opened+"\n// "+operation.NewRef()))
	}
	var g sync.WaitGroup
	for _, r := range all {
		for range 3 {
			g.Go(func() { r.code() })
		}
	}
	g.Wait()
	deciding := 0
	for _, r := range all {
		if r.code() == "" {
			deciding++
		}
	}
	require.Equal(t, 1, deciding)
}
