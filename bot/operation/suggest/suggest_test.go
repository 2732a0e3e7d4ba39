package suggest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/operation/suggest"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// catalogue is suggest.Lists in memory.
type catalogue struct {
	mu        sync.Mutex
	at        time.Time // zero: not loaded
	listeners []operation.Listener
	servers   []operation.Server
	unread    bool // the servers are
	woken     int
}

func (c *catalogue) Wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.woken++
}

func (c *catalogue) Snapshot() ([]operation.Listener, time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.listeners), c.at
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

func (c *catalogue) ListenersNamed(text string) []operation.Listener {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.listeners), func(l operation.Listener) bool { return l.Name != text })
}

func (c *catalogue) ServersNamed(text string) []operation.Server {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.servers), func(s operation.Server) bool { return s.Name != text })
}

func (*catalogue) PortsOn(string, string) []string { return nil }

// edit changes the lists, as a refresh does.
func (c *catalogue) edit(change func(*catalogue)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(time.Second)
	change(c)
}

// offering is operation.Offers that tests switch.
type offering struct {
	mu        sync.Mutex
	may       func(operation.Listener) bool
	denied    operation.Decision // with a Code: what is said to everybody
	digest    string
	asked     int // how often MayChange was
	wait      time.Duration
	somewhere operation.Decision
	actions   []operation.Action // that may be done somewhere
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

func (o *offering) MaySomewhere(_ context.Context, _ operation.Actor, _ operation.Place,
	of ...operation.Action) ([]bool, operation.Decision) {
	o.mu.Lock()
	defer o.mu.Unlock()
	may := make([]bool, len(of))
	for i, action := range of {
		may[i] = slices.Contains(o.actions, action)
	}
	return may, o.somewhere
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

// past is suggest.Journal: what was used lately in every channel.
type past struct {
	used []string
	err  error
}

func (p *past) UsedIn(_ context.Context, _ string, requests int) ([]string, error) {
	return p.used[:min(len(p.used), requests)], p.err
}

// pools are one server on each listener.
type pools struct {
	hangs bool
	waits zenlayer.Waiting // of the last reading
}

func (p *pools) DescribeBackends(ctx context.Context, listenerID string,
	_ zenlayer.BackendFilter) ([]zenlayer.Backend, error) {
	p.waits = zenlayer.WaitingOf(ctx)
	if p.hangs {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	return []zenlayer.Backend{{BackendID: "be-1", ListenerID: listenerID, InstanceID: "i-1"}}, nil
}

var (
	here = operation.Place{TeamID: "T1", ChannelID: "C1"}
	ana  = operation.Actor{UserID: "U1", TeamID: "T1"}
	bo   = operation.Actor{UserID: "U2", TeamID: "T1"}
)

// desk is a Suggester with what it asks.
type desk struct {
	*suggest.Suggester
	lists *catalogue
	gate  *offering
	past  *past
	pools *pools
}

// scene runs a test with time of its own.
func scene(t *testing.T, play func(t *testing.T, d *desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{gate: &offering{digest: "d1"}, past: &past{}, pools: &pools{}, lists: &catalogue{at: time.Now(),
			listeners: []operation.Listener{{ID: "lst-1", Name: "https", Zone: "SIN1"},
				{ID: "lst-2", Name: "https", Zone: "SIN1"}, {ID: "lst-dr", Name: "direct", Zone: "SIN1"},
				{ID: "lst-3", Name: "dns", Zone: "FRA1"}},
			servers: []operation.Server{{ID: "i-1", Name: "web-01", Zone: "SIN1"},
				{ID: "i-2", Name: "web-02", Zone: "SIN1"}, {ID: "i-9", Name: "web-fra", Zone: "FRA1"}}}}
		d.Suggester = suggest.New(suggest.Config{Offers: d.gate, Lists: d.lists, Journal: d.past, Pools: d.pools,
			Now: time.Now, Log: zap.NewNop()})
		play(t, d)
		d.Close()
	})
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
	scene(t, func(t *testing.T, d *desk) {
		d.gate.may = only("lst-dr", "lst-3")
		got, err := d.Listeners(t.Context(), ana, here, "")
		require.NoError(t, err)
		require.Equal(t, []string{"lst-dr", "lst-3"}, idsOf(got.Others))
		got, err = d.Listeners(t.Context(), ana, here, " https ")
		require.NoError(t, err)
		require.Empty(t, got.Others, "the ones that match may not be changed")
		require.Zero(t, got.More)
	})
}

func TestListenersUsedLatelyInTheChannelComeFirst(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, d *desk) {
		d.gate.may = only("lst-1", "lst-dr", "lst-3")
		d.past.used = []string{"lst-3", "lst-2", "lst-3", "lst-1", "lst-gone"}
		got, err := d.Listeners(t.Context(), ana, here, "")
		require.NoError(t, err)
		require.Equal(t, []string{"lst-3", "lst-1"}, idsOf(got.Lately), "newest first, each once, and only permitted")
		require.Equal(t, []string{"lst-dr"}, idsOf(got.Others))

		d.past.err = errors.New("database is locked")
		got, err = d.Listeners(t.Context(), ana, here, "")
		require.NoError(t, err)
		require.Empty(t, got.Lately)
		require.Equal(t, []string{"lst-1", "lst-dr", "lst-3"}, idsOf(got.Others))
	})
}

