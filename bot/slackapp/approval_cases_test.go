package slackapp

import (
	"strings"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
)

// vote is an agreement on the day of the examples.
func vote(id, name string, at time.Time) operation.Vote {
	return operation.Vote{By: operation.Actor{UserID: id, TeamID: "T0HOME", Name: name}, At: at}
}

// needs makes it need so many people of Bo, Chen and Dee, asked at 19:14:10 in
// a channel of theirs.
func needs(n int, votes ...operation.Vote) change {
	return func(op *operation.Operation) {
		op.Approval = &operation.Approval{Needed: n, Channel: "C0APPROVE",
			Who:     operation.People{IDs: []string{"U0BO", "U0CHEN", "U0DEE"}},
			AskedAt: moment(19, 14, 10), ExpiresAt: moment(19, 44, 10), Since: 2, Votes: votes,
			Picture: operation.Picture{Read: true, Servers: 4, Weights: 200}}
	}
}

func asked(f func(*operation.Approval)) change {
	return func(op *operation.Operation) { f(op.Approval) }
}

// here asks where the result goes: one card.
func here(a *operation.Approval) { a.Channel = "C0INC1234" }

func broken(told bool) change {
	return func(op *operation.Operation) {
		op.Glass = &operation.BreakGlass{Why: "customers cannot pay, nobody answered 10 min", Incident: "inc-1234"}
		op.Approval.Skipped = true
		if told {
			op.Approval.ToldAt = moment(19, 14, 23)
		}
	}
}

func voteBo() operation.Vote { return vote("U0BO", "bo", moment(19, 15, 2)) }

func lostBo() []operation.Lost {
	return []operation.Lost{{By: operation.Actor{UserID: "U0BO", Name: "bo"}, Code: operation.DeniedDeactivated}}
}
func voteChen() operation.Vote { return vote("U0CHEN", "chen", moment(19, 16, 0)) }

