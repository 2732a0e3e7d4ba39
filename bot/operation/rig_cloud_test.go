package operation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"lbbot/zenlayer"
)

// cloud is a scripted Zenlayer: one pool for each listener, which shows new
// entries, and the end of removed ones, after a lag, and forgets tokens after a while.
type cloud struct {
	mu        sync.Mutex
	at        *points
	lag       time.Duration
	forget    time.Duration // 0: tokens are remembered
	twice     bool          // the same server may be added with another token
	balancers []zenlayer.LoadBalancer
	instances []zenlayer.Instance
	entries   []entry
	tokens    map[string]token
	calls     []call
	kinds     []zenlayer.InstanceType // that pools were asked for
	made      int                     // backends made by RegisterBackend
	taken     []string                // backends that DeregisterBackend took off, once for each time
	read      []zenlayer.Backend      // what the last complete reading showed
	looks     [][]zenlayer.Backend    // read, at each call of DeregisterBackend
	fault     func(name string, n int) fault
	onCall    func(name string)
}

type entry struct {
	zenlayer.Backend
	seen time.Time // from then on the list shows it
	gone time.Time // it was removed, and from then on the list does not show it; zero: it is there
	ours bool
}

func (e entry) listed(at time.Time) bool {
	return !e.seen.After(at) && (e.gone.IsZero() || e.gone.After(at))
}

type token struct {
	backend string
	at      time.Time
}

type call struct {
	name  string
	token string
	at    time.Time
	rank  int // at the limiter
}

func (c *cloud) do(ctx context.Context, name, token string, work func() error) error {
	c.at.hit("before " + name)
	c.mu.Lock()
	c.calls = append(c.calls, call{name, token, time.Now(), zenlayer.WaitingOf(ctx).Rank})
	n := 0
	for _, k := range c.calls {
		if k.name == name {
			n++
		}
	}
	var f fault
	if c.fault != nil {
		f = c.fault(name, n)
	}
	c.mu.Unlock()
	if c.onCall != nil {
		c.onCall(name)
	}
	if err := f.start(ctx); err != nil {
		return err
	}
	c.mu.Lock()
	err := work()
	c.mu.Unlock()
	c.at.hit("after " + name)
	if err != nil {
		return err
	}
	return f.after
}

// goes changes the script.
func (c *cloud) goes(script func(string, int) fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fault = script
}

func (c *cloud) RegisterBackend(ctx context.Context,
	r zenlayer.RegisterBackendRequest) (got zenlayer.RegisteredBackend, err error) {
	if err := r.Validate(); err != nil {
		return got, &zenlayer.InvalidError{Action: "RegisterBackend", Err: err}
	}
	err = c.do(ctx, "RegisterBackend", r.ClientToken, func() error {
		now := time.Now()
		if t, ok := c.tokens[r.ClientToken]; ok && (c.forget == 0 || now.Sub(t.at) < c.forget) {
			got = zenlayer.RegisteredBackend{RequestID: "T-again", BackendID: t.backend}
			return nil
		}
		at, ok := c.listener(r.ListenerID)
		if !ok {
			return apiError(404, "INVALID_LB_LISTENER_NOT_FOUND")
		}
		if !c.twice && slices.ContainsFunc(c.entries, func(e entry) bool {
			return e.ListenerID == r.ListenerID && e.InstanceID == r.InstanceID
		}) {
			return apiError(409, "INVALID_BACKEND_INSTANCE_LISTENER_EXIST")
		}
		ports := make([]string, len(r.PortList))
		for i, p := range r.PortList {
			ports[i] = strconv.Itoa(p)
		}
		if len(ports) == 0 {
			ports = []string{at.Port}
		}
		c.made++
		id := fmt.Sprintf("be-%d", 100+c.made)
		c.entries = append(c.entries, entry{ours: true, seen: now.Add(c.lag),
			Backend: zenlayer.Backend{ListenerID: r.ListenerID, BackendID: id,
				Name: r.BackendName, Status: "Available", Port: strings.Join(ports, ","), Weight: max(r.Weight,
					1), InstanceID: r.InstanceID}})
		c.tokens[r.ClientToken] = token{id, now}
		got = zenlayer.RegisteredBackend{RequestID: "T-" + id, BackendID: id}
		return nil
	})
	if err != nil {
		got = zenlayer.RegisteredBackend{}
	}
	return got, err
}

