package policy

import (
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"

	"lbbot/bot/operation"
)

// checked is a policy with what the checker found out about it.
type checked struct {
	source
	rule
	never bool // it cannot hold
}

// approvable warns about permits whose approvals nobody can give, as far as
// the file alone tells: no permit of approve is about the same listeners, or
// those that are name too few people.
func (c *checker) approvable(all []checked) {
	for _, asking := range all {
		if !asking.permit || asking.never || asking.approvals == 0 {
			continue
		}
		people, open := map[types.EntityUID]bool{}, false
		for _, r := range all {
			if !r.permit || r.never || r.approvals > 0 || !covers(r.ast().Action, types.String(operation.ActionApprove)) || apartFrom(asking, r) {
				continue
			}
			if who, one := r.ast().Principal.(ast.ScopeTypeEq); one {
				people[who.Entity] = true
			} else {
				open = true
			}
		}
		at := asking.at(annotationApprovals)
		switch {
		case open:
		case len(people) == 0:
			c.warnings.add(at, asking.id, `it asks for approval, and nobody can approve: no policy permits action == Action::"approve" on these listeners`)
		case len(people) < asking.approvals:
			c.warnings.add(at, asking.id, "it asks for %d approvals, and only %d of the people named may approve on these listeners", asking.approvals, len(people))
		}
	}
}

// apartFrom reports whether two policies certainly have no listener in common.
func apartFrom(a, b checked) bool {
	w := times(waysOf(scopeNode("resource", a.ast().Resource), true), waysOf(scopeNode("resource", b.ast().Resource), true))
	return !possible(w)
}
