package private

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
	"lbbot/commands"
)

// ButtonRemove sends a removal.
const ButtonRemove = "Remove server"

// sendLabel is the button that sends a request of a verb.
func sendLabel(verb commands.Verb) string {
	if verb == commands.VerbRemove || verb == commands.VerbUndo {
		return ButtonRemove
	}
	return ButtonAdd
}

// removalPreview is Preview of a removal.
func removalPreview(op operation.Operation, w render.Wording) render.Message {
	t := op.Target
	what := fmt.Sprintf("remove %s from %s", render.ServerName(op, render.InText),
		render.ListenerPort(op, render.InText))
	lines := []string{fmt.Sprintf("*Remove* %s *from* %s: backend %s, ports %s, %s.", render.ServerFacts(op),
		render.ListenerFacts(op), render.Code(t.BackendID), render.Code(t.Ports), render.WeightPhrase(t.Weight))}
	if of := op.Addition; of != nil {
		what += ", added by " + of.Ref
		lines = append(lines, fmt.Sprintf("*Takes back* %s, added by %s. It is as it was left.", of.Ref,
			render.Mention(of.By.UserID)))
		if of.Evidence == operation.EvidenceSeen || of.Evidence == operation.EvidencePerson {
			lines = append(lines, "I cannot tell who added it: the answer to that request was lost.")
		}
	}
	lines = append(lines, "Zenlayer does not say whether open connections are cut or drained; expect them to be cut.")
	if p := render.Prose(op.Purpose, render.ReasonLimit); p != "" {
		lines = append(lines, fmt.Sprintf("*Reason:* %s", p))
	}
	text := fmt.Sprintf(render.FirstPreview+": %s. %s. %s. %s", what, previewLast(op), op.Ref,
		strings.Join(append(render.RiskLines(op, "Risk: %s"), strings.ReplaceAll(removalDo(op), "*", "")), " "))
	return render.Ephemeral(text, render.Section(previewTop(op), removalDo(op)), render.Section(lines...),
		render.Section(previewApproval(op, w)...),
		render.Section(append(render.RiskLines(op, "*Risk:* %s"), previewNotes(op)...)...), rehearsalSection(op),
		render.Actions(removalButtons(op)...), previewSmall(op))
}

// removalDo is what the reader of a removal's preview has to do.
func removalDo(op operation.Operation) string {
	switch a := op.Approval; {
	case op.DryRun:
		return "Dry run: nothing was sent."
	case a == nil:
		return fmt.Sprintf(previewDoPress, ButtonRemove)
	case render.Enough(*a):
		return fmt.Sprintf(previewDoPress, ButtonAsk)
	}
	return "*What to do:* ask someone who may remove it, or take it off in the Zenlayer console."
}

// removalButtons has no Change, because no form has a removal.
func removalButtons(op operation.Operation) []slack.BlockElement {
	name, from := render.ServerName(op, render.BareName), render.ListenerName(op, render.BareName)
	var list []slack.BlockElement
	switch {
	case op.DryRun:
		return append(list, render.More(op, render.MorePool, render.MoreCopy, render.MoreWhy))
	case op.Approval == nil:
		b := render.Button(render.ActReqSend, ButtonRemove, fmt.Sprintf("Remove %s from %s", name, from),
			render.ButtonValue(op))
		b.Style = slack.StyleDanger
		list = append(list, b)
	case render.Enough(*op.Approval):
		list = append(list, render.Primary(render.Button(render.ActApprovalAsk, ButtonAsk,
			fmt.Sprintf("Ask for approval to remove %s from %s", name, from), render.ButtonValue(op))))
	}
	return append(list, render.Button(render.ActReqCancel, "Cancel", fmt.Sprintf("Cancel removing %s", name),
		render.ButtonValue(op)), render.More(op, render.MorePool, render.MoreCopy, render.MoreWhy))
}

// Gone says that an entry is not on the listener any more.
func Gone(e *intake.GoneError) render.Message {
	op := e.Operation
	return render.Ephemeral(fmt.Sprintf("Nothing to do. %s is not on %s any more.", render.InText(e.BackendID),
		render.ListenerPort(op, render.InText)),
		render.Section(fmt.Sprintf("*Nothing to do.* %s is not on %s any more.", render.Code(e.BackendID),
			render.ListenerName(op, render.Name))))
}

// NotUndone says why an operation cannot be taken back. link is of its card.
func NotUndone(e *intake.UndoError, link string) render.Message {
	text := "Not sent. " + undoWords(e)
	return render.Ephemeral(text, render.Section(text), render.Actions(render.OpenButton(e.Operation, link)))
}

func undoWords(e *intake.UndoError) string {
	ref := e.Operation.Ref
	switch e.Code {
	case intake.UndoNoAddition:
		return fmt.Sprintf("%s took a server off. To add it again: %s again %s", ref, commands.Name, ref)
	case intake.UndoNotOver:
		return fmt.Sprintf("%s is not over yet. Press Stop on its card, or try again when it is over.", ref)
	case intake.UndoNothing:
		return fmt.Sprintf("%s added nothing, so there is nothing to take back.", ref)
	case intake.UndoUnknown:
		return fmt.Sprintf("I do not know which entry %s added. Type %s remove <listener> <server>.", ref,
			commands.Name)
	case intake.UndoLate:
		return fmt.Sprintf("The undo time is over. You can still take it back: %s undo %s", commands.Name, ref)
	}
	return fmt.Sprintf("What %s added is not as it was left: %s. I do not take it back. To remove it as it is now: "+
		"%s remove %s %s", ref, render.Differences(e.Changed), commands.Name,
		render.InText(e.Operation.Request.ListenerID), render.InText(e.Operation.BackendID))
}

// NothingToUndo answers undo without an ID.
func NothingToUndo() render.Message {
	return NotSent(fmt.Sprintf("You have added nothing from this channel lately. Give the ID that its card shows, for "+
		"example %s undo LBR-7F3KQ2.", commands.Name))
}

// NothingToRepeat answers again without an ID.
func NothingToRepeat() render.Message {
	return NotSent(fmt.Sprintf("You have asked to add nothing from this channel lately. Give the ID that a card "+
		"shows, for example %s again LBR-7F3KQ2.", commands.Name))
}

// RemoveAgain answers again for a removal that did not take its server off.
func RemoveAgain(op operation.Operation) render.Message {
	return NotSent(fmt.Sprintf("%s took nothing off. To try the removal again: %s", op.Ref, render.InText(op.Command)))
}
