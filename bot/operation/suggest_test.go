package operation_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// catalogue is intake.Lists in memory.
type catalogue struct {
	mu        sync.Mutex
	at        time.Time // zero: not loaded
	listeners []operation.Listener
	servers   []operation.Server
	unread    bool // the servers are
	woken     int
	on        map[string][]string // listeners of servers; nil: not known
}

func (c *catalogue) Wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.woken++
}

func (c *catalogue) ReadAt() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at, !c.at.IsZero()
}

func (c *catalogue) ServersReadAt() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at, !c.at.IsZero() && !c.unread
}

func (c *catalogue) Listeners(query string) []operation.Listener {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.listeners), func(l operation.Listener) bool {
		return !strings.Contains(l.Name+" "+l.ID, query)
	})
}

func (c *catalogue) Servers(query, zone string, limit int) (best []operation.Server, more int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.servers {
		if strings.Contains(s.Name, query) {
			best = append(best, s)
		}
	}
	slices.SortStableFunc(best, func(a, b operation.Server) int {
		return map[bool]int{true: 0, false: 1}[a.Zone == zone] - map[bool]int{true: 0, false: 1}[b.Zone == zone]
	})
	kept := min(len(best), limit)
	return best[:kept], len(best) - kept
}

func (c *catalogue) Listener(id string) (operation.Listener, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.listeners, func(l operation.Listener) bool { return l.ID == id })
	if i < 0 {
		return operation.Listener{}, false
	}
	return c.listeners[i], true
}

func (c *catalogue) ListenersOf(instanceID string) (ids []string, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.on[instanceID], c.on != nil
}

func (c *catalogue) Server(string) (operation.Server, bool) { return operation.Server{}, false }

// edit changes the lists, as a refresh does.
func (c *catalogue) edit(change func(*catalogue)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(time.Second)
	change(c)
}

// offering is operation.Offers that tests switch.
type offering struct {
	mu      sync.Mutex
	may     func(operation.Listener) bool
	denied  operation.Decision // with a Code: what is said to everybody
	digest  string
	asked   int // how often MayChange was
	actions []operation.Action
	wait    time.Duration
}

func (o *offering) MayChange(ctx context.Context, _ operation.Question, of []operation.Listener) ([]bool,
	operation.Decision) {
	o.mu.Lock()
	o.asked++
	wait, denied, d := o.wait, o.denied, operation.Decision{Allowed: true, Digest: o.digest}
	o.mu.Unlock()
	may := make([]bool, len(of))
	select {
	case <-ctx.Done():
		return may, operation.Decision{Code: operation.DeniedUnchecked, What: operation.FactPerson}
	case <-time.After(wait):
	}
	if denied.Code != "" {
		return may, denied
	}
	for i, l := range of {
		may[i] = o.may == nil || o.may(l)
	}
	return may, d
}

func (o *offering) MayUse(context.Context, operation.Actor, operation.Place) ([]operation.Action,
	operation.Decision) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.actions, o.denied
}

func (o *offering) Unchanged(_ context.Context, _ operation.Actor, d operation.Decision) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return d.Digest == o.digest
}

func (o *offering) edit(change func(*offering)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change(o)
}

func (o *offering) times() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.asked
}

// picking gives a house lists, and a gate for them.
func picking(h *house) (*catalogue, *offering) {
	c, o := &catalogue{at: time.Now()}, &offering{digest: "d1"}
	for _, b := range h.cloud.balancers {
		for _, l := range b.Listeners {
			c.listeners = append(c.listeners, operation.ListenerOf(l, b))
		}
	}
	for _, s := range h.cloud.instances {
		c.servers = append(c.servers, operation.Server{ID: s.ID, Name: s.Name, Type: s.Type, Zone: s.ZoneID})
	}
	h.intake.Lists, h.intake.Offers, h.intake.Archive = c, o, &shelves{}
	return c, o
}

func idsOf(listeners []operation.Listener) []string {
	var ids []string
	for _, l := range listeners {
		ids = append(ids, l.ID)
	}
	return ids
}

func only(ids ...string) func(operation.Listener) bool {
	return func(l operation.Listener) bool { return slices.Contains(ids, l.ID) }
}

func TestOnlyListenersThatThePersonMayChangeAreSuggested(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		_, gate := picking(h)
		gate.may = only("lst-dr", "lst-3")
		got, err := h.intake.SuggestListeners(t.Context(), ana, here, "")
		require.NoError(t, err)
		require.Equal(t, []string{"lst-dr", "lst-3"}, idsOf(got.Others))
		got, err = h.intake.SuggestListeners(t.Context(), ana, here, " https ")
		require.NoError(t, err)
		require.Empty(t, got.Others, "the ones that match may not be changed")
		require.Zero(t, got.More)
	})
}

