package policy

import (
	"context"
	"slices"

	"github.com/cedar-policy/cedar-go/x/exp/ast"

	"lbbot/bot/operation"
)

// MayChange implements operation.Offers. It reads what Decide reads, once for all
// listeners, and leaves open the clauses about server, ports and weight. It counts
// as no decision in the metrics.
func (g *Gate) MayChange(ctx context.Context, q operation.Question,
	listeners []operation.Listener) ([]bool, operation.Decision) {
	may := make([]bool, len(listeners))
	set, f, d := g.offer(ctx, q.Actor, q.Place)
	if !d.Allowed {
		return may, d
	}
	if q.At.IsZero() {
		q.At = g.now()
	}
	known := &facts{action: string(q.Action), in: d.In}
	known.asks(f)
	known.request.Context = contextOf(q, f)
	set = set.leavingOpen(func(s subject) bool { return s.reads("weight", "ports", "instance", "*") })
	for i, l := range listeners {
		if i%256 == 0 && ctx.Err() != nil {
			d.Allowed, d.Code, d.What = false, operation.DeniedUnchecked, operation.FactPolicy
			return make([]bool, len(listeners)), d
		}
		may[i] = known.about(l, q.Account) && set.allows(known)
	}
	return may, d
}

// MayUse implements operation.Offers. It leaves open everything but the action,
// the person, their groups and the channel.
func (g *Gate) MayUse(ctx context.Context, a operation.Actor, p operation.Place) ([]operation.Action,
	operation.Decision) {
	set, f, d := g.offer(ctx, a, p)
	if !d.Allowed {
		return nil, d
	}
	set = set.leavingOpen(func(s subject) bool {
		s.action = false
		return !s.standing()
	})
	var may []operation.Action
	for _, action := range []operation.Action{operation.ActionRegister, operation.ActionApprove,
		operation.ActionBreakGlass, operation.ActionViewHistory} {
		known := &facts{action: string(action), in: d.In}
		known.asks(f)
		known.listener.UID = uid(typeListener, "any") // nothing looks at it
		known.request.Resource, known.request.Context = known.listener.UID, record(channelContext(f))
		if set.allows(known) {
			may = append(may, action)
		}
	}
	return may, d
}

// Unchanged implements operation.Offers.
func (g *Gate) Unchanged(ctx context.Context, a operation.Actor, d operation.Decision) bool {
	now := g.current.Load()
	if now.set == nil || now.set.digest != d.Digest {
		return false
	}
	in, err := g.groups(ctx, now.set.groups, operation.Person{ID: a.UserID, PersonID: d.PersonID})
	return err == nil && slices.Equal(in, d.In)
}

// offer reads what is known of a person in a place before they ask for anything.
// Without Allowed, nothing may be offered.
func (g *Gate) offer(ctx context.Context, a operation.Actor, p operation.Place) (*Set, identity, operation.Decision) {
	ctx, cancel := context.WithTimeoutCause(ctx, LookupTimeout, errLookupTimeout)
	defer cancel()
	now, f, in, d, err := g.stand(ctx, a, p)
	if d.Code == "" {
		err = g.checkNewest(ctx, now, &d)
	}
	g.unchecked(ctx, &d, err, a, p)
	if d.Allowed = d.Code == ""; !d.Allowed {
		return nil, f, d
	}
	d.In, d.Digest = in, now.set.digest
	return now.set, f, d
}

// leavingOpen returns the policies without the clauses that are open: a permit
// keeps its other clauses, and a forbid with an open clause is left out, because
// it may not hold.
func (s *Set) leavingOpen(open func(subject) bool) *Set {
	out := &Set{actions: s.actions}
	for _, r := range s.rules {
		isOpen := func(c clause) bool { return c.text != "" && open(c.about) }
		if !slices.ContainsFunc(r.clauses, isOpen) {
			out.rules = append(out.rules, r)
			continue
		}
		if !r.permit {
			continue
		}
		whole := (*ast.Policy)(r.compiled.AST())
		rest := ast.Permit()
		rest.Principal, rest.Action = whole.Principal, whole.Action
		if !isOpen(r.clauses[scopeClauses-1]) {
			rest.Resource = whole.Resource
		}
		for _, c := range r.clauses[scopeClauses:] {
			if !isOpen(c) {
				rest.Conditions = append(rest.Conditions, c.parts...)
			}
		}
		r.compiled, r.partial = compile(rest), true
		out.rules = append(out.rules, r)
	}
	return out
}

// allows reports whether a permit holds and no forbid does.
func (s *Set) allows(f *facts) bool {
	v := s.ask(f)
	return v.fault == nil && len(v.permits) > 0
}