func TestSuggestionsSayWhyThereAreNone(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		edit   func(*catalogue, *offering)
		away   string               // what the error says
		denied operation.DenialCode // of a *suggest.DeniedError
	}{
		"lists not loaded": {edit: func(c *catalogue, _ *offering) { c.at = time.Time{} },
			away: "the lists of listeners and servers are not read yet, or too old"},
		"a guest": {edit: func(_ *catalogue, o *offering) { o.denied.Code = operation.DeniedGuest },
			denied: operation.DeniedGuest},
		"a shared channel": {edit: func(_ *catalogue, o *offering) { o.denied.Code = operation.DeniedShared },
			denied: operation.DeniedShared},
		"no policy": {edit: func(_ *catalogue, o *offering) { o.denied.Code = operation.DeniedNoPolicy },
			denied: operation.DeniedNoPolicy},
		"may change none": {edit: func(_ *catalogue, o *offering) { o.may = only() }, denied: operation.DeniedNoRule},
		"Slack does not answer": {edit: func(_ *catalogue, o *offering) {
			o.denied = operation.Decision{Code: operation.DeniedUnchecked, What: operation.FactGroups}
		}, away: "permission could not be checked: unchecked groups"},
		"a policy that was replaced": {edit: func(_ *catalogue, o *offering) {
			o.denied.Code = operation.DeniedOutdated
		}, away: "permission could not be checked: outdated"},
		"the answer takes too long": {edit: func(_ *catalogue, o *offering) { o.wait = time.Minute },
			away: "what may be suggested was not known within 2s"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, d *desk) {
				tt.edit(d.lists, d.gate)
				began := time.Now()
				_, listenersErr := d.Listeners(t.Context(), ana, here, "")
				require.LessOrEqual(t, time.Since(began), 2*time.Second)
				servers, _, serversErr := d.Servers(t.Context(), ana, here, "lst-1", "web")
				require.Empty(t, servers, "no names")
				for _, err := range []error{listenersErr, serversErr} {
					var denied *suggest.DeniedError
					if tt.away != "" {
						require.ErrorContains(t, err, tt.away)
						require.False(t, errors.As(err, &denied))
						continue
					}
					require.ErrorAs(t, err, &denied)
					require.Equal(t, tt.denied, denied.Decision.Code)
				}
			})
		})
	}
}

