package card

import (
	"fmt"
	"strings"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
)

const (
	OwnerOther = "Please have a look."
)

// MovedNotice tells the asker, where they asked, how their request stands, and
// that its card comes to them in a direct message because the channel refused
// it.
func MovedNotice(op operation.Operation, w render.Wording) render.Message {
	stands := Of(op, w).Text
	text := fmt.Sprintf("I could not post in %s, so the card of %s comes to you as a direct message.",
		render.Channel(op.Place.ResultID), op.Ref)
	return render.Ephemeral(stands+" "+text, render.Section(stands, text,
		fmt.Sprintf("To have cards there, invite me with /invite %s.", w.Mentioned())))
}

// OwnerNotice tells the bot's owners what needs them.
func OwnerNotice(op operation.Operation, w render.Wording) render.Message {
	need, where, asOf := OwnerNeed(op), fmt.Sprintf("Its card is in %s.", render.Channel(op.Place.ResultID)), ""
	if w.Untold {
		need, where = fmt.Sprintf(
			"It ended more than a day ago, and Slack has not accepted its card: not in %s and not as a direct "+
				"message. The log says why. I try again once an hour. /lb-register status %s shows the result.",
			render.Channel(op.Place.ResultID), op.Ref), ""
	}
	if !op.State.Final() && !w.At.IsZero() {
		asOf = fmt.Sprintf(asOfSmall, render.ClockAndUTC(w.At))
	}
	return render.Ephemeral(
		inText(op, "%s: {ref}, "+render.Subject(op)+" {port}. %s", render.Stands(op), strings.ReplaceAll(need, "*",
			"")),
		render.Section(inBlock(op, "*%s* {ref}: "+render.Subject(op)+" {listener}, asked by %s.", render.Stands(op),
			render.Mention(op.Actor.UserID)), need, where),
		handover(op, w),
		render.Actions(render.OpenButton(op, w.Link), render.LinkButton(buttonConsole, labelConsoleCard, w.ConsoleURL)),
		render.ContextLine(append(faultSmall(op, ending{faulty: true}), asOf)...))
}

// OwnerNeed is what an operation needs of the bot's owners.
func OwnerNeed(op operation.Operation) string {
	switch {
	case !op.Known():
		return fmt.Sprintf("This version of the bot does not know how it stands (%s). Look with %s where the bot runs.",
			render.StoredAs(op, render.Code), render.Code(fmt.Sprintf(render.ShowCommand, op.Ref)))
	case op.State == operation.NeedsPerson:
		return "*What to do:* look in the console, then answer on its card. Please do not repeat it."
	case op.Reason == operation.ReasonCredentials:
		said, _ := render.AdviceOn(op.Fault, "")
		return fmt.Sprintf("*What to do:* repair the bot's access to Zenlayer: %s Until then nothing can be changed.",
			render.Sentence(said))
	case op.Reason == operation.ReasonClockSkew:
		return "*What to do:* correct the bot's clock. It is off by more than Zenlayer allows, so nothing can be " +
			"changed."
	case op.Reason == operation.ReasonBlocked:
		return "*What to do:* look at the network path and at the address the bot calls from. Something in front of " +
			"Zenlayer's API stopped the call."
	case op.Reason == operation.ReasonInternal:
		return "*What to do:* look for this id in the log. Something broke in the bot before anything was sent."
	case op.State == operation.Done && op.Change == operation.ChangeRemove && op.Listed:
		return fmt.Sprintf("*What to do:* look in the console for backend %s. Zenlayer answered that it was removed, "+
			"but its list still showed it when I stopped looking.", render.Code(op.BackendID))
	case op.State == operation.Done && op.Change == operation.ChangeRemove && op.StatusAt.IsZero():
		return fmt.Sprintf("*What to do:* look in the console for backend %s. Zenlayer answered that it was removed, "+
			"but I could not read its list.", render.Code(op.BackendID))
	case op.State == operation.Done && op.Change == operation.ChangeAdd && op.BackendStatus == "":
		return fmt.Sprintf("*What to do:* look in the console for backend %s. Zenlayer returned this ID, but it was "+
			"not in the list when I stopped looking.", render.Code(op.BackendID))
	}
	return OwnerOther
}

// Reminder asks once more, under the card.
func Reminder(op operation.Operation) render.Message {
	a := op.Approval
	needed := max(1, a.Missing())
	return render.Ephemeral(
		inText(op, "Reminder: %s asks to {add} {server} {to} {port}. Please approve or deny: %s, until %s. {ref}.",
			render.ActorName(op.Actor), render.NeedsCount(needed, a.Who), render.UTC(a.ExpiresAt)),
		render.Section(inBlock(op, "*Reminder:* %s asks to {add} {server} {to} {listener}, {ref}. Please approve or "+
			"deny: %s, until %s.", render.Mention(op.Actor.UserID), render.NeedsOf(needed, a.Who),
			render.Clock(a.ExpiresAt)), askedAgain(op), progress(*a)))
}

// Question is for the one who was asked and for the one who asks.
func Question(op operation.Operation, by operation.Actor) render.Message {
	return render.Ephemeral(
		inText(op, "%s has a question for %s about {ref}: {adding} {server} {to} {port}.", render.ActorName(by),
			render.ActorName(op.Actor)),
		render.Section(fmt.Sprintf("%s has a question for %s about %s. Please answer here.", render.Mention(by.UserID),
			render.Mention(op.Actor.UserID), op.Ref)))
}

// SkippedNotice tells one person that break-glass bypassed their approval.
func SkippedNotice(op operation.Operation) render.Message {
	g := op.Glass
	if g == nil {
		g = &operation.BreakGlass{}
	}
	return render.Ephemeral(
		inText(op, "Break-glass: %s asked to {add} {server} {to} {port} without approval: %s Incident: %s. {ref}.",
			render.ActorName(op.Actor), render.Sentence(g.Why), render.InText(g.Incident)),
		render.Section(inBlock(op, "*Break-glass:* %s asked to {add} {server} {to} {listener} *without approval*: "+
			"\"%s\"",
			render.Mention(op.Actor.UserID), render.Prose(g.Why, render.ReasonLimit)),
			fmt.Sprintf("*Incident:* %s. You could have approved it, so you are told at once.",
				render.Prose(g.Incident, render.NameLimit)), fmt.Sprintf("Its card is in %s.",
				render.Channel(op.Place.ResultID))),
		render.ContextLine(op.Ref, utcSmall(askedAt(op))))
}
