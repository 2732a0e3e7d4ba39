package catalog_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

const (
	balancers = "DescribeLoadBalancers"
	instances = "DescribeInstances"
)

func TestNothingIsOfferedBeforeTheFirstReading(t *testing.T) {
	t.Parallel()
	at(t, zenlayertest.SampleData(), func(t *testing.T, r *rig) {
		r.catalog.Wake()
		r.catalog.Wake()
		listeners, servers := r.loaded()
		require.False(t, listeners)
		require.False(t, servers)
		require.Empty(t, r.catalog.Listeners(""))
		best, more := r.catalog.Servers("", "", 10)
		require.Empty(t, best)
		require.Zero(t, more)
		_, ok := r.catalog.Listener("lst-8f2c")
		require.False(t, ok)
		_, ok = r.catalog.Server("i-55a1")
		require.False(t, ok)
		ids, known := r.catalog.ListenersOf("i-5593")
		require.Empty(t, ids)
		require.False(t, known)
	})
}

func TestListsAreReadAtTheStartAndEveryFiveMinutes(t *testing.T) {
	t.Parallel()
	at(t, zenlayertest.SampleData(), func(t *testing.T, r *rig) {
		r.run()
		_, readAt := r.catalog.Snapshot()
		require.Equal(t, r.began, readAt)
		l, ok := r.catalog.Listener("lst-8f2c")
		require.True(t, ok)
		require.Equal(t, "api-lb", l.LoadBalancerName)
		require.Equal(t, "SIN1", l.Zone)
		s, ok := r.catalog.Server("i-7d07")
		require.True(t, ok)
		require.Equal(t, time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC), s.ExpiresAt)

		r.api.RemoveListener("lst-8f2c")
		r.api.AddInstance(zenlayer.Instance{ID: "i-new", Type: zenlayer.InstanceBM})
		r.pass(5*time.Minute - time.Second)
		_, ok = r.catalog.Listener("lst-8f2c")
		require.True(t, ok)
		r.pass(time.Second)
		_, ok = r.catalog.Listener("lst-8f2c")
		require.False(t, ok)
		_, ok = r.catalog.Server("i-new")
		require.True(t, ok)
		require.Equal(t, []time.Duration{0, 5 * time.Minute}, r.calls(balancers))
	})
}

func TestWakeReadsListsThatAreThirtySecondsOld(t *testing.T) {
	t.Parallel()
	at(t, zenlayertest.SampleData(), func(t *testing.T, r *rig) {
		r.run()
		for range 30 {
			r.catalog.Wake()
			r.pass(time.Second)
		}
		require.Equal(t, []time.Duration{0}, r.calls(balancers))
		r.catalog.Wake()
		synctest.Wait()
		r.catalog.Wake()
		synctest.Wait()
		require.Equal(t, []time.Duration{0, 30 * time.Second}, r.calls(balancers))
		require.Len(t, r.calls(instances), 4)
		r.pass(5 * time.Minute)
		require.Equal(t, []time.Duration{0, 30 * time.Second, 330 * time.Second}, r.calls(balancers))
	})
}

func TestFailureKeepsTheListsUntilTheyAreFifteenMinutesOld(t *testing.T) {
	t.Parallel()
	at(t, zenlayertest.SampleData(), func(t *testing.T, r *rig) {
		r.run()
		r.fails(balancers)
		r.fails(instances)
		r.pass(15 * time.Minute)
		listeners, servers := r.loaded()
		require.True(t, listeners)
		require.True(t, servers)
		require.Len(t, r.catalog.Listeners(""), 5)
		r.pass(time.Second)
		listeners, servers = r.loaded()
		require.False(t, listeners)
		require.False(t, servers)
		require.Empty(t, r.catalog.Listeners(""))
		require.Equal(t, "lb-31aa", r.catalog.LoadBalancer(), "which account it is, is still known")
		_, ok := r.catalog.Server("i-55a1")
		require.False(t, ok)
		require.Equal(t, []string{"warn: list for the form cannot be read listeners",
			"warn: list for the form cannot be read servers"}, r.lines(), "once")

		r.api.ClearFaults()
		r.catalog.Wake()
		synctest.Wait()
		listeners, servers = r.loaded()
		require.True(t, listeners)
		require.True(t, servers)
		require.Equal(t, []string{"info: list for the form can be read again listeners",
			"info: list for the form can be read again servers"}, r.lines())
	})
}

func TestFailedReadingIsRetriedLessAndLessOften(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault zenlayertest.Fault
		want  []float64 // in seconds
	}{
		"a fault": {zenlayertest.Fault{Kind: zenlayertest.InternalError},
			[]float64{0, 5, 15, 35, 75, 155, 315, 615, 915}},
		"Zenlayer asks to wait": {zenlayertest.Fault{Kind: zenlayertest.RateLimited, RetryAfter: "60"},
			[]float64{0, 60, 120, 180, 240, 320, 480, 780}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at(t, zenlayertest.SampleData(), func(t *testing.T, r *rig) {
				test.fault.Action, test.fault.Times = balancers, -1
				r.api.Inject(test.fault)
				r.run()
				r.pass(16 * time.Minute)
				var got []float64
				for _, at := range r.calls(balancers) {
					got = append(got, at.Seconds())
				}
				require.Equal(t, test.want, got)
			})
		})
	}
}

