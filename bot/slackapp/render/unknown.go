package render

import (
	"fmt"

	"lbbot/bot/operation"
)

// StoredAs is the state as it is stored, and the reason where that is what is
// not known.
func StoredAs(op operation.Operation, show Shown) string {
	if !op.Change.Known() {
		return fmt.Sprintf("state %s, change %s", show(string(op.State)), show(string(op.Change)))
	}
	if op.State.Known() {
		return fmt.Sprintf("state %s, reason %s", show(string(op.State)), show(FirstOf(string(op.Reason), WordNone)))
	}
	return fmt.Sprintf("state %s", show(string(op.State)))
}

// Stands is how an operation stands, in the first word of its card.
func Stands(op operation.Operation) string {
	if op.Known() {
		return FirstWord(op.Change, op.State)
	}
	return FirstUnknown + " (" + StoredAs(op, InText) + ")"
}

// Plain says in plain text how an operation stands: the first word of its
// card, and why if it was not added.
func Plain(op operation.Operation) string {
	switch {
	case !op.Known():
		return fmt.Sprintf(FirstUnknown+": this version does not know how it stands (%s)", StoredAs(op, InText))
	case op.State == operation.NotDone:
		return FirstWord(op.Change, op.State) + ": " + ReasonWords(op.Change, op.Reason)
	}
	return FirstWord(op.Change, op.State)
}

// PlainStep names a kind of event in plain text.
func PlainStep(kind string) string {
	if !(operation.Event{Kind: kind}).Known() {
		return fmt.Sprintf(unknownStep, kind)
	}
	return StepWords(kind)
}
