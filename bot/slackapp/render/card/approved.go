package card

import (
	"fmt"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
)

const (
	ApprovedLine = "Approved by %s %s (asked %s, %s)."
	GlassBadge   = "*Break-glass* by %s: \"%s\". Incident: %s."
)

// approvedCard is the approvers' card between their agreement and the call.
func approvedCard(op operation.Operation) card {
	c := waitingCard(op)
	c.text = inText(op, "Approved: {adding} {server} {to} {port}, by %s. {Adding}… {ref}.",
		render.Voters(op.Approval.Votes, render.ActorName))
	lines := []string{Agreed(op, "*Approved* by %s %s (asked %s, %s). ") + inBlock(op, "{Adding}…"), Follows,
		headline(op, toDo), waitLine(op), resumed(op)}
	if op.StopBy != "" {
		lines = append(lines, fmt.Sprintf(waitingStop, render.Mention(op.StopBy)))
	}
	c.body = []slack.Block{render.Section(lines...)}
	return c
}

// WasApproved reports whether op goes on because others agreed.
func WasApproved(op operation.Operation) bool {
	return op.Approval != nil && !op.Approval.Skipped && op.State != operation.Waiting && op.Approval.Needed > 0 &&
		op.Approval.Missing() == 0
}

// Agreed is who agreed and when, in one of two sentences.
func Agreed(op operation.Operation, format string) string {
	a := op.Approval
	last := a.Votes[len(a.Votes)-1].At
	return fmt.Sprintf(format, render.Voters(a.Votes, render.ActorMention), render.Clock(last), render.Clock(a.AskedAt),
		render.Lasting(last.Sub(a.AskedAt)))
}

// approvalAside is the line about approval on a card of any later state.
func approvalAside(op operation.Operation, w render.Wording) string {
	switch {
	case op.Glass != nil && op.State != operation.Done:
		return GlassLine(op, GlassBadge, w)
	case op.State == operation.Done || !WasApproved(op) || op.State == operation.Accepted && w.Approvers && !w.Posted:
		return ""
	}
	return Agreed(op, ApprovedLine)
}

// ApprovedBy names those who approved op; empty if nobody had to.
func ApprovedBy(op operation.Operation) string {
	if op.Glass != nil || !WasApproved(op) {
		return ""
	}
	return render.Voters(op.Approval.Votes, render.ActorMention)
}

// GlassLine is the badge: who went without approval, why, and who knows.
func GlassLine(op operation.Operation, format string, w render.Wording) string {
	return fmt.Sprintf(format, render.Mention(op.Actor.UserID), render.Prose(op.Glass.Why, render.ReasonLimit),
		render.Prose(op.Glass.Incident, render.NameLimit)) + toldWords(op, w)
}

// toldWords names those who are told that they were passed over. On the
// operation's own card they are named once it is done, so that its first post
// calls nobody a second time.
func toldWords(op operation.Operation, w render.Wording) string {
	a := op.Approval
	if a == nil || a.ToldAt.IsZero() && !w.Approvers && (AsksElsewhere(op) || len(a.Who.IDs) > 0) {
		return ""
	}
	who, here := render.PeopleWords(a.Who), a.Channel
	if len(a.Who.IDs) == 0 {
		who = "those who read this"
	}
	switch {
	case AsksElsewhere(op) && !w.Approvers:
		return fmt.Sprintf(" Told in %s: %s.", render.Channel(here), who)
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
			text: inText(op, "{Not added}: %s denied {adding} {server} {to} {port}: %s %s {ref}.",
				render.ActorName(no.By), render.Sentence(no.Reason), sentOrNot(op)),
			what: []string{fmt.Sprintf("Denied by %s: %s", render.Mention(no.By.UserID), render.Sentence(no.Reason)),
				sentOrNot(op)},
			againForm: true,
		}
	}
	e := ending{
		text: inText(op, "{Not added}: nobody answered about {adding} {server} {to} {port} by %s. %s {ref}.",
			render.UTC(a.ExpiresAt), sentOrNot(op)),
		what:  []string{fmt.Sprintf("Nobody answered by %s.", render.Clock(a.ExpiresAt)), sentOrNot(op)},
		again: true, askAgain: true,
	}
	if n := len(a.Votes); n > 0 {
		e.text = inText(op, "{Not added}: %d of %d people approved {adding} {server} {to} {port} by %s. %s {ref}.", n,
			a.Needed, render.UTC(a.ExpiresAt), sentOrNot(op))
		e.what[0] = fmt.Sprintf("%d of %d approved by %s (%s), and nobody else answered.", n, a.Needed,
			render.Clock(a.ExpiresAt), render.Voters(a.Votes, render.ActorMention))
	}
	return e
}

// AsksElsewhere reports whether those who may approve op have a card of their
// own.
func AsksElsewhere(op operation.Operation) bool {
	return op.State != operation.Draft && op.Approval != nil && op.Approval.Channel != "" &&
		op.Approval.Channel != op.Place.ResultID
}