func TestWakeRetriesAFailedReadingAfterThirtySeconds(t *testing.T) {
	t.Parallel()
	at(t, zenlayertest.SampleData(), func(t *testing.T, r *rig) {
		r.fails(balancers)
		r.run()
		r.pass(5 * time.Minute) // the next retry would be at 315 s
		tries := len(r.calls(balancers))
		r.catalog.Wake()
		synctest.Wait()
		require.Len(t, r.calls(balancers), tries+1)
		r.catalog.Wake()
		synctest.Wait()
		require.Len(t, r.calls(balancers), tries+1)
	})
}

func TestWakeDoesNotReadBeforeTheTimeThatZenlayerAskedFor(t *testing.T) {
	t.Parallel()
	at(t, zenlayertest.SampleData(), func(t *testing.T, r *rig) {
		r.api.Inject(zenlayertest.Fault{Kind: zenlayertest.RateLimited, RetryAfter: "120", Action: balancers,
			Times: -1})
		r.run()
		r.pass(100 * time.Second)
		r.catalog.Wake()
		synctest.Wait()
		require.Len(t, r.calls(balancers), 1)
		r.pass(20 * time.Second)
		require.Len(t, r.calls(balancers), 2)
	})
}

func TestOneListIsOfferedWithoutTheOther(t *testing.T) {
	t.Parallel()
	for action, want := range map[string][2]bool{balancers: {false, true}, instances: {true, false}} {
		t.Run(action+" fails", func(t *testing.T) {
			t.Parallel()
			at(t, zenlayertest.SampleData(), func(t *testing.T, r *rig) {
				r.fails(action)
				r.run()
				listeners, servers := r.loaded()
				require.Equal(t, want, [2]bool{listeners, servers})
				r.pass(time.Hour)
				listeners, servers = r.loaded()
				require.Equal(t, want, [2]bool{listeners, servers}, "the other one is read every five minutes")
			})
		})
	}
}

func TestVirtualMachinesAreLeftOutOnlyIfTheyAreRefused(t *testing.T) {
	t.Parallel()
	refused := zenlayertest.Fault{Kind: zenlayertest.Refused, Status: http.StatusForbidden, Code: "UNAUTHORIZED",
		Message: "no"}
	for name, test := range map[string]struct {
		fault   zenlayertest.Fault
		servers int // -1: not loaded
		lines   []string
	}{
		"refused": {refused, 9, []string{"warn: virtual machines cannot be listed"}},
		"not found, so there are none": {zenlayertest.Fault{Kind: zenlayertest.Refused, Status: http.StatusNotFound,
			Code: "NOT_FOUND"}, 9, nil},
		"a fault of the service": {zenlayertest.Fault{Kind: zenlayertest.InternalError}, -1,
			[]string{"warn: list for the form cannot be read servers"}},
		"asked too much": {zenlayertest.Fault{Kind: zenlayertest.RateLimited, RetryAfter: "60"}, -1,
			[]string{"warn: list for the form cannot be read servers"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at(t, zenlayertest.SampleData(), func(t *testing.T, r *rig) {
				test.fault.Service, test.fault.Times = "vm", -1
				r.api.Inject(test.fault)
				r.run()
				_, ok := r.catalog.ServersReadAt()
				require.Equal(t, test.servers >= 0, ok)
				best, _ := r.catalog.Servers("", "", 100)
				require.Len(t, best, max(0, test.servers))
				r.pass(time.Hour)
				require.Equal(t, test.lines, r.lines(), "once")
			})
		})
	}
}

func TestReadingIsLimitedAndEndsWithTheContext(t *testing.T) {
	t.Parallel()
	at(t, zenlayertest.SampleData(), func(t *testing.T, r *rig) {
		r.source.before = func(ctx context.Context) { <-ctx.Done() }
		r.run()
		r.pass(4 * time.Minute)
		listeners, servers := r.loaded()
		require.False(t, listeners)
		require.True(t, servers, "the reading that hangs has ended")
		require.Equal(t, "reading took longer than 4m0s", r.log.All()[0].ContextMap()["error"])
		r.pass(time.Minute) // the next one hangs
		stopped := time.Now()
		r.stop()
		require.NoError(t, <-r.ended)
		require.Zero(t, time.Since(stopped))
	})
}

func TestCallThatHangsDoesNotHoldUpTheOtherList(t *testing.T) {
	t.Parallel()
	at(t, zenlayertest.SampleData(), func(t *testing.T, r *rig) {
		r.api.Inject(zenlayertest.Fault{Kind: zenlayertest.Hang, Action: balancers, Times: -1})
		r.run()
		r.pass(time.Minute)
		listeners, servers := r.loaded()
		require.False(t, listeners)
		require.True(t, servers)
	})
}