func TestListenersUsedLatelyInTheChannelComeFirst(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		_, gate := picking(h)
		gate.may = only("lst-1", "lst-dr", "lst-3")
		past := &shelves{}
		for n, id := range []string{"lst-gone", "lst-1", "lst-3", "lst-2", "lst-3"} {
			past.add(time.Now().Add(time.Duration(n)*time.Minute), n, ana, id)
		}
		past.sort()
		h.intake.Archive = past
		got, err := h.intake.SuggestListeners(t.Context(), ana, here, "")
		require.NoError(t, err)
		require.Equal(t, []string{"lst-3", "lst-1"}, idsOf(got.Lately), "newest first, each once, and only permitted")
		require.Equal(t, []string{"lst-dr"}, idsOf(got.Others))

		past.err = errors.New("database is locked")
		got, err = h.intake.SuggestListeners(t.Context(), ana, here, "")
		require.NoError(t, err)
		require.Empty(t, got.Lately)
		require.Equal(t, []string{"lst-1", "lst-dr", "lst-3"}, idsOf(got.Others))
	})
}

func TestSuggestionsSayWhyThereAreNone(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		edit   func(*catalogue, *offering)
		what   string               // of an *intake.UnavailableError
		denied operation.DenialCode // of an *intake.DeniedError
	}{
		"lists not loaded": {edit: func(c *catalogue, _ *offering) { c.at = time.Time{} }, what: "Zenlayer"},
		"a guest": {edit: func(_ *catalogue, o *offering) { o.denied.Code = operation.DeniedGuest },
			denied: operation.DeniedGuest},
		"a shared channel": {edit: func(_ *catalogue, o *offering) { o.denied.Code = operation.DeniedShared },
			denied: operation.DeniedShared},
		"no policy": {edit: func(_ *catalogue, o *offering) { o.denied.Code = operation.DeniedNoPolicy },
			denied: operation.DeniedNoPolicy},
		"may change none": {edit: func(_ *catalogue, o *offering) { o.may = only() }, denied: operation.DeniedNoRule},
		"Slack does not answer": {edit: func(_ *catalogue, o *offering) {
			o.denied = operation.Decision{Code: operation.DeniedUnchecked, What: operation.FactGroups}
		}, what: "Slack"},
		"a policy that was replaced": {edit: func(_ *catalogue, o *offering) {
			o.denied.Code = operation.DeniedOutdated
		}, what: "the policy"},
		"the answer takes too long": {edit: func(_ *catalogue, o *offering) { o.wait = time.Minute }, what: "Slack"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				lists, gate := picking(h)
				tt.edit(lists, gate)
				began := time.Now()
				_, listenersErr := h.intake.SuggestListeners(t.Context(), ana, here, "")
				require.LessOrEqual(t, time.Since(began), 2*time.Second)
				servers, _, serversErr := h.intake.SuggestServers(t.Context(), ana, here, "lst-1", "web")
				require.Empty(t, servers, "no names")
				for _, err := range []error{listenersErr, serversErr} {
					if tt.what != "" {
						var unavailable *intake.UnavailableError
						require.ErrorAs(t, err, &unavailable)
						require.Equal(t, tt.what, unavailable.What)
						continue
					}
					var denied *intake.DeniedError
					require.ErrorAs(t, err, &denied)
					require.Equal(t, tt.denied, denied.Decision.Code)
				}
				h.intake.Close()
				require.Empty(t, h.journal.events, "a look at a list is no request")
			})
		})
	}
}

func TestWhatMayBeChangedIsFoundOutOnceAndAgainWhenItChanges(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		lists, gate := picking(h)
		gate.wait = time.Second
		h.intake.FormOpened(ana, here)
		require.Equal(t, 1, lists.woken)
		ask := func() []string {
			got, err := h.intake.SuggestListeners(t.Context(), ana, here, "https")
			require.NoError(t, err)
			return idsOf(got.Others)
		}
		require.Equal(t, []string{"lst-1", "lst-2"}, ask())
		ask()
		require.Equal(t, 1, gate.times(), "the opened form had begun it")

		gate.edit(func(o *offering) { o.digest, o.may = "d2", only("lst-1") })
		require.Equal(t, []string{"lst-1"}, ask(), "the policy changed")
		lists.edit(func(c *catalogue) { c.listeners[0].Name = "renamed" })
		_, err := h.intake.SuggestListeners(t.Context(), ana, here, "")
		require.NoError(t, err)
		require.Equal(t, 3, gate.times(), "the lists changed")
		pass(30 * time.Second)
		_, err = h.intake.SuggestListeners(t.Context(), ana, here, "")
		require.NoError(t, err)
		require.Equal(t, 4, gate.times(), "too long ago")
		_, err = h.intake.SuggestListeners(t.Context(), bo, here, "")
		require.NoError(t, err)
		require.Equal(t, 5, gate.times(), "another person")
		h.intake.Close()
	})
}

func TestManyLettersTypedAtOnceAskThePolicyOnce(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		_, gate := picking(h)
		gate.wait = time.Second
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				_, err := h.intake.SuggestListeners(t.Context(), ana, here, "https")
				assert.NoError(t, err)
			})
		}
		all.Wait()
		require.Equal(t, 1, gate.times())
	})
}

