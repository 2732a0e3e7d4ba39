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
		if op.Fault.Status == 0 {
			return ending{text: aboutSent(unreachableText), what: []string{fmt.Sprintf(unreachableLine, sentOrNot(op))}, do: unreachableDo, again: true}
		}
		e := ending{text: aboutSent(unreadText), what: []string{fmt.Sprintf(unreachableRead, sentOrNot(op))}, again: true, faulty: true}
		if e.said, e.do = adviceOn(op.Fault, w.readAgain()); !op.Fault.Answered() {
			e.do = unreachableDo
		}
		return e
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
	told, repair := fmt.Sprintf(ownersTell, w.owners()), fmt.Sprintf(ownersAsk, w.owners())
	if w.Owner != "" && !op.OwnerTold.IsZero() {
		told, repair = fmt.Sprintf(ownersTold, w.owners()), fmt.Sprintf(ownersKnow, w.owners())
	}
	switch op.Reason {
	case operation.ReasonCredentials:
		said, do := adviceOn(op.Fault, ownersLook)
		return ending{text: about(keyText), what: []string{keyLine}, do: do + " " + repair, said: said, faulty: true}
	case operation.ReasonClockSkew:
		return ending{text: about(clockText), what: []string{clockLine}, do: told, faulty: true}
	case operation.ReasonBlocked:
		return ending{text: about(blockedText), what: []string{blockedLine}, do: told, said: saidWords(op.Fault), faulty: true}
	case operation.ReasonInternal:
		return ending{text: about(brokenText), what: []string{brokenLine}, do: fmt.Sprintf(brokenDo, buttonAgain, code(op.Ref), w.owners()), again: true}
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
	e.said, e.do = adviceOn(op.Fault, fmt.Sprintf(refusedDo, w.owners()))
	return e
}

// adviceOn is what an answer of Zenlayer means and what to do about it. The same
// code has the same words, whichever call it answered; otherwise is what to do
// about one that is not known.
func adviceOn(f operation.Fault, otherwise string) (said, do string) {
	advice, known := commands.AdviceOn(f.Status, f.Code)
	if !known {
		return saidWords(f), otherwise
	}
	return strings.Join(nonEmpty([]string{advice.Means, quoted(f.Message)}), " "), advice.Do
}

// answeredHow says who answered something else than was asked.
func answeredHow(f operation.Fault) string {
	switch {
	case f.Code != "":
		return answerRefused
	case f.Status >= 300:
		return answerInFront
	}
	return answerOdd
}

// faultIDs are by what an answer can be found.
func faultIDs(f operation.Fault) []string {
	var parts []string
	if f.Code != "" {
		parts = append(parts, code(f.Code))
	}
	if f.Status > 0 {
		parts = append(parts, fmt.Sprintf(statusSmall, f.Status))
	}
	if f.RequestID != "" {
		parts = append(parts, fmt.Sprintf(requestSmall, code(f.RequestID)))
	}
	return parts
}

// unreadWords say why the last reading of the listener failed, after format for
// what is only an error; empty if it did not fail.
func unreadWords(op operation.Operation, w wording, format string) string {
	switch {
	case op.Unread.Answered():
		said, do := adviceOn(op.Unread, w.readAgain())
		return fmt.Sprintf(unreadAnswer, answeredHow(op.Unread), sentence(said), do, strings.Join(faultIDs(op.Unread), " · "))
	case op.LookFault != "":
		return fmt.Sprintf(format, sentence(op.LookFault))
	}
	return ""
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
