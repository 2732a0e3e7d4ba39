package policy

import (
	"context"
	"errors"

	"go.uber.org/zap"

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
		unchecked(ctx, g.log, &e.Decision, cause, q.Actor, q.Place)
		return e, nil
	}
	e.Decision, cause = set.decide(known)
	unchecked(ctx, g.log, &e.Decision, cause, q.Actor, q.Place)
	e.Rules, e.Others = set.rulesFor(known)
	return e, nil
}

// rulesFor returns the policies about the action and the listener, and how many
// others there are.
func (s *policies) rulesFor(f *facts) (rules []operation.Rule, others int) {
	for i := range s.Rules {
		r := &s.Rules[i]
		m := misses(r, f)
		if m.scope {
			others++
			continue
		}
		rules = append(rules, operation.Rule{ID: r.ID, Permit: r.Permit, Approvals: r.Approvals, Holds: m.failed == 0,
			Clauses: account(r, f)})
	}
	return rules, others
}

// unchecked logs why something could not be checked, and adds the remedy of a
// setup error to the decision.
func unchecked(ctx context.Context, log *zap.Logger, d *operation.Decision, err error, a operation.Actor,
	p operation.Place) {
	if err == nil && d.Code != operation.DeniedUnchecked {
		return
	}
	if setup, ok := errors.AsType[*operation.SetupError](err); ok && d.Code == operation.DeniedUnchecked {
		d.Remedy = setup.Remedy
	}
	log.Warn("permission could not be checked",
		zap.String("what", string(d.What)), zap.String("code", string(d.Code)),
		zap.String("person", a.UserID), zap.String("channel", p.ChannelID),
		zap.Error(err), zap.NamedError("cause", context.Cause(ctx)))
}