func TestTheFormShowsThePoolOfAChosenListenerOnlyToThoseWhoMayChangeIt(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, d *desk) {
		d.gate.may = only("lst-1")
		got, err := d.Chosen(t.Context(), ana, here, "lst-1")
		require.NoError(t, err)
		require.Len(t, got.Pool, 1)
		require.True(t, got.Read)
		require.Equal(t, 1, got.Listener.Servers)

		_, err = d.Chosen(t.Context(), ana, here, "lst-2")
		var denied *suggest.DeniedError
		require.ErrorAs(t, err, &denied)
		require.Equal(t, operation.DeniedNoRule, denied.Decision.Code)

		_, err = d.Chosen(t.Context(), ana, here, "lst-gone")
		require.ErrorIs(t, err, suggest.ErrGone)

		d.gate.denied.Code = operation.DeniedGuest
		_, err = d.Chosen(t.Context(), ana, here, "lst-gone")
		require.ErrorAs(t, err, &denied, "a guest does not learn which listeners there are")

		d.gate.denied.Code = ""
		d.lists.edit(func(c *catalogue) { c.listeners[0].Servers = -1 })
		d.pools.hangs = true
		began := time.Now()
		got, err = d.Chosen(t.Context(), ana, here, "lst-1")
		require.NoError(t, err, "the form goes on without the pool")
		require.Equal(t, 1500*time.Millisecond, time.Since(began))
		require.False(t, got.Read)
		require.Equal(t, "lst-1", got.Listener.ID)
		require.Equal(t, zenlayer.Waiting{Rank: operation.RankPreview, AtMost: operation.PreviewWaits}, d.pools.waits,
			"a preview that joins the reading waits for longer")
	})
}

func TestServersInTheZoneOfTheChosenListenerComeFirst(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, d *desk) {
		d.gate.may = only("lst-3")
		for typed, want := range map[string]int{"": 3, " ": 3, "w ": 3, "é": 0, "we": 3} {
			got, more, err := d.Servers(t.Context(), ana, here, "lst-3", typed)
			require.NoError(t, err)
			require.Len(t, got, want, typed)
			require.Zero(t, more)
		}
		first := func(listener string) string {
			got, _, err := d.Servers(t.Context(), ana, here, listener, "web")
			require.NoError(t, err)
			return got[0].ID
		}
		require.Equal(t, "i-9", first("lst-3"), "in the zone of the listener")
		require.Equal(t, "i-1", first("lst-2"), "a listener that may not be changed tells nothing")
	})
}

func TestListenersAreSuggestedWhileTheServersAreNotRead(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, d *desk) {
		d.lists.unread, d.gate.may = true, only("lst-3")
		got, err := d.Listeners(t.Context(), ana, here, "")
		require.NoError(t, err)
		require.Equal(t, []string{"lst-3"}, idsOf(got.Others))
		_, _, err = d.Servers(t.Context(), ana, here, "lst-3", "web")
		require.ErrorContains(t, err, "not read yet")
	})
}

func TestHelpIsForTheRightsOfThePerson(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		says operation.Decision
		may  []operation.Action
		want commands.Rights
	}{
		"may register": {operation.Decision{Allowed: true}, []operation.Action{operation.ActionRegister},
			commands.RightsRegister},
		"may undo and remove": {operation.Decision{Allowed: true},
			[]operation.Action{operation.ActionUndo, operation.ActionRemove},
			commands.RightsUndo | commands.RightsRemove},
		"no rule":                  {operation.Decision{Allowed: true}, nil, commands.RightsRead},
		"a guest":                  {operation.Decision{Code: operation.DeniedGuest}, nil, commands.RightsRead},
		"groups could not be read": {operation.Decision{Code: operation.DeniedUnchecked}, nil, commands.RightsUnknown},
		"the policy was replaced":  {operation.Decision{Code: operation.DeniedOutdated}, nil, commands.RightsUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, d *desk) {
				d.gate.somewhere, d.gate.actions = tt.says, tt.may
				require.Equal(t, tt.want, d.Rights(t.Context(), ana, here))
			})
		})
	}
}
