package slackapp

import (
	"fmt"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
)

// approvedCard is the approvers' card between their agreement and the call.
func approvedCard(op operation.Operation) card {
	c := waitingCard(op)
	c.text = fmt.Sprintf("Approved: %s on %s, by %s. Adding… %s.", serverName(op, short), listenerPort(op, short),
		voters(op.Approval.Votes, actorName), op.Ref)
	lines := []string{agreed(op, "*Approved* by %s %s (asked %s, %s). Adding…"), follows,
		headline(op, serverName(op, name)+" to "+listenerName(op, name)), waitLine(op), resumed(op)}
	if op.StopBy != "" {
		lines = append(lines, fmt.Sprintf(waitingStop, person(op.StopBy)))
	}
	c.body = []slack.Block{section(lines...)}
	return c
}

// wasApproved reports whether op goes on because others agreed.
func wasApproved(op operation.Operation) bool {
	return op.Approval != nil && !op.Approval.Skipped && op.State != operation.Waiting && op.Approval.Needed > 0 &&
		op.Approval.Missing() == 0
}

// agreed is who agreed and when, in one of two sentences.
func agreed(op operation.Operation, format string) string {
	a := op.Approval
	last := a.Votes[len(a.Votes)-1].At
	return fmt.Sprintf(format, voters(a.Votes, mentionOf), clock(last), clock(a.AskedAt), lasting(last.Sub(a.AskedAt)))
}

// approvalAside is the line about approval on a card of any later state.
func approvalAside(op operation.Operation, w wording) string {
	switch {
	case op.Glass != nil && op.State != operation.Added:
		return glassLine(op, glassBadge, w)
	case op.State == operation.Added || !wasApproved(op) || op.State == operation.Accepted && w.Approvers && !w.Posted:
		return ""
	}
	return agreed(op, approvedLine)
}

// approvedBy is for the field of an added card.
func approvedBy(op operation.Operation) string {
	switch {
	case op.Glass != nil:
		return "break-glass"
	case wasApproved(op):
		return voters(op.Approval.Votes, mentionOf)
	}
	return "not needed"
}

// glassLine is the badge: who went without approval, why, and who knows.
func glassLine(op operation.Operation, format string, w wording) string {
	return fmt.Sprintf(format, person(op.Actor.UserID), prose(op.Glass.Why, reasonLimit),
		prose(op.Glass.Incident, nameLimit)) + toldWords(op, w)
}

// toldWords names those who are told that they were passed over. On the
// operation's own card they are named once it is done, so that its first post
// calls nobody a second time.
func toldWords(op operation.Operation, w wording) string {
	a := op.Approval
	if a == nil || a.ToldAt.IsZero() && !w.Approvers && (asksElsewhere(op) || len(a.Who.IDs) > 0) {
		return ""
	}
	who, here := peopleWords(a.Who), a.Channel
	if len(a.Who.IDs) == 0 {
		who = "those who read this"
	}
	switch {
	case asksElsewhere(op) && !w.Approvers:
		return fmt.Sprintf(" Told in %s: %s.", channel(here), who)
	case a.ToldAt.IsZero() && len(a.Who.IDs) > 0:
		return fmt.Sprintf(" This message tells %s.", who)
	}
	return fmt.Sprintf(" Told: %s.", who)
}

// approvalEnding is "not added" because of what people said, or did not say.
func approvalEnding(op operation.Operation) ending {
	a := op.Approval
	if a == nil {
		a = &operation.Approval{ExpiresAt: op.FinishedAt}
	}
	if op.Reason == operation.ReasonNotApproved {
		no := operation.Vote{}
		if a.Denied != nil {
			no = *a.Denied
		}
		return ending{
			text: fmt.Sprintf("Not added: %s denied %s on %s: %s %s %s.", actorName(no.By), serverName(op, short),
				listenerPort(op, short), sentence(no.Reason), sentOrNot(op), op.Ref),
			what: []string{fmt.Sprintf("Denied by %s: %s", person(no.By.UserID), sentence(no.Reason)),
				sentOrNot(op)},
			againForm: true,
		}
	}
	e := ending{
		text: fmt.Sprintf("Not added: nobody answered about %s on %s by %s. %s %s.", serverName(op, short),
			listenerPort(op, short), utc(a.ExpiresAt), sentOrNot(op), op.Ref),
		what:  []string{fmt.Sprintf("Nobody answered by %s.", clock(a.ExpiresAt)), sentOrNot(op)},
		again: true, askAgain: true,
	}
	if n := len(a.Votes); n > 0 {
		e.text = fmt.Sprintf("Not added: %d of %d people agreed to %s on %s by %s. %s %s.", n, a.Needed,
			serverName(op, short), listenerPort(op, short), utc(a.ExpiresAt), sentOrNot(op), op.Ref)
		e.what[0] = fmt.Sprintf("%d of %d agreed by %s (%s), and nobody else answered.", n, a.Needed,
			clock(a.ExpiresAt), voters(a.Votes, mentionOf))
	}
	return e
}
