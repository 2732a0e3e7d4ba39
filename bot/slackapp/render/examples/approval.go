package examples

import (
	"maps"
	"strings"
	"time"

	"lbbot/bot/operation"
)

// vote is an agreement on the day of the examples.
func vote(id, name string, at time.Time) operation.Vote {
	return operation.Vote{By: operation.Actor{UserID: id, TeamID: "T0HOME", Name: name}, At: at}
}

// NeedsApproval makes it need so many people of Bo, Chen and Dee, asked at 19:14:10 in
// a channel of theirs.
func NeedsApproval(n int, votes ...operation.Vote) Change {
	return func(op *operation.Operation) {
		op.Approval = &operation.Approval{Needed: n, Channel: "C0APPROVE",
			Who:     operation.People{IDs: []string{"U0BO", "U0CHEN", "U0DEE"}},
			AskedAt: Moment(19, 14, 10), ExpiresAt: Moment(19, 44, 10), Since: 2, Votes: votes,
			Picture: operation.Picture{Read: true, Servers: 4, Weights: 200}}
	}
}

// OnApproval changes the approval of an operation that has one.
func OnApproval(f func(*operation.Approval)) Change {
	return func(op *operation.Operation) { f(op.Approval) }
}

// here asks where the result goes: one card.
func here(a *operation.Approval) { a.Channel = "C0INC1234" }

func broken(told bool) Change {
	return func(op *operation.Operation) {
		op.Glass = &operation.BreakGlass{Why: "customers cannot pay, nobody answered 10 min", Incident: "inc-1234"}
		op.Approval.Skipped = true
		if told {
			op.Approval.ToldAt = Moment(19, 14, 23)
		}
	}
}

func voteBo() operation.Vote { return vote("U0BO", "bo", Moment(19, 15, 2)) }

func lostBo() []operation.Lost {
	return []operation.Lost{{By: operation.Actor{UserID: "U0BO", Name: "bo"}, Code: operation.DeniedDeactivated}}
}

func voteChen() operation.Vote { return vote("U0CHEN", "chen", Moment(19, 16, 0)) }

// ApprovalCards are operations that need, had or skipped approval, each to be
// shown on the operation's own card and on the approvers'.
func ApprovalCards() map[string]operation.Operation {
	all := askedCards()
	maps.Copy(all, decidedCards())
	maps.Copy(all, glassCards())
	return all
}

// byWholeGroup lets a user group approve, and one person besides.
func byWholeGroup(a *operation.Approval) {
	a.Who.Groups, a.Who.Rest = []string{"S0LEADS"}, []string{"U0DEE"}
	a.Who.Whole = []operation.GroupName{{ID: "S0LEADS", Handle: "lb-leads"}}
}

// askedCards are requests that wait for approval.
func askedCards() map[string]operation.Operation {
	return map[string]operation.Operation{
		"waiting":      Sample(asking(), NeedsApproval(1)),
		"waiting_here": Sample(asking(), NeedsApproval(1), OnApproval(here)),
		"waiting_notes": Sample(asking(), NeedsApproval(1), func(op *operation.Operation) {
			op.Listener.HealthCheck, op.Notes, op.Approval.Picture.Read, op.Purpose = new(false),
				[]string{"Weight 50, as most servers on this listener."}, false, ""
		}),
		"waiting_one_of_two": Sample(asking(), NeedsApproval(2, voteBo())),
		"waiting_two":        Sample(asking(), NeedsApproval(2)),
		"waiting_picture": Sample(asking(), NeedsApproval(1), OnApproval(func(a *operation.Approval) {
			a.Again, a.Past = operation.AgainPicture, []operation.Vote{voteBo(), voteBo()}
			a.Moved = []operation.Difference{{Code: operation.DiffName, From: "web-07", To: "be-77"},
				{Code: operation.DiffShare, Before: 20, After: 40}}
		})),
		"waiting_rules": Sample(asking(), NeedsApproval(2, voteBo()),
			OnApproval(func(a *operation.Approval) { a.Again = operation.AgainRules })),
		"waiting_lost": Sample(asking(), NeedsApproval(1),
			OnApproval(func(a *operation.Approval) { a.Again, a.Lost = operation.AgainRules, lostBo() })),
		"waiting_rules_two": Sample(asking(), NeedsApproval(2),
			OnApproval(func(a *operation.Approval) { a.Again = operation.AgainRules })),
		"waiting_anybody": Sample(asking(), NeedsApproval(1),
			OnApproval(func(a *operation.Approval) { a.Who = operation.People{Everybody: true} })),
		"waiting_more": Sample(asking(), NeedsApproval(1),
			OnApproval(func(a *operation.Approval) { a.Who.More = true })),
		"waiting_unnamed": Sample(asking(), NeedsApproval(1),
			OnApproval(func(a *operation.Approval) { a.Who = operation.People{More: true} })),
		"waiting_group": Sample(asking(), NeedsApproval(1), OnApproval(func(a *operation.Approval) {
			a.Who = operation.People{IDs: strings.Split(strings.Repeat("U0BO,", 29)+"U0BO", ","),
				Groups: []string{"S0LEADS"}}
		})),
		"waiting_whole_group": Sample(asking(), NeedsApproval(1), OnApproval(byWholeGroup)),
		"waiting_crowd": Sample(asking(), NeedsApproval(1), OnApproval(func(a *operation.Approval) {
			a.Who.IDs = strings.Split(strings.Repeat("U0BO,", 29)+"U0BO", ",")
		})),
		"waiting_denied": Sample(asking(), NeedsApproval(1),
			OnApproval(func(a *operation.Approval) { a.Denied = deniedBy() })),
		"waiting_stopping": Sample(asking(), NeedsApproval(1), func(op *operation.Operation) { op.StopBy = "U0BO" }),
	}
}

