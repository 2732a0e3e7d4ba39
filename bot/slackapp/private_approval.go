package slackapp

import (
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
)

const (
	buttonAsk      = "Ask for approval"
	decidedStopped = "Already stopped by %s."
	picturesOld    = "This picture is out of date: something changed since. Look at the card as it is now, then " +
		"answer there."
	notOnList       = "You are not on the list for this listener."
	denySelf        = "You asked for this yourself, so somebody else has to approve it."
	statusApprovals = "*Approval:* %s"
	previewNoServer = "no server on it yet"
	denyContact     = "*Ask:* %s"
	denyNoted       = "Noted in the audit log."
	denyNotedRef    = "Noted in the audit log. %s"
	staleSent       = "Nothing was done by this click."
)

// previewApproval says what a draft needs from others, where and how long.
func previewApproval(op operation.Operation, w wording) []string {
	a := op.Approval
	if a == nil {
		return nil
	}
	var lines []string
	switch {
	case !enough(*a):

		lines = append(lines, fmt.Sprintf("*Needs approval* by %s, and there are not that many people who could give it.", others(a.Needed)))
	case len(op.Policies) > 0:
		lines = append(lines, fmt.Sprintf("*Needs approval:* %s, by rule %s.", needsOf(a.Needed, a.Who), names(op.Policies)))
	default:
		lines = append(lines, fmt.Sprintf("*Needs approval:* %s.", needsOf(a.Needed, a.Who)))
	}
	if enough(*a) && w.Within > 0 {
		lines = append(lines, fmt.Sprintf("Asked in %s. It ends %s after you ask.", channel(a.Channel), lasting(w.Within)))
	} else if enough(*a) {
		lines = append(lines, fmt.Sprintf("Asked in %s.", channel(a.Channel)))
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
	case !enough(*a):
		return "Not sent yet; it needs approval, and there are not enough people who could give it"
	default:
		return fmt.Sprintf("Not sent yet; it needs approval by %s", needsCount(a.Needed, a.Who))
	}
}

// sendButtons are those that accept a draft: at once, with the agreement of
// others, or without it.
func sendButtons(op operation.Operation) []slack.BlockElement {
	if op.Approval == nil {
		return []slack.BlockElement{addButton(op)}
	}
	var list []slack.BlockElement
	if enough(*op.Approval) {
		list = append(list, primary(button(actApprovalAsk, buttonAsk,
			fmt.Sprintf("Ask for approval to add %s to %s", serverName(op, bareName), listenerName(op, bareName)), buttonValue(op))))
	}
	return append(list, glassButton(op))
}

// glassButton opens the form for break-glass; nil where the rules do not let
// the asker use it.
func glassButton(op operation.Operation) slack.BlockElement {
	if op.Approval == nil || !op.MayBreak || op.DryRun {
		return nil
	}
	return button(actGlassOpen, "Use break-glass", fmt.Sprintf("Add %s without approval, with break-glass", serverName(op, bareName)), buttonValue(op))
}

// changedMessage shows a draft anew whose need for approval changed since the
// person looked at it.
func changedMessage(e *intake.ChangedError, w wording) message {
	m, line := previewMessage(e.Operation, w), changedWords(e.Operation)
	m.Text = clampMarkup(line+" "+m.Text, maxText)
	m.Blocks = append(blocks(section(line)), m.Blocks...)
	return m
}

func changedWords(op operation.Operation) string {
	what := "approval is not needed any more"
	if op.Approval != nil {
		what = "approval is needed now"
	}
	return fmt.Sprintf("Something changed since you looked: %s. Here is the new picture.", what)
}

// poolMessage is the listener before and after, as the approvers were shown it.
func poolMessage(op operation.Operation) message {
	p := operation.Picture{}
	if op.Approval != nil {
		p = op.Approval.Picture
	}
	share := ""
	if percent, known := p.Share(op.Request.Weight, op.Listener.Scheduler); known {
		share = fmt.Sprintf("; %s would take about %d %% of new connections", serverName(op, name), percent)
	}
	before, after := poolWords(p.Servers, p.Weights), poolWords(p.Servers+1, p.Weights+op.Request.Weight)
	switch {
	case op.Request.Weight == 0 && p.Servers == 0:
		after = "1 server, with Zenlayer's default weight"
	case op.Request.Weight == 0:
		after = fmt.Sprintf("%d servers, the new one with Zenlayer's default weight", p.Servers+1)
	}
	return private(fmt.Sprintf("%s: before %s, after %s.", op.Ref, before, after),
		section(fmt.Sprintf("*Pool of %s*, as it was when approval was asked for", listenerName(op, name)), fmt.Sprintf("*Before:* %s.", before), fmt.Sprintf("*After:* %s%s.", after, share)))
}

