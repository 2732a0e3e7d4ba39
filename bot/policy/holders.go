package policy

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"lbbot/bot/operation"
	"lbbot/bot/policy/rules"
)

// Holders are the people whom one rule of the policies in force permits an action,
// somewhere and for some listener.
type Holders struct {
	Rule      string // its @id
	Approvals int    // that it asks for
	Everybody bool   // also people whom no rule and no group names
	People    []string
}

// ErrNoPolicy means that no policy is in force, so everybody is denied.
var ErrNoPolicy = errors.New("no policy is in force")

// Holders returns the rules that permit an action to somebody, in the order of the file.
// It leaves open the channel, the listener and everything about the request, and evaluates
// the people whom the policies or the user groups name. Of the first 50 it asks Slack whether
// they are guests, bots, deactivated or of another organization, and leaves those out. A rule
// that permits nobody is not in the list. The error is ErrNoPolicy, or says what of the
// groups could not be read. It blocks for Slack, at most for LookupTimeout.
func (g *Gate) Holders(ctx context.Context, action operation.Action) ([]Holders, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, LookupTimeout, errLookupTimeout)
	defer cancel()
	now := g.current.Load()
	if now.set == nil {
		return nil, ErrNoPolicy
	}
	groups, err := g.vouched(ctx, now.set.Groups)
	if err != nil {
		return nil, err
	}
	home, err := g.workspace(ctx)
	if err != nil {
		return nil, err
	}
	by := map[string]*Holders{}
	look := search{set: now.set, groups: groups}
	nobody := now.set.UnnamedPerson()
	for _, id := range append(g.members(ctx, home, look.named()), nobody) {
		p := operation.Person{ID: id, TeamID: home.TeamID}
		permits, err := now.set.somewhere(action, p, memberOf(groups, p))
		if err != nil {
			return nil, fmt.Errorf("asking who may %s: %w", action, err)
		}
		for _, r := range permits {
			if by[r.ID] == nil {
				by[r.ID] = &Holders{Rule: r.ID, Approvals: r.Approvals}
			}
			if by[r.ID].Everybody = id == nobody; id != nobody {
				by[r.ID].People = append(by[r.ID].People, id)
			}
		}
	}
	var list []Holders
	for _, r := range now.set.Rules {
		if h := by[r.ID]; h != nil {
			list = append(list, *h)
		}
	}
	return list, nil
}

// members leaves out people whom no policy can permit anything, as far as Slack says so now.
func (g *Gate) members(ctx context.Context, home operation.Workspace, ids []string) []string {
	refused := make([]bool, len(ids))
	var all errgroup.Group
	all.SetLimit(lookupsAtOnce)
	for i, id := range ids[:min(len(ids), maxLookups)] {
		all.Go(func() error {
			p, err := g.person(ctx, home, id)
			refused[i] = err == nil && refusePerson(home, p, operation.Actor{}, operation.Place{}) != ""
			return nil
		})
	}
	_ = all.Wait() // always nil
	var list []string
	for i, id := range ids {
		if !refused[i] {
			list = append(list, id)
		}
	}
	return list
}

// named returns the people whom the policies or their groups name, once each.
func (l *search) named() []string {
	ids, seen := []string{}, map[string]bool{}
	add := func(more []string) {
		for _, id := range more {
			if !seen[id] && len(ids) < maxCandidates {
				ids, seen[id] = append(ids, id), true
			}
		}
	}
	add(l.set.People)
	for _, x := range l.groups {
		add(x.Members)
	}
	return ids
}

// somewhere returns the permits of a person that can hold, whatever the channel, the
// listener and the request; none if a forbid always holds.
func (s *policies) somewhere(action operation.Action, p operation.Person, in []string) ([]*rules.Rule, error) {
	f := identity{person: p}
	known := &facts{action: action, in: in}
	known.asks(f)
	known.listener.UID = uid(rules.TypeListener, "any") // nothing looks at it
	known.request.Resource, known.request.Context = known.listener.UID, record(channelContext(f))
	if action == operation.ActionPause {
		known.request.Resource = uid(rules.TypeBot, botID)
	}
	open := func(s rules.Subject) bool { return s.Resource || s.Beyond() }
	v := s.specialized(known, open).ask(known)
	if len(v.forbids) > 0 {
		return nil, v.fault
	}
	return v.permits, v.fault
}
