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

// endingOf chooses the words for the reason an operation was not added.
func endingOf(op operation.Operation, w render.Wording) ending {
	// about fills the places that every fallback text has: server, listener, id.
	about := func(format string) string {
		return fmt.Sprintf(format, render.ServerName(op, render.InText), render.ListenerPort(op, render.InText), op.Ref)
	}
	// aboutSent is about for a text that also says whether anything was sent.
	aboutSent := func(format string) string {
		return fmt.Sprintf(format, render.ServerName(op, render.InText), render.ListenerPort(op, render.InText),
			sentOrNot(op), op.Ref)
	}
	switch op.Reason {
	case operation.ReasonRefused:
		return refusedEnding(op, w, fmt.Sprintf("Not added: Zenlayer refused %s on %s. Nothing changed. %s.",
			render.ServerName(op, render.InText), balancerName(op, render.InText), op.Ref))
	case operation.ReasonDiffers:
		return differsEnding(op)
	case operation.ReasonTooLate:
		return tooLateEnding(op, about)
	case operation.ReasonStopped:
		return ending{text: aboutSent("Not added: stopped adding %s to %s. %s %s."), what: []string{stopWords(op)},
			again: true}
	case operation.ReasonDenied:
		return deniedEnding(op, aboutSent)
	case operation.ReasonRateLimited:
		return ending{text: about("Not added: Zenlayer kept asking to wait with %s on %s. Nothing changed. %s."),
			what: []string{fmt.Sprintf("Zenlayer kept asking me to wait, so I stopped at %s. Nothing changed.",
				render.Clock(op.FinishedAt))}, do: "wait a minute, then try again.",
			again: true, faulty: true, tries: true}
	case operation.ReasonUnreachable:
		return unreachableEnding(op, w, aboutSent)
	case operation.ReasonGone:
		return ending{text: aboutSent("Not added: the listener for %s, %s, no longer exists. %s %s."),
			what: []string{fmt.Sprintf("The listener no longer exists. %s", sentOrNot(op))},
			do:   "pick the listener again; it may have been recreated.", againForm: true, faulty: true}
	case operation.ReasonRehearsal:
		return ending{text: about("Not added: rehearsal of %s on %s. Every check passed and nothing was sent. %s."),
			what: []string{"This was a rehearsal: every check passed, and nothing was sent to Zenlayer."}}
	case operation.ReasonProven, operation.ReasonPerson:
		return provenEnding(op)
	case operation.ReasonNotApproved, operation.ReasonUnanswered:
		return approvalEnding(op)
	}
	return ownersEnding(op, w, about)
}

// tooLateEnding: it did not start in time.
func tooLateEnding(op operation.Operation, about func(string) string) ending {
	if !op.InLine.IsZero() {
		return ending{text: about("Not added: I could not start %s on %s within 5 minutes of the click, because " +
			"it was queued for a call to Zenlayer, so I did not start at all. %s."),
			what: []string{tooLateLine, fmt.Sprintf("*Why:* it was queued for a call to Zenlayer from %s "+
				"on, and its turn did not come in time. Zenlayer takes only so many calls.", render.Clock(op.InLine))},
			do: "try again in a few minutes.", again: true}
	}
	return ending{text: about("Not added: I could not start %s on %s within 5 minutes of the click, so I did not " +
		"start at all. %s."), what: []string{tooLateLine}, again: true}
}

// deniedEnding: the last check did not allow it.
func deniedEnding(op operation.Operation, aboutSent func(string) string) ending {
	if op.Denial != nil && op.Denial.PolicyUnknown() {
		return ending{text: aboutSent("Not added: I could not decide about %s on %s at the last check. %s %s."),
			what: []string{lateDenial(op, render.ActorMention, render.Clock)}, again: true}
	}
	others := op.Denial != nil && slices.Contains([]operation.DenialCode{operation.DeniedNobody,
		operation.DeniedApproval, operation.DeniedUnchecked}, op.Denial.Code)
	return ending{text: fmt.Sprintf("Not added: %s to %s. %s %s.", render.ServerName(op, render.InText),
		render.ListenerPort(op, render.InText),
		lateDenial(op, render.ActorName, render.UTC), op.Ref),
		what: []string{lateDenial(op, render.ActorMention, render.Clock)}, whoami: !others, again: others}
}

// unreachableEnding: Zenlayer was not reached, or its answer to a reading was of no use.
func unreachableEnding(op operation.Operation, w render.Wording, aboutSent func(string) string) ending {
	if op.Fault.Status == 0 {
		return ending{text: aboutSent("Not added: Zenlayer cannot be reached from the bot for %s on %s. %s %s."),
			what: []string{fmt.Sprintf("Zenlayer cannot be reached from the bot. %s", sentOrNot(op))},
			do:   unreachableDo, again: true}
	}
	e := ending{text: aboutSent("Not added: I could not read the listener for %s on %s. %s %s."),
		what: []string{fmt.Sprintf("I could not read the listener, so I stopped. %s", sentOrNot(op))}, again: true,
		faulty: true}
	if e.said, e.do = render.AdviceOn(op.Fault, w.ReadAgain()); !op.Fault.Answered() {
		e.do = unreachableDo
	}
	return e
}

