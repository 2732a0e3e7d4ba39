package operation_test

import (
	"context"
	"testing"
	"time"
	"unsafe"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"pgregory.net/rapid"

	"lbbot/bot/operation"
	"lbbot/bot/operation/catalog"
	"lbbot/bot/operation/intake"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// readOnce ends the reading of the lists after the last of them.
type readOnce struct {
	*cloud
	end context.CancelFunc
}

func (r readOnce) DescribeInstances(ctx context.Context, kind zenlayer.InstanceType, f zenlayer.InstanceFilter) (
	[]zenlayer.Instance, error) {
	got, err := r.cloud.DescribeInstances(ctx, kind, f)
	if kind == zenlayer.InstanceVM {
		r.end()
	}
	return got, err
}

// listsOf returns the lists of a cloud as it is now.
func listsOf(t require.TestingT, c *cloud) *catalog.Catalog { return listsAt(t, c, time.Now) }

func listsAt(t require.TestingT, c *cloud, now func() time.Time) *catalog.Catalog {
	ctx, end := context.WithCancel(context.Background())
	lists := catalog.New(catalog.Config{Source: readOnce{c, end}, Now: now, Log: zap.NewNop(),
		Registerer: prometheus.NewRegistry()})
	require.NoError(t, lists.Run(ctx))
	return lists
}

// confusing has names that differ by letter case and a final dot only, are in use twice, or are somebody else's ID,
// host name or address.
func confusing(t *rapid.T) *cloud {
	word := rapid.SampledFrom([]string{"web-1", "lst-1lb-1", "WEB-1", "web-1.", "i-1", "10.0.0.1", "a/b", "a", "b", "b",
		"2001:db8::1", "2001:DB8::1", "10.0.0.1/24"})
	port := rapid.SampledFrom([]string{"443", "80,443", "440-445", "53"})
	c := &cloud{at: &points{}}
	for n := range rapid.IntRange(1, 2).Draw(t, "load balancers") {
		lb := zenlayer.LoadBalancer{ID: []string{"lb-1", "a"}[n], Name: word.Draw(t, "load balancer")}
		for _, id := range []string{"lst-1", "web-1"} {
			lb.Listeners = append(lb.Listeners, zenlayer.Listener{ListenerID: id + lb.ID,
				Name: word.Draw(t, "listener"), Protocol: "TCP", Port: port.Draw(t, "port")})
		}
		c.balancers = append(c.balancers, lb)
	}
	kind := rapid.SampledFrom([]zenlayer.InstanceType{zenlayer.InstanceBM, zenlayer.InstanceVM})
	for _, id := range []string{"i-1", "I-1", "web-1"}[:rapid.IntRange(1, 3).Draw(t, "servers")] {
		s := zenlayer.Instance{ID: id, Name: word.Draw(t, "server"), Type: kind.Draw(t, "type"),
			PrivateIPs: []string{rapid.SampledFrom([]string{"10.0.0.1", "10.0.0.2"}).Draw(t, "address")},
			IPv6s:      []string{rapid.SampledFrom([]string{"2001:db8::1", "2001:DB8::1/64"}).Draw(t, "IPv6")}}
		if s.Type == zenlayer.InstanceBM {
			s.Hostname = word.Draw(t, "host name")
		}
		c.instances = append(c.instances, s)
	}
	return c
}

func TestListsNameWhatZenlayerNames(t *testing.T) {
	t.Parallel()
	answered := 0
	rapid.Check(t, func(t *rapid.T) {
		c := confusing(t)
		known := &intake.Shared{Source: c, Lists: listsOf(t, c), Now: time.Now}
		listener := rapid.SampledFrom([]string{"lst-1lb-1", "web-1/web-1", "web-1", "a:443", "a/b", "a/a/b", "b", "443",
			"lb-1:443", "lb-1/b"}).Draw(t, "typed listener")
		server := rapid.SampledFrom([]string{"web-1", "WEB-1", "web-1.", "i-1", "10.0.0.1", "2001:db8::1",
			"10.0.0.1/24", "2001:DB8::1", "[2001:db8::1]", "*web-1*"}).Draw(t, "typed server")
		kind := rapid.SampledFrom([]zenlayer.InstanceType{"", zenlayer.InstanceBM, zenlayer.InstanceVM}).Draw(t, "kind")
		type found struct {
			l   operation.Listener
			s   operation.Server
			err error
		}
		ask := func(catalog operation.Catalog, listener, server string) (f found) {
			f.l, f.s, f.err = intake.Find(context.Background(), catalog, commands.ReadListener(listener), server, kind)
			return f
		}
		for _, typed := range [][2]string{{listener, ""}, {"lst-1lb-1", server}} {
			want, before := ask(c, typed[0], typed[1]), len(c.calls)
			require.Equal(t, want, ask(known, typed[0], typed[1]))
			if len(c.calls) == before {
				answered++
			}
		}
	})
	require.NotZero(t, answered, "the lists name something")
}

func TestWhatTheListsDoNotKnowIsReadFromZenlayer(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		lists := listsOf(t, h.cloud)
		h.intake.Catalog = &intake.Shared{Source: h.cloud, Lists: lists, Now: time.Now}
		asked := func() int {
			n := len(h.cloud.calls)
			draft, err := h.intake.Preview(t.Context(), h.ask(request()))
			require.NoError(t, err)
			require.Equal(t, "i-1", draft.Request.InstanceID)
			return len(h.cloud.calls) - n
		}
		require.Equal(t, 1, asked(), "the pool")
		lists.Doubt()
		require.Equal(t, 1+1+5, asked(), "Zenlayer said something else")
		lists = listsOf(t, h.cloud)
		h.intake.Catalog = &intake.Shared{Source: h.cloud, Lists: lists, Now: time.Now}
		require.Equal(t, 1, asked())
		pass(7 * time.Minute)
		require.Equal(t, 1+1+5, asked(), "they are old")
	})
}

