package operation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// calm is an operation without warnings, on a listener with these weights.
func calm(weight int, pool ...int) operation.Operation {
	op := operation.Operation{
		Request: zenlayer.RegisterBackendRequest{ListenerID: "lst-1", InstanceID: "i-1", BackendName: "web-01",
			Weight: weight},
		Listener: operation.Listener{ID: "lst-1", Scheduler: "wrr", Kind: "FNAT", HealthCheck: new(true), Zone: "SIN1",
			LoadBalancerStatus: "Available"},
		Server: operation.Server{ID: "i-1", Status: "RUNNING", Zone: "sin1"},
		Times:  operation.Times{AskedAt: time.Date(2026, 11, 23, 19, 0, 0, 0, time.UTC)},
	}
	backends := make([]zenlayer.Backend, len(pool))
	for i, w := range pool {
		backends[i].Weight = w
	}
	p := operation.PictureOf(op, backends, nil)
	op.Shown = &p
	return op
}

func TestWarningIsGivenExactlyWhenItsFactIsKnownAndTrue(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	asked := calm(0).AskedAt
	edit := func(f func(*operation.Operation)) operation.Operation {
		op := calm(50, 50, 50)
		f(&op)
		return op
	}
	server := func(f func(*operation.Server)) operation.Operation {
		return edit(func(op *operation.Operation) { f(&op.Server) })
	}
	listener := func(f func(*operation.Listener)) operation.Operation {
		return edit(func(op *operation.Operation) { f(&op.Listener) })
	}
	for name, tt := range map[string]struct {
		op   operation.Operation
		want []operation.Warning
	}{
		"nothing": {calm(50, 50, 50), nil},
		"W01, health checks off": {listener(func(l *operation.Listener) { l.HealthCheck = new(false) }),
			[]operation.Warning{{Code: "W01"}}},
		"W01, not known": {listener(func(l *operation.Listener) { l.HealthCheck = nil }), nil},
		"W02, round robin": {listener(func(l *operation.Listener) { l.Scheduler = "rr" }),
			[]operation.Warning{{Code: "W02", Weight: 50}}},
		"W02, no weight is sent": {edit(func(op *operation.Operation) {
			op.Listener.Scheduler, op.Request.Weight = "rr", 0
		}), nil},
		"W02, scheduler not known": {listener(func(l *operation.Listener) { l.Scheduler = "" }), nil},
		"W03, direct routing": {listener(func(l *operation.Listener) { l.Kind = "DR" }),
			[]operation.Warning{{Code: "W03"}}},
		"W03, not known": {listener(func(l *operation.Listener) { l.Kind = "" }), nil},
		"W04, two zones": {server(func(s *operation.Server) { s.Zone = "FRA1" }),
			[]operation.Warning{{Code: "W04", ServerZone: "FRA1", BalancerZone: "SIN1"}}},
		"W04, the server's is not known":        {server(func(s *operation.Server) { s.Zone = "" }), nil},
		"W04, the load balancer's is not known": {listener(func(l *operation.Listener) { l.Zone = "" }), nil},
		"W05, stopped": {server(func(s *operation.Server) { s.Status = "STOPPED" }),
			[]operation.Warning{{Code: "W05", Status: "STOPPED"}}},
		"W05, not known": {server(func(s *operation.Server) { s.Status = "" }), nil},
		"W06, in 30 days": {server(func(s *operation.Server) { s.ExpiresAt = asked.Add(30 * day) }),
			[]operation.Warning{{Code: "W06", At: asked.Add(30 * day), Days: 30}}},
		"W06, later": {server(func(s *operation.Server) { s.ExpiresAt = asked.Add(30*day + time.Second) }), nil},
		"W06, over": {server(func(s *operation.Server) { s.ExpiresAt = asked }),
			[]operation.Warning{{Code: "W06", At: asked, Past: true}}},
		"W07, on others": {edit(func(op *operation.Operation) { op.Elsewhere = 2 }),
			[]operation.Warning{{Code: "W07", Listeners: 2}}},
		"W09, five times the usual": {calm(50, 10, 10, 10, 10),
			[]operation.Warning{{Code: "W09", Weight: 50, Usual: 10, Percent: 56}}},
		"W09, five times the usual, with a small share": {calm(50, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10),
			[]operation.Warning{{Code: "W09", Weight: 50, Usual: 10, Percent: 33}}},
		"W09, more than half beside two": {calm(21, 10, 10),
			[]operation.Warning{{Code: "W09", Weight: 21, Usual: 10, Percent: 51}}},
		"W09, half beside two":           {calm(20, 10, 10), nil},
		"W09, more than half beside one": {calm(40, 10), nil},
		"W09, five times beside one": {calm(50, 10),
			[]operation.Warning{{Code: "W09", Weight: 50, Usual: 10, Percent: 83}}},
		"W09, more than half beside two of which none is usual": {calm(52, 50, 1),
			[]operation.Warning{{Code: "W09", Weight: 52, Percent: 50}}},
		"W09, less than half where none is usual": {calm(50, 50, 1), nil},
		"W09, beside two that most have and one with more": {calm(50, 10, 10, 99),
			[]operation.Warning{{Code: "W09", Weight: 50, Usual: 10, Percent: 30}}},
		"W09, nobody is there":            {calm(50), nil},
		"W09, a weight is not shown":      {calm(50, 10, 10, 0), nil},
		"W09, no weight is shown":         {calm(50, 0, 0), nil},
		"W09, the default weight":         {calm(0, 10, 10), nil},
		"W09, the pool could not be read": {edit(func(op *operation.Operation) { op.Shown = nil }), nil},
		"W09, a scheduler we do not know": {edit(func(op *operation.Operation) {
			*op = calm(50, 1, 1)
			op.Listener.Scheduler = "wlc"
		}), nil},
		"W10, being created": {listener(func(l *operation.Listener) { l.LoadBalancerStatus = "CREATING" }),
			[]operation.Warning{{Code: "W10", Status: "CREATING"}}},
		"W10, load balancer not known": {listener(func(l *operation.Listener) { l.LoadBalancerStatus = "" }), nil},
		"W09, by what approvers saw newest": {edit(func(op *operation.Operation) {
			op.Approval = &operation.Approval{Picture: *calm(50, 10, 10, 10, 10).Shown}
		}), []operation.Warning{{Code: "W09", Weight: 50, Usual: 10, Percent: 56}}},
		"W11, approvers saw newest that none differs": {edit(func(op *operation.Operation) {
			op.Shown.Ports = &operation.OtherPorts{Servers: 1, Differ: 1, Usual: "8080", Have: 1}
			op.Approval = &operation.Approval{Picture: *calm(50, 50, 50).Shown}
		}), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, tt.op.Warnings())
		})
	}
}

