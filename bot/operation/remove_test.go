package operation_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

func TestTheLastAvailableServerIsCountedWithoutThoseThatAreLeaving(t *testing.T) {
	t.Parallel()
	two := []zenlayer.Backend{leaver(), other("a", "Available")}
	down := leaver()
	down.Status = "Unavailable"
	for name, tt := range map[string]struct {
		pool    []zenlayer.Backend
		leaving []string
		last    bool
	}{
		"alone":                            {[]zenlayer.Backend{leaver()}, nil, true},
		"beside one that is available":     {[]zenlayer.Backend{leaver(), other("a", "AVAILABLE")}, nil, false},
		"beside one that is not":           {[]zenlayer.Backend{leaver(), other("a", "Unavailable")}, nil, true},
		"beside one whose status is empty": {[]zenlayer.Backend{leaver(), other("a", "")}, nil, true},
		"beside one that is leaving":       {two, []string{"a"}, true},
		"itself among the leaving":         {two, []string{"be-7"}, false},
		"down itself, with nobody else up": {[]zenlayer.Backend{down}, nil, true},
		"beside two, one of them leaving":  {append(two, other("b", "Available")), []string{"b"}, false},
		"beside another entry of its own":  {[]zenlayer.Backend{leaver(), ours("be-8")}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.last, operation.PictureOf(removing(), tt.pool, tt.leaving).Last())
		})
	}
}

func TestAPersonIsToldWhatChangedAboutARemoval(t *testing.T) {
	t.Parallel()
	entry := func(edit func(*zenlayer.Backend)) []zenlayer.Backend {
		b := leaver()
		edit(&b)
		return []zenlayer.Backend{other("a", "Available"), b}
	}
	shown := operation.PictureOf(removing(), []zenlayer.Backend{other("a", "Available"), leaver()}, nil)
	for name, tt := range map[string]struct {
		pool    []zenlayer.Backend
		leaving []string
		want    []operation.Difference
	}{
		"nothing":         {entry(func(*zenlayer.Backend) {}), nil, nil},
		"its name":        {entry(func(b *zenlayer.Backend) { b.Name = "web-02" }), nil, nil},
		"its status":      {entry(func(b *zenlayer.Backend) { b.Status = "Unavailable" }), nil, nil},
		"a new server":    {append(entry(func(*zenlayer.Backend) {}), other("b", "Available")), nil, nil},
		"ports rewritten": {entry(func(b *zenlayer.Backend) { b.Port = "8080-8080" }), nil, nil},
		"it is gone": {[]zenlayer.Backend{other("a", "Available")}, nil,
			[]operation.Difference{{Code: operation.DiffGone, From: "be-7"}}},
		"it belongs to another server": {entry(func(b *zenlayer.Backend) { b.InstanceID, b.Port = "i-2", "9" }), nil,
			[]operation.Difference{{Code: operation.DiffInstance, From: "i-1", To: "i-2"}}},
		"ports and weight": {entry(func(b *zenlayer.Backend) { b.Port, b.Weight = "9090", 20 }), nil,
			[]operation.Difference{{Code: operation.DiffPorts, From: "8080", To: "9090"},
				{Code: operation.DiffWeight, Before: 50, After: 20}}},
		"the other server is down": {[]zenlayer.Backend{other("a", "Unavailable"), leaver()}, nil,
			[]operation.Difference{{Code: operation.DiffLast}}},
		"the other server is leaving": {entry(func(*zenlayer.Backend) {}), []string{"a"},
			[]operation.Difference{{Code: operation.DiffLast}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := operation.PictureOf(removing(), tt.pool, tt.leaving)
			require.Equal(t, tt.want, operation.Remove{}.Differences(removing(), shown, now))
			require.Empty(t, operation.Remove{}.Differences(removing(), now, now))
			require.Empty(t, operation.Remove{}.Differences(removing(), operation.Picture{}, now), "nobody looked")
		})
	}
}

func TestARemovalHasWarningsOfItsOwn(t *testing.T) {
	t.Parallel()
	op := removing()
	op.Listener = operation.Listener{Kind: operation.DirectRouting, Scheduler: operation.RoundRobin, Zone: "SIN1",
		LoadBalancerStatus: "CREATING"}
	op.Server, op.Elsewhere = operation.Server{Status: "STOPPED", Zone: "FRA1"}, 2
	p := operation.PictureOf(op, []zenlayer.Backend{leaver(), other("a", "Available")}, nil)
	op.Shown = &p
	require.Empty(t, op.Warnings(), "the warnings of an addition make no sense")

	op.Listener.HealthCheck = new(false)
	p.Available = new(0)
	require.Equal(t, []operation.Warning{{Code: operation.WarnLast}, {Code: operation.WarnUnchecked}}, op.Warnings())
	for _, w := range op.Warnings() {
		require.True(t, w.Risk())
	}
}
