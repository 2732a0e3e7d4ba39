package operation

import "context"

// Standing is what whoami tells a person about themselves.
type Standing struct {
	Person    Person
	Workspace Workspace
	Channel   Channel
	Incident  bool
	Groups    []Group  // those the person is in
	Refusal   Decision // of the identity checks; zero Code when they pass
	Rules     []string // @id of the permits whose person, group and channel parts fit
	Policy    string   // version of the rule set: the first characters of its digest and when it was loaded
}

// People is who may do something, as far as the policy names them.
type People struct {
	// Everybody says that it takes no name and no group: any member of the
	// workspace may, unless a rule excludes them. Nobody is listed then.
	Everybody bool

	IDs    []string // user ids: those the policy names first, then the members of its groups
	Shown  []string // those of IDs whom the rules allow to be named before others
	Groups []string // ids of the groups by which somebody is in IDs
	More   bool     // not everybody could be looked at: there may be more

	// Whole, of approvers, are those of Groups of which the policy permits every member
	// but the one who asks, so that the group can be mentioned instead of its members.
	// Rest are those of IDs who are in none of them.
	Whole []GroupName `json:",omitempty"`
	Rest  []string    `json:",omitempty"`

	// WithApproval are the people who could do it once others approve. Nil when
	// nobody could, and for actions that take no approval; it has none itself.
	// It is stored under the name it had first.
	WithApproval *People `json:"Ask"`
}

// GroupName is a user group as people call it.
type GroupName struct {
	ID     string
	Handle string // without the @
}

// Nobody reports whether certainly nobody may.
func (p People) Nobody() bool { return !p.Everybody && !p.More && len(p.IDs) == 0 }

// Roster names people. IDs are for asking and counting; what others read names
// only Shown and Groups. Approvers are always shown, since they are asked.
type Roster interface {
	// Who returns the people who may do action on the question's listener, in
	// the question's place, at its time: everybody in it has passed every check
	// that Decide makes. Needing an approval is not being able to: those are in
	// People.WithApproval. The person who asks is left out. An error means that
	// something could not be read and nothing is known; it never comes with a list.
	// Who blocks for Slack, for some seconds at most.
	Who(ctx context.Context, q Question, action Action) (People, error)
}

// Explanation is one decision step by step.
type Explanation struct {
	Standing Standing
	Decision Decision
	// the policies of this action on this listener, in the order of the file; none while Cedar cannot be asked
	Rules  []Rule
	Others int // how many policies are about another action or other listeners
}

// Rule is one policy, with all its clauses.
type Rule struct {
	ID        string
	Permit    bool
	Approvals int
	Holds     bool // all its clauses do
	Clauses   []Clause
}

// Reasons answers "why" for one listener. It asks what Decide asks, once more,
// and explains; it decides nothing. An error means that Slack could not be
// read; what was found out is returned with it.
type Reasons interface {
	Why(ctx context.Context, q Question) (Explanation, error)
}

// Explainer answers whoami. An error means that Slack could not be read.
type Explainer interface {
	Whoami(ctx context.Context, a Actor, p Place) (Standing, error)
}
