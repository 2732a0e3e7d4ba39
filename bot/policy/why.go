package policy

import (
	"context"

	"lbbot/bot/operation"
)

// Why implements operation.Reasons. It blocks for Slack, at most for twice
// LookupTimeout, and counts as no decision in the metrics.
func (g *Gate) Why(ctx context.Context, q operation.Question) (operation.Explanation, error) {
	var e operation.Explanation
	var err error
	if e.Standing, err = g.Whoami(ctx, q.Actor, q.Place); err != nil {
		e.Decision = e.Standing.Refusal
		return e, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, LookupTimeout, errLookupTimeout)
	defer cancel()
	set, known, d, cause := g.weigh(ctx, q)
	if e.Decision = d; known == nil {
		g.unchecked(ctx, &e.Decision, cause, q.Actor, q.Place)
		return e, nil
	}
	e.Decision, cause = set.decide(known)
	g.unchecked(ctx, &e.Decision, cause, q.Actor, q.Place)
	e.Rules, e.Others = set.rulesFor(known)
	return e, nil
}

// rulesFor returns the policies about the action and the listener, and how many
// others there are.
func (s *Set) rulesFor(f *facts) (rules []operation.Rule, others int) {
	for i := range s.rules {
		r := &s.rules[i]
		m := r.misses(f)
		if m.scope {
			others++
			continue
		}
		rules = append(rules, operation.Rule{ID: r.id, Permit: r.permit, Approvals: r.approvals, Holds: m.failed == 0,
			Clauses: r.account(f)})
	}
	return rules, others
}
