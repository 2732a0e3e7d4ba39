package catalog

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// list is one complete reading, never changed after it was published.
type list[T any] struct {
	at    time.Time // when its reading began; zero: there is none
	moved bool      // it changed while it was read, so items may be missing
	items []T       // in the order in which equal matches are offered
	keys  string    // of all items, in one text that can be searched at once
	ends  []int     // of the key of each item, with the line break that follows it
	byID  map[string]int
	names []int // where each name of an item begins in keys, in the order of the names
}

// entry is an item before it has its place in a list.
type entry[T any] struct {
	item      T
	order, id string
	key       string
}

func newList[T any](at time.Time, entries []entry[T]) list[T] {
	slices.SortFunc(entries, func(a, b entry[T]) int {
		return cmp.Or(strings.Compare(a.order, b.order), strings.Compare(a.id, b.id))
	})
	l := list[T]{at: at, items: make([]T, len(entries)), ends: make([]int, len(entries)),
		byID: make(map[string]int, len(entries))}
	var keys strings.Builder
	for n, e := range entries {
		keys.WriteString(e.key)
		keys.WriteByte('\n')
		l.items[n], l.ends[n], l.byID[e.id] = e.item, keys.Len(), n
	}
	l.keys = keys.String()
	l.order()
	return l
}

// search calls hit for each item that fits, in their order.
func (l *list[T]) search(q query, hit func(n, rank int)) {
	begin := 0 // of the key of item n
	for n := 0; n < len(l.items); n++ {
		at := strings.Index(l.keys[begin:], q.longest)
		if at < 0 {
			return
		}
		for at += begin; l.ends[n] <= at; n++ {
			begin = l.ends[n]
		}
		if rank, ok := q.rank(l.keys[begin : l.ends[n]-1]); ok {
			hit(n, rank)
		}
		begin = l.ends[n]
	}
}

// allNamed returns the item with this id; without one, the items with the spelling.
func (l *list[T]) allNamed(spelling string) (items []T) {
	if item, ok := l.get(spelling); ok {
		return []T{item}
	}
	line, ok := lineOf(spelling)
	if !ok {
		return nil
	}
	last, text := -1, strings.TrimSuffix(line, "\n")
	first, _ := slices.BinarySearchFunc(l.names, text, func(at int, text string) int {
		return strings.Compare(l.line(at), text)
	})
	for _, at := range l.names[first:] {
		if l.line(at) != text {
			break
		}
		if n, _ := slices.BinarySearch(l.ends, at+1); n != last {
			items, last = append(items, l.items[n]), n
		}
	}
	return items
}

// line returns the line of the keys that begins at a byte.
func (l *list[T]) line(at int) string {
	line, _, _ := strings.Cut(l.keys[at:], "\n")
	return line
}

// order finds where the names of the items begin.
func (l *list[T]) order() {
	begin := 0
	for _, end := range l.ends {
		names, _, _ := strings.Cut(l.keys[begin:end], endOfNames)
		for at := begin; at < begin+len(names); at += len(l.line(at)) + 1 {
			l.names = append(l.names, at)
		}
		begin = end
	}
	slices.SortFunc(l.names, func(a, b int) int {
		return cmp.Or(strings.Compare(l.line(a), l.line(b)), cmp.Compare(a, b))
	})
}

func (l *list[T]) get(id string) (item T, ok bool) {
	n, ok := l.byID[id]
	if ok {
		item = l.items[n]
	}
	return item, ok
}

// listeners are ordered by load balancer, then name.
type listeners struct {
	list[operation.Listener]
	on          map[string][]string  // ids of the listeners by the id of a server on them
	entries     map[string][]entered // by the id of the listener
	bareMetalOn bool                 // on has all bare metal servers
	virtualOn   bool                 // and all virtual machines
}

// entered is what is kept of an entry of a listener.
type entered struct{ instance, ports string }

