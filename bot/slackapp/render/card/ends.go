package card

import (
	"fmt"
	"slices"
	"strconv"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
)

const (
	tooLateLine   = "I could not start within 5 minutes of your click, so I did not start at all."
	unreachableDo = "try again in a few minutes."
	unknownLine   = "This version of the bot does not know how this stands. It is stored as %s."
)

// endingOf chooses the words for the reason an operation was not carried out.
func endingOf(op operation.Operation, w render.Wording) ending {
	switch op.Reason {
	case operation.ReasonRefused:
		return refusedEnding(op, w)
	case operation.ReasonDiffers:
		return differsEnding(op)
	case operation.ReasonTooLate:
		return tooLateEnding(op)
	case operation.ReasonPaused:
		return pausedEnding(op)
	case operation.ReasonStopped:
		return ending{text: inText(op, "{Not added}: stopped {adding} {server} {to} {port}. %s {ref}.", sentOrNot(op)),
			what: []string{stopWords(op)}, again: true}
	case operation.ReasonDenied:
		return deniedEnding(op)
	case operation.ReasonRateLimited:
		return ending{text: inText(op, "{Not added}: Zenlayer kept asking to wait with {server} on {port}. Nothing "+
			"changed. {ref}."),
			what: []string{fmt.Sprintf("Zenlayer kept asking me to wait, so I stopped at %s. Nothing changed.",
				render.Clock(op.FinishedAt))}, do: "wait a minute, then try again.",
			again: true, faulty: true, tries: true}
	case operation.ReasonUnreachable:
		return unreachableEnding(op, w)
	case operation.ReasonGone:
		return goneEnding(op)
	case operation.ReasonRehearsal:
		return ending{text: inText(op, "{Not added}: rehearsal of {adding} {server} {to} {port}. Every check passed "+
			"and nothing was sent. {ref}."),
			what: []string{"This was a rehearsal: every check passed, and nothing was sent to Zenlayer."}}
	case operation.ReasonProven, operation.ReasonPerson:
		return provenEnding(op)
	case operation.ReasonNotApproved, operation.ReasonUnanswered:
		return approvalEnding(op)
	}
	return ownersEnding(op, w)
}

// pausedEnding: the bot was paused, and nobody resumed in time.
func pausedEnding(op operation.Operation) ending {
	by := ""
	if op.Pause != nil {
		by = render.WithStop("The bot had been " + render.PausedBy(*op.Pause))
	}
	return ending{text: inText(op, "{Not added}: the bot was paused, so I did not start {adding} {server} {to} "+
		"{port}. %s {ref}.", sentOrNot(op)),
		what: render.NonEmpty([]string{fmt.Sprintf("Nobody resumed the bot within 5 minutes of the click. %s",
			sentOrNot(op)), by}), do: "try again when the bot is no longer paused.", again: true}
}

// tooLateEnding: it did not start in time.
func tooLateEnding(op operation.Operation) ending {
	if !op.InLine.IsZero() {
		return ending{text: inText(op, "{Not added}: I could not start {adding} {server} {to} {port} within 5 "+
			"minutes of the click, because it was queued for a call to Zenlayer, so I did not start at all. {ref}."),
			what: []string{tooLateLine, fmt.Sprintf("*Why:* it was queued for a call to Zenlayer from %s "+
				"on, and its turn did not come in time. Zenlayer takes only so many calls.", render.Clock(op.InLine))},
			do: "try again in a few minutes.", again: true}
	}
	return ending{text: inText(op, "{Not added}: I could not start {adding} {server} {to} {port} within 5 minutes of "+
		"the click, so I did not start at all. {ref}."), what: []string{tooLateLine}, again: true}
}

// deniedEnding: the last check did not allow it.
func deniedEnding(op operation.Operation) ending {
	if op.Denial != nil && op.Denial.PolicyUnknown() {
		return ending{text: inText(op, "{Not added}: I could not decide about {adding} {server} {to} {port} at the "+
			"last check. %s {ref}.", sentOrNot(op)),
			what: []string{lateDenial(op, render.ActorMention, render.Clock)}, again: true}
	}
	others := op.Denial != nil && slices.Contains([]operation.DenialCode{operation.DeniedNobody,
		operation.DeniedApproval, operation.DeniedUnchecked}, op.Denial.Code)
	return ending{text: inText(op, "{Not added}: {server} {to} {port}. %s {ref}.",
		lateDenial(op, render.ActorName, render.UTC)),
		what: []string{lateDenial(op, render.ActorMention, render.Clock)}, whoami: !others, again: others}
}