func TestPortsThatMostOtherServersLackAreARisk(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		asked []int
		own   string   // ports of the listener
		pool  []string // server=ports
		want  *operation.OtherPorts
	}{
		"the listener decides, others use another": {own: "443", pool: []string{"a=8080", "b=8080"},
			want: &operation.OtherPorts{Servers: 2, Differ: 2, Usual: "8080", Have: 2}},
		"named, others use another": {asked: []int{9090}, own: "443", pool: []string{"a=8080", "b=8081", "c=8080"},
			want: &operation.OtherPorts{Servers: 3, Differ: 3, Usual: "8080", Have: 2}},
		"one port more than the others": {asked: []int{8081, 8080}, own: "443", pool: []string{"a=8080"},
			want: &operation.OtherPorts{Servers: 1, Differ: 1, Usual: "8080", Have: 1}},
		"one port less than the others":       {asked: []int{8080}, pool: []string{"a=8080,8081"}},
		"a range of the others has it":        {asked: []int{8080}, pool: []string{"a=8000-9000"}},
		"the same in another order":           {asked: []int{81, 80}, pool: []string{"a=80,81"}},
		"two entries of one server have both": {asked: []int{80, 81}, pool: []string{"a=80", "a=81"}},
		"two entries of one server": {asked: []int{82}, pool: []string{"a=80", "a=81"},
			want: &operation.OtherPorts{Servers: 1, Differ: 1, Usual: "80, 81", Have: 1}},
		"half of the others":                     {asked: []int{80}, pool: []string{"a=80", "b=81"}},
		"the others do not show their ports":     {asked: []int{80}, pool: []string{"a=", "b=all"}},
		"most others do not show them":           {asked: []int{80}, pool: []string{"a=", "b=81"}},
		"only its own entry has another":         {asked: []int{80}, pool: []string{"i-1=8080", "b=80"}},
		"nobody is there":                        {asked: []int{80}},
		"the listener's port is not known":       {pool: []string{"a=8080"}},
		"the listener's port cannot be read":     {own: "all", pool: []string{"a=8080"}},
		"the listener decides, others use it":    {own: "443", pool: []string{"a=443", "b=443"}},
		"the listener's range, others use of it": {own: "80-81", pool: []string{"a=80-81"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := calm(50)
			op.Request.PortList, op.Listener.Port = tt.asked, tt.own
			var pool []zenlayer.Backend
			for _, s := range tt.pool {
				server, ports, _ := strings.Cut(s, "=")
				pool = append(pool, zenlayer.Backend{InstanceID: server, Port: ports, Weight: 50})
			}
			p := operation.PictureOf(op, pool, nil)
			require.Equal(t, tt.want, p.Ports)
			op.Shown = &p
			list := op.Warnings()
			require.Equal(t, tt.want != nil, len(list) == 1)
			if tt.want != nil {
				require.Equal(t, operation.WarnPorts, list[0].Code)
				require.True(t, list[0].Risk())
			}
			op.Listener.Kind = "DR"
			require.Nil(t, operation.PictureOf(op, pool, nil).Ports, "ports follow the listener")
		})
	}
}