func TestPanicOfAReadingEndsNothing(t *testing.T) {
	t.Parallel()
	at(t, zenlayertest.SampleData(), func(t *testing.T, r *rig) {
		var once sync.Once
		r.source.before = func(context.Context) { once.Do(func() { panic("a fault in lbbot") }) }
		r.run()
		listeners, servers := r.loaded()
		require.False(t, listeners)
		require.True(t, servers)
		require.Equal(t, "reading panicked: a fault in lbbot", r.log.All()[0].ContextMap()["error"])
		r.pass(5 * time.Second)
		listeners, _ = r.loaded()
		require.True(t, listeners)
	})
}

func TestReadingComesAfterEverythingElseAndLeavesRoom(t *testing.T) {
	t.Parallel()
	at(t, zenlayertest.SampleData(), func(t *testing.T, r *rig) {
		var waits zenlayer.Waiting
		r.source.before = func(ctx context.Context) { waits = zenlayer.WaitingOf(ctx) }
		r.run()
		require.Equal(t, zenlayer.Waiting{Rank: operation.RankRefresh, Background: true}, waits)
		require.Less(t, operation.RankRefresh, min(operation.RankWatch, operation.RankPreview))
	})
}

func TestMoreItemsThanAreReadAreNoList(t *testing.T) {
	t.Parallel()
	seed := zenlayertest.SampleData()
	for n := range zenlayer.MaxItems {
		seed.Instances = append(seed.Instances, zenlayer.Instance{ID: fmt.Sprint(n), Type: zenlayer.InstanceBM})
	}
	at(t, seed, func(t *testing.T, r *rig) {
		r.run()
		listeners, servers := r.loaded()
		require.True(t, listeners)
		require.False(t, servers)
		require.Len(t, r.calls(instances), 1)
		require.Contains(t, r.log.All()[0].ContextMap()["error"], "it has 100009 items, more than 100000")
	})
}

func TestListenersOfAServer(t *testing.T) {
	t.Parallel()
	seed := zenlayertest.SampleData()
	seed.Backends = []zenlayer.Backend{
		{ListenerID: "lst-8f2c", BackendID: "be-1", InstanceID: "i-55a1", InstanceType: zenlayer.InstanceBM},
		{ListenerID: "lst-8f2c", BackendID: "be-2", InstanceID: "i-55a1", InstanceType: zenlayer.InstanceBM},
		{ListenerID: "lst-44fa", BackendID: "be-3", InstanceID: "i-55a1", InstanceType: zenlayer.InstanceBM},
		{ListenerID: "lst-44fa", BackendID: "be-4", InstanceID: "i-gone", InstanceType: zenlayer.InstanceBM},
	}
	none := zenlayertest.SampleData()
	none.Backends = nil
	for name, test := range map[string]struct {
		seed   zenlayertest.Seed
		server string
		want   []string
		known  bool
	}{
		"on two":                          {seed, "i-55a1", []string{"lst-8f2c", "lst-44fa"}, true},
		"on none":                         {seed, "i-5593", nil, true},
		"a virtual machine":               {seed, "vm-a001", nil, false},
		"a server that is gone":           {seed, "i-gone", []string{"lst-44fa"}, false},
		"an account that lists no server": {none, "i-55a1", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at(t, test.seed, func(t *testing.T, r *rig) {
				r.run()
				ids, known := r.catalog.ListenersOf(test.server)
				require.Equal(t, test.want, ids)
				require.Equal(t, test.known, known)
			})
		})
	}
}

func TestMetricsShowTheListsAndTheirReadings(t *testing.T) {
	t.Parallel()
	at(t, zenlayertest.SampleData(), func(t *testing.T, r *rig) {
		lint, err := testutil.GatherAndLint(r.metrics)
		require.NoError(t, err)
		require.Empty(t, lint)
		r.fails(balancers)
		r.run()
		r.pass(10 * time.Second)
		r.api.ClearFaults()
		r.pass(5 * time.Second)
		require.NoError(t, testutil.GatherAndCompare(r.metrics, strings.NewReader(fmt.Sprintf(`
# HELP lbbot_list_items Items in the lists that forms offer, by kind.
# TYPE lbbot_list_items gauge
lbbot_list_items{kind="bare_metal"} 9
lbbot_list_items{kind="listeners"} 5
lbbot_list_items{kind="virtual_machines"} 3
# HELP lbbot_list_read_timestamp_seconds When the list that forms offer was last read; 0 while there is none.
# TYPE lbbot_list_read_timestamp_seconds gauge
lbbot_list_read_timestamp_seconds{list="listeners"} %[2]d
lbbot_list_read_timestamp_seconds{list="servers"} %[1]d
# HELP lbbot_list_refreshes_total Readings of the lists that forms offer, by list and result: read, failed.
# TYPE lbbot_list_refreshes_total counter
lbbot_list_refreshes_total{list="listeners",result="failed"} 2
lbbot_list_refreshes_total{list="listeners",result="read"} 1
lbbot_list_refreshes_total{list="servers",result="failed"} 0
lbbot_list_refreshes_total{list="servers",result="read"} 1
`, r.began.Unix(), r.began.Unix()+15))))
	})
}