func (c *cloud) DeregisterBackend(ctx context.Context, id string) (requestID string, err error) {
	c.mu.Lock()
	c.looks = append(c.looks, c.read)
	c.mu.Unlock()
	err = c.do(ctx, "DeregisterBackend", "", func() error {
		i := slices.IndexFunc(c.entries, func(e entry) bool { return e.BackendID == id && e.gone.IsZero() })
		if i < 0 {
			return apiError(404, "OPERATION_FAILED_RESOURCE_NOT_FOUND")
		}
		c.entries[i].gone, requestID = time.Now().Add(c.lag), "T-off-"+id
		c.taken = append(c.taken, id)
		return nil
	})
	if err != nil {
		requestID = ""
	}
	return requestID, err
}

// there reports whether a backend exists, whatever the list shows.
func (c *cloud) there(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.entries, func(e entry) bool {
		_, listener := c.listener(e.ListenerID)
		return listener && e.BackendID == id && e.gone.IsZero()
	})
}

// change has somebody change an entry in the console; nil removes it.
func (c *cloud) change(id string, edit func(*zenlayer.Backend)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.entries {
		switch {
		case c.entries[i].BackendID != id:
		case edit != nil:
			edit(&c.entries[i].Backend)
		case c.entries[i].gone.IsZero():
			c.entries[i].gone = time.Now()
		}
	}
}

func (c *cloud) listener(id string) (zenlayer.Listener, bool) {
	for _, b := range c.balancers {
		for _, l := range b.Listeners {
			if l.ListenerID == id {
				return l, true
			}
		}
	}
	return zenlayer.Listener{}, false
}

func (c *cloud) DescribeBackends(ctx context.Context, listenerID string,
	f zenlayer.BackendFilter) (pool []zenlayer.Backend, err error) {
	err = c.do(ctx, "DescribeBackends", "", func() error {
		c.kinds = append(c.kinds, f.InstanceType)
		if _, ok := c.listener(listenerID); !ok {
			return apiError(404, "INVALID_LB_LISTENER_NOT_FOUND")
		}
		for _, e := range c.entries {
			if e.ListenerID == listenerID && e.listed(time.Now()) &&
				(len(f.BackendIDs) == 0 || slices.Contains(f.BackendIDs, e.BackendID)) {
				pool = append(pool, e.Backend)
			}
		}
		c.read = pool
		return nil
	})
	if err != nil {
		pool = nil
	}
	return pool, err
}

func (c *cloud) DescribeListeners(ctx context.Context, f zenlayer.ListenerFilter) (got []zenlayer.Listener, err error) {
	err = c.do(ctx, "DescribeListeners", "", func() error {
		for _, b := range c.balancers {
			for _, l := range b.Listeners {
				if slices.Contains(f.ListenerIDs, l.ListenerID) {
					got = append(got, l)
				}
			}
		}
		return nil
	})
	return got, err
}

func (c *cloud) DescribeLoadBalancers(ctx context.Context,
	f zenlayer.LoadBalancerFilter) (got []zenlayer.LoadBalancer, err error) {
	err = c.do(ctx, "DescribeLoadBalancers", "", func() error {
		for _, b := range c.balancers {
			if len(f.LoadBalancerIDs) == 0 || slices.Contains(f.LoadBalancerIDs, b.ID) {
				got = append(got, b)
			}
		}
		return nil
	})
	return got, err
}

