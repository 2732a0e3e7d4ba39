package policy

import (
	"context"
	"slices"

	"github.com/cedar-policy/cedar-go/x/exp/ast"

	"lbbot/bot/operation"
	"lbbot/bot/policy/rules"
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
	known := &facts{action: q.Action, in: d.In}
	known.asks(f)
	known.request.Context = contextOf(q, f)
	set = set.specialized(known, func(s rules.Subject) bool {
		return s.Beyond("channel", "incident", "hour", "weekday")
	})
	for i, l := range listeners {
		if i%256 == 0 && ctx.Err() != nil {
			d.Allowed, d.Code, d.What = false, operation.DeniedUnchecked, operation.FactPolicy
			return make([]bool, len(listeners)), d
		}
		may[i] = known.about(l, q.Account) && set.allows(known)
	}
	return may, d
}

// MaySomewhere implements operation.Offers. It leaves open everything but the action,
// the person, their groups and the channel.
func (g *Gate) MaySomewhere(ctx context.Context, a operation.Actor, p operation.Place,
	actions ...operation.Action) ([]bool, operation.Decision) {
	may := make([]bool, len(actions))
	set, f, d := g.offer(ctx, a, p)
	if !d.Allowed {
		return may, d
	}
	open := func(s rules.Subject) bool {
		s.Action = false
		return !s.Standing()
	}
	for i, action := range actions {
		known := &facts{action: action, in: d.In}
		known.asks(f)
		known.listener.UID = uid(rules.TypeListener, "any") // nothing looks at it
		known.request.Resource, known.request.Context = known.listener.UID, record(channelContext(f))
		may[i] = set.specialized(known, open).allows(known)
	}
	return may, d
}

// Unchanged implements operation.Offers.
func (g *Gate) Unchanged(ctx context.Context, a operation.Actor, d operation.Decision) bool {
	now := g.current.Load()
	if now.set == nil || now.set.Digest != d.Digest {
		return false
	}
	in, err := g.groups(ctx, now.set.Groups, operation.Person{ID: a.UserID, PersonID: d.PersonID})
	return err == nil && slices.Equal(in, d.In)
}

// offer reads what is known of a person in a place before they ask for anything.
// Without Allowed, nothing may be offered.
func (g *Gate) offer(ctx context.Context, a operation.Actor, p operation.Place) (*policies, identity,
	operation.Decision) {
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
	d.In, d.Digest = in, now.set.Digest
	return now.set, f, d
}

// specialized returns the policies for one person, place and action, as f has them,
// without the clauses that are open: a permit keeps its other clauses, and a forbid
// with an open clause is left out, because it may not hold. Clauses that do not look
// at the listener are decided here once, unless that could hide the error of another.
func (s *policies) specialized(f *facts, open func(rules.Subject) bool) *policies {
	out := &policies{&rules.Set{Actions: s.Actions}}
	for _, r := range s.Rules {
		if !r.Covers(f.action) {
			continue
		}
		if rest, keep := specialized(&r, f, open); keep {
			r.Compiled = rules.Compile(rest)
			out.Rules = append(out.Rules, r)
		}
	}
	return out
}

func specialized(r *rules.Rule, f *facts, open func(rules.Subject) bool) (rest *ast.Policy, keep bool) {
	rest = &ast.Policy{Effect: (*ast.Policy)(r.Compiled.AST()).Effect, Principal: ast.ScopeTypeAll{},
		Action: ast.ScopeTypeAll{}, Resource: ast.ScopeTypeAll{}}
	looks := false // a clause that looks at the listener came before
	for i, c := range r.Clauses {
		switch {
		case c.Text != "" && open(c.About):
			if !r.Permit {
				return nil, false
			}
			r.Partial = true
		case i == rules.ScopeClauses-1:
			rest.Resource = (*ast.Policy)(r.Compiled.AST()).Resource
		case c.About.Resource:
			looks = true
			rest.Conditions = append(rest.Conditions, c.Parts...)
		default:
			held, failed := c.Value(f, f.request)
			if !held && !failed && (r.Partial || !looks) {
				return nil, false
			}
			if !held {
				rest.Conditions = append(rest.Conditions, c.Parts...)
			}
		}
	}
	return rest, true
}

// allows reports whether a permit holds and no forbid does.
func (s *policies) allows(f *facts) bool {
	v := s.ask(f)
	return v.fault == nil && len(v.permits) > 0
}
