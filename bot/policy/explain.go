package policy

import (
	"slices"

	cedar "github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"

	"lbbot/bot/operation"
)

// decidedBy names the rules in d. The first one that has words gives them.
func decidedBy(d *operation.Decision, rules []*rule) {
	for _, r := range rules {
		d.Policies = append(d.Policies, r.id)
		if d.Reason == "" && d.Contact == "" {
			d.Reason, d.Contact = r.reason, r.contact
		}
	}
}

// explain fills in what helps a person for whom no permit holds: the groups
// that would have made one hold, and the words of the nearest permit.
func (s *Set) explain(f *facts, d *operation.Decision) {
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
		decidedBy(d, []*rule{helpful[0].permit})
	} else if near := s.nearest(f); near != nil {
		decidedBy(d, []*rule{near})
	}
}

// nearest returns the permit of this action on this listener of which the
// fewest clauses fail, nil if there is none.
func (s *Set) nearest(f *facts) *rule {
	var best *rule
	fewest := 0
	for i := range s.rules {
		r := &s.rules[i]
		failed, fits := r.failing(f)
		if r.permit && fits && (best == nil || failed < fewest) {
			best, fewest = r, failed
		}
	}
	return best
}

// failing counts the clauses that do not hold. It fits if none of those is
// about the action or the listener.
func (r *rule) failing(f *facts) (failed int, fits bool) {
	fits = true
	for _, c := range r.clauses {
		if !c.holds(f, f.request) {
			failed++
			fits = fits && !c.about.action && !c.about.resource
		}
	}
	return failed, fits
}

func (c clause) holds(f types.EntityGetter, request cedar.Request) bool {
	decision, diagnostic := cedar.Authorize(cedar.PolicyMap{"": c.alone}, f, request)
	return bool(decision) && len(diagnostic.Errors) == 0
}

// standing returns the ids of the permits whose clauses about the person,
// their groups and the channel all hold, whatever the other clauses say.
func (s *Set) standing(f identity, in []string) []string {
	known := &facts{in: in}
	known.person.UID = uid(typePerson, f.person.ID)
	known.person.Attributes = record(types.RecordMap{"team": types.String(f.person.TeamID)})
	known.join("")
	request := cedar.Request{Principal: known.person.UID, Context: record(channelContext(f))}
	var ids []string
	for _, r := range s.rules {
		if r.permit && !slices.ContainsFunc(r.clauses, func(c clause) bool {
			return c.about.standing() && !c.holds(known, request)
		}) {
			ids = append(ids, r.id)
		}
	}
	return ids
}
