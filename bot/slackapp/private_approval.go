package slackapp

import (
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
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
		lines = append(lines, fmt.Sprintf(previewNobody, others(a.Needed)))
	case len(op.Policies) > 0:
		lines = append(lines, fmt.Sprintf(previewNeeds, needsOf(a.Needed, a.Who), names(op.Policies)))
	default:
		lines = append(lines, fmt.Sprintf(previewNeedsPlain, needsOf(a.Needed, a.Who)))
	}
	if enough(*a) && w.Within > 0 {
		lines = append(lines, fmt.Sprintf(previewAsked, channel(a.Channel), lasting(w.Within)))
	} else if enough(*a) {
		lines = append(lines, fmt.Sprintf(previewAskedPlain, channel(a.Channel)))
	}
	if op.MayBreak {
		lines = append(lines, previewMayBreak)
	}
	return lines
}

// previewLast is what the fallback text of a preview says about sending.
func previewLast(op operation.Operation) string {
	switch a := op.Approval; {
	case op.DryRun:
		return previewDryRun
	case a == nil:
		return previewNotSent
	case !enough(*a):
		return previewNeedsTextNo
	default:
		return fmt.Sprintf(previewNeedsText, needsCount(a.Needed, a.Who))
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
			fmt.Sprintf(labelAsk, serverName(op, bareName), listenerName(op, bareName)), buttonValue(op))))
	}
	return append(list, glassButton(op))
}

// glassButton opens the form for break-glass; nil where the rules do not let
// the asker use it.
func glassButton(op operation.Operation) slack.BlockElement {
	if op.Approval == nil || !op.MayBreak || op.DryRun {
		return nil
	}
	return button(actGlassOpen, buttonGlass, fmt.Sprintf(labelGlass, serverName(op, bareName)), buttonValue(op))
}

// changedMessage shows a draft anew whose need for approval changed since the
// person looked at it.
func changedMessage(e *operation.ChangedError, w wording) message {
	m, line := previewMessage(e.Operation, w), changedWords(e.Operation)
	m.Text = clampMarkup(line+" "+m.Text, maxText)
	m.Blocks = append(blocks(section(line)), m.Blocks...)
	return m
}

func changedWords(op operation.Operation) string {
	what := changedFree
	if op.Approval != nil {
		what = changedNeeds
	}
	return fmt.Sprintf(changedLine, what)
}

// reminderMessage asks once more, under the card.
func reminderMessage(op operation.Operation) message {
	a := op.Approval
	needed := max(1, a.Missing())
	return private(
		fmt.Sprintf(reminderText, actorName(op.Actor), serverName(op, short), listenerPort(op, short), needsCount(needed, a.Who), utc(a.ExpiresAt), op.Ref),
		section(fmt.Sprintf(reminderLine, person(op.Actor.UserID), serverName(op, name), listenerName(op, name), op.Ref,
			needsOf(needed, a.Who), clock(a.ExpiresAt)), askedAgain(op), progress(*a)))
}

// questionMessage is for the one who was asked and for the one who asks.
func questionMessage(op operation.Operation, by operation.Actor) message {
	return private(
		fmt.Sprintf(questionAbout, actorName(by), actorName(op.Actor), op.Ref, serverName(op, short), listenerPort(op, short)),
		section(fmt.Sprintf(questionLine, person(by.UserID), person(op.Actor.UserID), op.Ref)))
}

// skippedMessage tells one person that something they could have approved goes
// without approval.
func skippedMessage(op operation.Operation) message {
	g := op.Glass
	if g == nil {
		g = &operation.BreakGlass{}
	}
	return private(
		fmt.Sprintf(skippedText, actorName(op.Actor), serverName(op, short), listenerPort(op, short), sentence(g.Why), short(g.Incident), op.Ref),
		section(fmt.Sprintf(skippedLine, person(op.Actor.UserID), serverName(op, name), listenerName(op, name), prose(g.Why, reasonLimit)),
			fmt.Sprintf(skippedWhy, prose(g.Incident, nameLimit)), fmt.Sprintf(skippedCard, channel(op.Place.ResultID))),
		contextLine(op.Ref, utcSmall(askedAt(op))))
}

