package policy

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	cedar "github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"

	"lbbot/bot/operation"
	"lbbot/bot/policy/rules"
)

const (
	botID      = "lbbot" // of the entity that pause is asked about
	mostWeight = 100     // assumed when no weight was given: the greatest
	mostPort   = 65535
)

// facts is everything that Cedar knows about one question. All of it was read,
// nothing is assumed. It must not be used by two decisions at once.
type facts struct {
	person   types.Entity // its parents are set by join
	listener types.Entity
	balancer types.Entity
	request  cedar.Request
	action   operation.Action
	in       []string  // the named groups that the person is in
	missed   bool      // Cedar asked for an entity that is not here
	on       [3]string // what balancer was made of
}

// newFacts builds the facts of a question. If one is missing or impossible, it
// returns its name instead, one of the What… constants.
func newFacts(q operation.Question, f identity, in []string) (*facts, operation.Fact) {
	out := &facts{action: q.Action, in: in}
	if q.Action == operation.ActionPause {
		out.request.Resource = uid(rules.TypeBot, botID)
		out.asks(f)
		out.request.Context = record(botContext(q, f))
		return out, ""
	}
	switch {
	case !out.about(q.Listener, q.Account):
		return nil, operation.FactListener
	case q.Server.ID == "" || q.Server.Type == "":
		return nil, operation.FactServer
	case q.Weight < 0 || q.Weight > mostWeight:
		return nil, operation.FactWeight
	case slices.ContainsFunc(q.Ports, func(p int) bool { return p < 1 || p > mostPort }):
		return nil, operation.FactPorts
	}
	out.asks(f)
	out.request.Context = contextOf(q, f)
	return out, ""
}

// asks makes the question one of this person.
func (f *facts) asks(who identity) {
	f.person.UID = uid(rules.TypePerson, who.person.ID)
	f.person.Attributes = record(types.RecordMap{"team": types.String(who.person.TeamID)})
	f.join("")
	f.request.Principal, f.request.Action = f.person.UID, uid(rules.TypeAction, string(f.action))
}

// about makes the question one about this listener. It reports false if a fact
// about the listener is missing.
func (f *facts) about(l operation.Listener, account string) bool {
	if slices.Contains([]string{l.ID, l.Name, l.Protocol, l.LoadBalancerID, l.LoadBalancerName}, "") {
		return false
	}
	if on := [...]string{l.LoadBalancerID, l.LoadBalancerName, l.Zone}; f.on != on { // many have the same
		f.on, f.balancer.UID = on, uid(rules.TypeBalancer, l.LoadBalancerID)
		f.balancer.Attributes = known(map[types.String]string{"name": l.LoadBalancerName, "zone": l.Zone})
		f.listener.Parents = types.NewEntityUIDSet(f.balancer.UID)
	}
	f.listener.UID = uid(rules.TypeListener, l.ID)
	f.listener.Attributes = known(map[types.String]string{"name": l.Name, "protocol": l.Protocol, "account": account})
	f.request.Resource = f.listener.UID
	return true
}

func uid(t types.EntityType, id string) types.EntityUID {
	return types.NewEntityUID(t, types.String(id))
}

func record(m types.RecordMap) types.Record { return types.NewRecord(m) }

// known leaves out unknown values: a policy that reads one fails, and the
// question is denied.
func known(values map[types.String]string) types.Record {
	m := make(types.RecordMap, len(values))
	for name, v := range values {
		if v != "" {
			m[name] = types.String(v)
		}
	}
	return record(m)
}

func contextOf(q operation.Question, f identity) types.Record {
	weight := q.Weight
	if weight == 0 {
		weight = mostWeight
	}
	ports := make([]types.Value, 0, len(q.Ports))
	for _, p := range q.Ports {
		ports = append(ports, types.Long(p))
	}
	m := botContext(q, f)
	m["weight"] = types.Long(weight)
	m["ports"] = types.NewSet(ports...)
	m["instance"] = record(types.RecordMap{
		"id": types.String(q.Server.ID), "type": types.String(q.Server.Type),
	})
	return record(m)
}

// botContext is the part of the context that every question has.
func botContext(q operation.Question, f identity) types.RecordMap {
	at := q.At.UTC()
	m := channelContext(f)
	m["hour"] = types.Long(at.Hour())
	m["weekday"] = types.Long(isoWeekday(at.Weekday()))
	return m
}

