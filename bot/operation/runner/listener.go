package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// Lists are kept in memory, at most as old as package catalog says. No method blocks.
type Lists interface {
	// KnownListener returns the listener with this id; false: it is not known.
	KnownListener(id string) (operation.Listener, bool)
	// Doubt says that Zenlayer answered otherwise than the lists.
	Doubt()
}

// listener returns the listener of op, as the lists know it: its name, its load balancer and its protocol are what the
// policy is asked about. Only what other people agreed to, and a removal, are compared with the listener as it is
// right now. That a listener is gone, its pool says.
func (r *Runner) listener(ctx context.Context, op operation.Operation) (operation.Listener, error) {
	if r.Lists != nil && op.Change == operation.ChangeAdd && op.Approval == nil {
		if l, ok := r.Lists.KnownListener(op.Request.ListenerID); ok {
			return l, nil
		}
	}
	return readListener(ctx, r.Catalog, op.Request.ListenerID)
}

// errListenerGone says that a complete list of listeners does not have it.
var errListenerGone = errors.New("the listener does not exist")

// readListener reads one listener and its load balancer anew.
func readListener(ctx context.Context, c operation.Catalog, id string) (operation.Listener, error) {
	ls, err := c.DescribeListeners(ctx, zenlayer.ListenerFilter{ListenerIDs: []string{id}})
	if err != nil {
		return operation.Listener{}, fmt.Errorf("reading listener %s: %w", id, err)
	}
	at := slices.IndexFunc(ls, func(l zenlayer.Listener) bool { return l.ListenerID == id })
	if at < 0 {
		return operation.Listener{}, errListenerGone
	}
	lbs, err := c.DescribeLoadBalancers(ctx,
		zenlayer.LoadBalancerFilter{LoadBalancerIDs: []string{ls[at].LoadBalancerID}})
	if err != nil {
		return operation.Listener{}, fmt.Errorf("reading load balancer %s: %w", ls[at].LoadBalancerID, err)
	}
	l := operation.ListenerOf(ls[at], zenlayer.LoadBalancer{})
	for _, lb := range lbs {
		if lb.ID == ls[at].LoadBalancerID {
			l = operation.ListenerOf(ls[at], lb)
		}
	}
	return l, nil
}