// unreachableEnding: Zenlayer was not reached, or its answer to a reading was of no use.
func unreachableEnding(op operation.Operation, w render.Wording) ending {
	if op.Fault.Status == 0 {
		return ending{text: inText(op, "{Not added}: Zenlayer cannot be reached from the bot for {server} on {port}. "+
			"%s {ref}.", sentOrNot(op)),
			what: []string{fmt.Sprintf("Zenlayer cannot be reached from the bot. %s", sentOrNot(op))},
			do:   unreachableDo, again: true}
	}
	e := ending{text: inText(op, "{Not added}: I could not read the listener for {server} on {port}. %s {ref}.",
		sentOrNot(op)),
		what: []string{fmt.Sprintf("I could not read the listener, so I stopped. %s", sentOrNot(op))}, again: true,
		faulty: true}
	if e.said, e.do = render.AdviceOn(op.Fault, w.ReadAgain()); !op.Fault.Answered() {
		e.do = unreachableDo
	}
	return e
}

// goneEnding: the listener was deleted.
func goneEnding(op operation.Operation) ending {
	e := ending{text: inText(op, "{Not added}: the listener for {server}, {port}, no longer exists. %s {ref}.",
		sentOrNot(op)),
		what: []string{fmt.Sprintf("The listener no longer exists. %s", sentOrNot(op))},
		do:   "pick the listener again; it may have been recreated.", againForm: true, faulty: true}
	if op.Change == operation.ChangeRemove {
		e.do, e.againForm = "nothing, unless the listener was recreated: then look which servers it has.", false
	}
	return e
}

// ownersEnding is for what only the bot's owners can put right.
func ownersEnding(op operation.Operation, w render.Wording) ending {
	told, repair := fmt.Sprintf("tell %s. Repeating it before this is repaired does not help.", w.Owners()),
		fmt.Sprintf("Tell %s. Repeating it before this is repaired does not help.", w.Owners())
	if w.Owner != "" && !op.OwnerTold.IsZero() {
		told, repair = fmt.Sprintf("nothing. The bot's owners are told (%s), and repeating it before this is "+
			"repaired does not help.", w.Owners()), fmt.Sprintf("They are told (%s), and repeating it before this is "+
			"repaired does not help.", w.Owners())
	}
	switch op.Reason {
	case operation.ReasonCredentials:
		said, do := render.AdviceOn(op.Fault, "nothing on your side; the bot's owners have to look at it.")
		return ending{text: inText(op, "{Not added}: Zenlayer refused the bot's key or its rights for {server} on "+
			"{port}. Nothing changed. {ref}."),
			what: []string{"Zenlayer refused the bot's key or its rights. Nothing changed. This is not your fault."},
			do:   do + " " + repair, said: said, faulty: true}
	case operation.ReasonClockSkew:
		return ending{text: inText(op, "{Not added}: the bot's clock is off, so Zenlayer refuses its calls for "+
			"{server} on {port}. Nothing changed. {ref}."),
			what: []string{"The bot's clock is off by more than Zenlayer allows, so Zenlayer refuses its calls. " +
				"Nothing changed. This is not your fault."}, do: told, faulty: true}
	case operation.ReasonBlocked:
		return ending{text: inText(op, "{Not added}: {adding} {server} {to} {port} was stopped in front of "+
			"Zenlayer's API. Nothing changed. {ref}."),
			what: []string{"Something in front of Zenlayer's API stopped the call, not Zenlayer itself. Nothing " +
				"changed. This is not your fault."}, do: told, said: render.SaidWords(op.Fault), faulty: true}
	case operation.ReasonInternal:
		return ending{text: inText(op, "{Not added}: something broke in the bot before the request to {add} {server} "+
			"{to} {port} was sent. Nothing changed. Quote {ref}."),
			what: []string{"Something broke in the bot before anything was sent."},
			do: fmt.Sprintf("press *%s*. If it happens again, quote token %s to %s.", ButtonAgain, render.Code(op.Ref),
				w.Owners()), again: true}
	}
	// No reason comes here: each has words above, which a test sees to.
	return ending{text: aboutUnknown(op), what: []string{fmt.Sprintf(unknownLine, render.StoredAs(op, render.Code))}}
}