// approvalCards are operations that need, had or skipped approval, each to be
// shown on the operation's own card and on the approvers'.
func approvalCards() map[string]operation.Operation {
	waiting, denied := in(operation.Waiting), voteBo()
	denied.Reason = "wrong listener, use https-8443"
	one := sent(moment(19, 15, 4), moment(19, 15, 5), operation.OutcomeAccepted, operation.Fault{})
	end := func(r operation.Reason) change {
		return func(op *operation.Operation) {
			op.State, op.Reason, op.FinishedAt = operation.NotAdded, r, moment(19, 44, 10)
		}
	}
	return map[string]operation.Operation{
		"waiting":      sample(waiting, needs(1)),
		"waiting_here": sample(waiting, needs(1), asked(here)),
		"waiting_notes": sample(waiting, needs(1), func(op *operation.Operation) {
			op.Listener.HealthCheck, op.Notes, op.Approval.Picture.Read, op.Purpose = new(false),
				[]string{"Weight 50, as most servers on this listener."}, false, ""
		}),
		"waiting_one_of_two": sample(waiting, needs(2, voteBo())),
		"waiting_two":        sample(waiting, needs(2)),
		"waiting_picture": sample(waiting, needs(1), asked(func(a *operation.Approval) {
			a.Again, a.Past = operation.AgainPicture, []operation.Vote{voteBo(), voteBo()}
			a.Changes = []string{"the name web-07 is taken by be-77",
				"it would take about 40 % of new connections instead of 20 %"}
		})),
		"waiting_rules": sample(waiting, needs(2, voteBo()),
			asked(func(a *operation.Approval) { a.Again = operation.AgainRules })),
		"waiting_lost": sample(waiting, needs(1),
			asked(func(a *operation.Approval) { a.Again, a.Lost = operation.AgainRules, lostBo() })),
		"waiting_rules_two": sample(waiting, needs(2),
			asked(func(a *operation.Approval) { a.Again = operation.AgainRules })),
		"waiting_anybody": sample(waiting, needs(1),
			asked(func(a *operation.Approval) { a.Who = operation.People{Everybody: true} })),
		"waiting_more": sample(waiting, needs(1), asked(func(a *operation.Approval) { a.Who.More = true })),
		"waiting_unnamed": sample(waiting, needs(1),
			asked(func(a *operation.Approval) { a.Who = operation.People{More: true} })),
		"waiting_group": sample(waiting, needs(1), asked(func(a *operation.Approval) {
			a.Who = operation.People{IDs: strings.Split(strings.Repeat("U0BO,", 29)+"U0BO", ","),
				Groups: []string{"S0LEADS"}}
		})),
		"waiting_crowd": sample(waiting, needs(1), asked(func(a *operation.Approval) {
			a.Who.IDs = strings.Split(strings.Repeat("U0BO,", 29)+"U0BO", ",")
		})),
		"waiting_denied":   sample(waiting, needs(1), asked(func(a *operation.Approval) { a.Denied = &denied })),
		"waiting_stopping": sample(waiting, needs(1), func(op *operation.Operation) { op.StopBy = "U0BO" }),
		"approved":         sample(needs(1, voteBo())),
		"approved_stopped": sample(needs(1, voteBo()), func(op *operation.Operation) { op.StopBy = "U0ANA" }),
		"approved_by_two":  sample(needs(2, voteBo(), voteChen())),
		"adding": sample(in(operation.Sending), needs(1, voteBo()),
			sent(moment(19, 15, 4), time.Time{}, "", operation.Fault{})),
		"not_confirmed": sample(in(operation.Unconfirmed), needs(1, voteBo()), lost()),
		"added":         sample(one, answered(operation.EvidenceAnswered), needs(1, voteBo())),
		"added_by_two":  sample(one, answered(operation.EvidenceAnswered), needs(2, voteBo(), voteChen())),
		"denied": sample(end(operation.ReasonNotApproved), needs(1),
			asked(func(a *operation.Approval) { a.Denied = &denied })),
		"unanswered":      sample(end(operation.ReasonUnanswered), needs(1)),
		"unanswered_one":  sample(end(operation.ReasonUnanswered), needs(2, voteBo())),
		"unanswered_bare": sample(end(operation.ReasonUnanswered)),
		"refused":         sample(because(operation.ReasonRefused), needs(1, voteBo())),
		"nobody_left": sample(because(operation.ReasonDenied), needs(2), func(op *operation.Operation) {
			op.Denial = &operation.Decision{Code: operation.DeniedNobody}
		}),
		"approver_left": sample(because(operation.ReasonDenied), needs(1), func(op *operation.Operation) {
			op.Denial, op.Approval.Lost = &operation.Decision{Code: operation.DeniedNobody}, lostBo()
		}),
		"approver_left_after_a_call": sample(because(operation.ReasonDenied), needs(1), func(op *operation.Operation) {
			op.Denial, op.Approval.Lost = &operation.Decision{Code: operation.DeniedApproval}, lostBo()
		}),
		"approver_unchecked": sample(because(operation.ReasonDenied), needs(1, voteBo()),
			func(op *operation.Operation) {
				op.Denial = &operation.Decision{Code: operation.DeniedUnchecked, What: "person",
					Action: operation.ActionApprove}
				op.Approval.Lost = []operation.Lost{{By: lostBo()[0].By, Code: operation.DeniedUnchecked}}
			}),
		"reason_missing": sample(because(operation.ReasonDenied),
			func(op *operation.Operation) { op.Denial = &operation.Decision{Code: operation.DeniedReason} }),

		"glass_waiting": sample(needs(1), broken(false)),
		"glass_told":    sample(needs(1), broken(true)),
		"glass_here":    sample(needs(1), asked(here), broken(true)),
		"glass_nobody": sample(needs(1), asked(func(a *operation.Approval) {
			here(a)
			a.Who = operation.People{
				Everybody: true}
		}), broken(false)),
		"glass_adding": sample(in(operation.Sending), needs(1), broken(true),
			sent(moment(19, 14, 22), time.Time{}, "", operation.Fault{})),
		"glass_added":      sample(one, answered(operation.EvidenceAnswered), needs(1), broken(true)),
		"glass_added_here": sample(one, answered(operation.EvidenceAnswered), needs(1), asked(here), broken(true)),
		"glass_not_added":  sample(because(operation.ReasonRefused), needs(1), broken(true)),
		"glass_taken_away": sample(because(operation.ReasonDenied), needs(1), broken(true),
			func(op *operation.Operation) {
				op.Denial = &operation.Decision{Code: operation.DeniedNoRule, Action: operation.ActionBreakGlass}
			}),
		"glass_asker_left": sample(because(operation.ReasonDenied), needs(1), broken(true),
			func(op *operation.Operation) {
				op.Denial = &operation.Decision{Code: operation.DeniedDeactivated}
			}),
	}
}

// approvalPreviews are drafts that need approval.
func approvalPreviews() map[string]operation.Operation {
	may := func(op *operation.Operation) { op.MayBreak = true }
	few := asked(func(a *operation.Approval) { a.Who = operation.People{IDs: []string{"U0BO"}} })
	return map[string]operation.Operation{
		"preview_approval":         draft(needs(1)),
		"preview_approval_two":     draft(needs(2), func(op *operation.Operation) { op.Policies = nil }),
		"preview_approval_glass":   draft(needs(1), may),
		"preview_approval_nobody":  draft(needs(2), few, may),
		"preview_approval_dry_run": draft(needs(1), may, func(op *operation.Operation) { op.DryRun = true }),
		"preview_approval_anybody": draft(needs(1),
			asked(func(a *operation.Approval) { a.Who = operation.People{Everybody: true} })),
		"preview_approval_group": draft(needs(1),
			asked(func(a *operation.Approval) { a.Who.Groups = []string{"S0LEADS"} })),
	}
}

func approvalWording() wording {
	w := fixedWording()
	w.Within, w.Reminders = 30*time.Minute, []time.Duration{5 * time.Minute, 15 * time.Minute, time.Hour}
	return w
}

