package render

import (
	"fmt"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
)

const (
	FirstUnknown  = "Cannot tell"
	FirstNotAdded = "Not added"
)

// unknownCard is for a state, or a reason, that this version does not know.
func unknownCard(op operation.Operation, w Wording) card {
	return card{
		text:   aboutUnknown(op),
		header: fmt.Sprintf(FirstUnknown+": %s to %s", ServerName(op, BareName), ListenerName(op, BareName)),
		body: []slack.Block{
			Section(fmt.Sprintf(
				"*What to do:* do not repeat it. Look in the console, at %s, or run %s where the bot runs.",
				Code(fmt.Sprintf(StatusCommand, op.Ref)), Code(fmt.Sprintf(ShowCommand, op.Ref)))),
			Section(fmt.Sprintf(unknownLine, storedAs(op, Code))),
		},
		buttons: []slack.BlockElement{LinkButton(buttonConsole, labelConsoleCard, w.ConsoleURL), detailsButton(op)},
		small:   []string{op.Ref, fmt.Sprintf(addingBy, Mention(op.Actor.UserID)), utcSmall(op.FinishedAt)},
	}
}

func aboutUnknown(op operation.Operation) string {
	return fmt.Sprintf(
		FirstUnknown+": this version of the bot does not know how %s on %s stands (%s). %s.",
		ServerName(op, InText), ListenerPort(op, InText), storedAs(op, InText), op.Ref)
}

// storedAs is the state as it is stored, and the reason where that is what is
// not known.
func storedAs(op operation.Operation, show Shown) string {
	if op.State.Known() {
		return fmt.Sprintf("state %s, reason %s", show(string(op.State)), show(FirstOf(string(op.Reason), WordNone)))
	}
	return fmt.Sprintf("state %s", show(string(op.State)))
}

// Stands is how an operation stands, in the first word of its card.
func Stands(op operation.Operation) string {
	if op.Known() {
		return FirstWord(op.State)
	}
	return FirstUnknown + " (" + storedAs(op, InText) + ")"
}

// Plain says in plain text how an operation stands: the first word of its
// card, and why if it was not added.
func Plain(op operation.Operation) string {
	switch {
	case !op.Known():
		return fmt.Sprintf(FirstUnknown+": this version does not know how it stands (%s)", storedAs(op, InText))
	case op.State == operation.NotDone:
		return FirstNotAdded + ": " + ReasonWords(op.Reason)
	}
	return FirstWord(op.State)
}

// PlainStep names a kind of event in plain text.
func PlainStep(kind string) string {
	if !(operation.Event{Kind: kind}).Known() {
		return fmt.Sprintf(unknownStep, kind)
	}
	return StepWords(kind)
}