// channelContext is the part of the context that does not depend on the request.
func channelContext(f identity) types.RecordMap {
	name, private := f.channel.Name, f.channel.Private
	if f.channel.Direct {
		name, private = "", true // no channel can have this name
	}
	return types.RecordMap{
		"channel": record(types.RecordMap{
			"id": types.String(f.channel.ID), "name": types.String(name), "private": types.Boolean(private),
		}),
		"incident": types.Boolean(f.incident),
	}
}

// isoWeekday counts from 1 for Monday to 7 for Sunday.
func isoWeekday(d time.Weekday) int { return (int(d)+6)%7 + 1 }

// join makes the person a member of their named groups, and of one more if
// it is not empty.
func (f *facts) join(more string) {
	parents := make([]types.EntityUID, 0, len(f.in)+1)
	for _, g := range f.in {
		parents = append(parents, uid(rules.TypeUsergroup, g))
	}
	if more != "" {
		parents = append(parents, uid(rules.TypeUsergroup, more))
	}
	f.person.Parents = types.NewEntityUIDSet(parents...)
}

// Get implements cedar's EntityGetter and notes requests for unknown entities.
func (f *facts) Get(id types.EntityUID) (types.Entity, bool) {
	switch id {
	case f.person.UID:
		return f.person, true
	case f.listener.UID:
		return f.listener, true
	case f.balancer.UID:
		return f.balancer, true
	}
	switch id.Type {
	case rules.TypeAction, rules.TypeUsergroup, rules.TypeBot:
		return types.Entity{UID: id}, true // complete: they have neither attributes nor parents
	}
	f.missed = true
	return types.Entity{}, false
}

// policies are the rules of one file, which can be asked questions.
type policies struct{ *rules.Set }

// ordered gives Cedar the policies about an action, in the order of the file, under
// their @id.
type ordered struct {
	rules  []rules.Rule
	action operation.Action
}

// All implements cedar's PolicyIterator.
func (o ordered) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for i := range o.rules {
			if r := &o.rules[i]; r.Covers(o.action) && !yield(cedar.PolicyID(r.ID), r.Compiled) {
				return
			}
		}
	}
}

// verdict is Cedar's answer.
type verdict struct {
	permits []*rules.Rule // those that hold, the least demanding first; none when a forbid holds
	forbids []*rules.Rule // those that hold
	fault   error         // why the answer must not be used
}

// ask evaluates the policies once.
func (s *policies) ask(f *facts) verdict {
	if !s.Actions[string(f.action)] {
		return verdict{fault: fmt.Errorf("the action %q is not in the schema", f.action)}
	}
	f.missed = false
	_, diagnostic := cedar.Authorize(ordered{s.Rules, f.action}, f, f.request)
	var v verdict
	for _, e := range diagnostic.Errors {
		if s.Named(string(e.PolicyID)).Partial {
			continue // it does not permit; the whole policy may fail on a clause before this one
		}
		v.fault = fmt.Errorf("evaluating policy %s: %s", e.PolicyID, e.Message)
	}
	if f.missed && v.fault == nil {
		v.fault = errors.New("a policy looked at something the question does not have")
	}
	for _, reason := range diagnostic.Reasons {
		r := s.Named(string(reason.PolicyID))
		if r.Permit {
			v.permits = append(v.permits, r)
		} else {
			v.forbids = append(v.forbids, r)
		}
	}
	slices.SortStableFunc(v.permits, func(a, b *rules.Rule) int { return a.Demand() - b.Demand() })
	return v
}

// decide answers a question whose facts are complete. The error says why a
// decision is operation.DeniedUnchecked.
func (s *policies) decide(f *facts) (operation.Decision, error) {
	d := operation.Decision{Person: true, Channel: true, In: f.in, Digest: s.Digest}
	switch v := s.ask(f); {
	case v.fault != nil:
		d.Code, d.What = operation.DeniedUnchecked, operation.FactPolicy
		return d, v.fault
	case len(v.forbids) > 0:
		d.Code = operation.DeniedForbidden
		decidedBy(&d, f, v.forbids)
		return d, nil
	case len(v.permits) > 0:
		best := v.permits[0]
		decidedBy(&d, f, v.permits[:1])
		d.ReasonRequired = best.ReasonRequired
		if d.Allowed = best.Approvals == 0; !d.Allowed {
			d.Code, d.Approvals, d.ApproversChannel = operation.DeniedApproval, best.Approvals, best.Approvers
		}
		return d, nil
	}
	d.Code = operation.DeniedNoRule
	s.explain(f, &d)
	return d, nil
}
