package slackapp

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
	"lbbot/commands"
	"lbbot/zenlayer/zenlayertest"
)

// memoryLists are lists that change when the test says so.
type memoryLists struct {
	onWake func()

	mu        sync.Mutex
	at        time.Time // zero: not read
	noServers bool      // the servers are not read
	listeners []operation.Listener
	servers   []operation.Server
}

// sampleLists has what the stand-in of Zenlayer has.
func sampleLists() *memoryLists {
	seed, l := zenlayertest.SampleData(), &memoryLists{at: time.Now()}
	for _, lb := range seed.LoadBalancers {
		for _, x := range seed.Listeners {
			if x.LoadBalancerID == lb.ID {
				l.listeners = append(l.listeners, operation.ListenerOf(x, lb))
			}
		}
	}
	for _, i := range seed.Instances {
		l.servers = append(l.servers, operation.ServerOf(i))
	}
	return l
}

func (l *memoryLists) set(change func(*memoryLists)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l)
	if !l.at.IsZero() {
		l.at = l.at.Add(time.Millisecond) // a reading of its own
	}
}

func (l *memoryLists) Wake() {
	if l.onWake != nil {
		l.onWake()
	}
}

func (l *memoryLists) ReadAt() (time.Time, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at, !l.at.IsZero()
}

func (l *memoryLists) ServersReadAt() (time.Time, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at, !l.at.IsZero() && !l.noServers
}

func (l *memoryLists) Listeners(query string) []operation.Listener {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.listeners), func(x operation.Listener) bool {
		return !strings.Contains(x.Name+" "+x.ID+" "+x.Port+" "+x.LoadBalancerName+"/"+x.Name, query)
	})
}

func (l *memoryLists) Servers(query, zone string, limit int) (best []operation.Server, more int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	hits := slices.DeleteFunc(slices.Clone(l.servers), func(x operation.Server) bool {
		return !strings.Contains(x.Name+" "+x.ID+" "+x.IP, query)
	})
	slices.SortStableFunc(hits, func(a, b operation.Server) int {
		switch {
		case a.Zone == zone && b.Zone != zone:
			return -1
		case b.Zone == zone && a.Zone != zone:
			return 1
		}
		return 0
	})
	return hits[:min(limit, len(hits))], max(0, len(hits)-limit)
}

func (l *memoryLists) Listener(id string) (operation.Listener, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.listeners, func(x operation.Listener) bool { return x.ID == id })
	if i < 0 || l.at.IsZero() {
		return operation.Listener{}, false
	}
	return l.listeners[i], true
}

func (l *memoryLists) Server(id string) (operation.Server, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.servers, func(x operation.Server) bool { return x.ID == id })
	if i < 0 || l.at.IsZero() || l.noServers {
		return operation.Server{}, false
	}
	return l.servers[i], true
}

// ListenersOf is not what these tests are about.
func (*memoryLists) ListenersOf(string) (ids []string, known bool) { return nil, false }

// formRig is a rig whose form has lists.
type formRig struct {
	*rig
	lists *memoryLists
}

func openListed(t testing.TB, lists *memoryLists) *formRig {
	t.Helper()
	return &formRig{lists: lists, rig: open(t, func(c *Config) {
		c.Intake.Lists, c.Suggester.Lists = lists, lists
	})}
}

const (
	pickListener = "pick_" + commands.KeyListener
	pickServer   = "pick_" + commands.KeyServer
)

// form opens the form.
func (r *formRig) form(person string) sandbox.View {
	r.t.Helper()
	for _, v := range r.slack.Views(person) { // of earlier
		r.slack.CloseView(r.t.Context(), person, v.ID, true)
	}
	r.types(person, incident, "")
	return r.view(person, form.Title)
}

// offers asks for options as Slack does while somebody types in a list.
func (r *formRig) offers(person string, v sandbox.View, field, typed string) []sandbox.Option {
	r.t.Helper()
	options, in := r.slack.Suggest(r.t.Context(), person, v.ID, field, typed, nil)
	r.acked(in)
	return options
}

// picks picks a listener.
func (r *formRig) picks(person string, v sandbox.View, id string) {
	r.t.Helper()
	r.offers(person, v, pickListener, "")
	r.acked(r.slack.ClickInView(r.t.Context(), person, v.ID, pickListener, id, nil))
}

// shows waits until the form on top has all the parts, and returns it.
func (r *formRig) shows(person string, parts ...string) sandbox.View {
	r.t.Helper()
	var v sandbox.View
	ok := func() bool {
		views := r.slack.Views(person)
		if len(views) > 0 {
			v = views[len(views)-1]
		}
		return len(views) > 0 && has(sandbox.Message{Blocks: v.Blocks}, parts...)
	}
	for deadline := time.After(patience); !ok(); {
		select {
		case <-deadline:
			require.FailNow(r.t, "the form does not show it", "%q in %s", parts, v.Raw)
		case <-time.After(2 * time.Millisecond):
		}
	}
	return v
}

// picked is the state of a form whose lists were used.
func picked(listener, server string, typed map[string]string) sandbox.ViewState {
	state := filled(typed)
	for key, value := range map[string]string{commands.KeyListener: listener, commands.KeyServer: server} {
		if value != "" {
			state[render.PickBlockID(key)] = map[string]any{render.PickBlockID(key): value}
		}
	}
	return state
}

// values are options by value.
func values(options []sandbox.Option) (out []string) {
	for _, o := range options {
		out = append(out, o.Value)
	}
	return out
}