// poolMessage is the listener before and after, as the approvers were shown it.
func poolMessage(op operation.Operation) message {
	p := operation.Picture{}
	if op.Approval != nil {
		p = op.Approval.Picture
	}
	share := ""
	if percent, known := p.Share(op.Request.Weight, op.Listener.Scheduler); known {
		share = fmt.Sprintf(poolShare, serverName(op, name), percent)
	}
	before, after := poolWords(p.Servers, p.Weights), poolWords(p.Servers+1, p.Weights+op.Request.Weight)
	switch {
	case op.Request.Weight == 0 && p.Servers == 0:
		after = poolOwn
	case op.Request.Weight == 0:
		after = fmt.Sprintf(poolMore, p.Servers+1)
	}
	return private(fmt.Sprintf(poolText, op.Ref, before, after),
		section(fmt.Sprintf(poolTitle, listenerName(op, name)), fmt.Sprintf(poolBefore, before), fmt.Sprintf(poolAfter, after, share)))
}

func poolWords(servers, weights int) string {
	switch servers {
	case 0:
		return previewNoServer
	case 1:
		return fmt.Sprintf(poolOne, weights)
	}
	return fmt.Sprintf(poolMany, servers, weights)
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
		return fmt.Sprintf(decidedDenied, who(a.Denied.By), at(a.Denied.At))
	case wasApproved(op) && op.Reason != operation.ReasonUnanswered:
		return fmt.Sprintf(decidedApproved, voters(a.Votes, who), at(a.Votes[len(a.Votes)-1].At))
	case op.StopBy == op.Actor.UserID && op.StopBy != "":
		return fmt.Sprintf(decidedStopped, who(op.Actor))
	case op.StopBy != "":
		return fmt.Sprintf(decidedStopped, who(operation.Actor{UserID: op.StopBy}))
	case op.Reason == operation.ReasonUnanswered, op.State == operation.Waiting:
		return fmt.Sprintf(decidedExpired, at(a.ExpiresAt))
	}
	return fmt.Sprintf(decidedOther, op.Ref, stands(op))
}

// oldPictureMessage answers a click on what people saw before it changed.
func oldPictureMessage(op operation.Operation, link string) message {
	return private(picturesOld, section(picturesOld, staleSent), actions(openButton(op, link)))
}

// notOnListMessage answers somebody who may not decide.
func notOnListMessage(e *operation.DeniedError) message {
	why, contact := "", ""
	if r := prose(e.Decision.Reason, reasonLimit); r != "" {
		why = fmt.Sprintf(denyNotOnWhy, r)
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
			return denyNobodyOne, true
		}
		return fmt.Sprintf(denyNobody, others(d.Approvals)), true
	case operation.DeniedListenerRate:
		if d.Until.IsZero() {
			return fmt.Sprintf(denyListenerSoon, d.Limit, short(d.Window)), true
		}
		return fmt.Sprintf(denyListenerRate, d.Limit, short(d.Window), at(d.Until)), true
	case operation.DeniedBudget:
		switch {
		case d.Limit < 1:
			return denyBudgetNone, true
		case d.Until.IsZero():
			return fmt.Sprintf(denyBudgetSoon, d.Limit, short(d.Window)), true
		}
		return fmt.Sprintf(denyBudget, d.Limit, short(d.Window), at(d.Until)), true
	case operation.DeniedReason:
		return denyReasonNeeded, true
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
		return fmt.Sprintf(statusApprovals, fmt.Sprintf(statusApprovalEnd, len(a.Votes), a.Needed))
	}
	return fmt.Sprintf(statusApprovals, fmt.Sprintf(statusApprovalNow, len(a.Votes), a.Needed, clock(a.ExpiresAt)))
}