func newListeners(at time.Time, lbs []zenlayer.LoadBalancer) *listeners {
	var entries []entry[operation.Listener]
	for _, lb := range lbs {
		for _, of := range lb.Listeners {
			item := operation.ListenerOf(of, lb)
			order := strings.Join([]string{fold(lb.Name), lb.ID, fold(of.Name)}, "\n")
			entries = append(entries, entry[operation.Listener]{item, order, item.ID, listenerKey(item)})
		}
	}
	l := &listeners{list: newList(at, entries), on: map[string][]string{}, entries: map[string][]entered{},
		bareMetalOn: len(lbs) == 0}
	for _, lb := range lbs {
		for _, b := range lb.Backends {
			l.bareMetalOn = true
			l.entries[b.ListenerID] = append(l.entries[b.ListenerID], entered{b.InstanceID, b.Port})
			// Whether the API lists virtual machines here is not documented: it does if there is one.
			l.virtualOn = l.virtualOn || b.InstanceType == zenlayer.InstanceVM
			if ids := l.on[b.InstanceID]; !slices.Contains(ids, b.ListenerID) {
				l.on[b.InstanceID] = append(ids, b.ListenerID)
			}
		}
	}
	return l
}

func listenerKey(l operation.Listener) string {
	lbs := []string{l.LoadBalancerName, l.LoadBalancerID}
	names, parts := []string{l.ID, l.Name}, slices.Clone(lbs)
	within := func(mark, of string) {
		for _, lb := range lbs {
			if lb != "" && of != "" {
				names = append(names, lb+mark+of)
			}
		}
	}
	within("/", l.Name)
	within("/", l.ID)
	for port := range strings.SplitSeq(clip(l.Port, maxSpelling), ",") {
		port = strings.TrimSpace(port)
		parts = append(parts, port)
		within(":", port)
	}
	shown := strings.TrimSpace(l.Protocol + " " + l.Port)
	option := l.Name + " on " + cmp.Or(lbs...) + " (" + shown + ")" // as the form says it
	parts = append(parts, l.Zone, shown, option)
	return key(names...) + endOfNames + key(parts...)
}

func (l *listeners) find(q query) []operation.Listener {
	if q.empty() {
		return l.items
	}
	var found [ranks][]operation.Listener
	l.search(q, func(n, rank int) { found[rank] = append(found[rank], l.items[n]) })
	return slices.Concat(found[:]...)
}

// servers are ordered by name.
type servers struct {
	list[operation.Server]
	bareMetalOnly bool // virtual machines were refused
}

// addServers keeps of instances what is offered and searched, which is less than half of them.
func addServers(to []entry[operation.Server], instances []zenlayer.Instance) []entry[operation.Server] {
	to = slices.Grow(to, len(instances))
	for _, i := range instances {
		to = append(to, entry[operation.Server]{operation.ServerOf(i), fold(i.Name), i.ID, serverKey(i)})
	}
	return to
}

func serverKey(i zenlayer.Instance) string {
	names := slices.Concat([]string{i.ID, i.Name, strings.TrimSuffix(i.Hostname, ".")},
		addresses(i.PrivateIPs...), addresses(i.PublicIPs...), addresses(i.IPv6s...))
	return key(names...) + endOfNames + key(i.ZoneID)
}

// find returns at most limit servers and how many more fit. A server that is typed exactly comes first, wherever it
// is; then those in zone.
func (s *servers) find(q query, zone string, limit int) (best []operation.Server, more int) {
	limit = max(0, limit)
	var classes [2 * ranks][]int
	s.search(q, func(n, rank int) {
		more++
		if class := classOf(rank, s.items[n].Zone == zone); len(classes[class]) < limit {
			classes[class] = append(classes[class], n)
		}
	})
	found := slices.Concat(classes[:]...)
	for _, n := range found[:min(limit, len(found))] {
		best = append(best, s.items[n])
	}
	return best, more - len(best)
}

// classOf orders by place what is not exact: exact here, exact elsewhere, the ranks here, the ranks elsewhere.
func classOf(rank int, here bool) int {
	switch {
	case rank == exact && here:
		return 0
	case rank == exact:
		return 1
	case here:
		return rank + 1
	}
	return rank + ranks
}
