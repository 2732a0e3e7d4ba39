package operation

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"lbbot/commands"
	"lbbot/zenlayer"
)

// errListenerGone says that a complete list of listeners does not have it.
var errListenerGone = errors.New("the listener does not exist")

// readListener reads one listener and its load balancer anew.
func readListener(ctx context.Context, c Catalog, id string) (Listener, error) {
	ls, err := c.DescribeListeners(ctx, zenlayer.ListenerFilter{ListenerIDs: []string{id}})
	if err != nil {
		return Listener{}, fmt.Errorf("reading listener %s: %w", id, err)
	}
	at := slices.IndexFunc(ls, func(l zenlayer.Listener) bool { return l.ListenerID == id })
	if at < 0 {
		return Listener{}, errListenerGone
	}
	lbs, err := c.DescribeLoadBalancers(ctx, zenlayer.LoadBalancerFilter{LoadBalancerIDs: []string{ls[at].LoadBalancerID}})
	if err != nil {
		return Listener{}, fmt.Errorf("reading load balancer %s: %w", ls[at].LoadBalancerID, err)
	}
	l := listenerOf(ls[at], zenlayer.LoadBalancer{})
	for _, lb := range lbs {
		if lb.ID == ls[at].LoadBalancerID {
			l = listenerOf(ls[at], lb)
		}
	}
	return l, nil
}

func listenerOf(l zenlayer.Listener, lb zenlayer.LoadBalancer) Listener {
	return Listener{ID: l.ListenerID, Name: l.Name, Protocol: l.Protocol, Port: l.Port, Scheduler: l.Scheduler,
		Kind: l.Kind, Status: l.Status, HealthCheck: l.HealthCheck, Servers: -1,
		LoadBalancerID: lb.ID, LoadBalancerName: lb.Name, LoadBalancerStatus: lb.Status, Zone: lb.ZoneID}
}

// serverOf keeps of an instance what is shown and decided by.
func serverOf(i zenlayer.Instance) Server {
	s := Server{ID: i.ID, Name: i.Name, Type: i.Type, Zone: i.ZoneID, Status: i.Status}
	for _, ip := range append(slices.Clone(i.PrivateIPs), i.PublicIPs...) {
		if s.IP == "" {
			s.IP = ip
		}
	}
	return s
}

// resolved is what the names of a registration mean.
type resolved struct {
	listener Listener
	server   Server
}

// notes says in what state things are when that may get in the way. The API
// has no published list of a load balancer's states, and does not say which
// states of a server it refuses, so none of them is refused here.
func (f resolved) notes() []string {
	var notes []string
	switch status := strings.ToUpper(f.server.Status); status {
	case "", "RUNNING":
	case "STOPPED", "STOPPING":
		notes = append(notes, "The server is stopped.")
	case "RECYCLE", "RECYCLING":
		notes = append(notes, "The server is in the recycle bin.")
	case "PENDING", "CREATING", "INSTALLING", "DEPLOYING", "REBUILDING":
		notes = append(notes, "The server is being installed.")
	default:
		notes = append(notes, "The server is not running (state: "+clip(f.server.Status, 40)+").")
	}
	switch strings.ToUpper(f.listener.LoadBalancerStatus) {
	case "", "AVAILABLE", "RUNNING", "ACTIVE":
	default:
		notes = append(notes, "This load balancer is not running (state: "+clip(f.listener.LoadBalancerStatus, 40)+"). Servers can be added only while it is running.")
	}
	return notes
}

// resolve finds the listener and the server that a registration names. Only
// exact matches are taken; everything that keeps it from finding exactly one of
// each is in one *commands.InputError. Other errors mean that Zenlayer could
// not be read.
func resolve(ctx context.Context, c Catalog, reg commands.Registration) (resolved, error) {
	var (
		out              resolved
		noListener, noID *commands.Problem
	)
	g, both := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		out.listener, noListener, err = findListener(both, c, reg.Listener)
		return err
	})
	g.Go(func() (err error) {
		out.server, noID, err = findServer(both, c, reg.Server, reg.Type)
		return err
	})
	if err := g.Wait(); err != nil {
		return resolved{}, err
	}
	if noListener != nil && noID != nil {
		if e := swapped(ctx, c, reg); e != nil {
			return resolved{}, e
		}
	}
	var problems []commands.Problem
	for _, p := range []*commands.Problem{noListener, noID, directPorts(out.listener, reg)} {
		if p != nil {
			problems = append(problems, *p)
		}
	}
	if len(problems) > 0 {
		return resolved{}, inputError(reg, problems...)
	}
	return out, nil
}

