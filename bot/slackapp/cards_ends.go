package slackapp

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lbbot/bot/operation"
	"lbbot/commands"
)

// endingOf chooses the words for the reason an operation was not added.
func endingOf(op operation.Operation, w wording) ending {
	// about fills the places that every fallback text has: server, listener, id.
	about := func(format string) string {
		return fmt.Sprintf(format, serverName(op, short), listenerPort(op, short), op.Ref)
	}
	// aboutSent is about for a text that also says whether anything was sent.
	aboutSent := func(format string) string {
		return fmt.Sprintf(format, serverName(op, short), listenerPort(op, short), sentOrNot(op), op.Ref)
	}
	switch op.Reason {
	case operation.ReasonRefused:
		return refusedEnding(op, w, fmt.Sprintf(refusedText, serverName(op, short), balancerName(op, short), op.Ref))
	case operation.ReasonDiffers:
		return differsEnding(op)
	case operation.ReasonTooLate:
		if !op.InLine.IsZero() {
			return ending{text: about(lateInLineText), what: []string{tooLateLine, fmt.Sprintf(lateInLineWhy, clock(op.InLine))}, do: lateInLineDo, again: true}
		}
		return ending{text: about(tooLateText), what: []string{tooLateLine}, again: true}
	case operation.ReasonStopped:
		return ending{text: aboutSent(stoppedText), what: []string{stopWords(op)}, again: true}
	case operation.ReasonDenied:
		if op.Denial != nil && op.Denial.Undecided() {
			return ending{text: aboutSent(undecidedText), what: []string{lateDenial(op, mentionOf, clock)}, again: true}
		}
		others := op.Denial != nil && slices.Contains([]operation.DenialCode{operation.DeniedNobody, operation.DeniedApproval, operation.DeniedUnchecked}, op.Denial.Code)
		return ending{text: fmt.Sprintf(deniedText, serverName(op, short), listenerPort(op, short), lateDenial(op, actorName, utc), op.Ref),
			what: []string{lateDenial(op, mentionOf, clock)}, whoami: !others, again: others}
	case operation.ReasonRateLimited:
		return ending{text: about(rateText), what: []string{fmt.Sprintf(rateLine, clock(op.FinishedAt))}, do: rateDo,
			again: true, faulty: true, tries: true}
	case operation.ReasonUnreachable:
		return ending{text: aboutSent(unreachableText), what: []string{unreached(op)}, do: unreachableDo, again: true, faulty: true}
	case operation.ReasonGone:
		return ending{text: aboutSent(goneText), what: []string{fmt.Sprintf(goneLine, sentOrNot(op))}, do: goneDo, againForm: true, faulty: true}
	case operation.ReasonRehearsal:
		return ending{text: about(rehearsedText), what: []string{rehearsedLine}}
	case operation.ReasonProven, operation.ReasonPerson:
		return provenEnding(op)
	case operation.ReasonNotApproved, operation.ReasonUnanswered:
		return approvalEnding(op)
	}
	return ownersEnding(op, w, about)
}

// ownersEnding is for what only the bot's owners can put right.
func ownersEnding(op operation.Operation, w wording, about func(string) string) ending {
	told := fmt.Sprintf(ownersTell, w.owners())
	if w.Owner != "" && !op.OwnerTold.IsZero() {
		told = fmt.Sprintf(ownersTold, w.owners())
	}
	switch op.Reason {
	case operation.ReasonCredentials:
		return ending{text: about(keyText), what: []string{keyLine}, do: told, faulty: true}
	case operation.ReasonClockSkew:
		return ending{text: about(clockText), what: []string{clockLine}, do: told, faulty: true}
	case operation.ReasonBlocked:
		return ending{text: about(blockedText), what: []string{blockedLine}, do: told, said: saidWords(op.Fault), faulty: true}
	case operation.ReasonInternal:
		return ending{text: about(brokenText), what: []string{fmt.Sprintf(brokenLine, code(op.Ref), w.owners())}, again: true}
	}
	// No reason comes here: each has words above, which a test sees to.
	return ending{text: aboutUnknown(op), what: []string{fmt.Sprintf(unknownLine, storedAs(op, code))}}
}

// refusedEnding: the API said no, and no earlier attempt is unanswered.
func refusedEnding(op operation.Operation, w wording, text string) ending {
	e := ending{text: text, what: []string{refusedPlain}, againForm: true, faulty: true}
	if !op.LastLook.IsZero() && len(op.Baseline) == 0 {
		e.what = []string{fmt.Sprintf(refusedRead, serverName(op, name), clock(op.LastLook))}
	}
	advice, known := commands.Advice(op.Fault.Code)
	if known {
		e.said, e.do = advice.Means, advice.Do
		if quote := quoted(op.Fault.Message); quote != "" {
			e.said += " " + quote
		}
		return e
	}
	e.said = saidWords(op.Fault)
	e.do = fmt.Sprintf(refusedDo, w.owners())
	return e
}

// saidWords is what Zenlayer said, as it said it.
func saidWords(f operation.Fault) string {
	quote := quoted(f.Message)
	switch {
	case quote == "" && f.Code == "":
		return refusedSilent
	case quote == "":
		return code(f.Code) + ". " + refusedUnknown
	case f.Code == "":
		return quote
	}
	return quote + " " + refusedUnknown
}

