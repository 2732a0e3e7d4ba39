package main

import (
	"context"
	"fmt"
	"strings"

	"lbbot/bot/operation"
	"lbbot/bot/policy"
	"lbbot/bot/policy/cases"
)

// account is what policy explain writes.
type account struct {
	gate        *policy.Gate
	question    operation.Question
	explanation operation.Explanation
	anyServer   bool
}

// write writes the account in the order in which the bot checks.
func (s session) write(ctx context.Context, a account) {
	say := func(format string, args ...any) { fmt.Fprintf(s.out, format+"\n", args...) }
	q, e := a.question, a.explanation
	say("Question   %s asks to %s", q.Actor.UserID, wish(a))
	say("           in %s, at %s", place(q, e.Standing), q.At.UTC().Format("2006-01-02 15:04 UTC, Monday"))
	d := e.Decision
	say("Person     %s", verdict(d.Person, d, "person", "workspace"))
	say("Channel    %s", verdict(d.Channel, d, "channel"))
	say("Groups     %s", groupsOf(e.Standing))
	say("Policy     %s", e.Standing.Policy)
	for _, r := range e.Rules {
		say("\nRule %s (%s): %s", r.ID, effect(r), cases.Holds(r.Holds))
		fmt.Fprint(s.out, cases.Account(r.Clauses, 0))
	}
	if e.Others > 0 {
		say("\n%d more are about other actions or other listeners.", e.Others)
	}
	say("\nDecision   %s", decision(d))
	for _, line := range [][2]string{{"Reason", d.Reason}, {"Contact", d.Contact},
		{"Groups that would help", strings.Join(d.Groups, ", ")}} {
		if line[1] != "" && !d.Allowed {
			say("           %s: %s", line[0], line[1])
		}
	}
	if d.ReasonRequired {
		say("           The request must have a reason.")
	}
	if d.Allowed || len(e.Rules) == 0 {
		return
	}
	who, err := a.gate.Who(ctx, q, q.Action)
	say("Who can    %s", people(who, err))
	if d.Code == operation.DeniedApproval {
		who, err = a.gate.Who(ctx, q, operation.ActionApprove)
		say("Approvers  %s", people(who, err))
	}
}

func wish(a account) string {
	q := a.question
	if q.Action == operation.ActionPause {
		return "pause the bot, or resume"
	}
	server, weight, ports := q.Server.ID, "Zenlayer's default weight, which counts as 100", "the listener's own ports"
	if a.anyServer {
		server = "any server"
	}
	if q.Weight > 0 {
		weight = fmt.Sprintf("weight %d", q.Weight)
	}
	if len(q.Ports) > 0 {
		ports = "ports " + strings.Trim(fmt.Sprint(q.Ports), "[]")
	}
	return fmt.Sprintf("%s: %s (%s) on %s (%s) of %s (%s), %s, %s", q.Action, server, q.Server.Type,
		q.Listener.Name, q.Listener.ID, q.Listener.LoadBalancerName, q.Listener.LoadBalancerID, weight, ports)
}

func place(q operation.Question, s operation.Standing) string {
	out := q.Place.ChannelID
	if s.Channel.Name != "" && s.Channel.Name != out {
		out += " #" + s.Channel.Name
	}
	for _, is := range []struct {
		so   bool
		word string
	}{{s.Channel.Direct, "a direct message"}, {s.Channel.Private && !s.Channel.Direct, "private"},
		{s.Incident, "an incident channel"}} {
		if is.so {
			out += ", " + is.word
		}
	}
	return out
}

// verdict is the result of one of the checks before the policy.
func verdict(ok bool, d operation.Decision, about ...operation.Fact) string {
	switch {
	case ok:
		return "ok"
	case d.Code == operation.DeniedUnchecked:
		for _, what := range about {
			if d.What == what {
				return "could not be checked"
			}
		}
		return "not ok"
	}
	return "not ok: " + string(d.Code)
}

func groupsOf(s operation.Standing) string {
	if len(s.Groups) == 0 {
		return "none"
	}
	list := make([]string, len(s.Groups))
	for i, g := range s.Groups {
		if list[i] = g.ID; g.Handle != "" && g.Handle != g.ID {
			list[i] += " @" + g.Handle
		}
	}
	return strings.Join(list, ", ")
}

func effect(r operation.Rule) string {
	switch {
	case !r.Permit:
		return "forbid"
	case r.Approvals > 0:
		return fmt.Sprintf("permit with approvals: %d", r.Approvals)
	}
	return "permit"
}