// approvalMessages is every message of this part.
func approvalMessages() map[string]message {
	const link = "https://example.slack.com/archives/C0APPROVE/p1"
	w, all, cards := approvalWording(), map[string]message{}, approvalCards()
	for name, op := range cards {
		all["approval_"+name] = cardMessage(op, w)
		if asksElsewhere(op) {
			all["approvers_"+name] = approvalMessage(op, w)
		}
	}
	for name, op := range approvalPreviews() {
		all[name] = previewMessage(op, w)
	}
	all["preview_approval_plain"] = previewMessage(draft(needs(1)), fixedWording())
	who := operation.Actor{UserID: "U0BO", Name: "bo"}
	for name, m := range map[string]message{
		"changed_needs":       changedMessage(&intake.ChangedError{Operation: draft(needs(1))}, w),
		"changed_free":        changedMessage(&intake.ChangedError{Operation: draft()}, w),
		"reminder":            reminderMessage(cards["waiting"]),
		"reminder_one_of_two": reminderMessage(cards["waiting_one_of_two"]),
		"reminder_picture":    reminderMessage(cards["waiting_picture"]),
		"question":            questionMessage(cards["waiting"], who),
		"skipped":             skippedMessage(cards["glass_waiting"]),
		"pool":                poolMessage(cards["waiting"]),
		"pool_empty": poolMessage(sample(needs(1),
			asked(func(a *operation.Approval) { a.Picture = operation.Picture{Read: true} }))),
		"decided_approved":     decidedMessage(cards["added"], link),
		"decided_approved_two": decidedMessage(cards["added_by_two"], ""),
		"decided_denied":       decidedMessage(cards["denied"], link),
		"decided_stopped":      decidedMessage(cards["waiting_stopping"], ""),
		"decided_expired":      decidedMessage(cards["unanswered"], ""),
		"decided_expired_soon": decidedMessage(cards["waiting"], ""),
		"decided_other":        decidedMessage(cards["glass_added"], ""),
		"old_picture":          oldPictureMessage(cards["waiting_picture"], link),
		"trigger_again":        notSent(triggerAgain),
		"not_on_list":          notOnListMessage(&intake.DeniedError{Operation: cards["waiting"]}),
		"not_on_list_contact": notOnListMessage(&intake.DeniedError{
			Decision: operation.Decision{Reason: "Leads decide.", Contact: "#ops"}}),
		"why_approval":          whyMessage(cards["waiting"]),
		"why_approval_two":      whyMessage(cards["waiting_two"]),
		"status_waiting":        statusMessage(cards["waiting_one_of_two"], approvalSteps(), ""),
		"status_approved":       statusMessage(cards["added"], approvalSteps(), ""),
		"status_approval_no":    statusMessage(cards["denied"], nil, ""),
		"status_glass":          statusMessage(cards["glass_added"], approvalSteps(), ""),
		"status_approval_draft": statusMessage(draft(needs(1)), nil, ""),
	} {
		all[name] = m
	}
	return all
}

// approvalSteps has one event of each kind of this part.
func approvalSteps() []operation.Event {
	var list []operation.Event
	for i, kind := range []string{operation.EventAccepted, operation.EventReminded, operation.EventQuestion,
		operation.EventApproved,
		operation.EventApprovalAsked, operation.EventNotApproved, operation.EventBreakGlass} {
		list = append(list, operation.Event{At: moment(19, 15, i), Kind: kind, ActorID: "U0BO",
			Data: map[string]string{"missing": "1", "reason": "why not"}})
	}
	return list
}

func approvalViews() map[string]slack.ModalViewRequest {
	m := formMeta{Channel: "C0INC1234", About: buttonValue(draft())}
	views := map[string]slack.ModalViewRequest{
		"glass_opening": glassView(m, glassWarning(glassAlertAll, 0, 0, "")),
		"glass":         glassView(m, glassWarning(joinNames([]string{"Bo", "Chen", "Dee"}), 0, 2, "a week")),
		"glass_day":     glassView(m, glassWarning("Bo", 1, 3, "1440 minutes")),
		"deny":          denyView(m, "Ana"),
		"deny_unnamed":  denyView(m, ""),
	}
	for name, op := range approvalPreviews() {
		views[name] = previewView(op, approvalWording())
	}
	return views
}

func approvalDenials() map[string]operation.Decision {
	until := moment(19, 24, 0)
	return map[string]operation.Decision{
		"nobody": {Code: operation.DeniedNobody, Approvals: 1, Policies: []string{"others-ask"}},
		"nobody_two": {Code: operation.DeniedNobody, Approvals: 2, Policies: []string{"others-ask"},
			Contact: "#ops"},
		"listener_rate":      {Code: operation.DeniedListenerRate, Limit: 10, Window: "10 minutes", Until: until},
		"listener_rate_open": {Code: operation.DeniedListenerRate, Limit: 10, Window: "10 minutes"},
		"budget":             {Code: operation.DeniedBudget, Limit: 2, Window: "a week", Until: until},
		"budget_open":        {Code: operation.DeniedBudget, Limit: 2, Window: "a week"},
		"budget_none":        {Code: operation.DeniedBudget},
		"reason":             {Code: operation.DeniedReason},
		"self":               {Code: operation.DeniedSelf},
	}
}