func TestAPanicOfThePolicyLeavesTheListUnavailable(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		_, gate := picking(h)
		gate.may = func(operation.Listener) bool { panic("a fault") }
		_, err := h.intake.SuggestListeners(t.Context(), ana, here, "")
		var unavailable *intake.UnavailableError
		require.ErrorAs(t, err, &unavailable)
		require.Equal(t, "the policy", unavailable.What)
	})
}

func TestNothingIsFoundOutForSuggestionsAfterClose(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		_, gate := picking(h)
		gate.wait = time.Minute
		h.intake.FormOpened(ana, here)
		began := time.Now()
		h.intake.Close()
		require.Zero(t, time.Since(began))
		_, err := h.intake.SuggestListeners(t.Context(), bo, here, "")
		require.Error(t, err)
		require.Equal(t, 1, gate.times())
	})
}

func TestTheFormShowsThePoolOfAChosenListenerOnlyToThoseWhoMayChangeIt(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		lists, gate := picking(h)
		gate.may = only("lst-1")
		got, err := h.intake.Chosen(t.Context(), ana, here, "lst-1")
		require.NoError(t, err)
		require.Len(t, got.Pool, 1)
		require.Zero(t, got.PoolFault)
		require.Equal(t, 1, got.Listener.Servers)

		_, err = h.intake.Chosen(t.Context(), ana, here, "lst-2")
		var denied *intake.DeniedError
		require.ErrorAs(t, err, &denied)
		require.Equal(t, operation.DeniedNoRule, denied.Decision.Code)
		require.Empty(t, h.journal.events, "choosing is no request")

		_, err = h.intake.Chosen(t.Context(), ana, here, "lst-gone")
		var input *commands.InputError
		require.ErrorAs(t, err, &input)
		require.Equal(t, `No listener called "lst-gone".`, input.Problems[0].Text[:30])

		gate.denied.Code = operation.DeniedGuest
		_, err = h.intake.Chosen(t.Context(), ana, here, "lst-gone")
		require.ErrorAs(t, err, &denied, "a guest does not learn which listeners there are")

		gate.denied.Code = ""
		lists.edit(func(c *catalogue) { c.listeners[0].Servers = -1 })
		h.cloud.fault = on("DescribeBackends", 0, fault{hold: time.Minute})
		began := time.Now()
		got, err = h.intake.Chosen(t.Context(), ana, here, "lst-1")
		require.NoError(t, err, "the form goes on without the pool")
		require.Equal(t, 1500*time.Millisecond, time.Since(began))
		require.NotZero(t, got.PoolFault)
		require.Equal(t, "lst-1", got.Listener.ID)
	})
}

func TestServersAreSuggestedFromTwoCharactersOn(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		lists, gate := picking(h)
		gate.may = only("lst-3")
		lists.servers = append(lists.servers, operation.Server{ID: "i-9", Name: "web-fra", Zone: "FRA1",
			Type: zenlayer.InstanceBM})
		for typed, want := range map[string]int{"": 0, " ": 0, "w ": 0, "é": 0, "we": 4} {
			got, more, err := h.intake.SuggestServers(t.Context(), ana, here, "lst-3", typed)
			require.NoError(t, err)
			require.Len(t, got, want, typed)
			require.Zero(t, more)
		}
		first := func(listener string) string {
			got, _, err := h.intake.SuggestServers(t.Context(), ana, here, listener, "web")
			require.NoError(t, err)
			return got[0].ID
		}
		require.Equal(t, "i-9", first("lst-3"), "in the zone of the listener")
		require.Equal(t, "i-1", first("lst-2"), "a listener that may not be changed tells nothing")
	})
}

func TestListenersAreSuggestedWhileTheServersAreNotRead(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		lists, gate := picking(h)
		lists.unread, gate.may = true, only("lst-3")
		got, err := h.intake.SuggestListeners(t.Context(), ana, here, "")
		require.NoError(t, err)
		require.Equal(t, []string{"lst-3"}, idsOf(got.Others))
		_, _, err = h.intake.SuggestServers(t.Context(), ana, here, "lst-3", "web")
		var unavailable *intake.UnavailableError
		require.ErrorAs(t, err, &unavailable)
	})
}

func TestVerbsAreThoseThatThePersonMayUse(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		_, gate := picking(h)
		offered := func() (register, form, history, status bool) {
			may, known := h.intake.Verbs(t.Context(), ana, here)
			require.True(t, known)
			return may[commands.VerbRegister], may[commands.VerbForm], may[commands.VerbHistory],
				may[commands.VerbStatus]
		}
		all := func(r, f, h, s bool) []bool { return []bool{r, f, h, s} }
		require.Equal(t, []bool{false, false, false, true}, all(offered()))
		gate.actions = []operation.Action{operation.ActionViewHistory}
		require.Equal(t, []bool{false, false, true, true}, all(offered()))
		gate.actions = []operation.Action{operation.ActionRegister}
		require.Equal(t, []bool{true, true, true, true}, all(offered()))
		gate.denied = operation.Decision{Code: operation.DeniedUnchecked, What: operation.FactGroups}
		_, known := h.intake.Verbs(t.Context(), ana, here)
		require.False(t, known)
	})
}