func poolWords(servers, weights int) string {
	switch servers {
	case 0:
		return previewNoServer
	case 1:
		return fmt.Sprintf("1 server, weight %d", weights)
	}
	return fmt.Sprintf("%d servers, weights %d together", servers, weights)
}

// decidedMessage answers a click that came too late. Its text is also what a
// view shows, which has names and no mentions.
func decidedMessage(op operation.Operation, link string) message {
	return private(decidedWords(op, actorName, utc), section(decidedWords(op, mentionOf, clock), staleSent), actions(openButton(op, link)))
}

func decidedWords(op operation.Operation, who func(operation.Actor) string, at func(time.Time) string) string {
	a := op.Approval
	switch {
	case a == nil:
	case a.Denied != nil:
		return fmt.Sprintf("Already denied by %s at %s.", who(a.Denied.By), at(a.Denied.At))
	case wasApproved(op) && op.Reason != operation.ReasonUnanswered:
		return fmt.Sprintf("Already approved by %s at %s.", voters(a.Votes, who), at(a.Votes[len(a.Votes)-1].At))
	case op.StopBy == op.Actor.UserID && op.StopBy != "":
		return fmt.Sprintf(decidedStopped, who(op.Actor))
	case op.StopBy != "":
		return fmt.Sprintf(decidedStopped, who(operation.Actor{UserID: op.StopBy}))
	case op.Reason == operation.ReasonUnanswered, op.State == operation.Waiting:
		return fmt.Sprintf("The time for an answer was over at %s.", at(a.ExpiresAt))
	}
	return fmt.Sprintf("This is decided already. %s is now: %s.", op.Ref, stands(op))
}

// oldPictureMessage answers a click on what people saw before it changed.
func oldPictureMessage(op operation.Operation, link string) message {
	return private(picturesOld, section(picturesOld, staleSent), actions(openButton(op, link)))
}

// notOnListMessage answers somebody who may not decide.
func notOnListMessage(e *intake.DeniedError) message {
	why, contact := "", ""
	if r := prose(e.Decision.Reason, reasonLimit); r != "" {
		why = fmt.Sprintf("*Why:* %s", r)
	}
	if clean(e.Decision.Contact) != "" {
		contact = fmt.Sprintf(denyContact, whom(e.Decision.Contact))
	}
	noted := denyNoted
	if e.Operation.Ref != "" {
		noted = fmt.Sprintf(denyNotedRef, e.Operation.Ref)
	}
	return private(notOnList, section(notOnList), section(why, contact), actions(whoamiButton()), contextLine(noted))
}

// approvalDenial has the words for a no that is about approvals, limits of
// listeners and break-glass; ok is false for any other.
func approvalDenial(d operation.Decision, at func(time.Time) string) (words string, ok bool) {
	switch d.Code {
	case operation.DeniedNobody:
		if d.Approvals <= 1 {
			return "This needs the approval of another person, and nobody could give it.", true
		}
		return fmt.Sprintf("This needs the approval of %s, and there are not that many who could give it.", others(d.Approvals)), true
	case operation.DeniedListenerRate:
		if d.Until.IsZero() {
			return fmt.Sprintf("This listener had %d changes in %s, which is the limit. Try again later.", d.Limit, short(d.Window)), true
		}
		return fmt.Sprintf("This listener had %d changes in %s, which is the limit. Next one at %s.", d.Limit, short(d.Window), at(d.Until)), true
	case operation.DeniedBudget:
		switch {
		case d.Limit < 1:
			return "Break-glass is switched off here.", true
		case d.Until.IsZero():
			return fmt.Sprintf("You have used break-glass %d times in %s, which is the limit. Try again later.", d.Limit, short(d.Window)), true
		}
		return fmt.Sprintf("You have used break-glass %d times in %s, which is the limit. Next one at %s.", d.Limit, short(d.Window), at(d.Until)), true
	case operation.DeniedReason:
		return "A reason is required for this listener. One line is enough.", true
	case operation.DeniedSelf:
		return denySelf, true
	}
	return "", false
}

// statusApproval is where approval stands, for a status answer.
func statusApproval(op operation.Operation) string {
	a := op.Approval
	switch {
	case op.State == operation.Draft:
		return ""
	case op.Glass != nil:
		return glassLine(op, glassBadge, wording{})
	case a == nil:
		return ""
	case a.Denied != nil:
		return fmt.Sprintf(askDenied, person(a.Denied.By.UserID), sentence(a.Denied.Reason))
	case wasApproved(op):
		return agreed(op, approvedLine)
	case op.State != operation.Waiting:
		return fmt.Sprintf(statusApprovals, fmt.Sprintf("%d of %d agreed.", len(a.Votes), a.Needed))
	}
	return fmt.Sprintf(statusApprovals, fmt.Sprintf("%d of %d agreed, until %s.", len(a.Votes), a.Needed, clock(a.ExpiresAt)))
}
