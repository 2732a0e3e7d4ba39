package operation

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
	l := ListenerOf(ls[at], zenlayer.LoadBalancer{})
	for _, lb := range lbs {
		if lb.ID == ls[at].LoadBalancerID {
			l = ListenerOf(ls[at], lb)
		}
	}
	return l, nil
}

func ListenerOf(l zenlayer.Listener, lb zenlayer.LoadBalancer) Listener {
	return Listener{ID: l.ListenerID, Name: l.Name, Protocol: l.Protocol, Port: l.Port, Scheduler: l.Scheduler,
		Kind: l.Kind, Status: l.Status, HealthCheck: l.HealthCheck, Servers: -1,
		LoadBalancerID: lb.ID, LoadBalancerName: lb.Name, LoadBalancerStatus: lb.Status, Zone: lb.ZoneID}
}