// inputError builds the error for problems found by looking things up, with
// the fields that have none kept for the form.
func inputError(reg commands.Registration, problems ...commands.Problem) *commands.InputError {
	values := reg.Values()
	for _, p := range problems {
		delete(values, p.Field)
	}
	return &commands.InputError{Problems: problems, Values: values}
}

func directPorts(l Listener, reg commands.Registration) *commands.Problem {
	if !strings.EqualFold(l.Kind, DirectRouting) || len(reg.Ports) == 0 {
		return nil
	}
	ports := make([]string, len(reg.Ports))
	for i, p := range reg.Ports {
		ports[i] = strconv.Itoa(p)
	}
	given := "ports=" + strings.Join(ports, ",")
	return &commands.Problem{Field: commands.KeyPorts, Given: given,
		Text: "This listener uses direct routing, so ports follow the listener. Remove " + given + "."}
}

// findListener looks through all load balancers: their list holds every
// listener of the account.
func findListener(ctx context.Context, c Catalog, ref commands.ListenerRef) (Listener, *commands.Problem, error) {
	lbs, err := c.DescribeLoadBalancers(ctx, zenlayer.LoadBalancerFilter{})
	if err != nil {
		return Listener{}, nil, fmt.Errorf("reading load balancers: %w", err)
	}
	var hits []Listener
	var names []string
	for _, lb := range lbs {
		for _, l := range lb.Listeners {
			names = append(names, lb.Name+"/"+l.Name)
			if l.ListenerID == ref.ID && ref.ID != "" {
				return listenerOf(l, lb), nil, nil
			}
			if listenerFits(l, lb, ref) {
				hits = append(hits, listenerOf(l, lb))
			}
		}
	}
	if len(hits) == 1 {
		return hits[0], nil, nil
	}
	return Listener{}, &commands.Problem{Field: commands.KeyListener, Text: notOne("listener", "listeners", ref.Text, names, describeListeners(hits))}, nil
}

func listenerFits(l zenlayer.Listener, lb zenlayer.LoadBalancer, ref commands.ListenerRef) bool {
	if ref.LoadBalancer != "" && ref.LoadBalancer != lb.Name && ref.LoadBalancer != lb.ID {
		return false
	}
	if ref.Port != 0 {
		ports, ok := backendPorts(l.Port)
		return ref.LoadBalancer != "" && ok && slices.Contains(ports, ref.Port)
	}
	return ref.Name != "" && (ref.Name == l.Name || ref.LoadBalancer != "" && ref.Name == l.ListenerID)
}

func describeListeners(hits []Listener) []string {
	out := make([]string, len(hits))
	for i, l := range hits {
		out[i] = l.LoadBalancerName + "/" + l.Name + " · " + l.Protocol + " " + l.Port + " · " + l.ID
	}
	return out
}

// notOne says that a name fits none or several.
func notOne(one, many, given string, all, hits []string) string {
	if len(hits) > 1 {
		shown := hits[:min(len(hits), 5)]
		return fmt.Sprintf("%q matches %d %s. Use the ID of one: %s.", clip(given, 64), len(hits), many, strings.Join(shown, ", "))
	}
	text := fmt.Sprintf("No %s called %q.", one, clip(given, 64))
	if near := commands.Closest(given, all, 3); len(near) > 0 {
		return text + " Closest: " + strings.Join(near, ", ") + "."
	}
	for _, f := range commands.RegisterFields() {
		if f.Key == one {
			text += " Give " + f.Help + "."
		}
	}
	return text
}

// swapped recognises a server in the listener's place and the listener in the
// server's, where neither is found as it was given. It returns nil unless each
// is exactly one thing the other way round.
func swapped(ctx context.Context, c Catalog, reg commands.Registration) *commands.InputError {
	values := reg.Values()
	values[commands.KeyListener], values[commands.KeyServer] = reg.Server, reg.Listener.Text
	right, err := commands.BuildRegistration(values)
	found := err == nil
	if found {
		_, none, err := findListener(ctx, c, right.Listener)
		found = none == nil && err == nil
	}
	if found {
		_, none, err := findServer(ctx, c, right.Server, right.Type)
		found = none == nil && err == nil
	}
	if !found {
		return nil
	}
	return &commands.InputError{Values: right.Values(), Corrected: right.CommandLine(), Problems: []commands.Problem{{Field: commands.KeyListener,
		Text: right.Server + " is a server, and the first value should be a listener. Did you mean: " + commands.Name + " " + right.Listener.Text + " " + right.Server}}}
}

