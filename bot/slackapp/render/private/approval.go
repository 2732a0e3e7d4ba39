package private

import (
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
)

const (
	ButtonAsk       = "Ask for approval"
	decidedStopped  = "Already stopped by %s."
	picturesOld     = "This card is out of date: something changed since. Look at it as it is now, then answer there."
	NotOnListText   = "You are not on the list for this listener."
	DenySelf        = "You asked for this yourself, so someone else has to approve it."
	statusApprovals = "*Approval:* %s"
	denyContact     = "*Ask:* %s"
	denyNoted       = "Noted in the audit trail."
	denyNotedRef    = "Noted in the audit trail. %s"
	StaleSent       = "Nothing was done by this click."
)

// previewApproval says what a draft needs from others, where and how long.
func previewApproval(op operation.Operation, w render.Wording) []string {
	a := op.Approval
	if a == nil {
		return nil
	}
	var lines []string
	if op.Seen().Last() {
		lines = append(lines, "A second person always has to agree to this: no other server is available.")
	}
	switch {
	case !render.Enough(*a):
		lines = append(lines, fmt.Sprintf("*Needs approval* by %s, and there are not that many people who could give "+
			"it.", render.CountPeople(a.Needed)))
	case len(op.Policies) > 0:
		lines = append(lines, fmt.Sprintf("*Needs approval* by %s. Rule: %s.", render.NeedsOf(a.Needed, a.Who),
			render.Names(op.Policies)))
	default:
		lines = append(lines, fmt.Sprintf("*Needs approval* by %s.", render.NeedsOf(a.Needed, a.Who)))
	}
	if render.Enough(*a) && w.Within > 0 {
		lines = append(lines, fmt.Sprintf("Asked in %s. The request expires after %s.", render.Channel(a.Channel),
			render.Lasting(w.Within)))
	} else if render.Enough(*a) {
		lines = append(lines, fmt.Sprintf("Asked in %s.", render.Channel(a.Channel)))
	}
	if op.MayBreak {
		lines = append(lines, "*Break-glass* is possible: it adds at once, and they are told.")
	}
	return lines
}

// previewLast is what the fallback text of a preview says about sending.
func previewLast(op operation.Operation) string {
	switch a := op.Approval; {
	case op.DryRun:
		return "Dry run: nothing was sent"
	case a == nil:
		return "Not sent yet"
	case !render.Enough(*a):
		return "Not sent yet; it needs approval, and there are not enough people who could give it"
	default:
		return fmt.Sprintf("Not sent yet; it needs approval by %s", render.NeedsCount(a.Needed, a.Who))
	}
}

// sendButtons are those that accept a draft: at once, with the agreement of
// others, or without it.
func sendButtons(op operation.Operation) []slack.BlockElement {
	if op.Approval == nil {
		return []slack.BlockElement{sendButton(op)}
	}
	var list []slack.BlockElement
	if render.Enough(*op.Approval) {
		list = append(list, render.Primary(render.Button(render.ActApprovalAsk, ButtonAsk,
			render.Say(op, render.BareName, "Ask for approval to {add} {server} {to} {listener}"),
			render.ButtonValue(op))))
	}
	return append(list, glassButton(op))
}

// glassButton opens the form for break-glass; nil where the rules do not let
// the asker use it.
func glassButton(op operation.Operation) slack.BlockElement {
	if op.Approval == nil || !op.MayBreak || op.DryRun {
		return nil
	}
	return render.Button(render.ActGlassOpen, "Use break-glass",
		fmt.Sprintf("Use break-glass: add %s without approval", render.ServerName(op, render.BareName)),
		render.ButtonValue(op))
}

// Changed shows the new preview of a draft that is different since the person saw
// it.
func Changed(e *intake.ChangedError, w render.Wording) render.Message {
	m := Preview(e.Operation, w)
	m.Text = render.ClampMarkup(changedWords(render.Differences(e.Operation.Moved))+" "+m.Text, render.MaxText)
	m.Blocks = append(render.Blocks(render.Section(ChangedLines(e.Operation)...)), m.Blocks...)
	return m
}

// ChangedLines say what is different since the person saw op: one sentence, or a
// sentence and a list.
func ChangedLines(op operation.Operation) []string {
	lines := render.DifferenceLines(op.Moved)
	if len(lines) == 1 {
		return []string{changedWords(lines[0])}
	}
	for i, line := range lines {
		lines[i] = "• " + line
	}
	return append([]string{"Something changed since you looked. Here is the new picture."}, lines...)
}

func changedWords(differences string) string {
	return fmt.Sprintf("Something changed since you looked: %s. Here is the new picture.", differences)
}