func (c *cloud) DescribeInstances(ctx context.Context, kind zenlayer.InstanceType,
	f zenlayer.InstanceFilter) (got []zenlayer.Instance, err error) {
	err = c.do(ctx, "DescribeInstances", "", func() error {
		fits := func(want []string, have ...string) bool {
			return len(want) == 0 || slices.ContainsFunc(have, func(h string) bool { return slices.Contains(want, h) })
		}
		for _, i := range c.instances {
			if i.Type == kind && fits(f.InstanceIDs, i.ID) && (f.Name == "" || f.Name == i.Name) &&
				(f.Hostname == "" || f.Hostname == i.Hostname) &&
				fits(f.PrivateIPs, i.PrivateIPs...) && fits(f.PublicIPs, i.PublicIPs...) {
				got = append(got, i)
			}
		}
		return nil
	})
	return got, err
}

// add puts an entry on a listener, as a colleague does in the console.
func (c *cloud) add(b zenlayer.Backend) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries = append(c.entries, entry{Backend: b, seen: time.Now()})
}

// sent returns the calls that add or remove.
func (c *cloud) sent() []call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.calls), func(k call) bool {
		return k.name != "RegisterBackend" && k.name != "DeregisterBackend"
	})
}

// removeListener deletes a listener and what is on it.
func (c *cloud) removeListener(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.balancers {
		c.balancers[i].Listeners = slices.DeleteFunc(c.balancers[i].Listeners,
			func(l zenlayer.Listener) bool { return l.ListenerID == id })
	}
}

func apiError(status int, code string) error {
	return &zenlayer.APIError{Action: "A", Status: status, Code: code, Message: "planted", RequestID: "T-err"}
}

func unsent() error {
	return &zenlayer.TransportError{Action: "A", Err: errors.New("no route to host")}
}

// limited is the error of a call that our own limiter kept back.
func limited() error {
	return &zenlayer.TransportError{Action: "A", Limited: true, Err: context.DeadlineExceeded}
}

func lost() error {
	return &zenlayer.TransportError{Action: "A", Sent: true, Err: errors.New("connection reset")}
}

// on scripts one fault for the nth call of a name; 0 means every call.
func on(name string, nth int, f fault) func(string, int) fault {
	return func(called string, n int) fault {
		if called == name && (nth == 0 || n == nth) {
			return f
		}
		return fault{}
	}
}

func sample() ([]zenlayer.LoadBalancer, []zenlayer.Instance) {
	l := func(lb, id, name, port, kind string) zenlayer.Listener {
		return zenlayer.Listener{LoadBalancerID: lb, ListenerID: id, Name: name, Port: port, Kind: kind,
			Protocol: "TCP", Scheduler: "wrr", Status: "Available", HealthCheck: new(true)}
	}
	balancers := []zenlayer.LoadBalancer{
		{ID: "lb-1", Name: "api-lb", ZoneID: "SIN1", Status: "Available",
			Listeners: []zenlayer.Listener{l("lb-1", "lst-1", "https-443", "443", "FNAT"),
				l("lb-1", "lst-dr", "dns-53", "53", "DR")}},
		{ID: "lb-2", Name: "pay-lb", ZoneID: "FRA1", Status: "CREATING",
			Listeners: []zenlayer.Listener{l("lb-2", "lst-2", "https-443", "443", "FNAT"),
				l("lb-2", "lst-3", "admin", "9443", "FNAT")}},
	}
	i := func(id, name, ip, status string, kind zenlayer.InstanceType) zenlayer.Instance {
		return zenlayer.Instance{ID: id, Name: name, Hostname: name + ".local", PrivateIPs: []string{ip},
			Status: status, ZoneID: "SIN1", Type: kind}
	}
	return balancers, []zenlayer.Instance{
		i("i-1", "web-01", "10.0.0.1", "RUNNING", zenlayer.InstanceBM),
		i("i-2", "web-02", "10.0.0.2", "STOPPED", zenlayer.InstanceBM),
		i("i-3", "web-03", "10.0.0.3", "RECYCLE", zenlayer.InstanceBM),
		i("i-8", "twin", "10.0.0.8", "RUNNING", zenlayer.InstanceBM),
		i("vm-1", "edge", "10.0.1.1", "RUNNING", zenlayer.InstanceVM),
		i("vm-8", "twin", "10.0.1.8", "RUNNING", zenlayer.InstanceVM),
	}
}
