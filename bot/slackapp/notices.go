package slackapp

import (
	"fmt"
	"strings"

	"lbbot/bot/operation"
)

// movedMessage tells the asker, where they asked, how their request stands, and
// that its card comes to them in a direct message because the channel refused
// it.
func movedMessage(op operation.Operation, w wording) message {
	stands := cardMessage(op, w).Text
	text := fmt.Sprintf("I could not post in %s, so the card of %s comes to you as a direct message.",
		channel(op.Place.ResultID), op.Ref)
	return private(stands+" "+text, section(stands, text,
		fmt.Sprintf("To have cards there, invite me with /invite %s.", w.mentioned())))
}

// ownerMessage tells the bot's owners what needs them.
func ownerMessage(op operation.Operation, w wording) message {
	need, where, asOf := ownerNeed(op), fmt.Sprintf("Its card is in %s.", channel(op.Place.ResultID)), ""
	if w.Untold {
		need, where = fmt.Sprintf(
			"It has been over for more than a day, and Slack has not taken its card: not in %s and not as a direct "+
				"message. The log says why. I try on once an hour. /lb-register status %s shows what came of it.",
			channel(op.Place.ResultID), op.Ref), ""
	}
	if !op.State.Final() && !w.At.IsZero() {
		asOf = fmt.Sprintf(asOfSmall, both(w.At))
	}
	return private(
		fmt.Sprintf("%s: %s, %s to %s. %s", stands(op), op.Ref, serverName(op, short), listenerPort(op, short),
			strings.ReplaceAll(need, "*", "")),
		section(fmt.Sprintf("*%s* %s: %s to %s, asked by %s.", stands(op), op.Ref, serverName(op, name),
			listenerName(op, name), person(op.Actor.UserID)), need, where),
		factFields(op, w, op.State == operation.NeedsPerson),
		actions(openButton(op, w.Link), linkButton(buttonConsole, labelConsoleCard, w.ConsoleURL)),
		contextLine(append(faultSmall(op, ending{faulty: true}), asOf)...))
}

func ownerNeed(op operation.Operation) string {
	switch {
	case !op.Known():

		return fmt.Sprintf("This version of the bot does not know how it stands (%s). Look with %s where the bot runs.", storedAs(op, code), code(fmt.Sprintf(showCommand, op.Ref)))
	case op.State == operation.NeedsPerson:
		return "*What to do:* look in the console, then answer on its card. Please do not repeat it."
	case op.Reason == operation.ReasonCredentials:
		said, _ := adviceOn(op.Fault, "")
		return fmt.Sprintf("*What to do:* repair the bot's access to Zenlayer: %s Nothing can be added before.", sentence(said))
	case op.Reason == operation.ReasonClockSkew:
		return "*What to do:* set the bot's clock right; it is off by more than Zenlayer allows. Nothing can be added before."
	case op.Reason == operation.ReasonBlocked:
		return "*What to do:* look at the network path and at the address the bot calls from. Something in front of Zenlayer's API stopped the call."
	case op.Reason == operation.ReasonInternal:
		return "*What to do:* look for this id in the log. Something broke in the bot before anything was sent."
	case op.State == operation.Added && op.BackendStatus == "":
		return fmt.Sprintf("*What to do:* look in the console for backend %s. Zenlayer gave it, and it was not in the list when I stopped looking.", code(op.BackendID))
	}
	return ownerOther
}

// reminderMessage asks once more, under the card.
func reminderMessage(op operation.Operation) message {
	a := op.Approval
	needed := max(1, a.Missing())
	return private(
		fmt.Sprintf("Reminder: %s asks to add %s to %s. Please approve or deny: %s, until %s. %s.", actorName(op.Actor), serverName(op, short), listenerPort(op, short), needsCount(needed, a.Who), utc(a.ExpiresAt), op.Ref),
		section(fmt.Sprintf("*Reminder:* %s asks to add %s to %s, %s. Please approve or deny: %s, until %s.", person(op.Actor.UserID), serverName(op, name), listenerName(op, name), op.Ref,
			needsOf(needed, a.Who), clock(a.ExpiresAt)), askedAgain(op), progress(*a)))
}

// questionMessage is for the one who was asked and for the one who asks.
func questionMessage(op operation.Operation, by operation.Actor) message {
	return private(
		fmt.Sprintf("%s has a question for %s about %s: adding %s to %s.", actorName(by), actorName(op.Actor), op.Ref, serverName(op, short), listenerPort(op, short)),
		section(fmt.Sprintf("%s has a question for %s about %s. Please answer here.", person(by.UserID), person(op.Actor.UserID), op.Ref)))
}

// skippedMessage tells one person that something they could have approved goes
// without approval.
func skippedMessage(op operation.Operation) message {
	g := op.Glass
	if g == nil {
		g = &operation.BreakGlass{}
	}
	return private(
		fmt.Sprintf("Break-glass: %s asked to add %s to %s without approval: %s Incident: %s. %s.", actorName(op.Actor), serverName(op, short), listenerPort(op, short), sentence(g.Why), short(g.Incident), op.Ref),
		section(fmt.Sprintf("*Break-glass:* %s asked to add %s to %s *without approval*: \"%s\"", person(op.Actor.UserID), serverName(op, name), listenerName(op, name), prose(g.Why, reasonLimit)),
			fmt.Sprintf("*Incident:* %s. You could have approved it, so you are told at once.", prose(g.Incident, nameLimit)), fmt.Sprintf("Its card is in %s.", channel(op.Place.ResultID))),
		contextLine(op.Ref, utcSmall(askedAt(op))))
}

const (
	historyApprove = "not allowed to decide: %s"
	denyDirect     = "I am not in this direct message, and nobody can invite me to it. Use a channel, or a direct message with me."
	whoamiPerson   = "*You:* %s\n%s"
	whoamiPlace    = "*Workspace:* %s · *Channel:* %s"
	whoamiPolicy   = "Rule set %s"
	ownerOther     = "Please have a look."
)
