package slackapp

import (
	"fmt"

	"github.com/slack-go/slack"
	"go.uber.org/zap"

	"lbbot/bot/operation"
)

// unknownCard is for a state, or a reason, that this version does not know.
func unknownCard(op operation.Operation, w wording) card {
	return card{
		text:   aboutUnknown(op),
		header: fmt.Sprintf(unknownHeader, serverName(op, bareName), listenerName(op, bareName)),
		body: []slack.Block{
			section(fmt.Sprintf(unknownDo, code(fmt.Sprintf(statusCommand, op.Ref)), code(fmt.Sprintf(showCommand, op.Ref)))),
			section(fmt.Sprintf(unknownLine, storedAs(op, code))),
		},
		buttons: []slack.BlockElement{linkButton(buttonConsole, labelConsoleCard, w.ConsoleURL), more(op, moreDetails)},
		small:   []string{op.Ref, fmt.Sprintf(addingBy, person(op.Actor.UserID)), utcSmall(op.FinishedAt)},
	}
}

func aboutUnknown(op operation.Operation) string {
	return fmt.Sprintf(unknownText, serverName(op, short), listenerPort(op, short), storedAs(op, short), op.Ref)
}

// storedAs is the state as it is stored, and the reason where that is what is
// not known.
func storedAs(op operation.Operation, show shown) string {
	if op.State.Known() {
		return fmt.Sprintf(unknownReason, show(string(op.State)), show(firstOf(string(op.Reason), wordNone)))
	}
	return fmt.Sprintf(unknownState, show(string(op.State)))
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
		return fmt.Sprintf(unknownPlain, storedAs(op, short))
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

// logUnknown logs what of op this version does not know.
func logUnknown(log *zap.Logger, op operation.Operation) {
	if !op.Known() {
		log.Error("operation has a state or a reason that this version does not know: was it stored by another version of lbbot?",
			zap.String("operation", op.ID), zap.String("ref", op.Ref), zap.String("state", string(op.State)), zap.String("reason", string(op.Reason)))
	}
}

// logUnknownEvents logs the kinds that this version does not know.
func logUnknownEvents(log *zap.Logger, events []operation.Event) {
	for _, e := range events {
		if !e.Known() {
			log.Error("event has a kind that this version does not know: was it stored by another version of lbbot?",
				zap.String("operation", e.OperationID), zap.String("kind", e.Kind))
		}
	}
}
