package catalog

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// listeners is one complete reading, never changed after it was published.
type listeners struct {
	at    time.Time
	items []operation.Listener // by load balancer, then name
	keys  []string             // what is searched of each item
	byID  map[string]int       // place in items
	on    map[string][]string  // sorted ids of the listeners by the id of a server on them
	lists map[zenlayer.InstanceType]bool
}

func newListeners(at time.Time, lbs []zenlayer.LoadBalancer) *listeners {
	l := &listeners{at: at, byID: map[string]int{}, on: map[string][]string{},
		lists: map[zenlayer.InstanceType]bool{zenlayer.InstanceBM: true}}
	for _, lb := range lbs {
		for _, listener := range lb.Listeners {
			l.items = append(l.items, operation.ListenerOf(listener, lb))
		}
		l.note(lb)
	}
	slices.SortFunc(l.items, func(a, b operation.Listener) int {
		return cmp.Or(cmp.Compare(fold(a.LoadBalancerName), fold(b.LoadBalancerName)),
			cmp.Compare(a.LoadBalancerID, b.LoadBalancerID),
			cmp.Compare(fold(a.Name), fold(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	for at, item := range l.items {
		l.byID[item.ID] = at
		l.keys = append(l.keys, listenerKey(item))
	}
	return l
}

// note remembers which servers are on the listeners of a load balancer. Whether the API lists virtual machines among
// its backends is not documented: it does if there is one.
func (l *listeners) note(lb zenlayer.LoadBalancer) {
	if lb.Backends == nil {
		l.lists = map[zenlayer.InstanceType]bool{}
	}
	for _, b := range lb.Backends {
		if b.InstanceType == zenlayer.InstanceVM {
			l.lists[zenlayer.InstanceVM] = true
		}
		if ids := l.on[b.InstanceID]; !slices.Contains(ids, b.ListenerID) {
			l.on[b.InstanceID] = append(ids, b.ListenerID)
		}
	}
}

func listenerKey(l operation.Listener) string {
	spellings := []string{l.ID, l.Name, l.LoadBalancerName, l.LoadBalancerID, l.LoadBalancerName + "/" + l.Name}
	for port := range strings.SplitSeq(l.Port, ",") {
		spellings = append(spellings, port, l.LoadBalancerName+":"+port)
	}
	return key(spellings)
}

func (l *listeners) find(q query) []operation.Listener {
	if q.empty() {
		return l.items
	}
	var found [ranks][]operation.Listener
	for i, key := range l.keys {
		if rank, ok := q.rank(key); ok {
			found[rank] = append(found[rank], l.items[i])
		}
	}
	return slices.Concat(found[:]...)
}

// servers is one complete reading, never changed after it was published.
type servers struct {
	at    time.Time
	items []operation.Server // by name
	keys  []string           // what is searched of each item
	byID  map[string]int     // place in items
}

func newServers(at time.Time, lists ...[]zenlayer.Instance) *servers {
	all := slices.Concat(lists...)
	slices.SortFunc(all, func(a, b zenlayer.Instance) int {
		return cmp.Or(cmp.Compare(fold(a.Name), fold(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	s := &servers{at: at, byID: map[string]int{}}
	for at, i := range all {
		s.items = append(s.items, operation.ServerOf(i))
		s.byID[i.ID] = at
		s.keys = append(s.keys, serverKey(i))
	}
	return s
}

func serverKey(i zenlayer.Instance) string {
	return key(slices.Concat([]string{i.ID, i.Name, i.Hostname}, i.PrivateIPs, i.PublicIPs, i.IPv6s))
}

// find puts each server that fits into a class, best first: fit exactly here and elsewhere, then by rank in this zone,
// then by rank elsewhere.
func (s *servers) find(q query, zone string, limit int) (best []operation.Server, more int) {
	var classes [2 * ranks][]operation.Server
	for i, key := range s.keys {
		rank, ok := q.rank(key)
		if !ok {
			continue
		}
		class := rank
		switch elsewhere := s.items[i].Zone != zone; {
		case rank == exact && elsewhere:
			class = exact + 1
		case rank != exact && elsewhere:
			class = ranks + rank
		case rank != exact:
			class = rank + 1
		}
		if more++; len(classes[class]) < limit {
			classes[class] = append(classes[class], s.items[i])
		}
	}
	best = slices.Concat(classes[:]...)
	best = best[:max(0, min(limit, len(best)))]
	return best, more - len(best)
}