// refusedEnding: the API said no, and no earlier attempt is unanswered.
func refusedEnding(op operation.Operation, w render.Wording) ending {
	e := ending{text: inText(op, "{Not added}: Zenlayer refused to {add} {server} {to} {port}. Nothing changed. "+
		"{ref}."),
		what: []string{"Zenlayer refused it. Nothing changed."}, againForm: true, faulty: true}
	if !op.LastLook.IsZero() && len(op.Baseline) == 0 && op.Change == operation.ChangeAdd {
		e.what = []string{inBlock(op, "Zenlayer refused it. {server} is not on this listener (read %s).",
			render.Clock(op.LastLook))}
	}
	e.said, e.do = render.AdviceOn(op.Fault,
		fmt.Sprintf("look at what it said, then try again with changes, or ask %s.", w.Owners()))
	if op.Change != operation.ChangeAdd { // the advice on a code is about adding
		e.do = fmt.Sprintf("look at what it said, then try again, or ask %s.", w.Owners())
	}
	return e
}

// differsEnding: the entry is not as the person who asked saw it.
func differsEnding(op operation.Operation) ending {
	if op.Change == operation.ChangeRemove {
		return changedEnding(op)
	}
	found := "not known"
	if op.FoundWeight > 0 {
		found = strconv.Itoa(op.FoundWeight)
	}
	e := ending{
		text: inText(op, "{Not added}: {server} is already on {port} with weight %s. %s {ref}.", found, sentOrNot(op)),
		what: []string{inBlock(op, "{server} is on the listener with weight %s; you asked for %s. This load balancer "+
			"cannot change a weight in place.", found, render.WeightWords(op.Request.Weight))},
		do: "remove the entry first, then try again; or leave it as it is.", againForm: true,
	}
	if op.BackendID != "" {
		e.what = append(e.what, fmt.Sprintf(render.DiffersAs, render.Code(op.BackendID), sentOrNot(op)))
	}
	return e
}

// changedEnding: somebody changed the entry since the preview of its removal.
func changedEnding(op operation.Operation) ending {
	changed := ""
	if op.Found != nil {
		changed = render.EntryChanges(op)
	}
	changed = render.FirstOf(changed, "its ports or its weight changed")
	return ending{
		text: inText(op, "{Not added}: {server} (%s) on {port} is not as it was: %s. %s {ref}.",
			render.InText(render.EntryID(op)), changed, sentOrNot(op)),
		what: []string{fmt.Sprintf("%s is not as it was when you looked: %s. So I did not remove it. %s",
			render.Code(render.EntryID(op)), changed, sentOrNot(op))},
		do: fmt.Sprintf("press *%s* to look at the entry as it is now.", ButtonAgain), again: true,
	}
}

func stopWords(op operation.Operation) string {
	if len(op.Attempts) > 0 {
		return fmt.Sprintf("Stopped by %s. What was tried before was refused, so nothing changed.",
			render.Mention(op.StopBy))
	}
	return fmt.Sprintf("Stopped by %s before anything was sent.", render.Mention(op.StopBy))
}

// sentOrNot never says that nothing was sent when something was, even if it
// was refused.
func sentOrNot(op operation.Operation) string {
	if len(op.Attempts) > 0 {
		return render.NothingChanged
	}
	return render.NothingWasSent
}

// provenEnding: unanswered once, and shown not to have been carried out.
func provenEnding(op operation.Operation) ending {
	seen, by := firstTime(op.LastLook, op.FinishedAt), render.Mention(op.AnswerBy)
	_, notDone := render.Outcomes(op.Change)
	stands, read := "{server} is not on {port}", inBlock(op, "I checked the listener until %s and {server} never "+
		"appeared.", render.Clock(seen))
	text := inText(op, "{Not added}: {server} never appeared on {port}. I checked until %s. {ref}.", render.UTC(seen))
	if op.Change == operation.ChangeRemove {
		stands, read = "{server} is still on {port}", inBlock(op, "I checked the listener until %s and {server} was "+
			"still there, as it was.", render.Clock(seen))
		text = inText(op, "{Not added}: {server} is still on {port}. I checked until %s. {ref}.", render.UTC(seen))
	}
	if op.Reason == operation.ReasonPerson {
		text = inText(op, "{Not added}: "+stands+"; %s said so, and a complete check agrees. {ref}.", by)
		read = fmt.Sprintf("%s said that %s, and a complete check agrees (%s).", by, notDone, render.Clock(seen))
	}
	return ending{text: text, what: []string{read}, again: true}
}