// clocks returns the time after the wall clock and the monotonic clock went on so far.
func clocks(t *testing.T, from time.Time, wall, monotonic time.Duration) time.Time {
	t.Helper()
	now := from.Add(wall)
	(*[2]int64)(unsafe.Pointer(&now))[1] += int64(monotonic - wall) // a time.Time keeps the monotonic clock there
	require.Equal(t, monotonic, now.Sub(from))
	require.Equal(t, wall, now.Round(0).Sub(from.Round(0)))
	return now
}

func TestListsWhoseAgeIsNotKnownAreNotBelieved(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		wall, monotonic time.Duration
		believed        bool
	}{
		"6 minutes later":                     {6 * time.Minute, 6 * time.Minute, true},
		"7 minutes later":                     {7 * time.Minute, 7 * time.Minute, false},
		"the host was suspended since":        {10 * time.Minute, 0, false},
		"the clock was set back to before it": {-time.Minute, time.Minute, false},
		"the clock was set back a little":     {5 * time.Minute, 7 * time.Minute, false},
		"it is in the future for both clocks": {-time.Minute, -time.Minute, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read := time.Now()
			now := read
			lists := listsAt(t, newHouse(t).cloud, func() time.Time { return now })
			now = clocks(t, read, tt.wall, tt.monotonic)
			_, ok := lists.KnownListener("lst-1")
			require.Equal(t, tt.believed, ok)
			require.Equal(t, tt.believed, lists.KnownServers("web-01", "") != nil)
			require.Equal(t, tt.believed, lists.KnownListeners() != nil)
		})
	}
}

// What other people agreed to, and a removal, are never judged by a list.
func TestOnlyAnAdditionWithoutApprovalIsJudgedByTheListOfListeners(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		accepted func(h *house) string
		denied   bool
	}{
		"an addition": {func(h *house) string { return h.accepted(request()) }, false},
		"an approved addition": {func(h *house) string {
			court(h, 1)
			op := h.asked(request())
			require.NoError(h.t, h.approves(op.ID, bo))
			return op.ID
		}, true},
		"a removal": {func(h *house) string { return h.leaving() }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id := tt.accepted(h)
				h.runner.Lists = listsOf(t, h.cloud)
				h.cloud.moveListener()
				law := h.gate.decide
				h.gate.rules(func(q operation.Question) operation.Decision {
					switch {
					case q.Listener.Name == "renamed":
						return operation.Decision{Code: operation.DeniedForbidden}
					case law != nil:
						return law(q)
					}
					return yes
				})
				op := h.carry(id)
				if tt.denied {
					require.Equal(t, operation.ReasonDenied, op.Reason)
					require.Zero(t, len(h.cloud.sent())+h.calls())
				} else {
					require.Equal(t, operation.Done, op.State)
					require.Len(t, h.cloud.sent(), 1)
				}
			})
		})
	}
}
