package slackapp

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/operation/catalog"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
	"lbbot/commands"
	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

// memoryLists are the lists of an account that changes when the test says so.
type memoryLists struct {
	onWake    func()
	unread    bool // no list can be read
	noServers bool // nor can that of the servers
	lbs       []zenlayer.LoadBalancer
	servers   []zenlayer.Instance

	now atomic.Pointer[catalog.Catalog]
}

// sampleLists has what the stand-in of Zenlayer has.
func sampleLists() *memoryLists {
	seed := zenlayertest.SampleData()
	l := &memoryLists{lbs: seed.LoadBalancers, servers: seed.Instances}
	for i := range l.lbs {
		for _, x := range seed.Listeners {
			if x.LoadBalancerID == l.lbs[i].ID {
				l.lbs[i].Listeners = append(l.lbs[i].Listeners, x)
			}
		}
	}
	l.set(func(*memoryLists) {})
	return l
}

// add adds load balancers with listeners, and servers.
func (l *memoryLists) add(lbs []zenlayer.LoadBalancer, servers ...zenlayer.Instance) {
	l.set(func(l *memoryLists) { l.lbs, l.servers = append(l.lbs, lbs...), append(l.servers, servers...) })
}

// set changes the account and reads the lists.
func (l *memoryLists) set(change func(*memoryLists)) {
	change(l)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	c := catalog.New(catalog.Config{Source: onceRead{l, stop}, Now: time.Now, Log: zap.NewNop(),
		Registerer: prometheus.NewRegistry()})
	if !l.unread {
		_ = c.Run(ctx) // returns once the lists are read
	}
	l.now.Store(c)
}

// onceRead is a source that stops its reader with the last list.
type onceRead struct {
	*memoryLists
	stop context.CancelFunc
}

func (o onceRead) DescribeLoadBalancers(context.Context, zenlayer.LoadBalancerFilter) ([]zenlayer.LoadBalancer, error) {
	return o.lbs, nil
}

func (onceRead) DescribeListeners(context.Context, zenlayer.ListenerFilter) ([]zenlayer.Listener, error) {
	panic("the lists come with the load balancers")
}

func (o onceRead) DescribeInstances(ctx context.Context, kind zenlayer.InstanceType,
	_ zenlayer.InstanceFilter) (out []zenlayer.Instance, err error) {
	if o.noServers || kind == zenlayer.InstanceVM {
		o.stop()
	}
	if o.noServers {
		return nil, ctx.Err()
	}
	for _, i := range o.servers {
		if i.Type == kind {
			out = append(out, i)
		}
	}
	return out, nil
}

func (l *memoryLists) Wake() {
	if l.onWake != nil {
		l.onWake()
	}
}

func (l *memoryLists) Snapshot() ([]operation.Listener, time.Time) { return l.now.Load().Snapshot() }

func (l *memoryLists) ServersReadAt() (time.Time, bool) { return l.now.Load().ServersReadAt() }

func (l *memoryLists) Listeners(query string) []operation.Listener {
	return l.now.Load().Listeners(query)
}

func (l *memoryLists) Servers(query, zone string, limit int) (best []operation.Server, more int) {
	return l.now.Load().Servers(query, zone, limit)
}

func (l *memoryLists) Listener(id string) (operation.Listener, bool) {
	return l.now.Load().Listener(id)
}

func (l *memoryLists) NamedListener(text string) (operation.Listener, bool) {
	return l.now.Load().NamedListener(text)
}

func (l *memoryLists) NamedServer(text string) (operation.Server, bool) {
	return l.now.Load().NamedServer(text)
}

func (l *memoryLists) ListenersNamed(text string) []operation.Listener {
	return l.now.Load().ListenersNamed(text)
}

func (l *memoryLists) ServersNamed(text string) []operation.Server {
	return l.now.Load().ServersNamed(text)
}

func (l *memoryLists) PortsOn(listenerID, without string) []string {
	return l.now.Load().PortsOn(listenerID, without)
}

// formRig is a rig whose form has lists.
type formRig struct {
	*rig
	lists *memoryLists
}

func openListed(t testing.TB, lists *memoryLists) *formRig {
	t.Helper()
	return &formRig{lists: lists, rig: open(t, func(c *Config) {
		c.Names, c.Suggester.Lists = lists, lists
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