// Decided answers a click that came too late. Its text is also what a
// view shows, which has names and no mentions.
func Decided(op operation.Operation, link string) render.Message {
	return render.Ephemeral(decidedWords(op, render.ActorName, render.UTC),
		render.Section(decidedWords(op, render.ActorMention, render.Clock), StaleSent),
		render.Actions(render.OpenButton(op, link)))
}

func decidedWords(op operation.Operation, who func(operation.Actor) string, at func(time.Time) string) string {
	a := op.Approval
	switch {
	case a == nil:
	case a.Denied != nil:
		return fmt.Sprintf("Already denied by %s at %s.", who(a.Denied.By), at(a.Denied.At))
	case card.WasApproved(op) && op.Reason != operation.ReasonUnanswered:
		return fmt.Sprintf("Already approved by %s at %s.", render.Voters(a.Votes, who), at(a.Votes[len(a.Votes)-1].At))
	case op.StopBy == op.Actor.UserID && op.StopBy != "":
		return fmt.Sprintf(decidedStopped, who(op.Actor))
	case op.StopBy != "":
		return fmt.Sprintf(decidedStopped, who(operation.Actor{UserID: op.StopBy}))
	case op.Reason == operation.ReasonUnanswered, op.State == operation.Waiting:
		return fmt.Sprintf("The approval expired at %s.", at(a.ExpiresAt))
	}
	return fmt.Sprintf("This is decided already. %s is now: %s.", op.Ref, render.Stands(op))
}

// OldPicture answers a click on what people saw before it changed.
func OldPicture(op operation.Operation, link string) render.Message {
	return render.Ephemeral(picturesOld, render.Section(picturesOld, StaleSent),
		render.Actions(render.OpenButton(op, link)))
}

// NotOnList answers someone who may not decide.
func NotOnList(e *intake.DeniedError) render.Message {
	why, contact := "", ""
	if r := render.Prose(e.Decision.Reason, render.ReasonLimit); r != "" {
		why = fmt.Sprintf("*Why:* %s", r)
	}
	if render.Clean(e.Decision.Contact) != "" {
		contact = fmt.Sprintf(denyContact, whom(e.Decision.Contact))
	}
	noted := denyNoted
	if e.Operation.Ref != "" {
		noted = fmt.Sprintf(denyNotedRef, e.Operation.Ref)
	}
	return render.Ephemeral(NotOnListText, render.Section(NotOnListText), render.Section(why, contact),
		render.Actions(whoamiButton()), render.ContextLine(noted))
}

// approvalDenial has the words for a no that is about approvals, limits of
// listeners and break-glass; ok is false for any other.
func approvalDenial(d operation.Decision, at func(time.Time) string) (words string, ok bool) {
	switch d.Code {
	case operation.DeniedNobody:
		if d.Approvals <= 1 {
			return "This needs the approval of another person, and nobody could give it.", true
		}
		return fmt.Sprintf("This needs the approval of %s, and there are not that many who could give it.",
			render.CountPeople(d.Approvals)), true
	case operation.DeniedListenerRate:
		if d.Until.IsZero() {
			return fmt.Sprintf("This listener had %d changes in %s, which is the limit. Try again later.", d.Limit,
				render.Window(d.Window)), true
		}
		return fmt.Sprintf("This listener had %d changes in %s, which is the limit. Next one at %s.", d.Limit,
			render.Window(d.Window), at(d.Until)), true
	case operation.DeniedBudget:
		switch {
		case d.Limit < 1:
			return "Break-glass is switched off here.", true
		case d.Until.IsZero():
			return fmt.Sprintf("You have used break-glass %d times in %s, which is the limit. Try again later.",
				d.Limit, render.Window(d.Window)), true
		}
		return fmt.Sprintf("You have used break-glass %d times in %s, which is the limit. Next one at %s.", d.Limit,
			render.Window(d.Window), at(d.Until)), true
	case operation.DeniedReason:
		return intake.ReasonRequired, true
	case operation.DeniedSelf:
		return DenySelf, true
	}
	return "", false
}

// StatusApproval is where approval stands, for a status answer.
func StatusApproval(op operation.Operation) string {
	a := op.Approval
	switch {
	case op.State == operation.Draft:
		return ""
	case op.Glass != nil:
		return card.GlassLine(op, card.GlassBadge, render.Wording{})
	case a == nil:
		return ""
	case a.Denied != nil:
		return fmt.Sprintf(card.AskDenied, render.Mention(a.Denied.By.UserID), render.Sentence(a.Denied.Reason))
	case card.WasApproved(op):
		return card.Agreed(op, card.ApprovedLine)
	case op.State != operation.Waiting:
		return fmt.Sprintf(statusApprovals, fmt.Sprintf("%d of %d approved.", len(a.Votes), a.Needed))
	}
	return fmt.Sprintf(statusApprovals, fmt.Sprintf("%d of %d approved, until %s.", len(a.Votes), a.Needed,
		render.Clock(a.ExpiresAt)))
}
