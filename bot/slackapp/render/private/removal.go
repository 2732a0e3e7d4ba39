package private

import (
	"fmt"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
	"lbbot/commands"
)

// sendLabel is the button that sends a request of a verb.
func sendLabel(verb commands.Verb) string {
	if verb == commands.VerbRemove || verb == commands.VerbUndo {
		return ButtonRemove
	}
	return ButtonAdd
}

// Gone says that an entry is not on the listener any more, and who took it off. link is
// of the card that says so.
func Gone(e *intake.GoneError, link string) render.Message {
	var open slack.BlockElement
	if e.By != nil {
		open = render.OpenButton(*e.By, link)
	}
	op := e.Operation
	text := goneWords(e, render.InText(e.BackendID), render.ListenerPort(op, render.InText), render.ActorName)
	markup := goneWords(e, render.Code(e.BackendID), render.ListenerName(op, render.Name), render.ActorMention)
	if e.Other != "" {
		text += " " + otherWords(e, render.InText, render.InText)
		markup += " " + otherWords(e, render.Name, render.Code)
	}
	return render.Ephemeral("Nothing to do: "+text, render.Section("*Nothing to do.* "+markup), render.Actions(open))
}

// otherWords says that the server of an entry that is gone is on the listener all the same.
func otherWords(e *intake.GoneError, name, code render.Shown) string {
	return fmt.Sprintf("%s is still on the listener, with another entry: %s. To take that one off: %s",
		render.ServerName(e.Operation, name), code(e.Other),
		code(commands.Name+" remove "+e.Operation.Request.ListenerID+" "+e.Other))
}

func goneWords(e *intake.GoneError, entry, listener string, show func(operation.Actor) string) string {
	switch {
	case e.By == nil:
		return fmt.Sprintf("%s is not on %s any more.", entry, listener)
	case e.By.State.Final():
		return fmt.Sprintf("%s is not on %s any more: %s took it off with %s.", entry, listener, show(e.By.Actor),
			e.By.Ref)
	}
	return fmt.Sprintf("%s is being taken off %s: %s asked for it with %s.", entry, listener, show(e.By.Actor),
		e.By.Ref)
}

// NotUndone says why an operation cannot be taken back. link is of its card.
func NotUndone(e *intake.UndoError, link string) render.Message {
	return NotSent(undoWords(e), render.OpenButton(e.Operation, link))
}

func undoWords(e *intake.UndoError) string {
	ref := e.Operation.Ref
	switch e.Code {
	case intake.UndoNoAddition:
		return fmt.Sprintf("%s removed a server. To add it again: %s again %s", ref, commands.Name, ref)
	case intake.UndoNotOver:
		return fmt.Sprintf("%s is not over yet. Press Stop on its card, or try again when it is over.", ref)
	case intake.UndoNothing:
		return fmt.Sprintf("%s added nothing, so there is nothing to take back.", ref)
	case intake.UndoUnknown:
		return fmt.Sprintf("I do not know which backend %s added. To remove one, type %s remove, its listener and "+
			"the server.", ref,
			commands.Name)
	case intake.UndoLate:
		return fmt.Sprintf("The undo time is over. You can still take it back: %s undo %s", commands.Name, ref)
	}
	return fmt.Sprintf("What %s added is not as it was left: %s. So I do not take it back. To remove it as it is now: "+
		"%s remove %s %s", ref, render.Differences(e.Changed), commands.Name,
		render.InText(e.Operation.Request.ListenerID), render.InText(e.Operation.BackendID))
}

// NothingToUndo answers undo without an ID.
func NothingToUndo() render.Message {
	return NotSent(fmt.Sprintf("You have no recent addition in this channel. Give the ID that its card shows, for "+
		"example %s undo LBR-7F3KQ2.", commands.Name))
}

// NothingToRepeat answers again without an ID.
func NothingToRepeat() render.Message {
	return NotSent(fmt.Sprintf("You have no recent request in this channel. Give the ID that its card shows, for "+
		"example %s again LBR-7F3KQ2.", commands.Name))
}

// RemoveAgain answers again for a removal that did not take its server off.
func RemoveAgain(op operation.Operation) render.Message {
	return NotSent(fmt.Sprintf("%s removed nothing. To try it again: %s", op.Ref, render.InText(op.Command)))
}