func TestWarningsAreInOrderWithRisksFirst(t *testing.T) {
	t.Parallel()
	op := calm(50, 10, 10)
	op.Shown.Ports = &operation.OtherPorts{Servers: 2, Differ: 2, Usual: "8080", Have: 2}
	op.Listener.LoadBalancerStatus, op.Listener.HealthCheck, op.Listener.Kind = "CREATING", new(false), "DR"
	op.Server.Status, op.Server.Zone, op.Server.ExpiresAt, op.Elsewhere = "STOPPED", "FRA1", op.AskedAt.Add(1), 1
	var codes []operation.WarningCode
	risk := true
	for _, w := range op.Warnings() {
		codes = append(codes, w.Code)
		require.False(t, w.Risk() && !risk, "%s stands under what is no risk", w.Code)
		risk = w.Risk()
	}
	require.Equal(t, []operation.WarningCode{"W10", "W05", "W01", "W11", "W09", "W06", "W04", "W03", "W07"}, codes)
}

func TestShareOfNewConnections(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		scheduler string
		weight    int
		pool      []int
		percent   int
		known     bool
	}{
		"as much as the others":             {"wrr", 50, []int{50, 50, 50, 50}, 20, true},
		"alone":                             {"wrr", 50, nil, 100, true},
		"alone, with the default weight":    {"wrr", 0, nil, 100, true},
		"alone, scheduler not known":        {"", 50, nil, 100, true},
		"a half is rounded up":              {"wrr", 1, []int{39}, 3, true},
		"next to nothing":                   {"wrr", 1, []int{100, 100, 100}, 0, true},
		"round robin goes by the number":    {"rr", 1, []int{100, 100, 0}, 25, true},
		"a weight is not shown":             {"wrr", 50, []int{50, 0}, 0, false},
		"the default weight among others":   {"wrr", 0, []int{50}, 0, false},
		"a scheduler that is not known":     {"wlc", 50, []int{50}, 0, false},
		"the most that one can have beside": {"wrr", 100, []int{1}, 99, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := calm(tt.weight, tt.pool...)
			op.Listener.Scheduler = tt.scheduler
			percent, known := op.Share()
			require.Equal(t, tt.known, known)
			require.Equal(t, tt.percent, percent)
		})
	}
	percent, known := operation.Operation{}.Share()
	require.False(t, known, "the pool was not read")
	require.Zero(t, percent)
}

func TestShareCountsAsDoubledBeforeItIsRounded(t *testing.T) {
	t.Parallel()
	add := operation.Add{}
	differs := func(weight int, before, after []int) bool {
		op := calm(weight, before...)
		return len(add.Differences(op, *op.Shown, *calm(weight, after...).Shown)) > 0
	}
	require.True(t, differs(50, []int{50, 50, 50}, []int{50}), "25 % to 50 %")
	require.False(t, differs(50, []int{50, 50, 50}, []int{50, 50}), "25 % to 33 %")
	require.True(t, differs(50, []int{50}, nil), "50 % to 100 %")
	require.False(t, differs(50, nil, []int{50}), "it became less")
	many := make([]int, 5)
	for i := range many {
		many[i] = 50
	}
	require.False(t, differs(1, many, many[:4]), "0.40 % to 0.50 % is 0 % to 0 % or 1 % when rounded, and not double")
	require.False(t, differs(50, []int{50, 50, 50}, []int{0}), "not known now")
}

func TestShareOfBeforeGoesByTheSchedulingOfBefore(t *testing.T) {
	t.Parallel()
	shown, now := calm(10, 100, 100), calm(10, 100, 100)
	now.Listener.Scheduler = operation.RoundRobin
	picture := operation.PictureOf(now, make([]zenlayer.Backend, 2), nil)
	require.Contains(t, operation.Add{}.Differences(now, *shown.Shown, picture),
		operation.Difference{Code: operation.DiffShare, Before: 5, After: 33})
}
