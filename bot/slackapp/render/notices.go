package render

import (
	"fmt"
	"strings"

	"lbbot/bot/operation"
)

const (
	OwnerOther = "Please have a look."
)

// MovedNotice tells the asker, where they asked, how their request stands, and
// that its card comes to them in a direct message because the channel refused
// it.
func MovedNotice(op operation.Operation, w Wording) Message {
	stands := Card(op, w).Text
	text := fmt.Sprintf("I could not post in %s, so the card of %s comes to you as a direct message.",
		Channel(op.Place.ResultID), op.Ref)
	return Ephemeral(stands+" "+text, Section(stands, text,
		fmt.Sprintf("To have cards there, invite me with /invite %s.", w.Mentioned())))
}

// OwnerNotice tells the bot's owners what needs them.
func OwnerNotice(op operation.Operation, w Wording) Message {
	need, where, asOf := OwnerNeed(op), fmt.Sprintf("Its card is in %s.", Channel(op.Place.ResultID)), ""
	if w.Untold {
		need, where = fmt.Sprintf(
			"It ended more than a day ago, and Slack has not accepted its card: not in %s and not as a direct "+
				"message. The log says why. I try again once an hour. /lb-register status %s shows the result.",
			Channel(op.Place.ResultID), op.Ref), ""
	}
	if !op.State.Final() && !w.At.IsZero() {
		asOf = fmt.Sprintf(asOfSmall, ClockAndUTC(w.At))
	}
	return Ephemeral(
		fmt.Sprintf("%s: %s, %s to %s. %s", Stands(op), op.Ref, ServerName(op, InText), ListenerPort(op, InText),
			strings.ReplaceAll(need, "*", "")),
		Section(fmt.Sprintf("*%s* %s: %s to %s, asked by %s.", Stands(op), op.Ref, ServerName(op, Name),
			ListenerName(op, Name), Mention(op.Actor.UserID)), need, where),
		handover(op, w),
		Actions(OpenButton(op, w.Link), LinkButton(buttonConsole, labelConsoleCard, w.ConsoleURL)),
		ContextLine(append(faultSmall(op, ending{faulty: true}), asOf)...))
}

// OwnerNeed is what an operation needs of the bot's owners.
func OwnerNeed(op operation.Operation) string {
	switch {
	case !op.Known():

		return fmt.Sprintf("This version of the bot does not know how it stands (%s). Look with %s where the bot runs.",
			StoredAs(op, Code), Code(fmt.Sprintf(ShowCommand, op.Ref)))
	case op.State == operation.NeedsPerson:
		return "*What to do:* look in the console, then answer on its card. Please do not repeat it."
	case op.Reason == operation.ReasonCredentials:
		said, _ := AdviceOn(op.Fault, "")
		return fmt.Sprintf("*What to do:* repair the bot's access to Zenlayer: %s Until then nothing can be added.",
			Sentence(said))
	case op.Reason == operation.ReasonClockSkew:
		return "*What to do:* correct the bot's clock. It is off by more than Zenlayer allows, so nothing can be added."
	case op.Reason == operation.ReasonBlocked:
		return "*What to do:* look at the network path and at the address the bot calls from. Something in front of " +
			"Zenlayer's API stopped the call."
	case op.Reason == operation.ReasonInternal:
		return "*What to do:* look for this id in the log. Something broke in the bot before anything was sent."
	case op.State == operation.Done && op.BackendStatus == "":
		return fmt.Sprintf("*What to do:* look in the console for backend %s. Zenlayer returned this ID, but it was "+
			"not in the list when I stopped looking.", Code(op.BackendID))
	}
	return OwnerOther
}

// Reminder asks once more, under the card.
func Reminder(op operation.Operation) Message {
	a := op.Approval
	needed := max(1, a.Missing())
	return Ephemeral(
		fmt.Sprintf("Reminder: %s asks to add %s to %s. Please approve or deny: %s, until %s. %s.", ActorName(op.Actor),
			ServerName(op, InText), ListenerPort(op, InText), NeedsCount(needed, a.Who), UTC(a.ExpiresAt), op.Ref),
		Section(fmt.Sprintf("*Reminder:* %s asks to add %s to %s, %s. Please approve or deny: %s, until %s.",
			Mention(op.Actor.UserID), ServerName(op, Name), ListenerName(op, Name), op.Ref,
			NeedsOf(needed, a.Who), Clock(a.ExpiresAt)), askedAgain(op), progress(*a)))
}

// Question is for the one who was asked and for the one who asks.
func Question(op operation.Operation, by operation.Actor) Message {
	return Ephemeral(
		fmt.Sprintf("%s has a question for %s about %s: adding %s to %s.", ActorName(by), ActorName(op.Actor), op.Ref,
			ServerName(op, InText), ListenerPort(op, InText)),
		Section(fmt.Sprintf("%s has a question for %s about %s. Please answer here.", Mention(by.UserID),
			Mention(op.Actor.UserID), op.Ref)))
}

// SkippedNotice tells one person that break-glass bypassed their approval.
func SkippedNotice(op operation.Operation) Message {
	g := op.Glass
	if g == nil {
		g = &operation.BreakGlass{}
	}
	return Ephemeral(
		fmt.Sprintf("Break-glass: %s asked to add %s to %s without approval: %s Incident: %s. %s.", ActorName(op.Actor),
			ServerName(op, InText), ListenerPort(op, InText), Sentence(g.Why), InText(g.Incident), op.Ref),
		Section(fmt.Sprintf("*Break-glass:* %s asked to add %s to %s *without approval*: \"%s\"",
			Mention(op.Actor.UserID), ServerName(op, Name), ListenerName(op, Name), Prose(g.Why, ReasonLimit)),
			fmt.Sprintf("*Incident:* %s. You could have approved it, so you are told at once.",
				Prose(g.Incident, NameLimit)), fmt.Sprintf("Its card is in %s.", Channel(op.Place.ResultID))),
		ContextLine(op.Ref, utcSmall(askedAt(op))))
}