func quoted(s string) string {
	if s = prose(s, saidLimit); s == "" {
		return ""
	}
	return fmt.Sprintf(refusedQuote, s)
}

// differsEnding: the server is there with another weight.
func differsEnding(op operation.Operation) ending {
	found := wordUnknown
	if op.FoundWeight > 0 {
		found = strconv.Itoa(op.FoundWeight)
	}
	e := ending{
		text: fmt.Sprintf(differsText, serverName(op, short), listenerPort(op, short), found, sentOrNot(op), op.Ref),
		what: []string{fmt.Sprintf(differsWeight, serverName(op, name), found, weightWords(op.Request.Weight))},
		do:   differsDo, againForm: true,
	}
	if op.BackendID != "" {
		e.what = append(e.what, fmt.Sprintf(differsAs, code(op.BackendID), sentOrNot(op)))
	}
	return e
}

func stopWords(op operation.Operation) string {
	if len(op.Attempts) > 0 {
		return fmt.Sprintf(stoppedRefused, person(op.StopBy))
	}
	return fmt.Sprintf(stoppedLine, person(op.StopBy))
}

// lateDenial says what the last check denied, to whom, as far as the channel
// may know.
func lateDenial(op operation.Operation, who func(operation.Actor) string, at func(time.Time) string) string {
	d := operation.Decision{}
	if op.Denial != nil {
		d = *op.Denial
	}
	lost, approver := lostWords(op, who), d.Action == operation.ActionApprove
	switch {
	case d.Code == operation.DeniedUnchecked && approver && op.Approval != nil && len(op.Approval.Lost) > 0:
		by := who(op.Approval.Lost[0].By)
		return fmt.Sprintf(deniedApproverUnchecked, factWords(d.What, fmt.Sprintf(factOf, by)), by, sentOrNot(op))
	case d.Code == operation.DeniedUnchecked:
		return fmt.Sprintf(deniedUnchecked, factWords(d.What, factAskers), sentOrNot(op))
	case d.Code == operation.DeniedOutdated:
		return fmt.Sprintf(deniedOutdated, sentOrNot(op))
	case d.Code == operation.DeniedNobody && lost != "":
		return fmt.Sprintf(deniedNobodyLeft, lost, sentOrNot(op))
	case d.Code == operation.DeniedNobody:
		return fmt.Sprintf(deniedNobody, sentOrNot(op))
	case d.Code == operation.DeniedApproval && lost != "":
		return fmt.Sprintf(deniedLost, lost, sentOrNot(op))
	case d.Code == operation.DeniedApproval:
		return fmt.Sprintf(deniedApproval, sentOrNot(op))
	case d.Code == operation.DeniedShared, d.Code == operation.DeniedChannel:
		return fmt.Sprintf(deniedShared, sentOrNot(op))
	case d.Code == operation.DeniedReason:
		return fmt.Sprintf(deniedReasonLate, sentOrNot(op))
	case d.Action == operation.ActionBreakGlass:
		return fmt.Sprintf(deniedGlassGone, who(op.Actor), sentOrNot(op))
	case !d.Code.Known():
		return fmt.Sprintf(deniedNo, optionalCode(d.Code), sentOrNot(op))
	}
	return fmt.Sprintf(deniedRemoved, at(op.FinishedAt), who(op.Actor), denialWords(d.Code), sentOrNot(op))
}

// optionalCode is a code that this version does not know, in parentheses.
func optionalCode(c operation.DenialCode) string {
	if c == "" {
		return ""
	}
	return " (" + name(denialWords(c)) + ")"
}

// lostWords says whose agreement the last check did not count, and why; empty
// if it counted all.
func lostWords(op operation.Operation, who func(operation.Actor) string) string {
	if op.Approval == nil {
		return ""
	}
	var list []string
	for _, l := range op.Approval.Lost {
		if l.Certain() {
			list = append(list, fmt.Sprintf(lostApproval, who(l.By), denialWords(l.Code)))
		}
	}
	return strings.Join(list, " ")
}

// unreached says what could not be reached.
func unreached(op operation.Operation) string {
	if op.LookFault != "" {
		return fmt.Sprintf(unreachableRead, sentOrNot(op))
	}
	return fmt.Sprintf(unreachableLine, sentOrNot(op))
}

// sentOrNot never says that nothing was sent when something was, even if it
// was refused.
func sentOrNot(op operation.Operation) string {
	if len(op.Attempts) > 0 {
		return nothingChanged
	}
	return nothingWasSent
}

// provenEnding: unanswered once, and shown not to be there.
func provenEnding(op operation.Operation) ending {
	server, listener := serverName(op, short), listenerPort(op, short)
	seen := firstTime(op.LastLook, op.FinishedAt)
	if op.Reason == operation.ReasonPerson {
		return ending{
			text: fmt.Sprintf(personText, server, listener, person(op.AnswerBy), op.Ref),
			what: []string{fmt.Sprintf(personLine, person(op.AnswerBy), clock(seen))}, again: true,
		}
	}
	return ending{
		text: fmt.Sprintf(provenText, server, listener, utc(seen), op.Ref),
		what: []string{fmt.Sprintf(provenLine, clock(seen))}, again: true,
	}
}
