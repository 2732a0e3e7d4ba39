package slackapp

import (
	"fmt"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
)

const (
	firstNotAdded = "Not added"
	wordNone      = "(none)"
	unknownStep   = "Event %s, which this version does not know"
)

// unknownCard is for a state, or a reason, that this version does not know.
func unknownCard(op operation.Operation, w wording) card {
	return card{
		text:   aboutUnknown(op),
		header: fmt.Sprintf(firstUnknown+": %s to %s", serverName(op, bareName), listenerName(op, bareName)),
		body: []slack.Block{
			section(fmt.Sprintf(
				"*What to do:* do not repeat it. Look in the console, at %s, or run %s where the bot runs.",
				code(fmt.Sprintf(statusCommand, op.Ref)), code(fmt.Sprintf(showCommand, op.Ref)))),
			section(fmt.Sprintf(unknownLine, storedAs(op, code))),
		},
		buttons: []slack.BlockElement{linkButton(buttonConsole, labelConsoleCard, w.ConsoleURL), more(op, moreDetails)},
		small:   []string{op.Ref, fmt.Sprintf(addingBy, person(op.Actor.UserID)), utcSmall(op.FinishedAt)},
	}
}

func aboutUnknown(op operation.Operation) string {
	return fmt.Sprintf(
		firstUnknown+": this version of the bot does not know how %s on %s stands (%s). Do not repeat it. %s.",
		serverName(op, short), listenerPort(op, short), storedAs(op, short), op.Ref)
}

// storedAs is the state as it is stored, and the reason where that is what is
// not known.
func storedAs(op operation.Operation, show shown) string {
	if op.State.Known() {
		return fmt.Sprintf("state %s, reason %s", show(string(op.State)), show(firstOf(string(op.Reason), wordNone)))
	}
	return fmt.Sprintf("state %s", show(string(op.State)))
}

// stands is how an operation stands, in the first word of its card.
func stands(op operation.Operation) string {
	if op.Known() {
		return firstWord(op.State)
	}
	return firstUnknown + " (" + storedAs(op, short) + ")"
}

// Plain says in plain text how an operation stands: the first word of its
// card, and why if it was not added.
func Plain(op operation.Operation) string {
	switch {
	case !op.Known():
		return fmt.Sprintf(firstUnknown+": this version does not know how it stands (%s)", storedAs(op, short))
	case op.State == operation.NotAdded:
		return firstNotAdded + ": " + reasonWords(op.Reason)
	}
	return firstWord(op.State)
}

// PlainStep names a kind of event in plain text.
func PlainStep(kind string) string {
	if !(operation.Event{Kind: kind}).Known() {
		return fmt.Sprintf(unknownStep, kind)
	}
	return stepWords(kind)
}
