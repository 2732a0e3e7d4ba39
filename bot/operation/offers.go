package operation

import "context"

// Offers says what a person may be shown in lists and in help. It decides
// nothing: every request is decided again by Permission. It is optimistic about
// what the person has yet to fill in, and fails closed on everything else.
type Offers interface {
	// MayChange reports for each listener whether the question's actor may do its
	// action there, from its place, with some server, ports, weight and reason,
	// with or without approval. Those and the question's listener are ignored.
	// Without Allowed nothing is known or nothing may be done; the decision says
	// why. It blocks for Slack, for some seconds at most, and until ctx ends.
	MayChange(ctx context.Context, q Question, listeners []Listener) ([]bool, Decision)

	// MaySomewhere reports for each action whether the person may do it on some
	// listener, as far as their person, groups and channel decide. Without Allowed
	// nothing is known or nothing may be done. It blocks like MayChange.
	MaySomewhere(ctx context.Context, a Actor, p Place, actions ...Action) ([]bool, Decision)

	// Unchanged reports whether the policies in force and the user groups of the
	// person are still those of the decision. It blocks for Slack if the user
	// groups must be read again.
	Unchanged(ctx context.Context, a Actor, d Decision) bool
}
