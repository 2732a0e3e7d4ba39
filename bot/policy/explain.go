package policy

import (
	"slices"

	"lbbot/bot/operation"
	"lbbot/bot/policy/rules"
)

// maxClauses bounds the account of one decision.
const maxClauses = 24

// decidedBy adds the rules to d, with their clauses. Reason and contact are those
// of the first rule that has any.
func decidedBy(d *operation.Decision, f *facts, by []*rules.Rule) {
	for _, r := range by {
		d.Policies = append(d.Policies, r.ID)
		if d.Reason == "" && d.Contact == "" {
			d.Reason, d.Contact = r.Reason, r.Contact
		}
		d.Clauses = append(d.Clauses, account(r, f)...)
	}
	d.Clauses, d.MoreClauses = bounded(d.Clauses)
}

// account returns the clauses that say something, and whether each holds.
func account(r *rules.Rule, f *facts) []operation.Clause {
	var out []operation.Clause
	for i, c := range r.Clauses {
		if i == actionClause && unnamed(r, f) {
			out = append(out, operation.Clause{Policy: r.ID, Text: "action"})
		} else if c.Text != "" {
			out = append(out, operation.Clause{Policy: r.ID, Text: c.Text, Held: c.Holds(f, f.request)})
		}
	}
	return out
}

// actionClause is the place of the action among the clauses.
const actionClause = 1

// unnamed reports whether r is a permit without an action, and the action asked for
// is one that a permit must name. As a clause that does not hold it is "action".
func unnamed(r *rules.Rule, f *facts) bool {
	return r.Permit && r.Actions == nil && !r.Covers(f.action)
}

// bounded drops clauses over the limit. Those that held go first, because people
// look for what did not hold.
func bounded(all []operation.Clause) (kept []operation.Clause, left int) {
	left = max(0, len(all)-maxClauses)
	for drop, i := left, len(all)-1; i >= 0 && drop > 0; i-- {
		if all[i].Held {
			all, drop = slices.Delete(all, i, i+1), drop-1
		}
	}
	if len(all) > maxClauses {
		all = all[:maxClauses]
	}
	return all, left
}

// explain adds what helps a person for whom no permit holds: the channels in
// which a permit would hold, else the groups that would make one hold, and the
// nearest permit. Channels come first, because everybody can change the channel.
func (s *policies) explain(f *facts, d *operation.Decision) {
	if near := s.elsewhere(f, d); near != nil {
		decidedBy(d, f, []*rules.Rule{near})
		return
	}
	type help struct {
		group  string
		permit *rules.Rule
	}
	var helpful []help
	for _, group := range s.Groups {
		if slices.Contains(f.in, group) {
			continue
		}
		f.join(group)
		if v := s.ask(f); v.fault == nil && len(v.permits) > 0 {
			helpful = append(helpful, help{group, v.permits[0]})
		}
	}
	f.join("")
	slices.SortStableFunc(helpful, func(a, b help) int { return a.permit.Approvals - b.permit.Approvals })
	for _, h := range helpful {
		d.Groups = append(d.Groups, h.group)
	}
	if len(helpful) > 0 {
		d.GroupsAsk = helpful[0].permit.Approvals > 0
		decidedBy(d, f, []*rules.Rule{helpful[0].permit})
	} else if near := s.nearest(f); near != nil {
		decidedBy(d, f, []*rules.Rule{near})
	}
}

// nearest returns the permit for this action and listener with the fewest failed
// clauses. If there is none, it returns one whose scope fits and whose conditions
// are about other listeners, or nil.
func (s *policies) nearest(f *facts) *rules.Rule {
	var best *rules.Rule
	var least miss
	for i := range s.Rules {
		r := &s.Rules[i]
		if m := misses(r, f); r.Permit && !m.scope && (best == nil || m.less(least)) {
			best, least = r, m
		}
	}
	return best
}

// miss says how far a policy is from holding.
type miss struct {
	failed int  // clauses that do not hold
	scope  bool // its scope has another action or other listeners, or a condition wants another action
	about  bool // a condition is about other listeners
}

func (m miss) less(other miss) bool {
	if m.about != other.about {
		return other.about
	}
	return m.failed < other.failed
}

func misses(r *rules.Rule, f *facts) (m miss) {
	switch {
	case unnamed(r, f):
		m.failed++
	case !r.Covers(f.action):
		m.scope = true
	}
	for i, c := range r.Clauses {
		if c.Holds(f, f.request) {
			continue
		}
		m.failed++
		m.scope = m.scope || c.About.Action || c.About.Resource && i < rules.ScopeClauses
		m.about = m.about || c.About.Resource
	}
	return m
}

// standing returns the ids of the permits whose clauses about the person, their
// groups and the channel all hold. It ignores the other clauses.
func (s *policies) standing(f identity, in []string) []string {
	known := &facts{in: in}
	known.asks(f)
	known.request.Context = record(channelContext(f))
	var ids []string
	for _, r := range s.Rules {
		if r.Permit && !slices.ContainsFunc(r.Clauses, func(c rules.Clause) bool {
			return c.About.Standing() && !c.Holds(known, known.request)
		}) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}