// decidedCards are requests that were approved, or not.
func decidedCards() map[string]operation.Operation {
	return map[string]operation.Operation{
		"approved":         Sample(NeedsApproval(1, voteBo())),
		"approved_stopped": Sample(NeedsApproval(1, voteBo()), func(op *operation.Operation) { op.StopBy = "U0ANA" }),
		"approved_by_two":  Sample(NeedsApproval(2, voteBo(), voteChen())),
		"adding": Sample(InState(operation.Sending), NeedsApproval(1, voteBo()),
			Attempted(Moment(19, 15, 4), time.Time{}, "", operation.Fault{})),
		"not_confirmed": Sample(InState(operation.Unconfirmed), NeedsApproval(1, voteBo()), lost()),
		"added":         Sample(sentOnce(), Added(operation.EvidenceAnswered), NeedsApproval(1, voteBo())),
		"added_by_two":  Sample(sentOnce(), Added(operation.EvidenceAnswered), NeedsApproval(2, voteBo(), voteChen())),
		"denied": Sample(endedLate(operation.ReasonNotApproved), NeedsApproval(1),
			OnApproval(func(a *operation.Approval) { a.Denied = deniedBy() })),
		"unanswered":      Sample(endedLate(operation.ReasonUnanswered), NeedsApproval(1)),
		"unanswered_one":  Sample(endedLate(operation.ReasonUnanswered), NeedsApproval(2, voteBo())),
		"unanswered_bare": Sample(endedLate(operation.ReasonUnanswered)),
		"refused":         Sample(NotAdded(operation.ReasonRefused), NeedsApproval(1, voteBo())),
		"nobody_left": Sample(NotAdded(operation.ReasonDenied), NeedsApproval(2), func(op *operation.Operation) {
			op.Denial = &operation.Decision{Code: operation.DeniedNobody}
		}),
		"approver_left": Sample(NotAdded(operation.ReasonDenied), NeedsApproval(1), func(op *operation.Operation) {
			op.Denial, op.Approval.Lost = &operation.Decision{Code: operation.DeniedNobody}, lostBo()
		}),
		"approver_left_after_a_call": Sample(NotAdded(operation.ReasonDenied), NeedsApproval(1),
			func(op *operation.Operation) {
				op.Denial, op.Approval.Lost = &operation.Decision{Code: operation.DeniedApproval}, lostBo()
			}),
		"approver_unchecked": Sample(NotAdded(operation.ReasonDenied), NeedsApproval(1, voteBo()),
			func(op *operation.Operation) {
				op.Denial = &operation.Decision{Code: operation.DeniedUnchecked, What: "person",
					Action: operation.ActionApprove}
				op.Approval.Lost = []operation.Lost{{By: lostBo()[0].By, Code: operation.DeniedUnchecked}}
			}),
		"reason_missing": Sample(NotAdded(operation.ReasonDenied),
			func(op *operation.Operation) { op.Denial = &operation.Decision{Code: operation.DeniedReason} }),
	}
}

