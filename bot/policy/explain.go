package policy

import (
	"slices"

	cedar "github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"

	"lbbot/bot/operation"
)

// maxClauses bounds the account of one decision.
const maxClauses = 24

// decidedBy adds the rules to d, with their clauses. Reason and contact are those
// of the first rule that has any.
func decidedBy(d *operation.Decision, f *facts, rules []*rule) {
	for _, r := range rules {
		d.Policies = append(d.Policies, r.id)
		if d.Reason == "" && d.Contact == "" {
			d.Reason, d.Contact = r.reason, r.contact
		}
		d.Clauses = append(d.Clauses, r.account(f)...)
	}
	d.Clauses, d.MoreClauses = bounded(d.Clauses)
}

// account returns the clauses that say something, and whether each holds.
func (r *rule) account(f *facts) []operation.Clause {
	var out []operation.Clause
	for _, c := range r.clauses {
		if c.text != "" {
			out = append(out, operation.Clause{Policy: r.id, Text: c.text, Held: c.holds(f, f.request)})
		}
	}
	return out
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
func (s *Set) explain(f *facts, d *operation.Decision) {
	if near := s.elsewhere(f, d); near != nil {
		decidedBy(d, f, []*rule{near})
		return
	}
	type help struct {
		group  string
		permit *rule
	}
	var helpful []help
	for _, group := range s.groups {
		if slices.Contains(f.in, group) {
			continue
		}
		f.join(group)
		if v := s.ask(f); v.fault == nil && len(v.permits) > 0 {
			helpful = append(helpful, help{group, v.permits[0]})
		}
	}
	f.join("")
	slices.SortStableFunc(helpful, func(a, b help) int { return a.permit.approvals - b.permit.approvals })
	for _, h := range helpful {
		d.Groups = append(d.Groups, h.group)
	}
	if len(helpful) > 0 {
		d.GroupsAsk = helpful[0].permit.approvals > 0
		decidedBy(d, f, []*rule{helpful[0].permit})
	} else if near := s.nearest(f); near != nil {
		decidedBy(d, f, []*rule{near})
	}
}

// nearest returns the permit for this action and listener with the fewest failed
// clauses. If there is none, it returns one whose scope fits and whose conditions
// are about other listeners, or nil.
func (s *Set) nearest(f *facts) *rule {
	var best *rule
	var least miss
	for i := range s.rules {
		r := &s.rules[i]
		if m := r.misses(f); r.permit && !m.scope && (best == nil || m.less(least)) {
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

func (r *rule) misses(f *facts) (m miss) {
	for i, c := range r.clauses {
		if c.holds(f, f.request) {
			continue
		}
		m.failed++
		m.scope = m.scope || c.about.action || c.about.resource && i < scopeClauses
		m.about = m.about || c.about.resource
	}
	return m
}

func (c clause) holds(f types.EntityGetter, request cedar.Request) bool {
	held, _ := c.value(f, request)
	return held
}

// value evaluates a clause. If that failed, it does not hold.
func (c clause) value(f types.EntityGetter, request cedar.Request) (held, failed bool) {
	decision, diagnostic := cedar.Authorize(cedar.PolicyMap{"": c.alone}, f, request)
	return bool(decision), len(diagnostic.Errors) > 0
}

// standing returns the ids of the permits whose clauses about the person, their
// groups and the channel all hold. It ignores the other clauses.
func (s *Set) standing(f identity, in []string) []string {
	known := &facts{in: in}
	known.asks(f)
	known.request.Context = record(channelContext(f))
	var ids []string
	for _, r := range s.rules {
		if r.permit && !slices.ContainsFunc(r.clauses, func(c clause) bool {
			return c.about.standing() && !c.holds(known, known.request)
		}) {
			ids = append(ids, r.id)
		}
	}
	return ids
}