// findServer asks for an instance by ID first, then by name, host name and
// address, among bare metal and virtual machines unless the type is given.
func findServer(ctx context.Context, c Catalog, text string, kind zenlayer.InstanceType) (Server, *commands.Problem, error) {
	kinds := []zenlayer.InstanceType{zenlayer.InstanceBM, zenlayer.InstanceVM}
	if kind != "" {
		kinds = []zenlayer.InstanceType{kind}
	}
	for _, ask := range serverQuestions(text) {
		var hits []zenlayer.Instance
		for _, k := range kinds {
			for _, f := range ask(k) {
				got, err := c.DescribeInstances(ctx, k, f)
				if err != nil && !zenlayer.IsNotFound(err) { // not found: it has none
					return Server{}, nil, fmt.Errorf("reading servers: %w", err)
				}
				hits = appendNew(hits, got, text)
			}
		}
		switch {
		case len(hits) == 1:
			return serverOf(hits[0]), nil, nil
		case len(hits) > 1:
			return Server{}, &commands.Problem{Field: commands.KeyServer, Text: notOne("server", "servers", text, nil, describeServers(hits))}, nil
		}
	}
	names, err := serverNames(ctx, c, kinds)
	if err != nil {
		return Server{}, nil, err
	}
	return Server{}, &commands.Problem{Field: commands.KeyServer, Text: notOne("server", "servers", text, names, nil)}, nil
}

// serverQuestions are the ways in which text may name a server, surest first.
func serverQuestions(text string) []func(zenlayer.InstanceType) []zenlayer.InstanceFilter {
	byID := func(zenlayer.InstanceType) []zenlayer.InstanceFilter {
		return []zenlayer.InstanceFilter{{InstanceIDs: []string{text}}}
	}
	if _, err := netip.ParseAddr(text); err == nil {
		return []func(zenlayer.InstanceType) []zenlayer.InstanceFilter{func(zenlayer.InstanceType) []zenlayer.InstanceFilter {
			return []zenlayer.InstanceFilter{{PrivateIPs: []string{text}}, {PublicIPs: []string{text}}}
		}}
	}
	byName := func(k zenlayer.InstanceType) []zenlayer.InstanceFilter {
		if k == zenlayer.InstanceVM {
			return []zenlayer.InstanceFilter{{Name: text}}
		}
		return []zenlayer.InstanceFilter{{Name: text}, {Hostname: text}}
	}
	return []func(zenlayer.InstanceType) []zenlayer.InstanceFilter{byID, byName}
}

// appendNew adds the instances that text names exactly: how the API's filters
// match is not documented well enough to rely on them.
func appendNew(hits, got []zenlayer.Instance, text string) []zenlayer.Instance {
	for _, i := range got {
		exact := i.ID == text || i.Name == text || i.Hostname == text ||
			slices.Contains(i.PrivateIPs, text) || slices.Contains(i.PublicIPs, text)
		known := slices.ContainsFunc(hits, func(h zenlayer.Instance) bool { return h.ID == i.ID })
		if exact && !known {
			hits = append(hits, i)
		}
	}
	return hits
}

func describeServers(hits []zenlayer.Instance) []string {
	out := make([]string, len(hits))
	for i, h := range hits {
		s := serverOf(h)
		out[i] = s.Name + " · " + s.IP + " · " + s.Zone + " · " + s.ID
	}
	return out
}

// serverNames lists the names of all servers, for a suggestion.
func serverNames(ctx context.Context, c Catalog, kinds []zenlayer.InstanceType) ([]string, error) {
	var names []string
	for _, k := range kinds {
		got, err := c.DescribeInstances(ctx, k, zenlayer.InstanceFilter{})
		if err != nil {
			return nil, fmt.Errorf("reading servers: %w", err)
		}
		for _, i := range got {
			names = append(names, i.Name)
		}
	}
	return names, nil
}
