package policy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"lbbot/bot/operation"
)

// The limits of one search for people. operation.People.More says that a limit
// was reached.
const (
	maxCandidates = 5000 // people for whom the policies are evaluated
	maxLookups    = 50   // permitted people whom Slack is asked about
	lookupsAtOnce = 8
)

// candidate is a person whom the policies permit the action.
type candidate struct {
	id     string
	shown  bool
	asks   bool     // only with approval
	groups []string // that the permit needs
}

// Who implements operation.Roster. It evaluates the policies first, with the
// groups of each candidate, and then asks Slack only about those who are
// permitted: whether they are guests, bots, deactivated or of another
// organization. Somebody who cannot be read is left out, and More is set.
func (g *Gate) Who(ctx context.Context, q operation.Question, action operation.Action) (operation.People, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, LookupTimeout, errLookupTimeout)
	defer cancel()
	q.Action = action
	if q.At.IsZero() {
		q.At = g.now()
	}
	now := g.current.Load()
	if err := g.agree(ctx, now); err != nil {
		return operation.People{}, err
	}
	if now.set == nil {
		return operation.People{}, nil
	}
	w, place, err := g.place(ctx, q.Place)
	if err != nil || refuseChannel(place.channel, q.Place.ChannelID) != "" {
		return operation.People{}, err
	}
	groups, err := g.vouched(ctx, now.set.Groups)
	if err != nil {
		return operation.People{}, err
	}
	look := &search{set: now.set, q: q, place: place, groups: groups}
	anybody, err := look.could(now.set.UnnamedPerson())
	if err != nil || anybody != nil && !anybody.asks {
		return operation.People{Everybody: anybody != nil}, err
	}
	able, asking, more, err := look.able()
	if err != nil {
		return operation.People{}, err
	}
	out, err := g.present(ctx, w, q, able, more)
	look.whole(&out, able)
	switch {
	case err != nil || !action.Approvable():
	case anybody != nil:
		out.WithApproval = &operation.People{Everybody: true}
	default:
		out.WithApproval = g.askers(ctx, w, q, asking, more)
	}
	return out, err
}

// askers are those who could do it with approval, nil if nobody.
func (g *Gate) askers(ctx context.Context, w operation.Workspace, q operation.Question, asking []candidate,
	more bool) *operation.People {
	ask, err := g.present(ctx, w, q, asking, more)
	switch {
	case err != nil:
		return &operation.People{More: true}
	case ask.Nobody():
		return nil
	}
	return &ask
}

// place reads where something is asked for.
func (g *Gate) place(ctx context.Context, p operation.Place) (operation.Workspace, identity, error) {
	w, err := g.workspace(ctx)
	if err != nil {
		return w, identity{}, err
	}
	c, err := g.where(ctx, p)
	someone := operation.Person{TeamID: w.TeamID} // like everybody who passes the checks
	return w, identity{workspace: w, person: someone, channel: c, incident: g.isIncident(c)}, err
}

// search looks for people by the policies alone.
type search struct {
	set    *policies
	q      operation.Question
	place  identity
	groups []operation.Group // all that the policies name
}

// could returns how a person is permitted, nil if they are not.
func (l *search) could(id string) (*candidate, error) {
	l.place.person.ID = id
	f, missing := newFacts(l.q, l.place, memberOf(l.groups, operation.Person{ID: id}))
	if missing != "" {
		return nil, fmt.Errorf("asking who may %s: the question does not say which %s", l.q.Action, missing)
	}
	v := l.set.ask(f)
	if v.fault != nil {
		return nil, fmt.Errorf("asking who may %s: %w", l.q.Action, v.fault)
	}
	if len(v.permits) == 0 {
		return nil, nil
	}
	by := v.permits[0]
	c := &candidate{id: id, asks: by.Approvals > 0, shown: by.Named || l.q.Action == operation.ActionApprove}
	for _, x := range f.in {
		if slices.Contains(by.Groups, x) {
			c.groups = append(c.groups, x)
		}
	}
	return c, nil
}

// able evaluates the policies for everybody whom they name, or whose group they
// name, except the requester. asking are those who need approval.
func (l *search) able() (able, asking []candidate, more bool, err error) {
	seen := map[string]bool{l.q.Actor.UserID: true}
	ids := slices.Clone(l.set.People)
	for _, x := range l.groups {
		ids = append(ids, x.Members...)
	}
	for _, id := range ids {
		if seen[id] {
			continue
		}
		if seen[id] = true; len(seen) > maxCandidates {
			return able, asking, true, nil
		}
		c, err := l.could(id)
		if err != nil {
			return nil, nil, false, err
		}
		switch {
		case c == nil:
		case c.asks:
			asking = append(asking, *c)
		default:
			able = append(able, *c)
		}
	}
	return able, asking, false, nil
}

// whole fills in the groups of approvers that can be mentioned. That calls all members
// of a group, so none of them may be somebody whom the policies do not permit.
func (l *search) whole(p *operation.People, able []candidate) {
	if l.q.Action != operation.ActionApprove {
		return
	}
	permitted := map[string]bool{l.q.Actor.UserID: true}
	for _, c := range able {
		permitted[c.id] = true
	}
	covered := map[string]bool{}
	for _, x := range l.groups {
		other := func(id string) bool { return !permitted[id] }
		if !slices.Contains(p.Groups, x.ID) || slices.ContainsFunc(x.Members, other) {
			continue
		}
		p.Whole = append(p.Whole, operation.GroupName{ID: x.ID, Handle: x.Handle})
		for _, id := range x.Members {
			covered[id] = true
		}
	}
	for _, id := range p.IDs {
		if len(p.Whole) > 0 && !covered[id] {
			p.Rest = append(p.Rest, id)
		}
	}
}

// present asks Slack about candidates and keeps those who pass every check.
func (g *Gate) present(ctx context.Context, w operation.Workspace, q operation.Question, able []candidate,
	more bool) (operation.People, error) {
	if len(able) > maxLookups {
		able, more = able[:maxLookups], true
	}
	var (
		mu     sync.Mutex
		faults []error
		here   = make([]*operation.Actor, len(able))
		all    errgroup.Group
	)
	all.SetLimit(lookupsAtOnce)
	for i, c := range able {
		all.Go(func() error {
			p, err := g.person(ctx, w, c.id)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				faults = append(faults, err)
				return nil // the others are still found
			}
			who := operation.Actor{UserID: c.id, PersonID: p.PersonID}
			if refusePerson(w, p, who, q.Place) == "" && !who.Is(q.Actor) {
				here[i] = &who
			}
			return nil
		})
	}
	if err := errors.Join(all.Wait(), errors.Join(faults...)); err != nil {
		g.log.Warn("people could not be looked up", zap.String("action", string(q.Action)), zap.Error(err),
			zap.NamedError("cause", context.Cause(ctx)))
		if len(faults) == len(able) {
			return operation.People{}, fmt.Errorf("asking who may %s: %w", q.Action, err)
		}
	}
	out := operation.People{More: more || len(faults) > 0}
	for i, c := range able {
		same := func(other *operation.Actor) bool { return other != nil && other.Is(*here[i]) }
		if here[i] != nil && !slices.ContainsFunc(here[:i], same) { // the same person, with another id
			list(&out, c)
		}
	}
	return out, nil
}

func list(p *operation.People, c candidate) {
	p.IDs = append(p.IDs, c.id)
	if c.shown {
		p.Shown = append(p.Shown, c.id)
	}
	for _, x := range c.groups {
		if !slices.Contains(p.Groups, x) {
			p.Groups = append(p.Groups, x)
		}
	}
}