// ownersEnding is for what only the bot's owners can put right.
func ownersEnding(op operation.Operation, w render.Wording, about func(string) string) ending {
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
		return ending{text: about("Not added: Zenlayer refused the bot's key or its rights for %s on %s. Nothing " +
			"changed. %s."), what: []string{"Zenlayer refused the bot's key or its rights. Nothing changed. This is " +
			"not your fault."}, do: do + " " + repair, said: said, faulty: true}
	case operation.ReasonClockSkew:
		return ending{text: about("Not added: the bot's clock is off, so Zenlayer refuses its calls for %s on %s. " +
			"Nothing changed. %s."), what: []string{"The bot's clock is off by more than Zenlayer allows, so " +
			"Zenlayer refuses its calls. Nothing changed. This is not your fault."}, do: told, faulty: true}
	case operation.ReasonBlocked:
		return ending{text: about("Not added: %s on %s was stopped in front of Zenlayer's API. Nothing changed. %s."),
			what: []string{"Something in front of Zenlayer's API stopped the call, not Zenlayer itself. Nothing " +
				"changed. This is not your fault."}, do: told, said: render.SaidWords(op.Fault), faulty: true}
	case operation.ReasonInternal:
		return ending{text: about("Not added: something broke in the bot before %s was sent to %s. Nothing changed. " +
			"Quote %s."), what: []string{"Something broke in the bot before anything was sent."},
			do: fmt.Sprintf("press *%s*. If it happens again, quote token %s to %s.", ButtonAgain, render.Code(op.Ref),
				w.Owners()), again: true}
	}
	// No reason comes here: each has words above, which a test sees to.
	return ending{text: aboutUnknown(op), what: []string{fmt.Sprintf(unknownLine, render.StoredAs(op, render.Code))}}
}

// refusedEnding: the API said no, and no earlier attempt is unanswered.
func refusedEnding(op operation.Operation, w render.Wording, text string) ending {
	e := ending{text: text, what: []string{"Zenlayer refused it. Nothing changed."}, againForm: true, faulty: true}
	if !op.LastLook.IsZero() && len(op.Baseline) == 0 {
		e.what = []string{fmt.Sprintf("Zenlayer refused it. %s is not on this listener (read %s).",
			render.ServerName(op, render.Name), render.Clock(op.LastLook))}
	}
	e.said, e.do = render.AdviceOn(op.Fault,
		fmt.Sprintf("look at what it said, then try again with changes, or ask %s.",
			w.Owners()))
	return e
}

// differsEnding: the server is there with another weight.
func differsEnding(op operation.Operation) ending {
	found := "not known"
	if op.FoundWeight > 0 {
		found = strconv.Itoa(op.FoundWeight)
	}
	e := ending{
		text: fmt.Sprintf("Not added: %s is already on %s with weight %s. %s %s.", render.ServerName(op, render.InText),
			render.ListenerPort(op, render.InText), found, sentOrNot(op), op.Ref),
		what: []string{fmt.Sprintf("%s is on the listener with weight %s; you asked for %s. This load balancer "+
			"cannot change a weight in place.", render.ServerName(op, render.Name), found,
			render.WeightWords(op.Request.Weight))},
		do: "remove the entry in the console first, then try again; or leave it as it is.", againForm: true,
	}
	if op.BackendID != "" {
		e.what = append(e.what, fmt.Sprintf(render.DiffersAs, render.Code(op.BackendID), sentOrNot(op)))
	}
	return e
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

// provenEnding: unanswered once, and shown not to be there.
func provenEnding(op operation.Operation) ending {
	server, listener := render.ServerName(op, render.InText), render.ListenerPort(op, render.InText)
	seen := firstTime(op.LastLook, op.FinishedAt)
	if op.Reason == operation.ReasonPerson {
		return ending{
			text: fmt.Sprintf("Not added: %s is not on %s; %s said so, and a complete check agrees. %s.", server,
				listener, render.Mention(op.AnswerBy), op.Ref),
			what: []string{fmt.Sprintf("%s said that it was not added, and a complete check agrees (%s).",
				render.Mention(op.AnswerBy), render.Clock(seen))}, again: true,
		}
	}
	return ending{
		text: fmt.Sprintf("Not added: %s never appeared on %s. I checked until %s. %s.", server, listener,
			render.UTC(seen),
			op.Ref),
		what: []string{fmt.Sprintf("I checked the listener until %s and %s never appeared.", render.Clock(seen),
			render.ServerName(op, render.Name))}, again: true,
	}
}
