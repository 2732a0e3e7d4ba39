// Package lint finds what a policy file may say and probably does not mean:
// ids that are not Slack's, approvals that nobody can give, a permit for
// everybody, an annotation without effect. A warning never refuses a file.
//
// The checks look at one scope or annotation at a time. They do not work out
// whether conditions can hold: lbbot policy test does that with real questions.
//
// The package does no I/O. It must not know how a policy is decided.
package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"

	"lbbot/bot/operation"
)

// Policy is one policy of a file that has no faults.
type Policy struct {
	AST       *ast.Policy
	Approvals int               // the number in @approvals; 0 without one
	Entities  []types.EntityUID // that it names, except actions
	AnyPerson bool              // neither scope nor conditions look at the person
}

// Warning is one thing that looks like a mistake.
type Warning struct {
	Policy int    // index of the policy; -1 for the file as a whole
	Word   string // the word of the file that it is about, to find its place
	Text   string // one sentence
}

// list writes the actions for which is holds, as in "register, undo or remove".
func list(is func(operation.Action) bool, conjunction string) string {
	var names []string
	for _, action := range operation.AllActions() {
		if is(action) {
			names = append(names, string(action))
		}
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " " + conjunction + " " + names[last]
}

// Check returns what looks like a mistake in the policies of a file.
func Check(all []Policy) []Warning {
	if len(all) == 0 {
		return []Warning{{Policy: -1, Text: "the file has no policy, so nobody may do anything"}}
	}
	var found []Warning
	for i, p := range all {
		add := func(word, format string, args ...any) {
			found = append(found, Warning{Policy: i, Word: word, Text: fmt.Sprintf(format, args...)})
		}
		p.annotations(add)
		p.ids(add)
		if p.permits() && Actions(p.AST.Action) == nil {
			add("action", "it names no action, so it does not permit %s; name the actions that it should permit",
				list(operation.Action.MustBeNamed, "or"))
		}
		if p.permits() && p.AnyPerson {
			add("principal", "it permits everybody in the workspace; name a user group or a person unless that is "+
				"meant")
		}
		p.approvers(all, add)
	}
	return found
}

type adder func(word, format string, args ...any)

func (p Policy) permits() bool { return p.AST.Effect == ast.EffectPermit }

// annotations warns about annotations that have no effect.
func (p Policy) annotations(add adder) {
	for _, a := range p.AST.Annotations {
		switch name := string(a.Key); name {
		case "id", "reason", "contact":
		case "approvals":
			if !p.permits() || !slices.ContainsFunc(operation.AllActions(), p.mayAsk) {
				add(name, "@approvals has no effect, because the policy does not permit %s",
					list(operation.Action.Approvable, "or"))
			} else if others := p.others(); p.Approvals > 0 && len(others) > 0 {
				add(name, "approval can be asked for %s only, so this policy never permits %s; give that a policy of "+
					"its own", list(operation.Action.Approvable, "and"), strings.Join(others, ", "))
			}
		case "approvers_channel":
			if !p.permits() || p.Approvals == 0 {
				add(name, "@approvers_channel has no effect, because the policy asks for no approval")
			}
		case "requires", "people":
			if !p.permits() {
				add(name, "@%s has no effect, because the policy does not permit anything", name)
			}
		default:
			add(name, "the annotation @%s means nothing here; known are @id, @approvals, @approvers_channel, "+
				"@requires, @people, @reason and @contact", name)
		}
	}
}

// The form of Slack's ids.
var (
	groupID = regexp.MustCompile(`^S[A-Z0-9]{2,}$`)
	userID  = regexp.MustCompile(`^[UW][A-Z0-9]{2,}$`)
)

// ids warns about ids that cannot be Slack's.
func (p Policy) ids(add adder) {
	for _, uid := range p.Entities {
		word := `"` + string(uid.ID) + `"`
		switch {
		case uid.Type == "Usergroup" && !groupID.MatchString(string(uid.ID)):
			add(word, "%q does not look like the id of a user group (S…); while Slack does not know it, everybody "+
				"is denied", uid.ID)
		case uid.Type == "Person" && !userID.MatchString(string(uid.ID)):
			add(word, "%q does not look like the id of a person (U… or W…)", uid.ID)
		case uid.Type == "Bot" && uid.ID != "lbbot":
			add(word, "there is no bot %q; write Bot::\"lbbot\"", uid.ID)
		}
	}
}

// approvers warns about a permit whose approvals nobody can give: no permit of
// approve is about the same listeners, or those that are name too few people.
func (p Policy) approvers(all []Policy, add adder) {
	if !p.permits() || p.Approvals == 0 {
		return
	}
	people := map[types.EntityUID]bool{}
	for _, other := range all {
		if !other.permits() || other.Approvals > 0 || !other.covers(operation.ActionApprove) || apart(p, other) {
			continue
		}
		who, one := other.AST.Principal.(ast.ScopeTypeEq)
		if !one {
			return
		}
		people[who.Entity] = true
	}
	switch {
	case len(people) == 0:
		add("approvals", `it asks for approval, and nobody can approve: no policy permits action == `+
			`Action::"approve" on these listeners`)
	case len(people) < p.Approvals:
		add("approvals", "it asks for %d approvals, and only %d of the people named may approve on these listeners",
			p.Approvals, len(people))
	}
}

// apart reports whether the scopes of two policies name two different listeners
// or two different load balancers.
func apart(a, b Policy) bool {
	x, y := named(a.AST.Resource), named(b.AST.Resource)
	return x.Type != "" && x.Type == y.Type && x.ID != y.ID
}

// named returns the entity that a scope names, or the zero value.
func named(scope ast.IsResourceScopeNode) types.EntityUID {
	switch s := scope.(type) {
	case ast.ScopeTypeEq:
		return s.Entity
	case ast.ScopeTypeIn:
		return s.Entity
	case ast.ScopeTypeIsIn:
		return s.Entity
	}
	return types.EntityUID{}
}

// covers reports whether the action scope includes an action. The schema has no
// groups of actions, so `in` and `==` mean the same.
func (p Policy) covers(action operation.Action) bool {
	named := Actions(p.AST.Action)
	return named == nil || slices.Contains(named, types.String(action))
}

// mayAsk reports whether the policy could ask for approval of an action.
func (p Policy) mayAsk(action operation.Action) bool { return action.Approvable() && p.covers(action) }

// Actions returns the actions that a scope names, nil if it names none.
func Actions(scope ast.IsActionScopeNode) []types.String {
	switch s := scope.(type) {
	case ast.ScopeTypeEq:
		return []types.String{s.Entity.ID}
	case ast.ScopeTypeIn:
		return []types.String{s.Entity.ID}
	case ast.ScopeTypeInSet:
		ids := make([]types.String, len(s.Entities))
		for i, uid := range s.Entities {
			ids[i] = uid.ID
		}
		return ids
	}
	return nil
}

// others returns the actions that a scope permits and that cannot need approval.
func (p Policy) others() (others []string) {
	named := Actions(p.AST.Action)
	if named == nil {
		return []string{"other actions"}
	}
	for _, id := range named {
		if !operation.Action(id).Approvable() {
			others = append(others, string(id))
		}
	}
	return others
}
