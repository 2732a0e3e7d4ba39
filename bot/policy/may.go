package policy

import (
	"context"
	"slices"

	"github.com/cedar-policy/cedar-go/x/exp/ast"

	"lbbot/bot/operation"
)

// mayAtOnce is for how many people at once MayChange evaluates the policies. With
// 10,000 listeners that takes a processor a tenth of a second.
const mayAtOnce = 4

// MayChange implements operation.Offers. It reads what Decide reads, once for all
// listeners, and leaves open the clauses about what is not known yet: server, ports
// and weight. It counts as no decision in the metrics.
func (g *Gate) MayChange(ctx context.Context, q operation.Question,
	listeners []operation.Listener) ([]bool, operation.Decision) {
	may := make([]bool, len(listeners))
	set, f, d := g.offer(ctx, q.Actor, q.Place)
	if !d.Allowed {
		return may, d
	}
	select { // only now: somebody whom Slack keeps waiting must not keep others waiting
	case g.turns <- struct{}{}:
		defer func() { <-g.turns }()
	case <-ctx.Done(): // which ends it below
	}
	if q.At.IsZero() {
		q.At = g.now()
	}
	known := &facts{action: string(q.Action), in: d.In}
	known.asks(f)
	known.request.Context = contextOf(q, f)
	set = set.specialized(known, func(s subject) bool { return s.beyond("channel", "incident", "hour", "weekday") })
	for i, l := range listeners {
		if i%256 == 0 && ctx.Err() != nil {
			d.Allowed, d.Code, d.What = false, operation.DeniedUnchecked, operation.FactPolicy
			return make([]bool, len(listeners)), d
		}
		may[i] = known.about(l, q.Account) && set.allows(known)
	}
	return may, d
}

// MayRegister implements operation.Offers. It leaves open everything but the action,
// the person, their groups and the channel.
func (g *Gate) MayRegister(ctx context.Context, a operation.Actor, p operation.Place) operation.Decision {
	set, f, d := g.offer(ctx, a, p)
	if !d.Allowed {
		return d
	}
	known := &facts{action: string(operation.ActionRegister), in: d.In}
	known.asks(f)
	known.listener.UID = uid(typeListener, "any") // nothing looks at it
	known.request.Resource, known.request.Context = known.listener.UID, record(channelContext(f))
	open := func(s subject) bool {
		s.action = false
		return !s.standing()
	}
	if !set.specialized(known, open).allows(known) {
		d.Allowed, d.Code = false, operation.DeniedNoRule
	}
	return d
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
	unchecked(ctx, g.seldom, &d, err, a, p) // it may be asked for each letter that somebody types
	if d.Allowed = d.Code == ""; !d.Allowed {
		return nil, f, d
	}
	d.In, d.Digest = in, now.set.digest
	return now.set, f, d
}

// specialized returns the policies for one person, place and action, as f has them,
// without the clauses that are open: a permit keeps its other clauses, and a forbid
// with an open clause is left out, because it may not hold. Clauses that do not look
// at the listener are decided here once, unless that could hide the error of another.
func (s *Set) specialized(f *facts, open func(subject) bool) *Set {
	out := &Set{actions: s.actions}
	for _, r := range s.rules {
		if rest, keep := r.specialized(f, open); keep {
			r.compiled = compile(rest)
			out.rules = append(out.rules, r)
		}
	}
	return out
}

func (r *rule) specialized(f *facts, open func(subject) bool) (rest *ast.Policy, keep bool) {
	rest = &ast.Policy{Effect: (*ast.Policy)(r.compiled.AST()).Effect, Principal: ast.ScopeTypeAll{},
		Action: ast.ScopeTypeAll{}, Resource: ast.ScopeTypeAll{}}
	looks := false // a clause that looks at the listener came before
	for i, c := range r.clauses {
		switch {
		case c.text != "" && open(c.about):
			if !r.permit {
				return nil, false
			}
			r.partial = true
		case i == scopeClauses-1:
			rest.Resource = (*ast.Policy)(r.compiled.AST()).Resource
		case c.about.resource:
			looks = true
			rest.Conditions = append(rest.Conditions, c.parts...)
		default:
			held, failed := c.value(f, f.request)
			if !held && !failed && (r.partial || !looks) {
				return nil, false
			}
			if !held {
				rest.Conditions = append(rest.Conditions, c.parts...)
			}
		}
	}
	return rest, true
}

// allows reports whether a permit holds and no forbid does.
func (s *Set) allows(f *facts) bool {
	v := s.ask(f)
	return v.fault == nil && len(v.permits) > 0
}
