package bot

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/operation/catalog"
	"lbbot/bot/operation/suggest"
	"lbbot/bot/policy"
	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

// insiders is a Slack in which everybody is a member and in the group S01SRE.
type insiders struct{}

func (insiders) Workspace(context.Context) (operation.Workspace, error) {
	return operation.Workspace{TeamID: "T1"}, nil
}

func (insiders) Person(_ context.Context, id string) (operation.Person, error) {
	return operation.Person{ID: id, TeamID: "T1"}, nil
}

func (insiders) Channel(_ context.Context, id string) (operation.Channel, error) {
	return operation.Channel{ID: id, Name: "ops"}, nil
}

func (insiders) Groups(context.Context) ([]operation.Group, error) {
	members := make([]string, 2000)
	for i := range members {
		members[i] = fmt.Sprintf("U%d", i)
	}
	return []operation.Group{{ID: "S01SRE", Members: members}, {ID: "S02LEAD", Members: members[:1]}}, nil
}

func (insiders) Forget(string, string, time.Duration) {}

// emptyJournal has no past.
type emptyJournal struct{}

func (emptyJournal) UsedIn(context.Context, string, int) ([]string, error) { return nil, nil }

// largeAccount has 10,000 listeners and 100,000 servers.
func largeAccount() (seed zenlayertest.Seed) {
	for i := range 1250 {
		lb := zenlayer.LoadBalancer{ID: fmt.Sprintf("lb-%d", i), Name: fmt.Sprintf("edge-%d", i), ZoneID: "SIN1",
			Status: "AVAILABLE"}
		for j := range 8 {
			lb.Listeners = append(lb.Listeners, zenlayer.Listener{LoadBalancerID: lb.ID,
				ListenerID: fmt.Sprintf("lst-%d-%d", i, j), Name: fmt.Sprintf("web-%d", i*8+j), Protocol: "TCP",
				Port: fmt.Sprint(8000 + j), Scheduler: "wrr", Kind: "FNAT", Status: "AVAILABLE"})
		}
		seed.LoadBalancers = append(seed.LoadBalancers, lb)
	}
	for i := range 100_000 {
		seed.Instances = append(seed.Instances, zenlayer.Instance{ID: fmt.Sprintf("i-%d", i),
			Name: fmt.Sprintf("web-%05d", i), Hostname: fmt.Sprintf("web-%05d.example", i), Type: zenlayer.InstanceBM,
			PrivateIPs: []string{fmt.Sprintf("10.%d.%d.%d", i/65536, i/256%256, i%256)}, ZoneID: "SIN1",
			Status: "RUNNING"})
	}
	return seed
}

// twentyPolicies permit each member a part of the listeners.
func twentyPolicies() string {
	var b strings.Builder
	for i := range 15 {
		fmt.Fprintf(&b, `@id("p%d") @approvals("%d") permit (principal in Usergroup::"S01SRE",
  action in [Action::"register", Action::"undo"], resource) when { resource.name like "web-%d*" }
  when { context.weight <= 50 } when { context.channel.name != "random" };
`, i, i%2, i)
	}
	for i := range 5 {
		fmt.Fprintf(&b, `@id("f%d") forbid (principal, action, resource in LoadBalancer::"lb-%d")
  unless { context.incident || principal in Usergroup::"S02LEAD" };
`, i, i)
	}
	return b.String()
}

// BenchmarkSuggestions measures what a person waits for a suggestion, with the
// question whether they may change the listeners, while the lists are read again and
// again. The first suggestion to a person asks the policy about all listeners.
func BenchmarkSuggestions(b *testing.B) {
	api := zenlayertest.New(zenlayertest.Options{Seed: largeAccount()})
	endpoint, err := api.Start()
	require.NoError(b, err)
	b.Cleanup(api.Close)
	client, err := zenlayer.New(zenlayer.Config{Endpoint: endpoint,
		Token: zenlayer.NewSecret(zenlayertest.SampleToken)})
	require.NoError(b, err)
	var ahead atomic.Int64 // the clock of the lists runs ahead, so that they are soon old
	lists := catalog.New(catalog.Config{Source: client, Log: zap.NewNop(), Registerer: prometheus.NewRegistry(),
		Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	ctx, stop := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- lists.Run(ctx) }()
	defer func() { stop(); require.NoError(b, <-done) }()
	require.Eventually(b, func() bool { _, ok := lists.ServersReadAt(); return ok }, time.Minute, time.Millisecond)

	file := filepath.Join(b.TempDir(), "policy.cedar")
	require.NoError(b, policy.Install(file, []byte(twentyPolicies())))
	gate, err := policy.New(policy.Config{Path: file, Directory: insiders{}})
	require.NoError(b, err)
	require.NoError(b, gate.Status().Problem)
	s := suggest.New(suggest.Config{Offers: gate, Lists: lists, Journal: emptyJournal{}, Now: time.Now,
		Log: zap.NewNop()})
	defer s.Close()
	place := operation.Place{TeamID: "T1", ChannelID: "C1"}
	var first, next, servers []time.Duration
	timed := func(took *[]time.Duration, ask func() error) {
		began := time.Now()
		require.NoError(b, ask())
		*took = append(*took, time.Since(began))
	}
	readings, last := 0, time.Time{}
	for n := 0; b.Loop(); n++ {
		if at, _ := lists.ServersReadAt(); !at.Equal(last) {
			readings, last = readings+1, at
			ahead.Add(int64(31 * time.Second))
			lists.Wake()
		}
		ana := operation.Actor{UserID: fmt.Sprintf("U%d", n%2000), TeamID: "T1"}
		timed(&first, func() error { _, err := s.Listeners(b.Context(), ana, place, ""); return err })
		for _, typed := range []string{"w", "we", "web-1", "web-12", "edge-7", "lst-", "8003"} {
			timed(&next, func() error { _, err := s.Listeners(b.Context(), ana, place, typed); return err })
		}
		for _, typed := range []string{"we", "web-0", "10.0.3", "i-77", "none"} {
			timed(&servers, func() error {
				_, _, err := s.Servers(b.Context(), ana, place, "lst-1-1", typed)
				return err
			})
		}
	}
	for what, took := range map[string][]time.Duration{"first": first, "next": next, "servers": servers} {
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, what+"-p99-ms")
	}
	b.ReportMetric(float64(readings), "readings")
}
