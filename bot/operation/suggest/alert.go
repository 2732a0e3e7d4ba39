package suggest

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"lbbot/bot/operation"
	"lbbot/commands/alert"
)

// Alerted is what an alert names for certain. What it does not is nil or 0.
type Alerted struct {
	Listener *operation.Listener
	Server   *operation.Server
	Port     int // that every other server on the listener uses, and not the listener's own
}

// FromAlert returns what a form may be filled with from an alert: a listener and a server only if all of the alert's
// names that name any name this one, and exactly one of them does so alone; a port only if it is one of the listener's
// other servers. A listener that the person may not change is left out. It calls nothing but the gate; the names are
// looked up in memory. Errors and time as of Listeners.
func (s *Suggester) FromAlert(ctx context.Context, a operation.Actor, p operation.Place,
	r alert.Reading) (Alerted, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, suggestWithin, errSuggestWithin)
	defer cancel()
	o, err := s.offered(ctx, a, p)
	if err != nil || r.Partial {
		return Alerted{}, err
	}
	balancers := balancersOf(r.Names, o.lists.all)
	var listeners named[operation.Listener]
	var servers named[operation.Server]
	for _, n := range r.Names {
		var ls []operation.Listener
		var ss []operation.Server
		if n.Kind != alert.Server {
			ls = s.Lists.ListenersNamed(n.Text)
		}
		if n.Kind != alert.Listener {
			ss = s.Lists.ServersNamed(n.Host)
		}
		several := len(ls) > 0 && len(ss) > 0 || len(ss) > 0 && n.Kind == alert.Any && balancers[key(n.Host)] != nil
		listeners.add(ls, func(l operation.Listener) string { return l.ID }, n.Weak || several)
		servers.add(ss, func(s operation.Server) string { return s.ID }, n.Weak || several)
	}
	out := Alerted{Server: servers.only()}
	if l := listeners.only(); l != nil && within(*l, balancers) {
		if may, ok := o.listener(l.ID); ok {
			out.Listener = &may
			out.Port = s.portOf(r.Ports, out)
		}
	}
	return out, nil
}

// named collects what the names of an alert name.
type named[T any] struct {
	some  bool
	left  map[string]T // what all names so far name
	alone map[string]T // what a name names alone
}

func (f *named[T]) add(items []T, id func(T) string, weak bool) {
	if len(items) == 0 {
		return
	}
	now := make(map[string]T, len(items))
	for _, item := range items {
		if _, ok := f.left[id(item)]; ok || !f.some {
			now[id(item)] = item
		}
	}
	if f.alone == nil {
		f.alone = map[string]T{}
	}
	if len(items) == 1 && !weak {
		f.alone[id(items[0])] = items[0]
	}
	f.some, f.left = true, now
}

// only returns what is named alone, and by every other name too; nil: nothing, or several things.
func (f *named[T]) only() *T {
	for id := range f.left {
		if item, ok := f.alone[id]; ok && len(f.left) == 1 {
			return &item
		}
	}
	return nil
}

// balancersOf returns the ids of the load balancers that names name, by name.
func balancersOf(names []alert.Name, all []operation.Listener) map[string][]string {
	of := map[string][]string{}
	for _, n := range names {
		if n.Kind != alert.Server {
			of[key(n.Host)] = nil
		}
	}
	for _, l := range all {
		for _, name := range []string{l.LoadBalancerName, l.LoadBalancerID} {
			if ids, asked := of[key(name)]; asked && name != "" && !slices.Contains(ids, l.LoadBalancerID) {
				of[key(name)] = append(ids, l.LoadBalancerID)
			}
		}
	}
	return of
}

func key(name string) string { return strings.ToLower(name) }

// within reports whether every load balancer that an alert names may be that of a listener.
func within(l operation.Listener, balancers map[string][]string) bool {
	for _, ids := range balancers {
		if len(ids) > 0 && !slices.Contains(ids, l.LoadBalancerID) {
			return false
		}
	}
	return true
}

// portOf returns the only port of an alert that other servers on the listener use, if all of them do. A port that is
// attached to a host counts only if that is the server.
func (s *Suggester) portOf(ports []alert.Port, of Alerted) int {
	instance := ""
	if of.Server != nil {
		instance = of.Server.ID
	}
	used := s.Lists.PortsOn(of.Listener.ID, instance)
	if len(used) == 0 || of.Listener.Kind == operation.DirectRouting {
		return 0
	}
	found := 0
	for _, p := range ports {
		uses := func(list string) bool {
			return slices.Contains(strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' }),
				strconv.Itoa(p.Number))
		}
		switch {
		case p.Number == found, !slices.ContainsFunc(used, uses), uses(of.Listener.Port):
		case found != 0, slices.ContainsFunc(used, func(list string) bool { return !uses(list) }):
			return 0
		case p.At != "" && !s.isAt(p.At, instance):
		default:
			found = p.Number
		}
	}
	return found
}

// isAt reports whether a host is this server and no other.
func (s *Suggester) isAt(host, instance string) bool {
	all := s.Lists.ServersNamed(host)
	return len(all) == 1 && all[0].ID == instance
}
