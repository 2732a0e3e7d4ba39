package catalog_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"lbbot/bot/operation/catalog"
	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

// large is an account with 10,000 listeners on 1,000 load balancers and 100,000 servers, a fifth of them virtual.
func large() zenlayertest.Seed {
	var seed zenlayertest.Seed
	zones := []string{"SIN1", "FRA1", "HKG2", "LAX1", "GRU1"}
	for n := range 1000 {
		lb := zenlayer.LoadBalancer{ID: fmt.Sprintf("lb-%06x", n*7919), Name: fmt.Sprintf("service-%03d-lb", n),
			ZoneID: zones[n%5], Status: "Available"}
		seed.LoadBalancers = append(seed.LoadBalancers, lb)
		for m := range 10 {
			check := true
			l := zenlayer.Listener{LoadBalancerID: lb.ID, ListenerID: fmt.Sprintf("lst-%08x", n*104729+m),
				Name: fmt.Sprintf("https-%d", 8440+m), Port: fmt.Sprint(8440 + m), Protocol: "TCP",
				Scheduler: "wrr", Kind: "FNAT", Status: "Available", HealthCheck: &check}
			seed.Listeners = append(seed.Listeners, l)
		}
	}
	for n := range 100_000 {
		i := zenlayer.Instance{ID: fmt.Sprintf("i-%08x", n*7919), Name: fmt.Sprintf("web-%05d", n),
			Hostname: fmt.Sprintf("web-%05d.prod.example.com", n), ZoneID: zones[n%5], Status: "RUNNING",
			Type: zenlayer.InstanceBM, PrivateIPs: []string{fmt.Sprintf("10.%d.%d.%d", n>>16, n>>8&255, n&255)},
			PublicIPs: []string{fmt.Sprintf("128.%d.%d.%d", n>>16, n>>8&255, n&255)},
			IPv6s:     []string{fmt.Sprintf("2602:ffe4:%x::%x", n>>8, n&255)}}
		if n%5 == 4 {
			i.Type, i.Hostname = zenlayer.InstanceVM, ""
		}
		seed.Instances = append(seed.Instances, i)
	}
	return seed
}

// ahead is a clock that can be moved, so that lists are old when they have been read.
type ahead struct{ by atomic.Int64 }

func (a *ahead) now() time.Time { return time.Now().Add(time.Duration(a.by.Load())) }

// kept returns the bytes on the heap.
func kept() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkSuggestionsWhileARefreshRuns searches 10,000 listeners and 100,000 servers while they are read again all
// the time from the API's stand-in, with the real client. It reports what a search takes and what the lists keep.
func BenchmarkSuggestionsWhileARefreshRuns(b *testing.B) {
	api := zenlayertest.New(zenlayertest.Options{Seed: large(), KeepCalls: 1})
	endpoint, err := api.Start()
	require.NoError(b, err)
	defer api.Close()
	client, err := zenlayer.New(zenlayer.Config{Endpoint: endpoint,
		Token: zenlayer.NewSecret(zenlayertest.SampleToken)})
	require.NoError(b, err)
	var clock ahead
	before := kept()
	c := catalog.New(catalog.Config{Source: client, Now: clock.now, Log: zap.NewNop(),
		Registerer: prometheus.NewRegistry()})
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = c.Run(ctx) })
	defer func() { stop(); running.Wait() }()
	refreshed := func() time.Time { at, _ := c.ServersReadAt(); return at }
	require.Eventually(b, func() bool { return !refreshed().IsZero() }, time.Minute, time.Millisecond)
	memory := kept() - before

	refreshes := 0
	running.Go(func() {
		for last := refreshed(); ctx.Err() == nil; {
			clock.by.Add(int64(31 * time.Second))
			c.Wake()
			for at := refreshed(); at.Equal(last) && ctx.Err() == nil; at = refreshed() {
				runtime.Gosched()
				<-time.After(time.Millisecond)
			}
			last = refreshed()
			refreshes++
		}
	})
	typed := []string{"", "a", "443", "web", "web-07", "service-500-lb:8443", "10.0.3.17", "2602:FFE4:0012::0a",
		"example 99", "nothing like this", "8441 service", "i-0000"}
	var took []time.Duration
	for n := 0; b.Loop(); n++ {
		begin := time.Now()
		c.Listeners(typed[n%len(typed)])
		c.Servers(typed[n%len(typed)], "FRA1", 100)
		took = append(took, time.Since(begin))
	}
	stop()
	running.Wait()
	slices.Sort(took)
	ms := func(part float64) float64 {
		return float64(took[int(part*float64(len(took)-1))].Microseconds()) / 1000
	}
	b.ReportMetric(ms(0.5), "p50-ms")
	b.ReportMetric(ms(0.99), "p99-ms")
	b.ReportMetric(ms(1), "max-ms")
	b.ReportMetric(float64(memory), "kept-B")
	b.ReportMetric(float64(refreshes), "refreshes")
}

// A name is found without looking at every server.
func BenchmarkKnownServers(b *testing.B) {
	api := zenlayertest.New(zenlayertest.Options{Seed: large(), KeepCalls: 1})
	endpoint, err := api.Start()
	require.NoError(b, err)
	defer api.Close()
	client, err := zenlayer.New(zenlayer.Config{Endpoint: endpoint,
		Token: zenlayer.NewSecret(zenlayertest.SampleToken)})
	require.NoError(b, err)
	c := catalog.New(catalog.Config{Source: client, Now: time.Now, Log: zap.NewNop(),
		Registerer: prometheus.NewRegistry()})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	require.Eventually(b, func() bool { _, ok := c.ServersReadAt(); return ok }, time.Minute, time.Millisecond)
	all, _ := c.Servers("", "", 1)
	b.ReportAllocs()
	for b.Loop() {
		require.NotEmpty(b, c.KnownServers(all[0].Name, ""))
	}
	stop()
	require.NoError(b, <-done)
}
