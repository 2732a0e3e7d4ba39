package zenlayertest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lbbot/zenlayer"
)

// account is the content of the API. The Server's lock guards it.
type account struct {
	balancers []zenlayer.LoadBalancer
	listeners []zenlayer.Listener
	instances []zenlayer.Instance
	backends  []*backend            // all, oldest first
	ids       map[string]*backend   // by backend id
	pools     map[string][]*backend // by listener id, oldest first
	tokens    map[string]remembered
	effects   map[string]int
	made      int
}

// backend is a backend with the state that the API does not show.
type backend struct {
	zenlayer.Backend
	visibleAt   time.Time
	hiddenReads int // the number of further DescribeBackends calls that hide it
}

// remembered is the effect of a client token.
type remembered struct {
	request   string // canonical text of all parameters
	backendID string
	until     time.Time
}

// newAccount has the seed's content, and has made some backends before.
func newAccount(seed Seed, made int) account {
	a := account{
		balancers: slices.Clone(seed.LoadBalancers), listeners: slices.Clone(seed.Listeners),
		instances: slices.Clone(seed.Instances), tokens: map[string]remembered{}, effects: map[string]int{},
		ids: map[string]*backend{}, pools: map[string][]*backend{}, made: made,
	}
	known := map[string]bool{}
	for _, l := range seed.Listeners {
		known[l.ListenerID] = true
	}
	for _, l := range seed.LoadBalancers {
		for _, listener := range l.Listeners {
			if !known[listener.ListenerID] {
				known[listener.ListenerID] = true
				listener.LoadBalancerID = cmp.Or(listener.LoadBalancerID, l.ID)
				a.listeners = append(a.listeners, listener)
			}
		}
	}
	for _, b := range seed.Backends {
		a.add(&backend{Backend: b})
	}
	return a
}

func (a *account) listener(id string) (zenlayer.Listener, bool) {
	i := slices.IndexFunc(a.listeners, func(l zenlayer.Listener) bool { return l.ListenerID == id })
	if i < 0 {
		return zenlayer.Listener{}, false
	}
	return a.listeners[i], true
}

func (a *account) instance(id, product string) (*zenlayer.Instance, bool) {
	i := slices.IndexFunc(a.instances, func(i zenlayer.Instance) bool {
		return i.ID == id && productOf(i.Type) == product
	})
	if i < 0 {
		return nil, false
	}
	return &a.instances[i], true
}

func productOf(t zenlayer.InstanceType) string { return string(cmp.Or(t, zenlayer.InstanceBM)) }

func (a *account) add(b *backend) {
	a.backends = append(a.backends, b)
	a.ids[b.BackendID] = b
	a.pools[b.ListenerID] = append(a.pools[b.ListenerID], b)
}

func (a *account) on(listenerID, instanceID, product string) bool {
	return slices.ContainsFunc(a.pools[listenerID], func(b *backend) bool {
		return b.InstanceID == instanceID && productOf(b.InstanceType) == product
	})
}

func (a *account) remove(backendID string) bool {
	gone := a.ids[backendID]
	if gone == nil {
		return false
	}
	is := func(b *backend) bool { return b == gone }
	a.backends = slices.DeleteFunc(a.backends, is)
	a.pools[gone.ListenerID] = slices.DeleteFunc(a.pools[gone.ListenerID], is)
	delete(a.ids, backendID)
	return true
}

// newBackendID counts up from be-20d1, skipping ids of the seed.
func (a *account) newBackendID() string {
	for {
		id := fmt.Sprintf("be-%04x", 0x20d1+a.made)
		a.made++
		if a.ids[id] == nil {
			return id
		}
	}
}

// portText returns ports as readings show them: joined with commas; without ports the
// listener's port, or "" if the listener routes directly.
func portText(ports []int, l zenlayer.Listener) string {
	if len(ports) == 0 {
		if strings.EqualFold(l.Kind, "DR") {
			return ""
		}
		return l.Port
	}
	texts := make([]string, len(ports))
	for i, port := range ports {
		texts[i] = strconv.Itoa(port)
	}
	return strings.Join(texts, ",")
}

func timeText(t time.Time, spaced bool) string {
	if spaced {
		return t.UTC().Format("2006-01-02 15:04:05")
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}
