package rules

import (
	"slices"

	cedar "github.com/cedar-policy/cedar-go"

	"lbbot/bot/operation"
)

// Set is one parsed and validated policy file. It must not be changed, and is safe
// for concurrent use.
type Set struct {
	Rules    []Rule
	Groups   []string        // ids of the user groups named, in the order of the file
	People   []string        // ids named, in the order of the file
	Digest   string          // SHA-256 of the file, in hexadecimal
	Warnings []Problem       // what the file may say but looks like a mistake
	Actions  map[string]bool // of the schema
	Incident bool            // some policy looks at context.incident
	Weight   bool            // some policy looks at context.weight
}

// Rule is one policy with the values of its annotations.
type Rule struct {
	ID        string
	Permit    bool // else it is a forbid
	Approvals int  // how many other people must approve
	Reason    string
	Contact   string
	Compiled  *cedar.Policy
	Clauses   []Clause // it holds exactly when all of them do; the first ScopeClauses are the scope
	Partial   bool     // some clauses are left out, so it only says what could be permitted

	Actions []string // that the scope names; nil: it leaves the action open
	Bot     bool     // it can be action about the bot, and is about it

	Approvers      string // channel id
	ReasonRequired bool
	Named          bool     // those it permits may be named
	Groups         []string // that it names
}

// IDs returns the @id of each policy, in the order of the file.
func (s *Set) IDs() []string {
	ids := make([]string, len(s.Rules))
	for i, r := range s.Rules {
		ids[i] = r.ID
	}
	return ids
}

// Covers reports whether the policy has a part in decisions about an action. A permit
// that leaves the action open does not permit one that must be named, but a forbid that
// does forbids it.
func (r *Rule) Covers(action operation.Action) bool {
	switch {
	case action == operation.ActionPause && !r.Bot:
		return false
	case r.Actions != nil:
		return slices.Contains(r.Actions, string(action))
	}
	return !r.Permit || !action.MustBeNamed()
}

// Demand orders permits: by the number of approvals, then those that require no
// reason first.
func (r *Rule) Demand() int {
	d := 2 * r.Approvals
	if r.ReasonRequired {
		d++
	}
	return d
}

// Named returns the policy with this @id, which must be there.
func (s *Set) Named(id string) *Rule {
	i := slices.IndexFunc(s.Rules, func(r Rule) bool { return r.ID == id })
	return &s.Rules[i]
}

// UnnamedPerson returns an id that no policy names.
func (s *Set) UnnamedPerson() string {
	id := "U0"
	for slices.Contains(s.People, id) {
		id += "0"
	}
	return id
}
