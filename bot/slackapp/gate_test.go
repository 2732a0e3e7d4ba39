package slackapp

import (
	"context"
	"slices"
	"sync"

	"lbbot/bot/operation"
)

// gate lets insiders do everything in channels that are not shared.
type gate struct {
	mu  sync.Mutex
	say operation.DenialCode // a denial for everybody; empty: none

	closed    []string        // listeners that nobody may change
	wait      <-chan struct{} // MayChange waits for it; nil: it does not wait
	blind     bool            // MayChange finds out nothing
	unchecked bool            // Slack does not say who anybody is
}

// slowly waits for release, or for the end of ctx.
func (g *gate) slowly(ctx context.Context) {
	g.mu.Lock()
	release := g.wait
	g.mu.Unlock()
	if release == nil {
		return
	}
	select {
	case <-release:
	case <-ctx.Done():
	}
}

func (g *gate) deny(code operation.DenialCode) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.say = code
}

func (g *gate) Public(context.Context, string) (bool, error) { return true, nil }

func (g *gate) Admit(_ context.Context, a operation.Actor, p operation.Place) operation.Decision {
	g.mu.Lock()
	unchecked := g.unchecked
	g.mu.Unlock()
	switch {
	case unchecked:
		return operation.Decision{Code: operation.DeniedUnchecked, What: operation.FactPerson}
	case a.TeamID != teamID:
		return operation.Decision{Code: operation.DeniedWorkspace}
	case p.ChannelID == partner:
		return operation.Decision{Code: operation.DeniedShared, Person: true}
	case p.ChannelID == "" && !p.NoChannel:
		return operation.Decision{Code: operation.DeniedUnchecked, What: "channel"}
	}
	return operation.Decision{Allowed: true, Person: true, Channel: true}
}

func (g *gate) Decide(ctx context.Context, q operation.Question) operation.Decision {
	g.mu.Lock()
	code := g.say
	if slices.Contains(g.closed, q.Listener.ID) {
		code = operation.DeniedNoRule
	}
	g.mu.Unlock()
	if code != "" {
		return operation.Decision{Code: code, Person: true, Channel: true}
	}
	d := g.Admit(ctx, q.Actor, q.Place)
	d.Policies = []string{"everybody"}
	return d
}

// MayChange implements operation.Offers, by Decide.
func (g *gate) MayChange(ctx context.Context, q operation.Question, listeners []operation.Listener) ([]bool,
	operation.Decision) {
	g.slowly(ctx)
	may := make([]bool, len(listeners))
	if g.blind {
		return may, operation.Decision{Code: operation.DeniedUnchecked, What: operation.FactGroups}
	}
	d := g.Admit(ctx, q.Actor, q.Place)
	for i, l := range listeners {
		q.Listener = l
		now := g.Decide(ctx, q)
		may[i] = d.Allowed && (now.Allowed || now.Code == operation.DeniedApproval)
	}
	return may, d
}

// MaySomewhere implements operation.Offers: whoever is admitted may do everything, unless everybody is denied. A denial
// because Slack could not be asked comes when ctx ends.
func (g *gate) MaySomewhere(ctx context.Context, a operation.Actor, p operation.Place,
	actions ...operation.Action) ([]bool, operation.Decision) {
	d := g.Admit(ctx, a, p)
	g.mu.Lock()
	code := g.say
	g.mu.Unlock()
	if code == operation.DeniedUnchecked {
		<-ctx.Done()
	}
	if code != "" {
		d.Allowed, d.Code = false, code
	}
	return slices.Repeat([]bool{d.Allowed}, len(actions)), d
}

// Unchanged implements operation.Offers: what was decided is never remembered.
func (g *gate) Unchanged(context.Context, operation.Actor, operation.Decision) bool { return false }

func (g *gate) Whoami(_ context.Context, a operation.Actor, p operation.Place) (operation.Standing, error) {
	return operation.Standing{Person: operation.Person{ID: a.UserID}, Workspace: operation.Workspace{TeamID: teamID},
		Channel: operation.Channel{ID: p.ChannelID}}, nil
}