// glassCards are requests that went with break-glass.
func glassCards() map[string]operation.Operation {
	return map[string]operation.Operation{
		"glass_waiting": Sample(NeedsApproval(1), broken(false)),
		"glass_told":    Sample(NeedsApproval(1), broken(true)),
		"glass_here":    Sample(NeedsApproval(1), OnApproval(here), broken(true)),
		"glass_nobody": Sample(NeedsApproval(1), OnApproval(func(a *operation.Approval) {
			here(a)
			a.Who = operation.People{
				Everybody: true}
		}), broken(false)),
		"glass_adding": Sample(InState(operation.Sending), NeedsApproval(1), broken(true),
			Attempted(Moment(19, 14, 22), time.Time{}, "", operation.Fault{})),
		"glass_added": Sample(sentOnce(), Added(operation.EvidenceAnswered), NeedsApproval(1), broken(true)),
		"glass_added_here": Sample(sentOnce(), Added(operation.EvidenceAnswered), NeedsApproval(1), OnApproval(here),
			broken(true)),
		"glass_not_added": Sample(NotAdded(operation.ReasonRefused), NeedsApproval(1), broken(true)),
		"glass_taken_away": Sample(NotAdded(operation.ReasonDenied), NeedsApproval(1), broken(true),
			func(op *operation.Operation) {
				op.Denial = &operation.Decision{Code: operation.DeniedNoRule, Action: operation.ActionBreakGlass}
			}),
		"glass_asker_left": Sample(NotAdded(operation.ReasonDenied), NeedsApproval(1), broken(true),
			func(op *operation.Operation) {
				op.Denial = &operation.Decision{Code: operation.DeniedDeactivated}
			}),
	}
}

func asking() Change { return InState(operation.Waiting) }

// deniedBy is a denial by Bo, with its reason.
func deniedBy() *operation.Vote {
	v := voteBo()
	v.Reason = "wrong listener, use https-8443"
	return &v
}

func sentOnce() Change {
	return Attempted(Moment(19, 15, 4), Moment(19, 15, 5), operation.OutcomeAccepted, operation.Fault{})
}

// endedLate ends a request when its approval expires.
func endedLate(r operation.Reason) Change {
	return func(op *operation.Operation) {
		op.State, op.Reason, op.FinishedAt = operation.NotDone, r, Moment(19, 44, 10)
	}
}

// ApprovalPreviews are drafts that need approval.
func ApprovalPreviews() map[string]operation.Operation {
	may := func(op *operation.Operation) { op.MayBreak = true }
	few := OnApproval(func(a *operation.Approval) { a.Who = operation.People{IDs: []string{"U0BO"}} })
	return map[string]operation.Operation{
		"preview_approval":         Draft(NeedsApproval(1)),
		"preview_approval_two":     Draft(NeedsApproval(2), func(op *operation.Operation) { op.Policies = nil }),
		"preview_approval_glass":   Draft(NeedsApproval(1), may),
		"preview_approval_nobody":  Draft(NeedsApproval(2), few, may),
		"preview_approval_dry_run": Draft(NeedsApproval(1), may, func(op *operation.Operation) { op.DryRun = true }),
		"preview_approval_anybody": Draft(NeedsApproval(1),
			OnApproval(func(a *operation.Approval) { a.Who = operation.People{Everybody: true} })),
		"preview_approval_group": Draft(NeedsApproval(1),
			OnApproval(func(a *operation.Approval) { a.Who.Groups = []string{"S0LEADS"} })),
	}
}

// ApprovalSteps has one event of each kind of this part.
func ApprovalSteps() []operation.Event {
	var list []operation.Event
	for i, kind := range []string{operation.EventAccepted, operation.EventReminded, operation.EventQuestion,
		operation.EventApproved,
		operation.EventApprovalAsked, operation.EventNotApproved, operation.EventBreakGlass} {
		list = append(list, operation.Event{At: Moment(19, 15, i), Kind: kind, ActorID: "U0BO",
			Data: map[string]string{"missing": "1", "reason": "why not"}})
	}
	return list
}

func approvalDenials() map[string]operation.Decision {
	until := Moment(19, 24, 0)
	return map[string]operation.Decision{
		"nobody": {Code: operation.DeniedNobody, Approvals: 1, Policies: []string{"others-ask"}},
		"nobody_two": {Code: operation.DeniedNobody, Approvals: 2, Policies: []string{"others-ask"},
			Contact: "#ops"},
		"listener_rate":      {Code: operation.DeniedListenerRate, Limit: 10, Window: 10 * time.Minute, Until: until},
		"listener_rate_open": {Code: operation.DeniedListenerRate, Limit: 10, Window: 10 * time.Minute},
		"budget":             {Code: operation.DeniedBudget, Limit: 2, Window: 7 * 24 * time.Hour, Until: until},
		"budget_open":        {Code: operation.DeniedBudget, Limit: 2, Window: 7 * 24 * time.Hour},
		"budget_none":        {Code: operation.DeniedBudget},
		"reason":             {Code: operation.DeniedReason},
		"self":               {Code: operation.DeniedSelf},
	}
}
