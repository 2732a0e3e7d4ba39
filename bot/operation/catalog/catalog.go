package catalog

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/commands"
	"lbbot/zenlayer"
)

const (
	every      = 5 * time.Minute  // between the end of a reading and the next
	freshFor   = 30 * time.Second // after the end of a reading Wake does nothing
	usableFor  = 15 * time.Minute // since the reading began
	readWithin = 4 * time.Minute  // all pages of a list; its calls wait for everybody else's
	firstRetry = 5 * time.Second  // after a failure; doubled by each further one, up to every
)

// Config is what New needs.
type Config struct {
	Source     operation.Catalog // asked with RankRefresh
	Now        func() time.Time
	Log        *zap.Logger
	Registerer prometheus.Registerer
}

// Catalog is safe for concurrent use. No method but Run blocks or calls Zenlayer.
type Catalog struct {
	source  operation.Catalog
	now     func() time.Time
	log     *zap.Logger
	metrics *metrics
	woken   chan struct{}

	bareMetalOnly bool         // virtual machines were refused; only Run uses it
	doubted       atomic.Int64 // see Doubt; in nanoseconds since 1970

	listeners atomic.Pointer[listeners] // nil: never read
	servers   atomic.Pointer[servers]
}

// New returns a catalogue without lists. Run reads them.
func New(c Config) *Catalog {
	return &Catalog{source: c.Source, now: c.Now, log: c.Log, metrics: newMetrics(c.Registerer),
		woken: make(chan struct{}, 1)}
}

// Wake asks for a new reading because somebody opened a form. It does not block, and does nothing within 30 s of the
// last reading.
func (c *Catalog) Wake() {
	select {
	case c.woken <- struct{}{}:
	default: // asked already
	}
}

// Snapshot returns all listeners by load balancer and name, and when their reading began; zero: there are none that
// may be offered. The answer may be shared: it must not be changed.
func (c *Catalog) Snapshot() (all []operation.Listener, readAt time.Time) {
	l := c.usableListeners()
	return l.items, l.at
}

// LoadBalancer returns the id of a load balancer that was in the list when it was last read, however long ago;
// empty if it never was. It tells one account from another.
func (c *Catalog) LoadBalancer() string {
	if l := c.listeners.Load(); l != nil && len(l.items) > 0 {
		return l.items[0].LoadBalancerID
	}
	return ""
}

// ServersReadAt returns when the reading of the servers began; false: there are none that may be offered.
func (c *Catalog) ServersReadAt() (time.Time, bool) {
	s := c.usableServers()
	return s.at, !s.at.IsZero()
}

// Listeners returns the listeners that fit what was typed, best match first; without a query all of them by load
// balancer and name. The answer may be shared: it must not be changed.
func (c *Catalog) Listeners(query string) []operation.Listener {
	return c.usableListeners().find(parse(query))
}

// Servers returns at most limit servers that fit what was typed, and how many more do. What is typed exactly comes
// first, then the servers in zone, then the better match, then the name.
func (c *Catalog) Servers(query, zone string, limit int) (best []operation.Server, more int) {
	return c.usableServers().find(parse(query), zone, limit)
}

// Listener returns the listener with this id; false: it is not in the list, or there is no list.
func (c *Catalog) Listener(id string) (operation.Listener, bool) {
	return c.usableListeners().get(id)
}

// Server returns the server with this id; false: it is not in the list, or there is no list.
func (c *Catalog) Server(id string) (operation.Server, bool) {
	return c.usableServers().get(id)
}

// NamedListener returns the listener that a text names as in a command, whatever its letter case; false: it names none
// or several. A part of a name is none.
func (c *Catalog) NamedListener(text string) (operation.Listener, bool) {
	return named(&c.usableListeners().list, text)
}

// NamedServer is NamedListener for servers: by id, name, host name or address.
func (c *Catalog) NamedServer(text string) (operation.Server, bool) {
	return named(&c.usableServers().list, text)
}

// ListenersNamed returns the listeners that a text names as in a command, whatever its letter case, in no order. Unlike
// NamedListener it reads nothing into the text.
func (c *Catalog) ListenersNamed(text string) []operation.Listener {
	return c.usableListeners().allNamed(text)
}

// ServersNamed is ListenersNamed for servers: by id, name, host name or address.
func (c *Catalog) ServersNamed(text string) []operation.Server {
	return c.usableServers().allNamed(text)
}

// PortsOn returns the ports of each entry of a listener as Zenlayer lists them, but of those of one server. Whether
// entries of virtual machines are among them is not documented. The answer must not be changed.
func (c *Catalog) PortsOn(listenerID, withoutInstance string) (ports []string) {
	for _, e := range c.usableListeners().entries[listenerID] {
		if e.instance != withoutInstance {
			ports = append(ports, e.ports)
		}
	}
	return ports
}

// named tries the text as it stands before its readings.
func named[T any](l *list[T], text string) (item T, ok bool) {
	readings, _ := commands.Inside(text)
	for _, reading := range append([]string{text}, readings...) {
		switch found := l.allNamed(reading); {
		case len(found) == 1:
			return found[0], true
		case len(found) > 1:
			return item, false
		}
	}
	return item, false
}

// ListenersOf returns the ids of the listeners that a server is on. known says that these are all: the load balancers
// were read with their backends, and with those of the server's type. The answer must not be changed.
func (c *Catalog) ListenersOf(instanceID string) (ids []string, known bool) {
	l := c.usableListeners()
	s, known := c.Server(instanceID)
	if s.Type == zenlayer.InstanceVM {
		return l.on[instanceID], known && l.virtualOn
	}
	return l.on[instanceID], known && l.bareMetalOn
}

// usableListeners returns an empty list if there is none that may be offered.
func (c *Catalog) usableListeners() *listeners {
	if l := c.listeners.Load(); l != nil && operation.Age(c.now(), l.at) <= usableFor {
		return l
	}
	return &listeners{}
}

// usableServers returns an empty list if there is none that may be offered.
func (c *Catalog) usableServers() *servers {
	if s := c.servers.Load(); s != nil && operation.Age(c.now(), s.at) <= usableFor {
		return s
	}
	return &servers{}
}
